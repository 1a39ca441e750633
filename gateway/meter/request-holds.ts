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
import type { Holds } from './holds.ts'
import { beginPlacedHold, isWithin, type Place } from './placed-hold.ts'
import type { PriceOf } from './prices.ts'

/** What a request is for, as far as budgets can tell; `key` as in `Spender`. */
export interface SpendingRequest { readonly provider: string, readonly model: string, readonly key?: string | null }

/** The accounts of a request, and where they stand. */
export interface BudgetStandings {
  /** What such a request of this caller counts towards. Null when it cannot be said, empty when nothing limits it. */
  accounts (context: Context, request: SpendingRequest): readonly Account[] | null
  /** Whether accounts depend on the key that a request goes out with. */
  tellsKeysApart (): boolean
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
  /** Id of the key that it holds for: the first of those it may go out with that has room. Null for none. */
  readonly key: string | null
  /** Whether it may go out with that key instead, as far as it is known here at this moment. */
  hasRoom (key: string): boolean
  /** It does. */
  useKey (key: string): void
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
  /**
   * Holds what the request is estimated to use; null, and nothing done, when no budget is for it.
   *
   * @param keys ids of the keys that it may go out with, the best first; empty for none
   */
  begin (request: Unanswered, context: Context, keys: readonly string[]): RequestHold | null
}

const CHARS_PER_TOKEN = 4
const GROWTH = 1.25 // so that a long stream is priced a few dozen times, not at each event
const USED_UP = 'budgets.used_up'

export function createRequestHolds (ports: RequestHoldsPorts): RequestHolds {
  return {
    begin (request, context, keys) {
      const places = placesOf(request, context, keys, ports)
      return places.every(({ accounts }) => accounts.length === 0) ? null : requestHold({ request, context, places }, ports)
    },
  }
}

// A key of whose accounts nothing can be said has no place, so no request goes out with it.
function placesOf ({ provider, model }: Unanswered, context: Context, keys: readonly string[], { standings }: RequestHoldsPorts): readonly Place[] {
  const may = keys.length === 0 ? NO_KEY : standings.tellsKeysApart() ? keys : keys.slice(0, 1)
  return may.flatMap((key) => {
    const accounts = standings.accounts(context, { provider, model, key })
    return accounts === null ? [] : [{ key, accounts }]
  })
}

const NO_KEY: readonly null[] = Object.freeze([null])

interface Begun { readonly request: Unanswered, readonly context: Context, readonly places: readonly Place[] }

function requestHold ({ request, context, places }: Begun, ports: RequestHoldsPorts): RequestHold {
  const { estimates, holds, standings, nowMs, warnings } = ports
  const usage = estimates.estimate(request)
  const amount = amountOf(usage, priced(request, usage, ports), 1)
  const usageOf = (accounts: readonly Account[]): readonly BudgetUse[] => standings.usage(accounts, nowMs())
  const hold = beginPlacedHold({
    places,
    usage: usageOf,
    begin: (accounts) => holds.begin(accounts.map(({ key }) => key), estimates.isLearned(request) ? amount : roomFor(amount, usageOf(accounts), standings.isAlone(accounts))),
  })
  const ask = (): Promise<readonly BudgetUse[]> | null => {
    const { accounts } = hold.place()
    return accounts.length === 0 ? null : standings.askOthers(accounts, nowMs())
  }
  let longestChars = usage.outputTokens * CHARS_PER_TOKEN
  const answer = ask()
  let before = answer === null ? usageOf(hold.place().accounts) : hold.place().accounts.flatMap(notKnown)

  // What the others use of a key is known for sure only when they have been asked: another key may have the room that this one lacks.
  async function asked (first: Promise<readonly BudgetUse[]>): Promise<void> {
    const begun = hold.place()
    const rows = await first
    before = rows
    for (const other of places) {
      if (isWithin(before)) return
      if (other === begun) continue
      hold.move(other)
      before = await ask() ?? usageOf(other.accounts)
    }
    if (isWithin(before)) return
    hold.move(begun)
    before = rows
  }

  return {
    asking: answer === null ? null : asked(answer),
    get key () { return hold.place().key },
    hasRoom: (key) => !standings.tellsKeysApart() || hold.hasRoom(key),
    useKey (key) {
      const place = hold.placeOf(key)
      if (place !== undefined) hold.move(place)
    },
    get usage () { return before },
    onDecided (decision) {
      const isAllowed = decision.verdict === 'allow'
      // A request refused for another reason, however large, says nothing about how much of a budget is left.
      if (isAllowed || isUsedUp(decision)) warnings.check(context, before, nowMs())
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
      estimates.observe(request, used)
      const atMs = nowMs()
      warnings.check(context, standings.usage(hold.place().accounts, atMs), atMs)
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
