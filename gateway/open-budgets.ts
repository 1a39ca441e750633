import type { Context } from './core/actor.ts'
import type { Budgets, BudgetUse, Spender } from './core/budget.ts'
import type { Circumstances } from './core/circumstances.ts'
import type { ModelRequestSubject } from './core/subject.ts'
import type { Journal } from './ledger/journal.ts'
import type { Account } from './meter/accounts.ts'
import { budgetUse } from './meter/budget-use.ts'
import { createBudgetWarnings, type BudgetStep } from './meter/budget-warnings.ts'
import { createHoldEstimates } from './meter/hold-estimates.ts'
import { createHolds } from './meter/holds.ts'
import type { PriceOf } from './meter/prices.ts'
import { createRequestHolds, type BudgetStandings, type RequestHolds } from './meter/request-holds.ts'
import { openSpending } from './open-spending.ts'

// What a model is taken to answer, in tokens, until it has answered.
const FIRST_OUTPUT_TOKENS = 256

export interface BudgetKeeping {
  /** What is used up of the budgets that are for a request, without it; null when it cannot be said. */
  usage (subject: ModelRequestSubject, context: Context, nowMs: number): Circumstances['usage']
  /** What the model plane holds for its requests. */
  requestHolds (priceOf: PriceOf): RequestHolds
  counts (): { readonly openHolds: number, readonly warnings: ReadonlyMap<BudgetStep, number> }
  close (): Promise<void>
}

export interface BudgetKeepingPorts {
  readonly journal: Journal
  readonly dataDir: string
  /** The budgets in force; undefined for none. Another object when they may have changed. */
  readonly budgets: () => Budgets | undefined
  readonly onWarning: (message: string, cause: unknown) => void
  /** What a model is taken to answer until it has answered, tokens. Default 256. */
  readonly firstOutputTokens?: number | undefined
}

/** Spending by the journal and holds in memory, joined so that each request counts once at any time. */
export function openBudgets ({ journal, dataDir, budgets, onWarning, firstOutputTokens = FIRST_OUTPUT_TOKENS }: BudgetKeepingPorts): BudgetKeeping {
  const holds = createHolds()
  const warnings = createBudgetWarnings((event) => journal.record(event))
  const spending = openSpending({ journal, dataDir, budgets, holds, warnings, onWarning })
  const standings: BudgetStandings = {
    accounts: (context, provider, model) => spending.accounts()?.of(spenderOf(context, provider, model)) ?? null,
    usage: (accounts, nowMs) => accounts.flatMap((account) => rowsOf(account, nowMs)),
  }
  function rowsOf (account: Account, nowMs: number): readonly BudgetUse[] {
    return budgetUse(account, { spentOf: spending.spentOf(account.key), held: holds.held(account.key) }, nowMs)
  }
  return {
    usage ({ provider, model }, context, nowMs) {
      const accounts = standings.accounts(context, provider, model)
      return accounts === null ? null : standings.usage(accounts, nowMs)
    },
    requestHolds: (priceOf) => createRequestHolds({ holds, warnings, priceOf, standings, estimates: createHoldEstimates(firstOutputTokens), nowMs: Date.now }),
    counts: () => ({ openHolds: holds.open(), warnings: warnings.counts() }),
    close: () => spending.close(),
  }
}

function spenderOf ({ actor, app, environment, session, token }: Context, provider: string, model: string): Spender {
  return { org: actor.org, groups: actor.groups, actor: actor.id, role: actor.role, app, environment, session: session?.id ?? null, model: `${provider}/${model}`, token: token ?? null }
}
