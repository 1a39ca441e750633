import t from 'tap'
import { NO_AMOUNT, type Budgets } from '../../../gateway/core/budget.ts'
import { hostDenial, HOST_RULES } from '../../../gateway/core/decision.ts'
import { createAccounts } from '../../../gateway/meter/accounts.ts'
import { budgetUse } from '../../../gateway/meter/budget-use.ts'
import { createBudgetWarnings } from '../../../gateway/meter/budget-warnings.ts'
import { createHoldEstimates } from '../../../gateway/meter/hold-estimates.ts'
import { createHolds, type Holds } from '../../../gateway/meter/holds.ts'
import { createRequestHolds, type RequestHold } from '../../../gateway/meter/request-holds.ts'
import { ALICE } from '../ledger/bodies.ts'

const REQUEST = { provider: 'p', model: 'm', generates: true, bytes: 4_000 }
const REFUSED = hostDenial(HOST_RULES.threw, 'no', 'r')
const ANSWERED = { inputTokens: 1_000, outputTokens: 40, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 5 }

interface World { readonly holds: Holds, begin (): RequestHold | null, held (): unknown }

function world (budgets: Budgets): World {
  const holds = createHolds()
  const all = createAccounts(budgets)
  const spender = { org: 'acme', groups: [], actor: ALICE.actor.id, role: 'author', app: 'shop', environment: 'DEV', session: null, model: 'p/m', token: null }
  const requests = createRequestHolds({
    holds,
    estimates: createHoldEstimates(256),
    warnings: createBudgetWarnings(() => undefined),
    priceOf: () => ({ nanoUsd: 5, priced: true }),
    standings: {
      accounts: () => all.of(spender),
      usage: (accounts, nowMs) => accounts.flatMap((account) => budgetUse(account, { spentOf: () => NO_AMOUNT, held: holds.held(account.key) }, nowMs)),
      isAlone: (accounts) => accounts.every(({ key }) => holds.held(key).requests === 0),
      askOthers: () => null,
    },
    nowMs: Date.now,
  })
  const [first] = all.of(spender) ?? []
  return { holds, begin: () => requests.begin(REQUEST, ALICE), held: () => first === undefined ? null : holds.held(first.key) }
}

await t.test('a request that is refused gives its hold back in the turn in which it is refused', async (t) => {
  const { holds, begin, held } = world({ b: { limits: { requests_per_day: 1 } } })
  const hold = begin()
  t.same(held(), { nanoUsd: 5, tokens: 1_256, requests: 1, running: 1 })
  hold?.onDecided(REFUSED)
  t.same(held(), NO_AMOUNT)
  t.equal(holds.open(), 0)
})

await t.test('what no budget is for holds nothing', async (t) => {
  const { holds, begin } = world({ b: { match: { roles: ['operator'] }, limits: { requests_per_day: 1 } } })
  t.equal(begin(), null)
  t.equal(holds.open(), 0)
})

await t.test('an answered request takes no place among those that run, and counts on until it is in the journal', async (t) => {
  const { begin, held } = world({ b: { limits: { concurrent: 1 } } })
  const hold = begin()
  hold?.settled(ANSWERED)
  t.same(held(), { nanoUsd: 5, tokens: 1_040, requests: 1, running: 0 })
  t.match(begin()?.usage, [{ limit: 'concurrent', max: 1, used: 1 }])
})

await t.test('a budget smaller than the first guess lets one request through to learn from, and the next one waits', async (t) => {
  const { begin } = world({ b: { limits: { tokens_per_day: 100 } } })
  const first = begin()
  t.match(first?.usage, [{ used: 100, max: 100 }])
  t.match(begin()?.usage, [{ used: 1_356, max: 100 }])
})

await t.test('a guess is not cut to the room in a budget that only warns, or that has none', async (t) => {
  t.match(world({ b: { limits: { tokens_per_day: 100 }, mode: 'warn' } }).begin()?.usage, [{ used: 1_256 }])
  t.match(world({ b: { limits: { tokens_per_day: 0 } } }).begin()?.usage, [{ used: 1_256 }])
})
