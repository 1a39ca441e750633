import type { Actor } from '../core/actor.ts'
import type { SeatUse } from '../core/circumstances.ts'
import type { SeatHolder } from '../ledger/seat-holders.ts'

const DAY_MS = 86_400_000

/** The seat of one actor in one month, while it is asked for. */
export interface Seat {
  /** Counts the actor as a member until `giveBack`. Call it in the turn of the decision. */
  take (): void
  /** Counts the actor for the rest of the month, or until it is released: the ledger holds it. True when they had none before. */
  keep (): boolean
  /** Ends what `take` began; without `keep` in between, nothing was. */
  giveBack (): void
}

/** A seat that is free again, and the whole days that it was not used for. */
export interface FreedSeat { readonly org: string, readonly actor: string, readonly month: string, readonly idleDays: number }

/** Who took a seat in the UTC month that now is. All of it synchronous. */
export interface SeatCounts {
  /** Null when now is before a month that was counted already: clocks that go back forget nobody. */
  count (actor: Actor, nowMs: number): Pick<SeatUse, 'member'> & { readonly used: number } | null
  seatOf (actor: Actor, nowMs: number): Seat
  /** Counts a member that the ledger names; one of another month is not counted. */
  add (holder: SeatHolder, month: string): void
  /** The actor has a session until the call that is returned: a seat with a session is never idle. */
  enter (actor: Actor): (nowMs: number) => void
  /** Whole days that each of so many members has been without a session at least; null when there are not so many without one. */
  idleDays (org: string, howMany: number, nowMs: number): number | null
  /** Frees the seats of those who were without a session for longest. */
  freeIdle (org: string, howMany: number, nowMs: number): readonly FreedSeat[]
  /** Frees the actor's seats that were last taken up to then, in every organisation. */
  freeUntil (actor: string, atMs: number, nowMs: number): readonly FreedSeat[]
}

interface Taking { running: number, isKept: boolean, startedMs: number, lastMs: number }
interface Month { readonly name: string, readonly orgs: Map<string, Map<string, Taking>> }

const NO_SEAT: Seat = Object.freeze({ take () {}, keep: () => false, giveBack () {} })

/** The name of a UTC month, as reports have it: `2026-11`. Later months have greater names. */
export function monthOf (timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7)
}

/** Counts the months as they come; a new one begins with nobody. */
export function createSeatCounts (): SeatCounts {
  const present = new Map<string, number>()
  let month: Month | null = null

  function current (name: string): Month | null {
    if (month === null || name > month.name) month = { name, orgs: new Map() }
    return month.name === name ? month : null
  }

  function idlest (org: string, nowMs: number): ReadonlyArray<readonly [string, Taking]> {
    const taken = current(monthOf(nowMs))?.orgs.get(org) ?? new Map<string, Taking>()
    // Somebody who starts a session now, or has one, is not idle, however long ago it began.
    return [...taken].filter(([actor, { running, isKept }]) => isKept && running === 0 && !present.has(keyOf(org, actor)))
      .sort(([a, one], [b, other]) => one.lastMs - other.lastMs || (a < b ? -1 : 1))
  }

  function free (inMonth: Month, org: string, actor: string, taking: Taking, nowMs: number): FreedSeat {
    inMonth.orgs.get(org)?.delete(actor)
    return { org, actor, month: inMonth.name, idleDays: daysSince(taking.lastMs, nowMs) }
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
      return now === null ? NO_SEAT : seatIn(now, org, id, nowMs)
    },
    add ({ org, actor, startedMs, lastMs }, name) {
      const now = current(name)
      if (now === null) return
      const taking = takingIn(now, org, actor)
      taking.isKept = true
      taking.startedMs = Math.max(taking.startedMs, startedMs)
      taking.lastMs = Math.max(taking.lastMs, lastMs)
    },
    enter ({ org, id }) {
      const key = keyOf(org, id)
      present.set(key, (present.get(key) ?? 0) + 1)
      return (nowMs) => {
        const left = (present.get(key) ?? 1) - 1
        if (left === 0) present.delete(key)
        else present.set(key, left)
        const taking = month?.orgs.get(org)?.get(id)
        if (taking !== undefined) taking.lastMs = nowMs
      }
    },
    idleDays (org, howMany, nowMs) {
      const last = idlest(org, nowMs)[howMany - 1]
      return last === undefined ? null : daysSince(last[1].lastMs, nowMs)
    },
    freeIdle (org, howMany, nowMs) {
      const now = current(monthOf(nowMs))
      return now === null ? [] : idlest(org, nowMs).slice(0, howMany).map(([actor, taking]) => free(now, org, actor, taking, nowMs))
    },
    freeUntil (actor, atMs, nowMs) {
      const now = month
      if (now === null || now.name < monthOf(nowMs)) return []
      return [...now.orgs].flatMap(([org, taken]) => {
        const taking = taken.get(actor)
        // Taken after now: the clock went back since, and the order of the two cannot be told by it.
        return taking === undefined || (taking.startedMs > atMs && taking.startedMs <= nowMs) ? [] : [free(now, org, actor, taking, nowMs)]
      })
    },
  }
}

function seatIn (month: Month, org: string, actor: string, nowMs: number): Seat {
  let taking: Taking | null = null
  const isCounted = (): boolean => taking !== null && month.orgs.get(org)?.get(actor) === taking
  return {
    take () {
      if (taking !== null) return
      taking = takingIn(month, org, actor)
      taking.running += 1
    },
    keep () {
      // One that was freed while its decision was being written stays free.
      if (taking === null || !isCounted()) return false
      const isNew = !taking.isKept
      taking.isKept = true
      taking.startedMs = nowMs
      taking.lastMs = nowMs
      return isNew
    },
    giveBack () {
      if (taking === null) return
      taking.running -= 1
      // The same actor may be starting on another app at the same time: the last one to fail gives the seat back.
      if (taking.running === 0 && !taking.isKept && isCounted()) month.orgs.get(org)?.delete(actor)
      taking = null
    },
  }
}

function takingIn ({ orgs }: Month, org: string, actor: string): Taking {
  const actors = orgs.get(org) ?? new Map<string, Taking>()
  orgs.set(org, actors)
  const taking = actors.get(actor) ?? { running: 0, isKept: false, startedMs: 0, lastMs: 0 }
  actors.set(actor, taking)
  return taking
}

function daysSince (timeMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - timeMs) / DAY_MS))
}

function keyOf (org: string, actor: string): string {
  return JSON.stringify([org, actor])
}
