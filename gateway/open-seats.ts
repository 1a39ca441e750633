import type { Actor, Context } from './core/actor.ts'
import type { SeatUse } from './core/circumstances.ts'
import { journalDirOf, type Journal } from './ledger/journal.ts'
import { readSeats } from './ledger/seats.ts'
import { beginOf } from './ledger/spending-sums.ts'
import { createSeatCounts, monthOf, type Seat } from './sessions/seat-counts.ts'

export interface SeatKeeping {
  /** Where the seats of the actor's organisation stand. Synchronous; null when no data limit any. */
  use (context: Context, nowMs: number): SeatUse | null
  /** Waits until the seats of this month are counted, or could not be: then each call tries again. At once when no data limit any. */
  ready (): Promise<void>
  /** The actor's seat in this month. */
  of (actor: Actor): Seat
}

export interface SeatKeepingPorts {
  readonly journal: Pick<Journal, 'head'>
  readonly dataDir: string
  /** Seats by organisation, `*` for the others; undefined for no limits. */
  readonly limits: () => Readonly<Record<string, number>> | undefined
  readonly nowMs: () => number
  readonly onWarning: (message: string, cause: unknown) => void
}

/**
 * Counts the seats of a month: those from before this start by the journal, once data limit some; those since then as they are taken. One
 * writer's journal: gateways that do not share it count for themselves.
 */
export function openSeats ({ journal, dataDir, limits, nowMs, onWarning }: SeatKeepingPorts): SeatKeeping {
  const counts = createSeatCounts()
  const opened = { head: journal.head().index, month: monthOf(nowMs()) }
  let isRead = false
  let reading: Promise<void> | null = null

  // The journal is needed for the month of the start alone: of later ones all was seen here.
  const isKnown = (timeMs: number): boolean => isRead || monthOf(timeMs) > opened.month

  async function read (): Promise<void> {
    try {
      await readSeats(journalDirOf(dataDir), { sinceMs: beginOf('month', nowMs()), upTo: opened.head }, ({ org, actor, timeMs }) => {
        if (monthOf(timeMs) === opened.month) counts.add(org, actor, opened.month)
      })
      isRead = true
    } catch (cause) {
      onWarning('the seats of this month cannot be counted from the journal; new sessions of limited organisations are refused', cause)
    } finally {
      reading = null
    }
  }

  return {
    use ({ actor }, atMs) {
      const limit = limitOf(limits(), actor.org)
      const count = counts.count(actor, atMs)
      // A member that was seen is one, however many others there are.
      return limit === undefined ? null : { limit, used: isKnown(atMs) ? count?.used ?? null : null, member: count?.member ?? false }
    },
    async ready () {
      if (Object.keys(limits() ?? {}).length === 0 || isKnown(nowMs())) return
      await (reading ??= read())
    },
    of: (actor) => counts.seatOf(actor, nowMs()),
  }
}

/** Null for an organisation without a limit, undefined when there are no limits at all. */
function limitOf (limits: Readonly<Record<string, number>> | undefined, org: string): number | null | undefined {
  if (limits === undefined) return undefined
  if (Object.hasOwn(limits, org)) return limits[org] ?? null
  return limits['*'] ?? null
}
