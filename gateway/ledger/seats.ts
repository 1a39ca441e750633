import type { LedgerEntry } from '../core/ledger-entry.ts'
import { csvLine } from './csv-line.ts'
import type { UsagePeriod } from './usage.ts'

/** How many members of an org were let start a session in a UTC month (`2026-11`). */
export interface SeatRow { readonly org: string, readonly month: string, readonly seats: number }

/** Counts seats over entries: actors whose session policy allowed, each once a month, whether or not their agent then started. */
export async function foldSeats (entries: AsyncIterable<LedgerEntry>, { sinceMs = -Infinity, untilMs = Infinity }: UsagePeriod = {}): Promise<readonly SeatRow[]> {
  const taken = new Map<string, { readonly org: string, readonly month: string, readonly actors: Set<string> }>()
  for await (const entry of entries) {
    if (entry.kind !== 'decision' || entry.input.kind !== 'session' || entry.decision.verdict !== 'allow') continue
    if (entry.time < sinceMs || entry.time >= untilMs) continue
    const { org, id } = entry.input.actor
    const month = new Date(entry.time).toISOString().slice(0, 7)
    const key = JSON.stringify([org, month])
    const known = taken.get(key) ?? { org, month, actors: new Set() }
    taken.set(key, known)
    known.actors.add(id)
  }
  return sortSeats([...taken.values()].map(({ org, month, actors }) => ({ org, month, seats: actors.size })))
}

/** Newest month first, then by org. */
export function sortSeats (rows: readonly SeatRow[]): readonly SeatRow[] {
  return rows.toSorted((a, b) => a.month === b.month ? (a.org < b.org ? -1 : 1) : a.month < b.month ? 1 : -1)
}

/** The report as CSV, line by line. */
export function * seatsCsv (rows: readonly SeatRow[]): Generator<string> {
  yield 'month,org,seats\n'
  for (const { month, org, seats } of rows) yield `${csvLine([month, org, String(seats)])}\n`
}
