import t from 'tap'
import { BUDGET_LIMITS, type Budget, type BudgetDimension, type BudgetLimitName } from '../../gateway/core/budget.ts'
import { budgetStage, settled, teach, TOKENS, type Asker } from '../support/budget-gateways.ts'

// Each dimension and each limit, by requests at a real gateway. Everybody below spends of one budget of their own and of no other.
const REQUEST_USD = 0.18 // 100 tokens at 1,000 $ and 40 at 2,000 $ a million
const OTHER: Readonly<Partial<Record<BudgetDimension, Asker>>> = {
  org: { org: 'umbrella' },
  group: { groups: ['ops'] },
  actor: { actor: 'by-actor-too@acme.test' },
  app: { app: 'till' },
  environment: { environment: 'TEST' },
  model: { model: 'n' },
  provider: { provider: 'second' },
}
const by = (dimension: string): string => `by-${dimension}@acme.test`
const askerOf = (dimension: string): Asker => ({ actor: by(dimension), groups: ['dev'] })
const of = (limit: string): string => `of-${limit}@acme.test`
const warned = (limit: string): string => `warned-${limit}@acme.test`
const WINDOWS = BUDGET_LIMITS.filter((limit) => limit !== 'concurrent')
const usedBy = (limit: BudgetLimitName): number => limit.startsWith('usd') ? REQUEST_USD : limit.startsWith('tokens') ? TOKENS : 1
const maxOf = (limit: BudgetLimitName): number => usedBy(limit) + (limit.startsWith('usd') ? 0.05 : 0) // what is held for a request is a little more than it uses
const limited = (actor: string, limit: BudgetLimitName, mode: 'hard' | 'warn'): Budget => ({ match: { actors: [actor] }, limits: { [limit]: maxOf(limit) }, mode })

const stage = await budgetStage(t, {
  ...Object.fromEntries(Object.entries(OTHER).map(([dimension, { actor }]) => [dimension, {
    per: [dimension as BudgetDimension], match: { actors: actor === undefined ? [by(dimension)] : [by(dimension), actor] }, limits: { requests_per_day: 1 },
  }])),
  ...Object.fromEntries(WINDOWS.flatMap((limit) => [[`hard_${limit}`, limited(of(limit), limit, 'hard')], [`warn_${limit}`, limited(warned(limit), limit, 'warn')]])),
})
const provider = { format: 'openai-chat', baseUrl: stage.upstream.baseUrl, keyless: true, models: Object.fromEntries(['m', 'n'].map((id) => [id, { price: { perMillionInput: 1_000, perMillionOutput: 2_000 } }])) }
const gateway = await stage.open({}, { providers: { up: provider, second: provider }, apps: { shop: { project: './shop' }, till: { project: './till' } } })
await teach(gateway)

for (const [dimension, other] of Object.entries(OTHER)) {
  await t.test(`per ${dimension}: two that differ in nothing else have an account each`, async (t) => {
    const one = askerOf(dimension)
    for (const asker of [one, { ...one, ...other }]) {
      t.equal((await gateway.ask(asker)).status, 200)
      t.match(await gateway.ask(asker), { status: 403, rule: 'budgets.used_up', text: new RegExp(`${dimension} \\(${dimension} .*requests_per_day`) })
    }
  })
}

await t.test('each measure in each period is a limit, and only says so where it is to warn', async (t) => {
  for (const limit of WINDOWS) {
    t.equal((await gateway.ask({ actor: of(limit) })).status, 200, limit)
    t.match(await gateway.ask({ actor: of(limit) }), { status: 403, rule: 'budgets.used_up', text: new RegExp(limit) }, limit)
    for (let i = 0; i < 2; i += 1) t.equal((await gateway.ask({ actor: warned(limit) })).status, 200, limit)
  }
  await settled(gateway)
  const { rows } = await gateway.standings({ actor: 'olga@acme.test', role: 'operator' })
  for (const limit of WINDOWS) {
    t.match(rows.find(({ budget }) => budget === `hard_${limit}`), { limit, mode: 'hard', used: usedBy(limit), max: maxOf(limit) }, limit)
    t.match(rows.find(({ budget }) => budget === `warn_${limit}`), { limit, mode: 'warn', used: 2 * usedBy(limit) }, limit)
  }
})

await t.test('50, 80 and 100 percent of each are in the ledger, once, and counted', async (t) => {
  const entries = await gateway.entries()
  for (const limit of WINDOWS) {
    const said = entries.flatMap((entry) => entry.kind === 'event' && entry.name === 'budget-warning' && entry.detail['budget'] === `warn_${limit}` ? [entry.detail['percent']] : [])
    t.same(said, [50, 80, 100], limit)
  }
  for (const percent of [50, 80, 100]) t.ok(await gateway.metric(`weir_budget_warnings_total{percent="${percent}"}`) >= 2 * WINDOWS.length, String(percent))
})

t.end()
