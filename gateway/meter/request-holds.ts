import type { Context } from '../core/actor.ts'
import type { Amount, Circumstances } from '../core/circumstances.ts'
import type { Decision } from '../core/decision.ts'
import type { OnDecided } from '../core/govern.ts'
import type { TokenUsage } from '../core/usage.ts'
import type { BudgetLimits, BudgetWarnings } from './budget-warnings.ts'
import type { HoldEstimates, Unanswered } from './hold-estimates.ts'
import type { Hold, Holds } from './holds.ts'
import type { PriceOf } from './prices.ts'

/** Limits by role, or `*` for every role without its own, then by environment. */
export type Budgets = Readonly<Record<string, Readonly<Record<string, BudgetLimits | undefined>> | undefined>>

export interface RequestHoldsPorts {
  readonly holds: Holds
  readonly estimates: HoldEstimates
  readonly warnings: BudgetWarnings
  readonly priceOf: PriceOf
  /** The budgets in force; undefined for none. */
  readonly budgets: () => Budgets | undefined
  /** What rules are told, holds included; null while it is not known. */
  readonly spent: (actor: string, environment: string, nowMs: number) => Circumstances['usage']
  readonly nowMs: () => number
}

/** The hold of one model request, from before its decision until its cost is in the ledger. */
export interface RequestHold {
  /** To be told the decision at once: what is refused must not stand in the way of the next request. */
  readonly onDecided: OnDecided
  allowed (entry: number): void
  /** The answer has so many characters already; holds more when it turns out longer than was thought. */
  streamed (chars: number): void
  /** What the outcome will say that it used; null for nothing. To be called before the outcome is recorded. */
  settled (usage: TokenUsage & { readonly costNanoUsd: number | null } | null): void
  free (): void
}

export interface RequestHolds {
  /** Holds what the request is estimated to use; null, and nothing done, while the data have no budgets. */
  begin (request: Unanswered, context: Context): RequestHold | null
}

const CHARS_PER_TOKEN = 4
const GROWTH = 1.25 // so that a long stream is priced a few dozen times, not at each event
const USED_UP = 'budgets.used_up'

export function createRequestHolds (ports: RequestHoldsPorts): RequestHolds {
  return {
    begin (request, context) {
      const budgets = ports.budgets()
      if (budgets === undefined || Object.keys(budgets).length === 0) return null
      const usage = ports.estimates.estimate(request)
      const hold = ports.holds.begin(context.actor.id, context.environment, amountOf(usage, priced(request, usage, ports)))
      return requestHold({ request, context, hold, usage, limits: limitsOf(budgets, context) }, ports)
    },
  }
}

interface Begun { readonly request: Unanswered, readonly context: Context, readonly hold: Hold, readonly usage: TokenUsage, readonly limits: BudgetLimits | undefined }

function requestHold ({ request, context, hold, usage, limits }: Begun, ports: RequestHoldsPorts): RequestHold {
  let longestChars = usage.outputTokens * CHARS_PER_TOKEN
  function warn (): void {
    if (limits === undefined) return
    const nowMs = ports.nowMs()
    const spent = ports.spent(context.actor.id, context.environment, nowMs)
    if (spent !== null) ports.warnings.check(context, limits, spent, nowMs)
  }
  return {
    onDecided (decision) {
      const isAllowed = decision.verdict === 'allow'
      // A request refused for another reason, however large, says nothing about how much of a budget is left.
      if (isAllowed || isUsedUp(decision)) warn()
      if (!isAllowed) hold.free()
    },
    allowed: (entry) => hold.allowed(entry),
    streamed (chars) {
      if (chars <= longestChars) return
      longestChars = chars * GROWTH
      const longer = { ...usage, outputTokens: Math.ceil(longestChars / CHARS_PER_TOKEN) }
      hold.change(amountOf(longer, priced(request, longer, ports)))
    },
    settled (used) {
      if (used === null) return hold.free()
      hold.change(amountOf(used, used.costNanoUsd))
      ports.estimates.observe(request, used)
      warn()
    },
    free: () => hold.free(),
  }
}

function priced ({ provider, model }: Unanswered, usage: TokenUsage, { priceOf }: RequestHoldsPorts): number | null {
  return priceOf(provider, model, usage).nanoUsd
}

// As spending counts it: a model without a price is counted by its tokens alone.
function amountOf ({ inputTokens, outputTokens }: TokenUsage, nanoUsd: number | null): Amount {
  return { nanoUsd: nanoUsd ?? 0, tokens: inputTokens + outputTokens, requests: 1 }
}

// As the rule reads them: what the data say of the role itself replaces what they say of everyone.
function limitsOf (budgets: Budgets, { actor: { role }, environment }: Context): BudgetLimits | undefined {
  const ofRole = Object.hasOwn(budgets, role) ? budgets[role]?.[environment] : undefined
  return ofRole ?? budgets['*']?.[environment]
}

function isUsedUp ({ rule, also }: Decision): boolean {
  return rule === USED_UP || also.includes(USED_UP)
}
