import { NO_AMOUNT, type Amount } from '../core/budget.ts'

/** What one running request takes of its accounts until it is known what it cost. */
export interface Hold {
  /** Names the ledger entry that allowed the request: once spending contains that entry's outcome, the hold is gone. */
  allowed (entry: number): void
  /** Holds this much instead. Nothing happens when the hold is gone. */
  change (amount: Amount): void
  /** Gives it back. Again, or when the hold is gone: nothing happens. */
  free (): void
}

/** Sums of holds per account. Everything is synchronous, so that nothing comes between a request that takes and the decision that sees it. */
export interface Holds {
  begin (accounts: readonly string[], amount: Amount): Hold
  held (account: string): Amount
  /** Spending now contains the outcome of that entry. To be called in the same turn, or the request would count twice or not at all. */
  counted (entry: number): void
  /** Whether a hold waits for the outcome of that entry. */
  waitsFor (entry: number): boolean
  /** Accounts that something is held of. */
  accounts (): Iterable<string>
  /** Holds that are neither freed nor counted. */
  open (): number
}

interface Sum { amount: Amount, holds: number }

/**
 * Holds of this process. They end with it: what ran when it ended has an outcome of its own in the ledger.
 *
 * @param onChange hears of each account of which more or less is held now
 */
export function createHolds (onChange: ((account: string) => void) | null = null): Holds {
  const sums = new Map<string, Sum>()
  const byEntry = new Map<number, Hold>()
  let open = 0
  return {
    begin (accounts, amount) {
      const own = accounts.map((account) => sumOf(sums, account))
      for (const sum of own) {
        sum.amount = plus(sum.amount, amount)
        sum.holds += 1
      }
      open += 1
      if (onChange !== null) for (const account of accounts) onChange(account)
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
          for (const sum of own) sum.amount = plus(minus(sum.amount, current), next)
          current = next
          if (onChange !== null) for (const account of accounts) onChange(account)
        },
        free () {
          if (current === null) return
          for (const [i, sum] of own.entries()) {
            sum.amount = minus(sum.amount, current)
            sum.holds -= 1
            if (sum.holds === 0) sums.delete(accounts[i] as string)
          }
          current = null
          open -= 1
          if (of !== null) byEntry.delete(of)
          if (onChange !== null) for (const account of accounts) onChange(account)
        },
      }
      return hold
    },
    held: (account) => sums.get(account)?.amount ?? NO_AMOUNT,
    counted (entry) { byEntry.get(entry)?.free() },
    waitsFor: (entry) => byEntry.has(entry),
    accounts: () => sums.keys(),
    open: () => open,
  }
}

function sumOf (sums: Map<string, Sum>, account: string): Sum {
  const known = sums.get(account)
  if (known !== undefined) return known
  const sum = { amount: NO_AMOUNT, holds: 0 }
  sums.set(account, sum)
  return sum
}

export function plus (a: Amount, b: Amount): Amount {
  return { nanoUsd: a.nanoUsd + b.nanoUsd, tokens: a.tokens + b.tokens, requests: a.requests + b.requests, running: a.running + b.running }
}

function minus (a: Amount, b: Amount): Amount {
  return { nanoUsd: a.nanoUsd - b.nanoUsd, tokens: a.tokens - b.tokens, requests: a.requests - b.requests, running: a.running - b.running }
}
