import type { Amount, BudgetUse, BudgetWindow } from '../core/budget.ts'
import type { Account, AccountLimit } from './accounts.ts'
import { othersSpent, type Others } from './shared/others.ts'

const NANO = 1_000_000_000

/** What an account used up in the period of that sort that now is. */
export type SpentOf = (account: string, window: BudgetWindow, nowMs: number) => Amount

/**
 * Where an account stands. Null `spentOf`: it is not known what was spent. `others`: what other gateways use of it; undefined when there
 * are none, null when it is not known.
 */
export interface Standing { readonly spentOf: SpentOf | null, readonly held: Amount, readonly others?: Others | null | undefined }

/** One row for each limit of the account, with what running requests hold. */
export function budgetUse (account: Account, { spentOf, held, others }: Standing, nowMs: number): readonly BudgetUse[] {
  return account.limits.map((limit) => ({
    budget: account.budget,
    account: account.label,
    limit: limit.name,
    max: limit.max,
    used: spentOf === null || others === null ? null : usedOf(limit, own(account, limit, spentOf, nowMs) + valueOf(limit, held) + othersUse(limit, others, nowMs)),
    mode: account.mode,
  }))
}

function own ({ key }: Account, limit: AccountLimit, spentOf: SpentOf, nowMs: number): number {
  return limit.window === null ? 0 : valueOf(limit, spentOf(key, limit.window, nowMs))
}

function othersUse (limit: AccountLimit, others: Others | undefined, nowMs: number): number {
  if (others === undefined) return 0
  return valueOf(limit, others.held) + (limit.window === null ? 0 : valueOf(limit, othersSpent(others, limit.window, nowMs)))
}

function valueOf ({ measure }: AccountLimit, amount: Amount): number {
  return amount[measure === 'usd' ? 'nanoUsd' : measure]
}

// Money becomes a fraction last: 0.1 and 0.2 dollars are not more than 0.3.
function usedOf ({ measure }: AccountLimit, sum: number): number {
  return measure === 'usd' ? sum / NANO : sum
}
