import type { Actor } from '../core/actor.ts'
import type { SeatUse } from '../core/circumstances.ts'

/** The seat of one actor in one month, while it is asked for. */
export interface Seat {
  /** Counts the actor as a member until `giveBack`. Call it in the turn of the decision. */
  take (): void
  /** Counts the actor for the rest of the month: the ledger holds it. */
  keep (): void
  /** Ends what `take` began; without `keep` in between, nothing was. */
  giveBack (): void
}

/** Who took a seat in the UTC month that now is. All of it synchronous. */
export interface SeatCounts {
  /** Null when now is before a month that was counted already: clocks that go back forget nobody. */
  count (actor: Actor, nowMs: number): Pick<SeatUse, 'member'> & { readonly used: number } | null
  seatOf (actor: Actor, nowMs: number): Seat
  /** Counts a member that the ledger names; one of another month is not counted. */
  add (org: string, actor: string, month: string): void
}

interface Taking { running: number, isKept: boolean }
interface Month { readonly name: string, readonly orgs: Map<string, Map<string, Taking>> }

const NO_SEAT: Seat = Object.freeze({ take () {}, keep () {}, giveBack () {} })

/** The name of a UTC month, as reports have it: `2026-11`. Later months have greater names. */
export function monthOf (timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7)
}

/** Counts the months as they come; a new one begins with nobody. */
export function createSeatCounts (): SeatCounts {
  let month: Month | null = null

  function current (name: string): Month | null {
    if (month === null || name > month.name) month = { name, orgs: new Map() }
    return month.name === name ? month : null
  }

  return {
    count ({ org, id }, nowMs) {
      const now = current(monthOf(nowMs))
      if (now === null) return null
      const taken = now.orgs.get(org)
      return { used: taken?.size ?? 0, member: taken?.has(id) ?? false }
    },
    seatOf ({ org, id }, nowMs) {
      const now = current(monthOf(nowMs))
      return now === null ? NO_SEAT : seatIn(now, org, id)
    },
    add (org, actor, name) {
      const now = current(name)
      if (now !== null) takingIn(now, org, actor).isKept = true
    },
  }
}

function seatIn (month: Month, org: string, actor: string): Seat {
  let taking: Taking | null = null
  return {
    take () {
      if (taking !== null) return
      taking = takingIn(month, org, actor)
      taking.running += 1
    },
    keep () {
      if (taking !== null) taking.isKept = true
    },
    giveBack () {
      if (taking === null) return
      taking.running -= 1
      // The same actor may be starting on another app at the same time: the last one to fail gives the seat back.
      if (taking.running === 0 && !taking.isKept) month.orgs.get(org)?.delete(actor)
      taking = null
    },
  }
}

function takingIn ({ orgs }: Month, org: string, actor: string): Taking {
  const actors = orgs.get(org) ?? new Map<string, Taking>()
  orgs.set(org, actors)
  const taking = actors.get(actor) ?? { running: 0, isKept: false }
  actors.set(actor, taking)
  return taking
}
