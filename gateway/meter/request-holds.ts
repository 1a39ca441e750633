import type { Context } from '../core/actor.ts'
import { NO_AMOUNT, type Amount, type BudgetUse } from '../core/budget.ts'
import type { Decision } from '../core/decision.ts'
import type { OnDecided } from '../core/govern.ts'
import type { TokenUsage } from '../core/usage.ts'
import type { Account } from './accounts.ts'
import { budgetUse } from './budget-use.ts'
import type { BudgetWarnings } from './budget-warnings.ts'
import { roomFor } from './first-request.ts'
import { mostExpensive, type HoldEstimates, type Unanswered } from './hold-estimates.ts'
import type { Hold, Holds } from './holds.ts'
import type { PriceOf } from './prices.ts'

/** The accounts of a request, and where they stand. */
export interface BudgetStandings {
  /** What a request of this caller to that model counts towards. Null when it cannot be said, empty when nothing limits it. */
  accounts (context: Context, provider: string, model: string): readonly Account[] | null
  /** What is used up of each limit, holds included. */
  usage (accounts: readonly Account[], nowMs: number): readonly BudgetUse[]
  /** Whether no other request runs that counts towards one of them. */
  isAlone (accounts: readonly Account[]): boolean
  /**
   * Null when there is nobody to ask: `usage` is all there is. Else what `usage` would say now, with what other gateways use at the moment
   * at which they hear of this one's holds. Never rejects.
   */
  askOthers (accounts: readonly Account[], nowMs: number): Promise<readonly BudgetUse[]> | null
}

export interface RequestHoldsPorts {
  readonly holds: Holds
  readonly estimates: HoldEstimates
  readonly warnings: BudgetWarnings
  readonly standings: BudgetStandings
  readonly priceOf: PriceOf
  readonly nowMs: () => number
}

/** The hold of one model request, from before its decision until its cost is in the ledger. */
export interface RequestHold {
  /** To be waited for before `usage` is read; null when there is nothing to wait for. Never rejects. */
  readonly asking: Promise<void> | null
  /** What rules are told: every limit, this request included. */
  readonly usage: readonly BudgetUse[]
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
  /** Holds what the request is estimated to use; null, and nothing done, when no budget is for it. */
  begin (request: Unanswered, context: Context): RequestHold | null
}

const CHARS_PER_TOKEN = 4
const GROWTH = 1.25 // so that a long stream is priced a few dozen times, not at each event
const USED_UP = 'budgets.used_up'

export function createRequestHolds (ports: RequestHoldsPorts): RequestHolds {
  const { standings, estimates, holds, nowMs } = ports
  return {
    begin (request, context) {
      const accounts = standings.accounts(context, request.provider, request.model)
      if (accounts === null || accounts.length === 0) return null
      const usage = estimates.estimate(request)
      const amount = amountOf(usage, priced(request, usage, ports), 1)
      const timeMs = nowMs()
      const taken = estimates.isLearned(request) ? amount : roomFor(amount, standings.usage(accounts, timeMs), standings.isAlone(accounts))
      const hold = holds.begin(accounts.map(({ key }) => key), taken)
      return requestHold({ request, context, hold, usage, accounts, beginMs: timeMs }, ports)
    },
  }
}

interface Begun { readonly request: Unanswered, readonly context: Context, readonly hold: Hold, readonly usage: TokenUsage, readonly accounts: readonly Account[], readonly beginMs: number }

function requestHold ({ request, context, hold, usage, accounts, beginMs }: Begun, ports: RequestHoldsPorts): RequestHold {
  let longestChars = usage.outputTokens * CHARS_PER_TOKEN
  const answer = ports.standings.askOthers(accounts, beginMs)
  let before = answer === null ? ports.standings.usage(accounts, beginMs) : accounts.flatMap(notKnown)
  return {
    asking: answer === null ? null : answer.then((rows) => { before = rows }),
    get usage () { return before },
    onDecided (decision) {
      const isAllowed = decision.verdict === 'allow'
      // A request refused for another reason, however large, says nothing about how much of a budget is left.
      if (isAllowed || isUsedUp(decision)) ports.warnings.check(context, before, ports.nowMs())
      if (!isAllowed) hold.free()
    },
    allowed: (entry) => hold.allowed(entry),
    streamed (chars) {
      if (chars <= longestChars) return
      longestChars = chars * GROWTH
      const longer = { ...usage, outputTokens: Math.ceil(longestChars / CHARS_PER_TOKEN) }
      hold.change(amountOf(longer, priced(request, longer, ports), 1))
    },
    settled (used) {
      if (used === null) return hold.free()
      hold.change(amountOf(used, used.costNanoUsd, 0))
      ports.estimates.observe(request, used)
      const nowMs = ports.nowMs()
      ports.warnings.check(context, ports.standings.usage(accounts, nowMs), nowMs)
    },
    free: () => hold.free(),
  }
}

// Until the others have answered: who does not wait for them is refused.
function notKnown (account: Account): readonly BudgetUse[] {
  return budgetUse(account, { spentOf: null, held: NO_AMOUNT }, 0)
}

function priced ({ provider, model }: Unanswered, usage: TokenUsage, { priceOf }: RequestHoldsPorts): number | null {
  return mostExpensive(usage, (split) => priceOf(provider, model, split).nanoUsd)
}

// As spending counts it: a model without a price is counted by its tokens alone.
function amountOf ({ inputTokens, outputTokens }: TokenUsage, nanoUsd: number | null, running: number): Amount {
  return { nanoUsd: nanoUsd ?? 0, tokens: inputTokens + outputTokens, requests: 1, running }
}

function isUsedUp ({ rule, also }: Decision): boolean {
  return rule === USED_UP || also.includes(USED_UP)
}
