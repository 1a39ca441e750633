import { NO_AMOUNT, type Amount, type BudgetWindow } from '../../core/budget.ts'
import { periodOf } from '../../ledger/spending-sums.ts'
import type { SpentOf, Standing } from '../budget-use.ts'
import type { Contribution, Spent } from './contribution.ts'

/** What this gateway itself adds to an account, to be told to others. */
export function ownContribution (account: string, spentOf: SpentOf, held: Amount, nowMs: number): Contribution {
  const spent = (window: BudgetWindow): Spent => ({ period: periodOf(window, nowMs), amount: spentOf(account, window, nowMs) })
  return { held, spent: { hour: spent('hour'), day: spent('day'), month: spent('month'), total: spent('total') } }
}

/** Where this gateway stands at this moment: requests that begin while the others are asked are not part of what the first one is judged by. */
export function standingNow ({ spentOf, held }: Standing, account: string, nowMs: number): Standing {
  if (spentOf === null) return { spentOf, held }
  const { spent } = ownContribution(account, spentOf, held, nowMs)
  return { spentOf: (of, window, atMs) => of === account && periodOf(window, atMs) === spent[window].period ? spent[window].amount : NO_AMOUNT, held }
}
