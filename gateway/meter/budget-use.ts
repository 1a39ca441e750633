import type { Amount, BudgetUse, BudgetWindow } from '../core/budget.ts'
import type { Account, AccountLimit } from './accounts.ts'

const NANO = 1_000_000_000

/** What an account used up in the period of that sort that now is. */
export type SpentOf = (account: string, window: BudgetWindow, nowMs: number) => Amount

/** Where an account stands. Null `spentOf`: it is not known what was spent. */
export interface Standing { readonly spentOf: SpentOf | null, readonly held: Amount }

/** One row for each limit of the account, with what running requests hold. */
export function budgetUse (account: Account, { spentOf, held }: Standing, nowMs: number): readonly BudgetUse[] {
  return account.limits.map((limit) => ({
    budget: account.budget,
    account: account.label,
    limit: limit.name,
    max: limit.max,
    used: spentOf === null ? null : usedOf(limit, limit.window === null ? null : spentOf(account.key, limit.window, nowMs), held),
    mode: account.mode,
  }))
}

// Money becomes a fraction last: 0.1 and 0.2 dollars are not more than 0.3.
function usedOf ({ measure }: AccountLimit, spent: Amount | null, held: Amount): number {
  if (measure === 'running') return held.running
  if (measure === 'usd') return ((spent?.nanoUsd ?? 0) + held.nanoUsd) / NANO
  return (spent?.[measure] ?? 0) + held[measure]
}
