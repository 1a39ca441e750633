import type { Context } from '../core/actor.ts'
import type { Circumstances, Spent } from '../core/circumstances.ts'
import { eventBody, type EventBody } from '../core/ledger-entry.ts'

/** Limits of one role in one environment, by the names that the data give them. */
export type BudgetLimits = Readonly<Record<string, number | undefined>>

export const BUDGET_WARNING = 'budget-warning'
export const BUDGET_STEPS = [50, 80, 100] as const
export type BudgetStep = typeof BUDGET_STEPS[number]

const MEASURES = {
  usd_per_day: ['day', 'usd'],
  usd_per_month: ['month', 'usd'],
  tokens_per_day: ['day', 'tokens'],
  tokens_per_month: ['month', 'tokens'],
  requests_per_day: ['day', 'requests'],
  requests_per_month: ['month', 'requests'],
} as const satisfies Record<string, readonly ['day' | 'month', keyof Spent]>

const ISO_LENGTH = { day: 10, month: 7 } as const

/** Says once in each period of each budget that 50, 80 and 100 % of it are used up, running requests included. */
export interface BudgetWarnings {
  check (context: Context, limits: BudgetLimits, usage: NonNullable<Circumstances['usage']>, nowMs: number): void
  /** Takes note of a warning that the ledger holds, so that a gateway that was restarted does not repeat it. */
  noted (event: EventBody): void
  /** Warnings since the start, by percentage. */
  counts (): ReadonlyMap<BudgetStep, number>
}

interface Warned { readonly period: string, readonly percent: number }

/** Keeps one small row for each budget that an actor has come near to. */
export function createBudgetWarnings (record: (event: EventBody) => void): BudgetWarnings {
  const warned = new Map<string, Warned>()
  const counts = new Map<BudgetStep, number>(BUDGET_STEPS.map((step) => [step, 0]))
  const percentOf = (key: string, period: string): number => {
    const known = warned.get(key)
    return known?.period === period ? known.percent : 0
  }
  return {
    check (context, limits, usage, nowMs) {
      for (const [budget, [span, measure]] of Object.entries(MEASURES)) {
        const limit = limits[budget]
        if (limit === undefined) continue
        const used = usage[span][measure]
        if (used * 2 < limit) continue // the common case: far from the first step
        const period = new Date(nowMs).toISOString().slice(0, ISO_LENGTH[span])
        const key = keyOf(context.actor.id, context.environment, budget)
        const before = percentOf(key, period)
        for (const percent of BUDGET_STEPS) {
          if (percent <= before || used * 100 < limit * percent) continue
          warned.set(key, { period, percent })
          counts.set(percent, (counts.get(percent) ?? 0) + 1)
          record(eventBody(BUDGET_WARNING, context, { budget, percent, period, limit, used, role: context.actor.role }))
        }
      }
    },
    noted ({ actor, environment, detail: { budget, percent, period } }) {
      if (typeof budget !== 'string' || typeof percent !== 'number' || typeof period !== 'string') return
      const key = keyOf(actor, environment, budget)
      if (percent > percentOf(key, period)) warned.set(key, { period, percent })
    },
    counts: () => counts,
  }
}

function keyOf (actor: string | null, environment: string | null, budget: string): string {
  return JSON.stringify([environment, actor, budget])
}
