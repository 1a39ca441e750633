import type { Context } from '../core/actor.ts'
import type { BudgetUse, BudgetWindow } from '../core/budget.ts'
import { eventBody, type EventBody } from '../core/ledger-entry.ts'

export const BUDGET_WARNING = 'budget-warning'
export const BUDGET_STEPS = [50, 80, 100] as const
export type BudgetStep = typeof BUDGET_STEPS[number]

const ISO_LENGTH = { hour: 13, day: 10, month: 7 } as const
const MAX_WARNED = 50_000 // accounts near a limit; the oldest are forgotten first, and may be warned of once more

/** Says once in each period of each limit of each account that 50, 80 and 100 % of it are used up, running requests included. */
export interface BudgetWarnings {
  check (context: Context, usage: readonly BudgetUse[], nowMs: number): void
  /** Takes note of a warning that the ledger holds, so that a gateway that was restarted does not repeat it. */
  noted (event: Pick<EventBody, 'detail'>): void
  /** What `noted` has to be told again when the ledger is not read from its beginning: of each limit its latest warning in the ledger. */
  inLedger (): ReadonlyArray<EventBody['detail']>
  /** Warnings since the start, by percentage. */
  counts (): ReadonlyMap<BudgetStep, number>
}

interface Warned { readonly period: string, readonly percent: number, readonly inLedger: EventBody['detail'] | null }

/** Keeps one small row for each limit that an account has come near to. */
export function createBudgetWarnings (record: (event: EventBody) => void): BudgetWarnings {
  const warned = new Map<string, Warned>()
  const counts = new Map<BudgetStep, number>(BUDGET_STEPS.map((step) => [step, 0]))
  const percentOf = (key: string, period: string): number => {
    const known = warned.get(key)
    return known?.period === period ? known.percent : 0
  }
  const note = (key: string, period: string, percent: number, inLedger: Warned['inLedger']): void => {
    const oldest = warned.size < MAX_WARNED ? undefined : warned.keys().next().value
    if (oldest !== undefined) warned.delete(oldest)
    warned.set(key, { period, percent, inLedger })
  }
  function say (context: Context, use: BudgetUse & { readonly used: number }, period: string): void {
    const { budget, account, limit, max, used, mode } = use
    const key = keyOf(budget, account, limit)
    const before = percentOf(key, period)
    for (const percent of BUDGET_STEPS) {
      if (percent <= before || used * 100 < max * percent) continue
      note(key, period, percent, warned.get(key)?.inLedger ?? null)
      counts.set(percent, (counts.get(percent) ?? 0) + 1)
      record(eventBody(BUDGET_WARNING, context, { budget, account, limit, percent, period, max, used, mode }))
    }
  }
  return {
    check (context, usage, nowMs) {
      for (const use of usage) {
        const { limit, max, used } = use
        // Far from the first step is the common case. Places that are taken and given back all the time are no news.
        if (used === null || used * 2 < max || limit === 'concurrent') continue
        say(context, { ...use, used }, periodName(limit, nowMs))
      }
    },
    noted ({ detail: { budget, account, limit, percent, period } }) {
      if (typeof budget !== 'string' || typeof account !== 'string' || typeof limit !== 'string' || typeof percent !== 'number' || typeof period !== 'string') return
      const key = keyOf(budget, account, limit)
      const known = warned.get(key)
      const detail = { budget, account, limit, percent, period }
      if (percent > percentOf(key, period)) note(key, period, percent, detail)
      else if (known !== undefined && (known.inLedger?.['period'] !== period || Number(known.inLedger['percent']) < percent)) note(key, known.period, known.percent, detail)
    },
    inLedger: () => [...warned.values()].flatMap(({ inLedger }) => inLedger === null ? [] : [inLedger]),
    counts: () => counts,
  }
}

function periodName (limit: string, nowMs: number): string {
  const window = limit.slice(limit.lastIndexOf('_') + 1) as BudgetWindow
  return window === 'total' ? 'total' : new Date(nowMs).toISOString().slice(0, ISO_LENGTH[window])
}

function keyOf (budget: string, account: string, limit: string): string {
  return JSON.stringify([budget, account, limit])
}
