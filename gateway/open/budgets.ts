import type { Context } from '../core/actor.ts'
import { NO_AMOUNT, type Budgets, type BudgetUse, type Spender } from '../core/budget.ts'
import type { Circumstances } from '../core/circumstances.ts'
import type { ModelRequestSubject } from '../core/subject.ts'
import type { Journal } from '../ledger/journal.ts'
import type { KeyedAccount } from '../meter/accounts.ts'
import { budgetUse, type Standing } from '../meter/budget-use.ts'
import { createBudgetWarnings, type BudgetStep } from '../meter/budget-warnings.ts'
import { forecast, periodNow, type BudgetPeriod } from '../meter/forecast.ts'
import { createHoldEstimates } from '../meter/hold-estimates.ts'
import { createHolds } from '../meter/holds.ts'
import type { PriceOf } from '../meter/prices.ts'
import { createRequestHolds, type BudgetStandings, type RequestHolds, type SpendingRequest } from '../meter/request-holds.ts'
import { standingNow } from '../meter/shared/own-standing.ts'
import type { SharedBudgets, SharedStatus } from '../meter/shared/shared-budgets.ts'
import { openSharedBudgets, type RedisConfig } from './shared-budgets.ts'
import { openSpending } from './spending.ts'

// What a model is taken to answer, in tokens, until it has answered.
const FIRST_OUTPUT_TOKENS = 256

export interface BudgetKeeping {
  /** What is used up of the budgets that are for a request, without it; null when it cannot be said. */
  usage (subject: ModelRequestSubject, context: Context, nowMs: number): Circumstances['usage']
  /** Where every account stands that something was spent of; null when there are no budgets. */
  standings (nowMs: number): readonly BudgetStanding[] | null
  /** What the model plane holds for its requests. */
  requestHolds (priceOf: PriceOf): RequestHolds
  counts (): { readonly openHolds: number, readonly warnings: ReadonlyMap<BudgetStep, number> }
  /** How it stands with the gateways that share the budgets; null when none do. */
  shared (): SharedStatus | null
  close (): Promise<void>
}

/** One limit of one account. `of` names what the account is kept apart by; `period` is null for what does not end. */
export interface BudgetStanding extends BudgetUse {
  readonly of: KeyedAccount['of']
  readonly period: BudgetPeriod | null
  /** What will be used up at the end of the period, at the pace so far. */
  readonly forecast: number | null
}

export interface BudgetKeepingPorts {
  readonly journal: Journal
  readonly dataDir: string
  /** The budgets in force; undefined for none. Another object when they may have changed. */
  readonly budgets: () => Budgets | undefined
  readonly onWarning: (message: string, cause: unknown) => void
  /** What a model is taken to answer until it has answered, tokens. Default 256. */
  readonly firstOutputTokens?: number | undefined
  /** Where gateways that share the budgets meet. Default: the budgets are this gateway's alone. */
  readonly redis?: RedisConfig | undefined
}

/**
 * Spending by the journal and holds in memory, joined so that each request counts once at any time; with Redis, those of other gateways too.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID, WEIR_ERR_STORE as `openSharedBudgets`
 */
export function openBudgets ({ journal, dataDir, budgets, onWarning, redis, firstOutputTokens = FIRST_OUTPUT_TOKENS }: BudgetKeepingPorts): BudgetKeeping {
  let shared: SharedBudgets | null = null
  const holds = createHolds(redis === undefined ? null : (account) => shared?.changed(account))
  const warnings = createBudgetWarnings((event) => journal.record(event))
  const spending = openSpending({ journal, dataDir, budgets, holds, warnings, onWarning, onKnown: () => shared?.changedAll() })
  if (redis !== undefined) {
    shared = openSharedBudgets({ redis, dataDir, spending, holds, onWarning })
    spending.accounts() // the others are to know what was spent here, also before the first request
  }
  const standings: BudgetStandings = {
    accounts: (context, request) => spending.accounts()?.of(spenderOf(context, request)) ?? null,
    tellsKeysApart: () => spending.accounts()?.tellsKeysApart ?? false,
    usage: (accounts, nowMs) => accounts.flatMap((account) => budgetUse(account, standingOf(account.key), nowMs)),
    isAlone: (accounts) => accounts.every(({ key }) => holds.held(key).requests === 0 && (shared?.others(key)?.held.requests ?? 0) === 0),
    askOthers (accounts, nowMs) {
      const answer = shared?.ask(accounts.map(({ key }) => key)) ?? null
      if (answer === null) return null
      const own = accounts.map((account) => standingNow(standingOf(account.key), account.key, nowMs))
      return answer.then((othersOf) => accounts.flatMap((account, i) => budgetUse(account, { ...own[i] ?? NOT_KNOWN, others: othersOf(account.key) }, nowMs)))
    },
  }
  function standingOf (account: string): Standing {
    const own = { spentOf: spending.spentOf(account), held: holds.held(account) }
    return shared === null ? own : { ...own, others: shared.others(account) }
  }
  return {
    usage (subject, context, nowMs) {
      const accounts = standings.accounts(context, subject)
      return accounts === null ? null : standings.usage(accounts, nowMs)
    },
    standings (nowMs) {
      const accounts = spending.accounts()
      if (accounts === null) return null
      const keyed = [...new Set([...accounts.always, ...spending.keys()])].flatMap((key) => accounts.byKey(key) ?? [])
      return keyed.flatMap(({ account, of }) => budgetUse(account, standingOf(account.key), nowMs).map((use) => {
        const window = account.limits.find(({ name }) => name === use.limit)?.window ?? null
        const period = window === null ? null : periodNow(window, nowMs)
        return { ...use, of, period, forecast: use.used === null ? null : forecast(use.used, period, nowMs) }
      }))
    },
    requestHolds: (priceOf) => createRequestHolds({ holds, warnings, priceOf, standings, estimates: createHoldEstimates(firstOutputTokens), nowMs: Date.now }),
    counts: () => ({ openHolds: holds.open(), warnings: warnings.counts() }),
    shared: () => shared?.status() ?? null,
    async close () {
      await shared?.close()
      await spending.close()
    },
  }
}

const NOT_KNOWN: Standing = Object.freeze({ spentOf: null, held: NO_AMOUNT })

function spenderOf ({ actor, app, environment, session, token }: Context, { provider, model, key }: SpendingRequest): Spender {
  return { org: actor.org, groups: actor.groups, actor: actor.id, role: actor.role, app, environment, session: session?.id ?? null, model: `${provider}/${model}`, provider, ...(key === undefined ? {} : { key }), token: token ?? null }
}
