import type { Amount, BudgetUse } from '../core/budget.ts'
import type { Account } from './accounts.ts'
import type { Hold } from './holds.ts'

/** A key that a request may go out with (null for none), and what it counts towards then. */
export interface Place { readonly key: string | null, readonly accounts: readonly Account[] }

export interface PlacedHoldPorts {
  readonly places: readonly Place[]
  readonly begin: (accounts: readonly Account[]) => Hold
  /** Where these accounts stand now, holds included. */
  readonly usage: (accounts: readonly Account[]) => readonly BudgetUse[]
}

/** What one request holds of the accounts of the key that it is to go out with. Everything is synchronous: two requests never see the same room. */
export interface PlacedHold {
  place (): Place
  /** Holds for that key instead. */
  move (place: Place): void
  /** Whether a key other than the one that is held for has room. */
  hasRoom (key: string): boolean
  placeOf (key: string): Place | undefined
  allowed (entry: number): void
  change (amount: Amount): void
  free (): void
}

/** Begins with the first key that has room; with the first of all when none has, which is then what the refusal is about. */
export function beginPlacedHold ({ places, begin, usage }: PlacedHoldPorts): PlacedHold {
  let place = places[0] as Place
  let hold = begin(place.accounts)
  let of: number | null = null
  let isOver = false

  function move (next: Place): void {
    if (next === place || isOver) return
    // Given back first: accounts of both keys would count the request twice.
    hold.free()
    place = next
    hold = begin(next.accounts)
    if (of !== null) hold.allowed(of)
  }
  function fits (next: Place): boolean {
    const before = place
    move(next)
    const fits = isWithin(usage(next.accounts))
    move(before)
    return fits
  }
  if (places.length > 1) move(places.find(fits) ?? place)

  return {
    place: () => place,
    move,
    placeOf: (key) => places.find((place) => place.key === key),
    hasRoom (key) {
      const other = places.find((place) => place.key === key)
      return other !== undefined && (other === place || fits(other))
    },
    allowed (entry) {
      of = entry
      hold.allowed(entry)
    },
    change: (amount) => hold.change(amount),
    free () {
      isOver = true
      hold.free()
    },
  }
}

/** Whether each limit that refuses is known, and not exceeded. */
export function isWithin (usage: readonly BudgetUse[]): boolean {
  return usage.every(({ used, max, mode }) => mode === 'warn' || (used !== null && used <= max))
}
