import type { LedgerEntry } from '../core/ledger-entry.ts'
import { about, joinOutcomes, type EntryAbout } from './entry-about.ts'

export const USAGE_GROUPS = ['actor', 'app', 'environment', 'session', 'provider', 'model'] as const
export type UsageGroup = typeof USAGE_GROUPS[number]

/**
 * What a group used. Model spend (tokens, nano-dollars) and platform use (seconds, credits) stand side by side and are
 * never added up. `costNanoUsd` leaves out `unpricedRequests`, those of models without a known price.
 */
export interface UsageRow {
  readonly group: Readonly<Partial<Record<UsageGroup, string | null>>>
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  readonly reasoningTokens: number
  readonly costNanoUsd: number
  readonly unpricedRequests: number
  readonly sessions: number
  readonly seconds: number
  readonly credits: number
}

type Figures = Omit<UsageRow, 'group'>
type Keys = Readonly<Record<UsageGroup, string | null>>

/** Sums usage over entries given in ledger order, from the first one on (an outcome is joined to its decision). */
export async function foldUsage (entries: AsyncIterable<LedgerEntry>, group: readonly UsageGroup[], sinceMs = 0): Promise<readonly UsageRow[]> {
  const join = joinOutcomes()
  const names = USAGE_GROUPS.filter((name) => group.includes(name))
  const rows = new Map<string, UsageRow>()
  for await (const entry of entries) {
    const used = usageOf(entry, about(entry, join.decisionOf(entry)))
    if (used === null || entry.time < sinceMs) continue
    const keys = Object.fromEntries(names.map((name) => [name, used.keys[name]]))
    const id = JSON.stringify(keys)
    rows.set(id, { group: keys, ...added(rows.get(id) ?? NO_USAGE, used.figures) })
  }
  return sortUsage([...rows.values()])
}

/** Largest spend first, then by group. */
export function sortUsage (rows: readonly UsageRow[]): readonly UsageRow[] {
  const name = (row: UsageRow): string => JSON.stringify(row.group)
  return rows.toSorted((a, b) => b.costNanoUsd - a.costNanoUsd || (name(a) < name(b) ? -1 : 1))
}

const NO_USAGE: Figures = {
  requests: 0, inputTokens: 0, outputTokens: 0, cachedTokens: 0, reasoningTokens: 0, costNanoUsd: 0, unpricedRequests: 0, sessions: 0, seconds: 0, credits: 0,
}

function usageOf (entry: LedgerEntry, known: EntryAbout): { keys: Keys, figures: Figures } | null {
  const owner = { actor: known.actor, app: known.app, environment: known.environment, session: known.session }
  if (entry.kind === 'outcome' && 'usage' in entry.detail) {
    const usage = entry.detail['usage']
    const at = (member: string): unknown => typeof usage === 'object' && usage !== null ? (usage as Record<string, unknown>)[member] : undefined
    return {
      keys: { ...owner, provider: text(at('provider')), model: text(at('model')) },
      figures: {
        ...NO_USAGE,
        requests: 1,
        inputTokens: amount(at('inputTokens')),
        outputTokens: amount(at('outputTokens')),
        cachedTokens: amount(at('cachedTokens')),
        reasoningTokens: amount(at('reasoningTokens')),
        costNanoUsd: amount(at('costNanoUsd')),
        unpricedRequests: typeof at('costNanoUsd') === 'number' ? 0 : 1,
      },
    }
  }
  if (entry.kind === 'event' && entry.name === 'session-stopped') {
    return {
      keys: { ...owner, provider: null, model: null },
      figures: { ...NO_USAGE, sessions: 1, seconds: amount(entry.detail['seconds']), credits: amount(entry.detail['credits']) },
    }
  }
  return null
}

function added (a: Figures, b: Figures): Figures {
  return {
    requests: a.requests + b.requests,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    costNanoUsd: a.costNanoUsd + b.costNanoUsd,
    unpricedRequests: a.unpricedRequests + b.unpricedRequests,
    sessions: a.sessions + b.sessions,
    seconds: a.seconds + b.seconds,
    credits: a.credits + b.credits,
  }
}

function amount (value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function text (value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
