import { GatewayError } from '../core/errors.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { csvLine } from './csv-line.ts'
import { firstSince } from './spending.ts'
import { openTail } from './tail.ts'
import type { UsagePeriod } from './usage.ts'

const MAX_BATCH_ENTRIES = 2_000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
const OF_SESSION = /"kind":\s*"session"/

/**
 * How many members of an org were let start a session in a UTC month (`2026-11`). `limit` is the one that the month's last decision about a
 * session was made with; null when there was none.
 */
export interface SeatRow { readonly org: string, readonly month: string, readonly seats: number, readonly limit: number | null }

/** A seat that an entry says was taken. */
export interface TakenSeat { readonly org: string, readonly actor: string, readonly timeMs: number }

interface Counted { readonly org: string, readonly month: string, readonly actors: Set<string>, limit: number | null }

/** Counts seats over entries: actors whose session policy allowed, each once a month, whether or not their agent then started. */
export async function foldSeats (entries: AsyncIterable<LedgerEntry>, { sinceMs = -Infinity, untilMs = Infinity }: UsagePeriod = {}): Promise<readonly SeatRow[]> {
  const counts = new Map<string, Counted>()
  for await (const entry of entries) {
    if (entry.kind !== 'decision' || entry.input.kind !== 'session') continue
    if (entry.time < sinceMs || entry.time >= untilMs) continue
    const { org, id } = entry.input.actor
    const month = new Date(entry.time).toISOString().slice(0, 7)
    const key = JSON.stringify([org, month])
    const known = counts.get(key) ?? { org, month, actors: new Set(), limit: null }
    counts.set(key, known)
    if (entry.decision.verdict === 'allow') known.actors.add(id)
    known.limit = limitIn(entry.input)
  }
  return sortSeats([...counts.values()].filter(({ actors }) => actors.size > 0).map(({ org, month, actors, limit }) => ({ org, month, seats: actors.size, limit })))
}

/** Newest month first, then by org. */
export function sortSeats (rows: readonly SeatRow[]): readonly SeatRow[] {
  return rows.toSorted((a, b) => a.month === b.month ? (a.org < b.org ? -1 : 1) : a.month < b.month ? 1 : -1)
}

/** The report as CSV, line by line. */
export function * seatsCsv (rows: readonly SeatRow[]): Generator<string> {
  yield 'month,org,seats,limit\n'
  for (const { month, org, seats, limit } of rows) yield `${csvLine([month, org, String(seats), limit === null ? '' : String(limit)])}\n`
}

/**
 * Reads who took a seat since then, up to that entry. A seat of earlier may be among them.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT
 */
export async function readSeats (journalDir: string, { sinceMs, upTo }: { readonly sinceMs: number, readonly upTo: number }, onSeat: (seat: TakenSeat) => void): Promise<void> {
  const tail = openTail(journalDir, await firstSince(journalDir, sinceMs))
  while (tail.next() <= upTo) {
    const batch = await tail.read({ upTo, maxEntries: MAX_BATCH_ENTRIES, maxBytes: MAX_BATCH_BYTES })
    if (batch.length === 0) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', 'The ledger ends before its last entry. Run: weir audit verify')
    for (const { json } of batch) {
      // Most entries are about calls and requests: to parse them would take most of the time.
      const seat = OF_SESSION.test(json) ? seatIn(JSON.parse(json) as LedgerEntry) : null
      if (seat !== null) onSeat(seat)
    }
  }
}

function seatIn (entry: LedgerEntry): TakenSeat | null {
  if (entry.kind !== 'decision' || entry.input.kind !== 'session' || entry.decision.verdict !== 'allow') return null
  return { org: entry.input.actor.org, actor: entry.input.actor.id, timeMs: entry.time }
}

// Entries of before there were limits have no such member.
function limitIn ({ seats }: Extract<LedgerEntry, { kind: 'decision' }>['input']): number | null {
  const limit: unknown = (seats as { readonly limit?: unknown } | null | undefined)?.limit
  return typeof limit === 'number' ? limit : null
}
