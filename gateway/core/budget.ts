export const BUDGET_DIMENSIONS = ['org', 'group', 'actor', 'app', 'environment', 'session', 'model', 'provider', 'key', 'token'] as const
/** What a budget can be kept apart by. `model` is `provider/id`, `key` the id of the provider's stored key, `token` that of the caller's token (never either itself). */
export type BudgetDimension = typeof BUDGET_DIMENSIONS[number]

/** Periods in UTC, from the shortest to the longest. `total` never ends. */
export const BUDGET_WINDOWS = ['hour', 'day', 'month', 'total'] as const
export type BudgetWindow = typeof BUDGET_WINDOWS[number]

export const BUDGET_MEASURES = ['usd', 'tokens', 'requests'] as const
export type BudgetMeasure = typeof BUDGET_MEASURES[number]

/** `concurrent` counts the requests that run at the same time; the others what was used up in a period. */
export type BudgetLimitName = `${BudgetMeasure}_per_${BudgetWindow}` | 'concurrent'

export const BUDGET_LIMITS: readonly BudgetLimitName[] = [
  ...BUDGET_MEASURES.flatMap((measure) => BUDGET_WINDOWS.map((window) => `${measure}_per_${window}` as const)), 'concurrent',
]

/** `warn` refuses nothing: it only says when 50, 80 and 100 % are used up. */
export const BUDGET_MODES = ['hard', 'warn'] as const
export type BudgetMode = typeof BUDGET_MODES[number]

/** Whom a budget is for: every member that is there must fit, by any of its words. */
export interface BudgetMatch {
  readonly orgs?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  readonly actors?: readonly string[] | undefined
  readonly roles?: readonly string[] | undefined
  readonly apps?: readonly string[] | undefined
  readonly environments?: readonly string[] | undefined
  /** `provider/id`, `provider/*` or `*`. */
  readonly models?: readonly string[] | undefined
  /** Ids of stored keys of providers. */
  readonly keys?: readonly string[] | undefined
}

/** One budget as the policy data have it. */
export interface Budget {
  /** Each combination of these has an account of its own. Default: one account for all. */
  readonly per?: readonly BudgetDimension[] | undefined
  readonly match?: BudgetMatch | undefined
  readonly limits: Readonly<Partial<Record<BudgetLimitName, number | undefined>>>
  /** Default `hard`. */
  readonly mode?: BudgetMode | undefined
}

export type Budgets = Readonly<Record<string, Budget>>

/** Who spends on what, as far as budgets can tell them apart. */
export interface Spender {
  readonly org: string
  readonly groups: readonly string[]
  readonly actor: string
  readonly role: string
  readonly app: string
  readonly environment: string
  readonly session: string | null
  /** `provider/id`. */
  readonly model: string
  readonly provider: string
  /** The stored key that the request goes out with, null for none; undefined while that is not known: then budgets that ask for it are passed over. */
  readonly key?: string | null
  readonly token: string | null
}

/** How much of one limit of one account is used up, the request that is asked about included; `used` is null while it is not known. */
export interface BudgetUse {
  readonly budget: string
  /** What the account is kept apart by, in words: `group payments, app shop`; `all` for a budget with one account. */
  readonly account: string
  readonly limit: BudgetLimitName
  readonly max: number
  readonly used: number | null
  readonly mode: BudgetMode
}

/** What was used up, in whole numbers, money in 10⁻⁹ US dollars: what is added up is not rounded. `running` counts requests not answered yet. */
export interface Amount { readonly nanoUsd: number, readonly tokens: number, readonly requests: number, readonly running: number }

export const NO_AMOUNT: Amount = Object.freeze({ nanoUsd: 0, tokens: 0, requests: 0, running: 0 })
