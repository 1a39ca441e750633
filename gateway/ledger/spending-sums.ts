import { BUDGET_WINDOWS, NO_AMOUNT, type Amount, type BudgetWindow } from '../core/budget.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const FIRST_SWEEP = 10_000

/** What is added up apart. `lasts` is the longest period that anybody asks about. */
export interface SpendingAccount { readonly key: string, readonly lasts: BudgetWindow }

/** Sums of model use per account in their latest UTC periods. Fed in ledger order; one small row per account, dropped when its time is over. */
export interface SpendingSums {
  /** `usage` is what a ledger's outcome holds; what is no number in it counts as 0. */
  add (account: SpendingAccount, timeMs: number, usage: unknown): void
  of (key: string, window: BudgetWindow, nowMs: number): Amount
  keys (): Iterable<string>
  rows (): number
}

interface Row { readonly lasts: BudgetWindow, readonly periods: Record<BudgetWindow, number>, readonly amounts: Record<BudgetWindow, Amount> }

export function createSpendingSums (): SpendingSums {
  const rows = new Map<string, Row>()
  let sweepAt = FIRST_SWEEP
  return {
    add ({ key, lasts }, timeMs, usage) {
      const row = rows.get(key) ?? newRow(lasts)
      rows.set(key, row)
      for (const window of BUDGET_WINDOWS) {
        const period = periodOf(window, timeMs)
        row.amounts[window] = added(row.periods[window] === period ? row.amounts[window] : NO_AMOUNT, usage)
        row.periods[window] = period
      }
      if (rows.size < sweepAt) return
      for (const [old, { lasts, periods }] of rows) if (periods[lasts] !== periodOf(lasts, timeMs)) rows.delete(old)
      sweepAt = Math.max(FIRST_SWEEP, rows.size * 2)
    },
    of (key, window, nowMs) {
      const row = rows.get(key)
      return row !== undefined && row.periods[window] === periodOf(window, nowMs) ? row.amounts[window] : NO_AMOUNT
    },
    keys: () => rows.keys(),
    rows: () => rows.size,
  }
}

/** A number for the UTC period; another one for each. */
export function periodOf (window: BudgetWindow, timeMs: number): number {
  if (window === 'hour') return Math.floor(timeMs / HOUR_MS)
  if (window === 'day') return Math.floor(timeMs / DAY_MS)
  if (window === 'total') return 0
  const date = new Date(timeMs)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** When the UTC period began, Unix ms; for `total` the beginning of all time. */
export function beginOf (window: BudgetWindow, timeMs: number): number {
  if (window === 'hour') return Math.floor(timeMs / HOUR_MS) * HOUR_MS
  if (window === 'day') return Math.floor(timeMs / DAY_MS) * DAY_MS
  const date = new Date(timeMs)
  return window === 'total' ? 0 : Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

function newRow (lasts: BudgetWindow): Row {
  return { lasts, periods: { hour: -1, day: -1, month: -1, total: 0 }, amounts: { hour: NO_AMOUNT, day: NO_AMOUNT, month: NO_AMOUNT, total: NO_AMOUNT } }
}

function added (sum: Amount, usage: unknown): Amount {
  return {
    nanoUsd: sum.nanoUsd + amount(usage, 'costNanoUsd'),
    tokens: sum.tokens + amount(usage, 'inputTokens') + amount(usage, 'outputTokens'),
    requests: sum.requests + 1,
    running: 0,
  }
}

function amount (usage: unknown, member: string): number {
  const value = typeof usage === 'object' && usage !== null ? (usage as Record<string, unknown>)[member] : undefined
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}
