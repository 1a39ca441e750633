import type { BudgetWindow } from '../core/budget.ts'
import { beginOf } from '../ledger/spending-sums.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const LEAST_SHARE = 0.05 // of the period: before, one request would be taken for a habit

/** A UTC period that ends, Unix ms, `until` exclusive. */
export interface BudgetPeriod { readonly sinceMs: number, readonly untilMs: number }

/** The period that now is; null for `total`, which does not end. */
export function periodNow (window: BudgetWindow, nowMs: number): BudgetPeriod | null {
  if (window === 'total') return null
  const sinceMs = beginOf(window, nowMs)
  if (window !== 'month') return { sinceMs, untilMs: sinceMs + (window === 'hour' ? HOUR_MS : DAY_MS) }
  const begun = new Date(sinceMs)
  return { sinceMs, untilMs: Date.UTC(begun.getUTCFullYear(), begun.getUTCMonth() + 1, 1) }
}

/**
 * What will be used up at the end of the period when it goes on as it went so far: use divided by the share of the period that is over.
 * Null while less than a twentieth of it is, and for what does not end.
 */
export function forecast (used: number, period: BudgetPeriod | null, nowMs: number): number | null {
  if (period === null) return null
  const share = (nowMs - period.sinceMs) / (period.untilMs - period.sinceMs)
  return share < LEAST_SHARE || share > 1 ? null : used / share
}
