import type { Amount } from '../core/circumstances.ts'

/** What one running request takes of its actor's budgets until it is known what it cost. */
export interface Hold {
  /** Names the ledger entry that allowed the request: once spending contains that entry's outcome, the hold is gone. */
  allowed (entry: number): void
  /** Holds this much instead. Nothing happens when the hold is gone. */
  change (amount: Amount): void
  /** Gives it back. Again, or when the hold is gone: nothing happens. */
  free (): void
}

/**
 * Sums of holds per actor and environment. Everything is synchronous, so that nothing comes between a request that takes and the
 * decision that sees it. Replicas of a gateway would need one that they share.
 */
export interface Holds {
  begin (actor: string, environment: string, amount: Amount): Hold
  held (actor: string, environment: string): Amount
  /** Spending now contains the outcome of that entry. To be called in the same turn, or the request would count twice or not at all. */
  counted (entry: number): void
  /** Holds that are neither freed nor counted. */
  open (): number
}

export const NO_AMOUNT: Amount = Object.freeze({ nanoUsd: 0, tokens: 0, requests: 0 })

/** Holds of this process. They end with it: what ran when it ended has an outcome of its own in the ledger. */
export function createHolds (): Holds {
  const sums = new Map<string, { amount: Amount, holds: number }>()
  const byEntry = new Map<number, Hold>()
  let open = 0
  return {
    begin (actor, environment, amount) {
      const key = keyOf(actor, environment)
      const sum = sums.get(key) ?? { amount: NO_AMOUNT, holds: 0 }
      if (sum.holds === 0) sums.set(key, sum)
      sum.amount = plus(sum.amount, amount)
      sum.holds += 1
      open += 1
      let current: Amount | null = amount
      let of: number | null = null
      const hold: Hold = {
        allowed (entry) {
          if (current === null) return
          of = entry
          byEntry.set(entry, hold)
        },
        change (next) {
          if (current === null) return
          sum.amount = plus(minus(sum.amount, current), next)
          current = next
        },
        free () {
          if (current === null) return
          sum.amount = minus(sum.amount, current)
          current = null
          sum.holds -= 1
          open -= 1
          if (sum.holds === 0) sums.delete(key)
          if (of !== null) byEntry.delete(of)
        },
      }
      return hold
    },
    held: (actor, environment) => sums.get(keyOf(actor, environment))?.amount ?? NO_AMOUNT,
    counted (entry) { byEntry.get(entry)?.free() },
    open: () => open,
  }
}

export function plus (a: Amount, b: Amount): Amount {
  return { nanoUsd: a.nanoUsd + b.nanoUsd, tokens: a.tokens + b.tokens, requests: a.requests + b.requests }
}

function minus (a: Amount, b: Amount): Amount {
  return { nanoUsd: a.nanoUsd - b.nanoUsd, tokens: a.tokens - b.tokens, requests: a.requests - b.requests }
}

function keyOf (actor: string, environment: string): string {
  return JSON.stringify([environment, actor])
}
