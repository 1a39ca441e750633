import { createHash } from 'node:crypto'
import {
  BUDGET_MEASURES, BUDGET_WINDOWS,
  type Budget, type BudgetDimension, type BudgetLimitName, type BudgetMatch, type BudgetMeasure, type BudgetMode, type Budgets, type BudgetWindow, type Spender,
} from '../core/budget.ts'

/** One limit. `window` is null for what counts running requests. */
export interface AccountLimit { readonly name: BudgetLimitName, readonly window: BudgetWindow | null, readonly measure: BudgetMeasure | 'running', readonly max: number }

/** What counts towards the limits of a budget together. */
export interface Account {
  /** The same for the same dimensions of the same budget, however much it allows; another one when the budget is for somebody else now. */
  readonly key: string
  readonly label: string
  readonly budget: string
  readonly limits: readonly AccountLimit[]
  readonly mode: BudgetMode
  /** The longest period that it limits: what was used up before is of no interest. */
  readonly lasts: BudgetWindow
}

export interface Accounts {
  /** Every account that a request of this spender counts towards. Null when they are too many to be kept: then nothing is known. */
  of (spender: Spender): readonly Account[] | null
  /** Names what is counted, not how much is allowed: as long as it stays the same, sums stay right. */
  readonly signature: string
  /** The ids of the budgets, with which keys begin. */
  readonly ids: ReadonlySet<string>
  /** Whether a budget asks which of a provider's keys a request goes out with. */
  readonly tellsKeysApart: boolean
  readonly lasts: BudgetWindow
  /** The longest period that the budget of this account limits; null when it is of another budget. */
  lastsOf (key: string): BudgetWindow | null
  /** The account with this key and what it is kept apart by; null when it is of another budget. */
  byKey (key: string): KeyedAccount | null
  /** Keys of the accounts that there are before anybody spends: those of budgets with one account for all. */
  readonly always: readonly string[]
}

/** `of` names the value of each dimension that the account is kept apart by. */
export interface KeyedAccount { readonly account: Account, readonly of: Readonly<Partial<Record<BudgetDimension, string>>> }

const MAX_ACCOUNTS = 256 // of one request: somebody in more groups than that is not counted in each of them at every request
const NOBODY = '-'
const NONE: readonly Account[] = Object.freeze([])

interface Compiled {
  readonly id: string
  readonly template: Omit<Account, 'key' | 'label'>
  readonly per: readonly BudgetDimension[]
  readonly fits: (spender: Spender) => boolean
  readonly tellsKeysApart: boolean
  readonly groups: ReadonlySet<string> | null
}

/** Lays out once who counts where. */
export function createAccounts (budgets: Budgets): Accounts {
  const compiled = Object.entries(budgets).map(([name, budget]) => compile(name, budget))
  const byName = new Map(compiled.map((budget) => [budget.id, budget]))
  return {
    signature: JSON.stringify(compiled.map(({ id }) => id).sort()),
    ids: new Set(byName.keys()),
    tellsKeysApart: compiled.some(({ tellsKeysApart }) => tellsKeysApart),
    lastsOf: (key) => byName.get(budgetIdOf(key))?.template.lasts ?? null,
    byKey (key) {
      const budget = byName.get(budgetIdOf(key))
      const values = budget === undefined ? null : valuesIn(key, budget)
      if (budget === undefined || values === null) return null
      return { account: accountOf(budget, values), of: Object.fromEntries(budget.per.map((dimension, i) => [dimension, values[i] ?? NOBODY])) }
    },
    always: compiled.filter(({ per }) => per.length === 0).map(({ id }) => id),
    lasts: longest(compiled.map(({ template }) => template.lasts)),
    of (spender) {
      let found: Account[] | null = null
      for (const budget of compiled) {
        if ((budget.tellsKeysApart && spender.key === undefined) || !budget.fits(spender)) continue
        found ??= []
        for (const values of valuesOf(budget, spender)) found.push(accountOf(budget, values))
        if (found.length > MAX_ACCOUNTS) return null
      }
      return found ?? NONE
    },
  }
}

/** The budget that an account is of, by the beginning of its key. */
export function budgetIdOf (key: string): string {
  const end = key.indexOf('\n')
  return end === -1 ? key : key.slice(0, end)
}

/** Null when the key is not one that `accountOf` made. */
function valuesIn (key: string, { id, per }: Compiled): readonly string[] | null {
  if (per.length === 0) return key === id ? [] : null
  const values: unknown = JSON.parse(key.slice(id.length + 1))
  return Array.isArray(values) && values.length === per.length && values.every((value) => typeof value === 'string') ? values : null
}

function compile (name: string, { per = [], match = {}, limits, mode = 'hard' }: Budget): Compiled {
  const sorted = [...new Set(per)].sort()
  const list = limitsOf(limits)
  const lasts = longest(list.map(({ window }) => window ?? 'hour'))
  const digest = createHash('sha256').update(JSON.stringify([sorted, Object.entries(match).sort(), lasts])).digest('hex').slice(0, 16)
  return {
    id: `${name}#${digest}`,
    per: sorted,
    fits: fitting(match),
    tellsKeysApart: sorted.includes('key') || match.keys !== undefined,
    groups: match.groups === undefined ? null : new Set(match.groups),
    template: { budget: name, limits: list, mode, lasts },
  }
}

function limitsOf (limits: Budget['limits']): readonly AccountLimit[] {
  const found: AccountLimit[] = []
  for (const measure of BUDGET_MEASURES) {
    for (const window of BUDGET_WINDOWS) {
      const max = limits[`${measure}_per_${window}`]
      if (max !== undefined) found.push({ name: `${measure}_per_${window}`, window, measure, max })
    }
  }
  if (limits.concurrent !== undefined) found.push({ name: 'concurrent', window: null, measure: 'running', max: limits.concurrent })
  return found
}

function longest (windows: readonly BudgetWindow[]): BudgetWindow {
  return BUDGET_WINDOWS.findLast((window) => windows.includes(window)) ?? 'hour'
}

function fitting ({ orgs, groups, actors, roles, apps, environments, models, keys }: BudgetMatch): (spender: Spender) => boolean {
  const tests: Array<(spender: Spender) => boolean> = []
  const among = (words: readonly string[] | undefined, value: (spender: Spender) => string | null | undefined): void => {
    if (words === undefined) return
    const known = new Set<string | null | undefined>(words)
    tests.push((spender) => known.has(value(spender)))
  }
  among(orgs, ({ org }) => org)
  among(actors, ({ actor }) => actor)
  among(roles, ({ role }) => role)
  among(apps, ({ app }) => app)
  among(environments, ({ environment }) => environment)
  among(keys, ({ key }) => key)
  if (groups !== undefined) tests.push((spender) => spender.groups.some((group) => groups.includes(group)))
  if (models !== undefined) tests.push(({ model }) => models.some((pattern) => isModel(pattern, model)))
  return (spender) => tests.every((test) => test(spender))
}

function isModel (pattern: string, model: string): boolean {
  return pattern === '*' || pattern === model || (pattern.endsWith('/*') && model.startsWith(pattern.slice(0, -1)))
}

/** Each combination of what the budget is kept apart by. Who has no group, session, key or token shares an account with all others without one. */
function valuesOf ({ per, groups }: Compiled, spender: Spender): ReadonlyArray<readonly string[]> {
  if (!per.includes('group')) return [per.map((dimension) => valueOf(dimension, spender, NOBODY))]
  const own = [...new Set(spender.groups)].filter((group) => groups === null || groups.has(group))
  return (own.length === 0 ? [NOBODY] : own).map((group) => per.map((dimension) => valueOf(dimension, spender, group)))
}

function valueOf (dimension: BudgetDimension, spender: Spender, group: string): string {
  return dimension === 'group' ? group : spender[dimension] ?? NOBODY
}

function accountOf ({ id, per, template: { budget, limits, mode, lasts } }: Compiled, values: readonly string[]): Account {
  if (per.length === 0) return { key: id, label: 'all', budget, limits, mode, lasts }
  const label = per.map((dimension, i) => `${dimension} ${values[i] ?? NOBODY}`).join(', ')
  return { key: `${id}\n${JSON.stringify(values)}`, label, budget, limits, mode, lasts }
}
