import t from 'tap'
import { hostDenial, HOST_RULES } from '../../../gateway/core/decision.ts'
import { createBudgetWarnings } from '../../../gateway/meter/budget-warnings.ts'
import { createHoldEstimates } from '../../../gateway/meter/hold-estimates.ts'
import { createHolds, NO_AMOUNT } from '../../../gateway/meter/holds.ts'
import { createRequestHolds } from '../../../gateway/meter/request-holds.ts'
import { ALICE } from '../ledger/bodies.ts'

const REQUEST = { provider: 'p', model: 'm', generates: true, bytes: 4_000 }

await t.test('a request that is refused gives its hold back in the turn in which it is refused', async (t) => {
  const holds = createHolds()
  const requests = createRequestHolds({
    holds,
    estimates: createHoldEstimates(256),
    warnings: createBudgetWarnings(() => undefined),
    priceOf: () => ({ nanoUsd: 5, priced: true }),
    budgets: () => ({ '*': { DEV: { tokens_per_day: 1 } } }),
    spent: () => null,
    nowMs: Date.now,
  })
  const hold = requests.begin(REQUEST, ALICE)
  t.same(holds.held(ALICE.actor.id, ALICE.environment), { nanoUsd: 5, tokens: 1_256, requests: 1 })
  hold?.onDecided(hostDenial(HOST_RULES.threw, 'no', 'r'))
  t.same(holds.held(ALICE.actor.id, ALICE.environment), NO_AMOUNT)
  t.equal(holds.open(), 0)
})
