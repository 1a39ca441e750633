import type { Circumstances } from './core/circumstances.ts'
import { followSpending } from './ledger/spending.ts'
import { journalDirOf, type Journal } from './ledger/journal.ts'
import { BUDGET_WARNING, createBudgetWarnings, type BudgetStep } from './meter/budget-warnings.ts'
import { createHoldEstimates } from './meter/hold-estimates.ts'
import { createHolds } from './meter/holds.ts'
import type { PriceOf } from './meter/prices.ts'
import { createRequestHolds, type Budgets, type RequestHolds } from './meter/request-holds.ts'

// What a model is taken to answer, in tokens, until it has answered once. A budget that has room for less would never be used at all.
const FIRST_OUTPUT_TOKENS = 256

export interface BudgetKeeping {
  /** What an actor spent, and what its running requests hold; null while it is not known. */
  spent (actor: string, environment: string, nowMs: number): Circumstances['usage']
  /** What the model plane holds for its requests. */
  requestHolds (priceOf: PriceOf): RequestHolds
  counts (): { readonly openHolds: number, readonly warnings: ReadonlyMap<BudgetStep, number> }
  close (): Promise<void>
}

export interface BudgetKeepingPorts {
  readonly journal: Journal
  readonly dataDir: string
  readonly budgets: () => Budgets | undefined
  readonly onWarning: (message: string, cause: unknown) => void
}

/** Spending by the journal and holds in memory, joined so that each request counts once at any time. */
export function openBudgets ({ journal, dataDir, budgets, onWarning }: BudgetKeepingPorts): BudgetKeeping {
  const holds = createHolds()
  const warnings = createBudgetWarnings((event) => journal.record(event))
  const spending = followSpending({
    journal,
    journalDir: journalDirOf(dataDir),
    nowMs: Date.now,
    onWarning,
    held: holds.held,
    onCounted: holds.counted,
    events: { name: BUDGET_WARNING, read: warnings.noted },
  })
  return {
    spent: spending.spent,
    requestHolds: (priceOf) => createRequestHolds({
      holds, warnings, priceOf, budgets, estimates: createHoldEstimates(FIRST_OUTPUT_TOKENS), spent: spending.spent, nowMs: Date.now,
    }),
    counts: () => ({ openHolds: holds.open(), warnings: warnings.counts() }),
    close: () => spending.close(),
  }
}
