import t from 'tap'
import type { Budgets } from '../../gateway/core/budget.ts'
import { budgetStage, settled, teach, type Asker } from '../support/budget-gateways.ts'
import { until } from '../support/until.ts'

const only = (actor: string) => ({ actors: [`${actor}@acme.test`] })
const BUDGETS: Budgets = {
  groups: { per: ['group'], match: { groups: ['red', 'blue'] }, limits: { requests_per_day: 2 } },
  tokens: { per: ['token'], match: only('tom'), limits: { requests_per_hour: 1 } },
  sessions: { per: ['session'], match: only('sue'), limits: { requests_per_total: 1 } },
  places: { match: only('pam'), limits: { concurrent: 1 } },
  words: { match: only('wim'), limits: { requests_per_total: 1 }, mode: 'warn' },
  changing: { match: only('cat'), limits: { requests_per_day: 1 } },
  teacher: { match: { roles: ['operator'] }, limits: { requests_per_day: 1_000_000 } },
}

// One gateway for all tests; in each somebody else asks.
const stage = await budgetStage(t, BUDGETS)
const gateway = await stage.open()
await teach(gateway)
const as = (name: string, more: Asker = {}): Asker => ({ actor: `${name}@acme.test`, ...more })
const statusOf = async (asker: Asker): Promise<number> => (await gateway.ask(asker)).status

await t.test('each group has an account of its own, and who is in two counts in both', async (t) => {
  t.equal(await statusOf(as('ann', { groups: ['red'] })), 200)
  t.equal(await statusOf(as('bob', { groups: ['red', 'blue', 'green'] })), 200)
  t.match(await gateway.ask(as('cid', { groups: ['red'] })), { status: 403, rule: 'budgets.used_up', text: /groups \(group red\).*requests_per_day/ })
  t.equal((await gateway.ask(as('bob', { groups: ['red', 'blue', 'green'] }))).status, 403, 'one used-up account is enough')
  t.equal(await statusOf(as('dan', { groups: ['blue'] })), 200, 'what was refused counts nowhere')
  t.equal(await statusOf(as('dan', { groups: ['blue'] })), 403)
  t.equal(await statusOf(as('eve', { groups: ['green'] })), 200)
})

await t.test('each token has an account of its own', async (t) => {
  const tokens = [gateway.token(as('tom')), gateway.token(as('tom'))]
  for (const token of tokens) t.equal(await statusOf({ token }), 200)
  for (const token of tokens) t.match(await gateway.ask({ token }), { status: 403, text: /requests_per_hour/ })
})

await t.test('who has no session shares an account with the others without one', async (t) => {
  t.equal(await statusOf(as('sue')), 200)
  t.match(await gateway.ask(as('sue', { environment: 'TEST' })), { status: 403, text: /session -.*does not begin anew/ })
})

await t.test('a place among the running ones is free when the answer has ended', async (t) => {
  const usual = stage.upstream.answer
  let answer: () => void = () => undefined
  const arrived = new Promise<void>((resolve) => {
    stage.upstream.answer = (...asked) => {
      answer = () => { usual(...asked) }
      resolve()
    }
  })
  const running = statusOf(as('pam'))
  await arrived
  t.match(await gateway.ask(as('pam')), { status: 403, text: /concurrent.*other requests have ended/ })
  stage.upstream.answer = usual
  answer()
  t.equal(await running, 200)
  await settled(gateway)
  t.equal(await statusOf(as('pam')), 200)
})

await t.test('budgets are shown with their use, each to whom it is for, and all to who sees all usage', async (t) => {
  await settled(gateway)
  const { rows } = await gateway.standings({ actor: 'olga@acme.test', role: 'operator' })
  t.match(rows.find(({ account }) => account === 'group red'), { budget: 'groups', limit: 'requests_per_day', max: 2, used: 2, mode: 'hard', period: { sinceMs: Number, untilMs: Number } })
  t.match(rows.find(({ budget }) => budget === 'sessions'), { used: 1, period: null, forecast: null })
  t.match(rows.find(({ budget }) => budget === 'words'), { mode: 'warn', used: 0 }, 'also before anything was spent of it')
  t.ok(rows.every(({ used, max }, place) => place === 0 || (used ?? 0) / max <= (rows[place - 1]?.used ?? 0) / (rows[place - 1]?.max ?? 1)), 'the fullest first')
  t.same((await gateway.standings(as('bob', { groups: ['red'] }))).rows, [], 'an account for several is nobody\'s own')
})

await t.test('a budget that only warns refuses nothing, and says so once', async (t) => {
  for (let i = 0; i < 3; i += 1) t.equal(await statusOf(as('wim')), 200)
  const warned = (await gateway.entries()).flatMap((entry) => entry.kind === 'event' && entry.name === 'budget-warning' && entry.detail['budget'] === 'words' ? [entry.detail['percent']] : [])
  t.same(warned, [50, 80, 100])
})

await t.test('budgets change in a running gateway: a raised one keeps its sum, a new one is added up from the ledger', async (t) => {
  const used = (limit: number): Budgets => ({ ...BUDGETS, changing: { match: only('cat'), limits: { requests_per_day: limit } } })
  t.equal(await statusOf(as('cat')), 200)
  t.equal(await statusOf(as('cat')), 403)
  stage.setBudgets(used(2))
  await gateway.reload()
  t.equal(await statusOf(as('cat')), 200, 'known all the while')
  t.equal(await statusOf(as('cat')), 403)
  stage.setBudgets({ ...used(2), late: { per: ['actor'], match: { roles: ['author'] }, limits: { requests_per_day: 3 } } })
  await gateway.reload()
  await until(async () => (await gateway.ask(as('wim'))).rule !== 'budgets.unknown')
  t.match(await gateway.ask(as('wim')), { status: 403, rule: 'budgets.used_up', text: /late \(actor wim@acme.test\)/ }, 'what was spent before counts')
  t.equal(await statusOf(as('eve', { groups: ['green'] })), 200)
  stage.setBudgets({})
  await gateway.reload()
  t.equal(await statusOf(as('cat')), 200)
})
