import { BUDGET_WINDOWS, NO_AMOUNT, type Amount, type BudgetWindow } from '../core/budget.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const FIRST_SWEEP = 10_000
const KEPT = 3 // periods: the current one and two that a clock can show by mistake, so that its correction finds the sum again

/** What is added up apart. `lasts` is the longest period that anybody asks about. */
export interface SpendingAccount { readonly key: string, readonly lasts: BudgetWindow }

/**
 * Sums of model use per account in the few UTC periods that were counted in last. Fed in ledger order, whose times go back when a clock is
 * corrected. One small row per account, dropped when its time is over.
 */
export interface SpendingSums {
  /** `usage` is what a ledger's outcome holds; what is no number in it counts as 0. */
  add (account: SpendingAccount, timeMs: number, usage: unknown): void
  of (key: string, window: BudgetWindow, nowMs: number): Amount
  keys (): Iterable<string>
  rows (): number
  /** All of it, to go on from: to be written down at once, for it changes with what is added. */
  saved (): SavedSums
}

interface Sum { readonly period: number, readonly amount: Amount }
/** Of each window the sums of its latest periods, the last one used first. */
interface Row { readonly lasts: BudgetWindow, readonly sums: Record<BudgetWindow, readonly Sum[]> }
/** `recent` is the row of what all accounts together were counted in. */
export interface SavedSums { readonly rows: ReadonlyArray<readonly [key: string, row: Row]>, readonly recent: Row }

export function createSpendingSums (saved?: SavedSums): SpendingSums {
  const rows = new Map<string, Row>(saved?.rows)
  const recent = saved?.recent ?? newRow('total') // what all accounts together were counted in
  let sweepAt = Math.max(FIRST_SWEEP, rows.size * 2)
  return {
    add ({ key, lasts }, timeMs, usage) {
      const row = rows.get(key) ?? newRow(lasts)
      rows.set(key, row)
      for (const window of BUDGET_WINDOWS) {
        const period = periodOf(window, timeMs)
        const sum = row.sums[window].find((known) => known.period === period)
        row.sums[window] = withLatest(row.sums[window], { period, amount: added(sum?.amount ?? NO_AMOUNT, usage) })
        if (recent.sums[window][0]?.period !== period) recent.sums[window] = withLatest(recent.sums[window], { period, amount: NO_AMOUNT })
      }
      if (rows.size < sweepAt) return
      for (const [old, { lasts, sums }] of rows) if (!recent.sums[lasts].some(({ period }) => period === sums[lasts][0]?.period)) rows.delete(old)
      sweepAt = Math.max(FIRST_SWEEP, rows.size * 2)
    },
    of (key, window, nowMs) {
      const period = periodOf(window, nowMs)
      return rows.get(key)?.sums[window].find((sum) => sum.period === period)?.amount ?? NO_AMOUNT
    },
    keys: () => rows.keys(),
    rows: () => rows.size,
    saved: () => ({ rows: [...rows], recent }),
  }
}

function withLatest (sums: readonly Sum[], latest: Sum): readonly Sum[] {
  return [latest, ...sums.filter(({ period }) => period !== latest.period).slice(0, KEPT - 1)]
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
  return { lasts, sums: { hour: [], day: [], month: [], total: [] } }
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
