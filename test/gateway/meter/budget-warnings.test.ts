import t from 'tap'
import type { EventBody } from '../../../gateway/core/ledger-entry.ts'
import { createBudgetWarnings } from '../../../gateway/meter/budget-warnings.ts'
import { ALICE, BOB } from '../ledger/bodies.ts'

const NOON = Date.UTC(2026, 10, 21, 12)
const DAY_MS = 86_400_000
const LIMITS = { usd_per_day: 10, tokens_per_month: 1_000 }
const used = (usd: number, tokens = 0) => ({ day: { usd, tokens: 0, requests: 1 }, month: { usd, tokens, requests: 1 } })

await t.test('each step of each budget is said once in its period, for each actor', async (t) => {
  const events: EventBody[] = []
  const warnings = createBudgetWarnings((event) => events.push(event))
  const said = (): unknown[] => events.splice(0).map(({ actor, detail }) => [actor, detail['budget'], detail['percent'], detail['period']])
  const alice = ALICE.actor.id
  warnings.check(ALICE, LIMITS, used(4.99), NOON)
  t.same(said(), [])
  warnings.check(ALICE, LIMITS, used(5), NOON)
  warnings.check(ALICE, LIMITS, used(7.99), NOON)
  t.same(said(), [[alice, 'usd_per_day', 50, '2026-11-21']])
  warnings.check(ALICE, LIMITS, used(12, 800), NOON)
  warnings.check(ALICE, LIMITS, used(4, 800), NOON)
  warnings.check(ALICE, LIMITS, used(12, 800), NOON)
  t.same(said(), [[alice, 'usd_per_day', 80, '2026-11-21'], [alice, 'usd_per_day', 100, '2026-11-21'], [alice, 'tokens_per_month', 50, '2026-11'], [alice, 'tokens_per_month', 80, '2026-11']])
  warnings.check(ALICE, LIMITS, used(5, 800), NOON + DAY_MS)
  warnings.check(BOB, LIMITS, used(5, 0), NOON)
  t.same(said(), [[alice, 'usd_per_day', 50, '2026-11-22'], [BOB.actor.id, 'usd_per_day', 50, '2026-11-21']])
  t.same([...warnings.counts()], [[50, 4], [80, 2], [100, 1]])
})

await t.test('what the ledger says was warned of is not said again', async (t) => {
  const events: EventBody[] = []
  createBudgetWarnings((event) => events.push(event)).check(ALICE, LIMITS, used(8), NOON)
  t.equal(events.length, 2)
  const later: EventBody[] = []
  const warnings = createBudgetWarnings((event) => later.push(event))
  for (const event of events) warnings.noted(event)
  for (const detail of [{}, { budget: 1, percent: 'x', period: null }]) warnings.noted({ ...events[0] as EventBody, detail })
  warnings.check(ALICE, LIMITS, used(9.9), NOON)
  t.same(later, [])
  warnings.check(ALICE, LIMITS, used(10), NOON)
  t.match(later, [{ name: 'budget-warning', detail: { percent: 100 } }])
})

await t.test('a budget of nothing is used up by the first request', async (t) => {
  const events: EventBody[] = []
  createBudgetWarnings((event) => events.push(event)).check(ALICE, { requests_per_day: 0 }, used(0), NOON)
  t.equal(events.length, 3)
})
