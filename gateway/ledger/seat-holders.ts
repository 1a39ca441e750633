import { GatewayError } from '../core/errors.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { releaseIn } from './seat-entry.ts'
import { firstSince } from './spending.ts'
import { openTail } from './tail.ts'
import { SESSION_STOPPED } from './usage-entry.ts'

const MAX_BATCH_ENTRIES = 2_000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
const OF_SEATS = /"kind":\s*"session"|"name":\s*"(?:session-stopped|seat-released)"/

/** Who has a seat: `startedMs` is the last time they were let start a session, `lastMs` that or the end of one. Unix ms. */
export interface SeatHolder { readonly org: string, readonly actor: string, readonly startedMs: number, readonly lastMs: number }

export interface HoldersPeriod {
  /** The UTC month, and its begin. */
  readonly month: string
  readonly sinceMs: number
  /** Index of the last entry that is read. */
  readonly upTo: number
}

/**
 * Reads who has a seat of that month after that entry: those who took one, less those who released it since.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT
 */
export async function readHolders (journalDir: string, period: HoldersPeriod): Promise<readonly SeatHolder[]> {
  const held: Held = { holders: new Map(), releasedMs: new Map() }
  const tail = openTail(journalDir, await firstSince(journalDir, period.sinceMs))
  while (tail.next() <= period.upTo) {
    const batch = await tail.read({ upTo: period.upTo, maxEntries: MAX_BATCH_ENTRIES, maxBytes: MAX_BATCH_BYTES })
    if (batch.length === 0) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', 'The ledger ends before its last entry. Run: weir audit verify')
    for (const { json } of batch) {
      // Most entries are about calls and requests: to parse them would take most of the time.
      if (json !== null && OF_SEATS.test(json)) follow(held, JSON.parse(json) as LedgerEntry, period.month)
    }
  }
  return [...held.holders.values()]
}

interface Held { readonly holders: Map<string, SeatHolder>, readonly releasedMs: Map<string, number> }

function follow (held: Held, entry: LedgerEntry, month: string): void {
  const released = releaseIn(entry)
  if (released !== null) {
    if (released.month !== month) return
    const key = keyOf(released.org, released.actor)
    held.holders.delete(key)
    held.releasedMs.set(key, entry.time)
    return
  }
  if (!new Date(entry.time).toISOString().startsWith(month)) return
  if (entry.kind === 'decision') return take(held, entry)
  // The end of a session takes no seat, it says that somebody who has one was there.
  if (entry.kind === 'event' && entry.name === SESSION_STOPPED) stay(held.holders, String(entry.detail['org']), entry.actor ?? '', entry.time)
}

function take ({ holders, releasedMs }: Held, { input, decision, time }: Extract<LedgerEntry, { kind: 'decision' }>): void {
  if (input.kind !== 'session' || decision.verdict !== 'allow') return
  const { org, id } = input.actor
  const key = keyOf(org, id)
  // After what released it, whatever a clock that went back says: what was released once is not released again for the same.
  holders.set(key, { org, actor: id, startedMs: Math.max(time, (releasedMs.get(key) ?? -1) + 1), lastMs: time })
}

function stay (holders: Map<string, SeatHolder>, org: string, actor: string, timeMs: number): void {
  const holder = holders.get(keyOf(org, actor))
  if (holder !== undefined) holders.set(keyOf(org, actor), { ...holder, lastMs: timeMs })
}

function keyOf (org: string, actor: string): string {
  return JSON.stringify([org, actor])
}
