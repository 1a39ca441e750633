import type { LedgerEntry } from '../../core/ledger-entry.ts'
import { about, type EntryAbout } from '../entry-about.ts'

/** An entry on its way out of the gateway, and where it comes from. */
export interface OutwardEntry {
  readonly entry: LedgerEntry
  /** What is known of the decision behind an outcome; null for other entries, and when it is not known. */
  readonly of: EntryAbout | null
  /** SHA-256 (hex) of the entry's line, by which a proof is checked; null where only what the entry means is at hand. */
  readonly hash: string | null
}

/** The ledger that entries come from: with an entry's index its `origin` names that entry and no other. */
export interface LedgerSource {
  /** Name of the ledger's log, as checkpoints have it. */
  readonly origin: string
  /** Version of Weir. */
  readonly version: string
}

/** What became of it in one word: the verdict of a decision, the status of an outcome, the name of an event. */
export function resultOf (entry: LedgerEntry): string {
  switch (entry.kind) {
    case 'decision': return entry.decision.verdict
    case 'outcome': return entry.status
    case 'event': return entry.name
  }
}

/** What was asked for, in words of the entry: a command line, targets, a route, an address, a model. */
export function whatOf (entry: LedgerEntry): string {
  switch (entry.kind) {
    case 'outcome': return `${entry.status} (of ${entry.of})`
    case 'event': return entry.name
    case 'decision': {
      const { command, targets, url, route, model, kind } = entry.input
      if (command !== null) return command.text
      if (targets.length > 0) return targets.map((target) => `${target.access} ${target.path}`).join(', ')
      if (route !== null) return `${route.method} ${route.path}`
      return url?.url ?? (model === null ? kind : `${model.provider}/${model.id}`)
    }
  }
}

/** The columns that entries are searched and shown by, those that are known alone. */
export function knownOf ({ entry, of }: Pick<OutwardEntry, 'entry' | 'of'>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(about(entry, of)).filter((pair): pair is [string, string] => pair[1] !== null))
}

const SERIOUS: ReadonlySet<string> = new Set([
  'journal-recovered', 'policy-rejected', 'policy-unreachable', 'policy-fault', 'limit-reached', 'changes-lost', 'commit-conflict', 'model-socket-refused', 'login-refused', 'connections-refused',
  'hook-gave-up', 'forward-put-aside', 'publication-behind',
])

/** How much somebody should care. `warning`: denied, failed, or something that is not as it should be. */
export function weightOf (entry: LedgerEntry): 'info' | 'notice' | 'warning' {
  const result = resultOf(entry)
  if (result === 'deny' || result === 'failed' || (entry.kind === 'event' && SERIOUS.has(result))) return 'warning'
  return result === 'pending' || result === 'unknown' ? 'notice' : 'info'
}
