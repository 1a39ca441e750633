import type { EntryBody } from '../core/ledger-entry.ts'
import { METRICS } from './metrics-list.ts'
import type { MetricRegistry } from './registry.ts'

/** Hears of entries and of writes. Neither may throw. */
export interface LedgerWatch {
  queued (body: EntryBody): void
  /** A group of entries is on disk. @param ms how long that took */
  committed (ms: number): void
}

/** Counts decisions, the time of sessions, and the time of group commits. */
export function createLedgerMeters (registry: MetricRegistry): LedgerWatch {
  const decisions = registry.counter(METRICS.decisions)
  const sessionSeconds = registry.counter(METRICS.sessionSeconds)
  const commits = registry.histogram(METRICS.ledgerCommitSeconds)
  return {
    queued (body) {
      if (body.kind === 'decision') decisions.add([body.plane, body.input.kind, body.decision.verdict])
      if (body.kind === 'event' && body.name === 'session-stopped') sessionSeconds.add([], secondsOf(body.detail))
    },
    committed: (ms) => commits.observe([], ms / 1_000),
  }
}

function secondsOf ({ containerSeconds }: Readonly<Record<string, unknown>>): number {
  return typeof containerSeconds === 'number' && containerSeconds > 0 ? containerSeconds : 0
}
