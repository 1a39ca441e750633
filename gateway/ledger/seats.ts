import type { LedgerEntry } from '../core/ledger-entry.ts'
import { csvLine } from './csv-line.ts'
import { releaseIn, type ReleaseReason } from './seat-entry.ts'
import type { UsagePeriod } from './usage.ts'

/**
 * How many members of an org were let start a session in a UTC month (`2026-11`), and whose seats of these are released now. `limit` is the
 * one that the month's last decision about a session was made with; null when there was none.
 */
export interface SeatRow { readonly org: string, readonly month: string, readonly seats: number, readonly limit: number | null, readonly released: number }

/**
 * One member's seat in a month. `takenMs` and `lastMs` are the first and the last time they were let start a session, `releases` how often
 * the seat was released; `releasedMs` and `why` say it of a seat that is released now, else both are null. Unix ms.
 */
export interface SeatMember {
  readonly org: string
  readonly month: string
  readonly actor: string
  readonly takenMs: number
  readonly lastMs: number
  readonly releases: number
  readonly releasedMs: number | null
  readonly why: ReleaseReason | null
}

export interface SeatReport { readonly rows: readonly SeatRow[], readonly members: readonly SeatMember[] }

/** What the last decision about a session of that org and month was made with. */
export type MonthLimit = Pick<SeatRow, 'org' | 'month' | 'limit'>

type Change<T> = { -readonly [K in keyof T]: T[K] }
interface Kept { readonly limits: Map<string, Change<MonthLimit>>, readonly members: Map<string, Change<SeatMember>> }

/** Counts seats over entries: actors whose session policy allowed, each once a month, whether or not their agent then started. */
export async function foldSeats (entries: AsyncIterable<LedgerEntry>, { sinceMs = -Infinity, untilMs = Infinity }: UsagePeriod = {}): Promise<SeatReport> {
  const kept: Kept = { limits: new Map(), members: new Map() }
  for await (const entry of entries) {
    if (entry.time >= sinceMs && entry.time < untilMs) fold(kept, entry)
  }
  // Somebody of whom the period holds only a release took nothing in it.
  return reportOf([...kept.limits.values()], [...kept.members.values()].filter(({ takenMs }) => takenMs < Infinity))
}

/** The report of the members of some months, sorted: newest month first, then by org and actor. Months without a member have no row. */
export function reportOf (limits: readonly MonthLimit[], members: readonly SeatMember[]): SeatReport {
  const rows = limits.map(({ org, month, limit }) => {
    const own = members.filter((member) => member.org === org && member.month === month)
    return { org, month, seats: own.length, limit, released: own.filter(({ releasedMs }) => releasedMs !== null).length }
  })
  const order = (a: SeatRow | SeatMember, b: SeatRow | SeatMember): number => compare(b.month, a.month) || compare(a.org, b.org)
  return {
    rows: rows.filter(({ seats }) => seats > 0).sort(order),
    members: members.toSorted((a, b) => order(a, b) || compare(a.actor, b.actor)),
  }
}

/** The report as CSV, line by line. */
export function * seatsCsv (rows: readonly SeatRow[]): Generator<string> {
  yield 'month,org,seats,limit,released\n'
  for (const { month, org, seats, limit, released } of rows) yield `${csvLine([month, org, String(seats), limit === null ? '' : String(limit), String(released)])}\n`
}

/** The members as CSV, line by line; times are ISO dates. */
export function * seatMembersCsv (members: readonly SeatMember[]): Generator<string> {
  yield 'month,org,actor,taken,last_session,releases,released,why\n'
  for (const member of members) yield `${csvLine(memberCells(member))}\n`
}

/** A member as text, in the order of the CSV's columns; what is not is empty. */
export function memberCells ({ month, org, actor, takenMs, lastMs, releases, releasedMs, why }: SeatMember): readonly string[] {
  return [month, org, actor, isoOf(takenMs), isoOf(lastMs), String(releases), releasedMs === null ? '' : isoOf(releasedMs), why ?? '']
}

function fold (kept: Kept, entry: LedgerEntry): void {
  const released = releaseIn(entry)
  if (released !== null) {
    const { org, month, actor, why } = released
    const member = memberIn(kept, org, month, actor)
    Object.assign(member, { releases: member.releases + 1, releasedMs: entry.time, why })
    return
  }
  if (entry.kind !== 'decision' || entry.input.kind !== 'session') return
  const { org, id } = entry.input.actor
  const month = isoOf(entry.time).slice(0, 7)
  kept.limits.set(JSON.stringify([org, month]), { org, month, limit: limitIn(entry.input) })
  if (entry.decision.verdict !== 'allow') return
  const member = memberIn(kept, org, month, id)
  Object.assign(member, { takenMs: Math.min(member.takenMs, entry.time), lastMs: Math.max(member.lastMs, entry.time), releasedMs: null, why: null })
}

function memberIn ({ members }: Kept, org: string, month: string, actor: string): Change<SeatMember> {
  const key = JSON.stringify([org, month, actor])
  const member = members.get(key) ?? { org, month, actor, takenMs: Infinity, lastMs: -Infinity, releases: 0, releasedMs: null, why: null }
  members.set(key, member)
  return member
}

function compare (a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function isoOf (timeMs: number): string {
  return new Date(timeMs).toISOString()
}

// Entries of before there were limits have no such member.
function limitIn ({ seats }: Extract<LedgerEntry, { kind: 'decision' }>['input']): number | null {
  const limit: unknown = (seats as { readonly limit?: unknown } | null | undefined)?.limit
  return typeof limit === 'number' ? limit : null
}
