import t from 'tap'
import type { BudgetLimitName, BudgetUse } from '../../../gateway/core/budget.ts'
import type { EventBody } from '../../../gateway/core/ledger-entry.ts'
import { createBudgetWarnings } from '../../../gateway/meter/budget-warnings.ts'
import { ALICE } from '../ledger/bodies.ts'

const NOON = Date.UTC(2026, 10, 21, 12)
const DAY_MS = 86_400_000
const use = (limit: BudgetLimitName, max: number, used: number | null, account = 'all'): BudgetUse => ({ budget: 'b', account, limit, max, used, mode: 'hard' })
const day = (used: number, account?: string): readonly BudgetUse[] => [use('usd_per_day', 10, used, account)]

await t.test('each step of each limit is said once in its period, for each account', async (t) => {
  const events: EventBody[] = []
  const warnings = createBudgetWarnings((event) => events.push(event))
  const said = (): unknown[] => events.splice(0).map(({ detail: { account, limit, percent, period } }) => [account, limit, percent, period])
  warnings.check(ALICE, day(4.99), NOON)
  t.same(said(), [])
  warnings.check(ALICE, day(5), NOON)
  warnings.check(ALICE, day(7.99), NOON)
  t.same(said(), [['all', 'usd_per_day', 50, '2026-11-21']])
  const both = (usd: number): readonly BudgetUse[] => [...day(usd), use('tokens_per_month', 1_000, 800)]
  warnings.check(ALICE, both(12), NOON)
  warnings.check(ALICE, both(4), NOON)
  warnings.check(ALICE, both(12), NOON)
  t.same(said(), [['all', 'usd_per_day', 80, '2026-11-21'], ['all', 'usd_per_day', 100, '2026-11-21'], ['all', 'tokens_per_month', 50, '2026-11'], ['all', 'tokens_per_month', 80, '2026-11']])
  warnings.check(ALICE, both(5), NOON + DAY_MS)
  warnings.check(ALICE, day(5, 'group x'), NOON)
  t.same(said(), [['all', 'usd_per_day', 50, '2026-11-22'], ['group x', 'usd_per_day', 50, '2026-11-21']])
  t.same([...warnings.counts()], [[50, 4], [80, 2], [100, 1]])
})

await t.test('an hour and a total have periods of their own; running requests and what is not known are no news', async (t) => {
  const events: EventBody[] = []
  const warnings = createBudgetWarnings((event) => events.push(event))
  warnings.check(ALICE, [use('requests_per_hour', 2, 1), use('tokens_per_total', 2, 1), use('concurrent', 1, 1), use('usd_per_day', 1, null)], NOON)
  t.same(events.map(({ detail }) => detail['period']), ['2026-11-21T12', 'total'])
})

await t.test('what the ledger says was warned of is not said again', async (t) => {
  const events: EventBody[] = []
  createBudgetWarnings((event) => events.push(event)).check(ALICE, day(8), NOON)
  t.equal(events.length, 2)
  const later: EventBody[] = []
  const warnings = createBudgetWarnings((event) => later.push(event))
  for (const event of events) warnings.noted(event)
  for (const detail of [{}, { budget: 1, account: null, limit: {}, percent: 'x', period: null }]) warnings.noted({ ...events[0] as EventBody, detail })
  warnings.check(ALICE, day(9.9), NOON)
  t.same(later, [])
  warnings.check(ALICE, day(10), NOON)
  t.match(later, [{ name: 'budget-warning', detail: { percent: 100 } }])
})

await t.test('what is kept of the ledger\'s warnings is enough to repeat none of them, and holds none that the ledger does not', async (t) => {
  const events: EventBody[] = []
  const first = createBudgetWarnings((event) => events.push(event))
  first.check(ALICE, [...day(8), ...day(5, 'group x')], NOON)
  t.same(first.inLedger(), [])
  for (const event of events) first.noted(event)
  first.check(ALICE, day(10), NOON) // said, and not in the ledger yet
  const kept = first.inLedger()
  t.same(kept.map(({ account, percent }) => [account, percent]), [['all', 80], ['group x', 50]])
  const later: EventBody[] = []
  const second = createBudgetWarnings((event) => later.push(event))
  for (const detail of kept) second.noted({ detail })
  t.same(second.inLedger(), kept)
  second.check(ALICE, [...day(10), ...day(5, 'group x')], NOON)
  t.same(later.map(({ detail: { account, percent } }) => [account, percent]), [['all', 100]])
})

await t.test('a budget of nothing is used up by the first request', async (t) => {
  const events: EventBody[] = []
  createBudgetWarnings((event) => events.push(event)).check(ALICE, [use('requests_per_day', 0, 1)], NOON)
  t.equal(events.length, 3)
})
