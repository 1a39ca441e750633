import type { Actor, Context } from '../core/actor.ts'
import type { SeatUse } from '../core/circumstances.ts'
import type { TokenRegistry } from '../identity/token-registry.ts'
import type { Withdrawal } from '../identity/withdrawals.ts'
import { journalDirOf, type Journal } from '../ledger/journal.ts'
import { seatReleased, seatTaken, type ReleaseReason } from '../ledger/seat-entry.ts'
import { readHolders } from '../ledger/seat-holders.ts'
import { beginOf } from '../ledger/spending-sums.ts'
import { seatRule, type SeatsData } from '../policy/data/seats.ts'
import { createSeatCounts, monthOf, type Seat } from '../sessions/seat-counts.ts'

export interface SeatKeeping {
  /** Where the seats of the actor's organisation stand. Synchronous; null when no data limit any. */
  use (context: Pick<Context, 'actor'>, nowMs: number): SeatUse | null
  /** Waits until the seats of this month are counted, or could not be: then each call tries again. At once when no data limit any. */
  ready (): Promise<void>
  /** The actor's seat in this month. To take it releases the seats of those that policy let it have: the idle ones. */
  of (actor: Actor): Seat
  /** The actor's session runs until the call that is returned. */
  enter (actor: Actor): () => void
}

export interface SeatKeepingPorts {
  readonly journal: Pick<Journal, 'head' | 'record'>
  readonly dataDir: string
  /** What was taken away from tokens: an actor who is put out has no seat. */
  readonly registry: Pick<TokenRegistry, 'withdrawals' | 'onWithdrawal'>
  /** Seats by organisation, `*` for the others; undefined for no limits. */
  readonly limits: () => SeatsData | undefined
  readonly nowMs: () => number
  readonly onWarning: (message: string, cause: unknown) => void
}

/**
 * Counts the seats of a month: those from before this start by the journal, once data limit some; those since then as they are taken and
 * released. One writer's journal: gateways that do not share it count for themselves.
 */
export function openSeats ({ journal, dataDir, registry, limits, nowMs, onWarning }: SeatKeepingPorts): SeatKeeping {
  const counts = createSeatCounts()
  const opened = { head: journal.head().index, month: monthOf(nowMs()) }
  let isRead = false
  let reading: Promise<void> | null = null

  // The journal is needed for the month of the start alone: of later ones all was seen here.
  const isKnown = (timeMs: number): boolean => isRead || monthOf(timeMs) > opened.month

  async function read (): Promise<void> {
    try {
      const holders = await readHolders(journalDirOf(dataDir), { month: opened.month, sinceMs: beginOf('month', nowMs()), upTo: opened.head })
      for (const holder of holders) counts.add(holder, opened.month)
      isRead = true
      // Tokens are revoked by the CLI too, while no gateway runs: the ledger of this one does not say so.
      for (const line of registry.withdrawals()) putOut(line)
    } catch (cause) {
      onWarning('the seats of this month cannot be counted from the journal; new sessions of limited organisations are refused', cause)
    } finally {
      reading = null
    }
  }

  function putOut (line: Withdrawal): void {
    const out = outOf(line)
    // Before the journal was read, an earlier release may be in there: `read` looks at all of them again.
    if (out === null || !isKnown(nowMs())) return
    for (const seat of counts.freeUntil(out.actor, line.atMs, nowMs())) journal.record(seatReleased(seat, out.why, null))
  }
  registry.onWithdrawal(putOut)

  function use (actor: Actor, atMs: number): SeatUse | null {
    const rule = seatRule(limits(), actor.org)
    if (rule === undefined) return null
    const count = counts.count(actor, atMs)
    // A member that was seen is one, however many others there are.
    const member = count?.member ?? false
    const used = isKnown(atMs) ? count?.used ?? null : null
    if (rule === null) return { limit: null, used, member, idle_days: null }
    const isFull = used !== null && !member && used >= rule.max
    return { limit: rule.max, used, member, idle_days: isFull && rule.releases ? counts.idleDays(actor.org, used - rule.max + 1, atMs) : null }
  }

  // Recorded before the decision that asked for it: a gateway that dies in between has a seat free, and none taken twice.
  function makeRoom (actor: Actor): void {
    const now = use(actor, nowMs())
    if (now === null || now.limit === null || now.used === null || now.idle_days === null) return
    for (const seat of counts.freeIdle(actor.org, now.used - now.limit + 1, nowMs())) journal.record(seatReleased(seat, 'idle', seat.idleDays))
  }

  return {
    use: ({ actor }, atMs) => use(actor, atMs),
    async ready () {
      if (Object.keys(limits() ?? {}).length === 0 || isKnown(nowMs())) return
      await (reading ??= read())
    },
    of (actor) {
      const atMs = nowMs()
      const seat = counts.seatOf(actor, atMs)
      return {
        take () {
          makeRoom(actor)
          seat.take()
        },
        keep () {
          const isNew = seat.keep()
          if (isNew && typeof use(actor, atMs)?.limit === 'number') journal.record(seatTaken({ org: actor.org, actor: actor.id, month: monthOf(atMs) }))
          return isNew
        },
        giveBack: seat.giveBack,
      }
    },
    enter (actor) {
      const leave = counts.enter(actor)
      return () => leave(nowMs())
    },
  }
}

function outOf (line: Withdrawal): { readonly actor: string, readonly why: ReleaseReason } | null {
  if ('revokedActor' in line) return { actor: line.revokedActor, why: 'revoked' }
  return 'stateOf' in line && !line.active ? { actor: line.stateOf, why: 'deactivated' } : null
}
