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

const FULL = { nanoUsd: 0, tokens: 0, requests: 100, running: 0 }

interface World { readonly holds: Holds, begin (keys?: readonly string[]): RequestHold | null, held (): unknown }

/** @param elsewhere labels of accounts that are used up by other gateways; null when there are none */
function world (budgets: Budgets, elsewhere: readonly string[] | null = null): World {
  const holds = createHolds()
  const all = createAccounts(budgets)
  const spender = { org: 'acme', groups: [], actor: ALICE.actor.id, role: 'author', app: 'shop', environment: 'DEV', session: null, model: 'p/m', provider: 'p', key: null, token: null }
  const requests = createRequestHolds({
    holds,
    estimates: createHoldEstimates(256),
    warnings: createBudgetWarnings(() => undefined),
    priceOf: () => ({ nanoUsd: 5, priced: true }),
    standings: {
      accounts: (_, { key = null }) => all.of({ ...spender, key }),
      tellsKeysApart: () => all.tellsKeysApart,
      usage: (accounts, nowMs) => accounts.flatMap((account) => budgetUse(account, { spentOf: () => NO_AMOUNT, held: holds.held(account.key) }, nowMs)),
      isAlone: (accounts) => accounts.every(({ key }) => holds.held(key).requests === 0),
      askOthers: elsewhere === null ? () => null : async (accounts, nowMs) => accounts.flatMap((account) => budgetUse(account, { spentOf: () => NO_AMOUNT, held: elsewhere.includes(account.label) ? FULL : holds.held(account.key) }, nowMs)),
    },
    nowMs: Date.now,
  })
  const [first] = all.of(spender) ?? []
  return { holds, begin: (keys = []) => requests.begin(REQUEST, ALICE, keys), held: () => first === undefined ? null : holds.held(first.key) }
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

await t.test('a request holds for the first of its keys that has room, and for the first of all when none has', async (t) => {
  const { holds, begin } = world({ b: { per: ['key'], limits: { requests_per_day: 1 } } })
  const [one, two, three] = [begin(['a', 'b']), begin(['a', 'b']), begin(['a', 'b'])]
  t.same([one, two, three].map((hold) => hold?.key), ['a', 'b', 'a'])
  t.match(two?.usage, [{ account: 'key b', used: 1 }])
  t.match(three?.usage, [{ account: 'key a', used: 2 }])
  three?.onDecided(REFUSED)
  t.notOk(one?.hasRoom('b'))
  two?.free()
  t.ok(one?.hasRoom('b'))
  t.same([...holds.accounts()].length, 1, 'to look takes nothing')
  one?.useKey('b')
  t.equal(one?.key, 'b')
  t.equal(begin(['b', 'a'])?.key, 'a')
  one?.free()
  one?.useKey('a')
  t.equal(holds.open(), 1, 'what is over holds nothing again')
})

await t.test('a request that changes its key counts once in what both keys have in common, and still ends with its entry', async (t) => {
  const { holds, begin, held } = world({ all: { limits: { concurrent: 1 } }, b: { match: { keys: ['b'] }, limits: { requests_per_day: 1 } } })
  const hold = begin(['a', 'b'])
  hold?.allowed(7)
  t.ok(hold?.hasRoom('b'))
  hold?.useKey('b')
  t.match(held(), { requests: 1, running: 1 })
  holds.counted(7)
  t.equal(holds.open(), 0)
})

await t.test('a key that is used up by other gateways is passed over when they have said so', async (t) => {
  const budgets: Budgets = { b: { per: ['key'], limits: { requests_per_day: 1 } } }
  const { holds, begin } = world(budgets, ['key a'])
  const hold = begin(['a', 'b'])
  t.match(hold?.usage, [{ account: 'key a', used: null }], 'who does not wait is refused')
  await hold?.asking
  t.equal(hold?.key, 'b')
  t.match(hold?.usage, [{ account: 'key b', used: 1 }])
  t.equal(holds.open(), 1)
  const refused = world(budgets, ['key a', 'key b']).begin(['a', 'b'])
  await refused?.asking
  t.equal(refused?.key, 'a')
  t.match(refused?.usage, [{ account: 'key a', used: 100 }])
})
