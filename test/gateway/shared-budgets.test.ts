import t from 'tap'
import { budgetStage, settled, teach, TOKENS, type BudgetGateway } from '../support/budget-gateways.ts'
import { until } from '../support/until.ts'
import { startRedis, type ThrowawayRedis } from './redis/throwaway-redis.ts'

const started = await startRedis()
if (typeof started === 'string') t.bailout(started)
const redis = started as ThrowawayRedis
t.teardown(() => redis.remove())

const REQUESTS = 200
const ROOM = 50

const LIMIT = 340

// Two gateways for all tests, and for each test somebody with a budget of their own.
const stage = await budgetStage(t, {
  anna: { match: { actors: ['anna@acme.test'] }, limits: { tokens_per_day: TOKENS * ROOM } },
  hanging: { match: { actors: ['bert@acme.test'] }, limits: { requests_per_day: LIMIT } },
  ending: { match: { actors: ['cara@acme.test'] }, limits: { requests_per_day: LIMIT } },
  others: { limits: { requests_per_day: 1_000_000 } },
})
const env = { WEIR_REDIS_URL: redis.url }
const [a, b] = [await stage.open(env), await stage.open(env)]
const anna = { actor: 'anna@acme.test' }
await teach(a)
await teach(b)

async function up (...gateways: readonly BudgetGateway[]): Promise<void> {
  for (const gateway of gateways) await until(async () => await gateway.metric('weir_redis_up') === 1 && await gateway.metric('weir_redis_unsent_accounts') === 0)
}

async function known (gateway: BudgetGateway): Promise<void> {
  await until(async () => (await gateway.ask()).rule !== 'budgets.unknown')
}

async function servedOf (asking: ReadonlyArray<ReturnType<BudgetGateway['ask']>>): Promise<number> {
  const answers = await Promise.all(asking)
  for (const { status, rule } of answers) if (status !== 200 && rule !== 'budgets.used_up') throw new Error(`${status} ${rule}`)
  return answers.filter(({ status }) => status === 200).length
}

await t.test('200 requests at once to two gateways against room for 50 spend at most the budget, and none is refused without need', async (t) => {
  const served = await servedOf(Array.from({ length: REQUESTS }, (_, i) => (i % 2 === 0 ? a : b).ask(anna)))
  t.ok(served <= ROOM, `${served} are served`)
  t.ok(served >= ROOM - 1, `${served} are served`)
  await settled(a)
  await settled(b)
  t.equal((await a.ask(anna)).rule, 'budgets.used_up')
  t.equal((await b.ask(anna)).rule, 'budgets.used_up')
  await a.restart()
  await known(a)
  t.equal((await a.ask(anna)).rule, 'budgets.used_up', 'also after a restart, when each still says the same')
})

/** Both gateways are asked all the while; Redis goes away after the first answers and comes back before the last ones. */
async function underLoad (actor: string, asked: number, during: { readonly gone: () => unknown, readonly back: () => unknown }): Promise<number> {
  let left = asked
  let answered = 0
  let turn: Promise<unknown> = Promise.resolve()
  const ask = async (gateway: BudgetGateway): Promise<number> => {
    let served = 0
    while (left > 0) {
      left -= 1
      const { status, text } = await gateway.ask({ actor })
      if (status !== 200) throw new Error(`${status} ${text}`)
      served += 1
      answered += 1
      if (answered === Math.floor(asked / 4)) turn = turn.then(during.gone)
      if (answered === Math.floor(asked * 3 / 4)) turn = turn.then(during.back)
    }
    return served
  }
  const served = await Promise.all([a, b].flatMap((gateway) => [0, 1, 2, 3].map(() => ask(gateway))))
  await turn
  return served.reduce((sum, one) => sum + one, 0)
}

for (const [what, actor, gone, back] of [
  ['hangs', 'bert@acme.test', () => redis.signal('SIGSTOP'), () => redis.signal('SIGCONT')],
  ['ends and loses its data', 'cara@acme.test', () => redis.stop(), () => redis.start()],
] as const) {
  await t.test(`when Redis ${what} under load, nothing is refused, nothing is lost, and nobody needs a restart`, async (t) => {
    let served = await underLoad(actor, LIMIT - 20, { gone, back })
    await up(a, b)
    t.ok(await a.metric('weir_redis_errors_total') >= 1)
    for (const gateway of [a, b, a, b]) while ((await gateway.ask({ actor })).status === 200) served += 1
    t.equal(served, LIMIT, 'the budget is used up exactly')
  })
}

await t.test('after the grace nothing is known, and all is known again when Redis is back', async (t) => {
  const gateway = await stage.open(env, { budgets: { redisGrace: '300ms' } })
  await known(gateway)
  t.equal((await gateway.ask()).status, 200)
  await redis.stop()
  let answer = await gateway.ask()
  t.equal(answer.status, 200, 'within the grace')
  await until(async () => (answer = await gateway.ask()).status !== 200)
  t.same([answer.status, answer.rule], [403, 'budgets.unknown'])
  await b.restart()
  t.equal((await b.ask()).rule, 'budgets.unknown', 'a gateway that was never in contact knows nothing of the others')
  await redis.start()
  await known(gateway)
  await known(b)
  t.equal((await gateway.ask()).status, 200)
  t.equal((await b.ask()).status, 200)
})
