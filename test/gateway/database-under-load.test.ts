import pg from 'pg'
import t from 'tap'
import { budgetStage, teach } from '../support/budget-gateways.ts'
import { until } from '../support/until.ts'
import { startRedis } from './redis/throwaway-redis.ts'
import { startPostgres } from './store/throwaway-postgres.ts'

const REQUESTS = 100
const ROOM = 3 * REQUESTS

const redis = await startRedis()
const postgres = startPostgres()
if (typeof redis !== 'string') t.teardown(() => redis.remove())
if (typeof postgres !== 'string') t.teardown(() => postgres.remove())

if (typeof postgres === 'string' || typeof redis === 'string') {
  t.comment(`PostgreSQL and Redis were not tested: ${[postgres, redis].filter((why) => typeof why === 'string').join(', ')}`)
} else {
  const stage = await budgetStage(t, {
    anna: { match: { actors: ['anna@acme.test'] }, limits: { requests_per_day: ROOM } },
    others: { limits: { requests_per_day: 1_000_000 } },
  })
  const gateway = await stage.open({ WEIR_DATABASE_URL: postgres.url, WEIR_REDIS_URL: redis.url })
  await teach(gateway)

  const mirrored = async (): Promise<void> => await until(async () => await gateway.metric('weir_ledger_mirror_lag_entries') === 0)
  const rows = async (): Promise<number | undefined> => {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    const { rows: [row] } = await client.query<{ entries: number }>('SELECT count(*)::float8 AS entries FROM ledger')
    await client.end()
    return row?.entries
  }
  /** @returns how many of a load are served; the others are refused by the budget and by nothing else */
  const served = async (actor: string): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: REQUESTS }, () => gateway.ask({ actor })))
    for (const { status, text, rule } of answers) if (status !== 200 && rule !== 'budgets.used_up') throw new Error(`${status} ${text}`)
    return answers.filter(({ status }) => status === 200).length
  }

  await t.test('while PostgreSQL is stopped under load nothing is refused, and all of it is there later without a restart', async (t) => {
    await mirrored()
    postgres.stop()
    t.equal(await served('bert@acme.test'), REQUESTS)
    t.ok(await gateway.metric('weir_ledger_mirror_lag_entries') >= REQUESTS)
    postgres.start()
    t.equal(await served('bert@acme.test'), REQUESTS)
    await mirrored()
    const entries = await gateway.entries()
    t.equal(await rows(), entries.length)
    t.ok(entries.filter(({ kind }) => kind === 'outcome').length >= 2 * REQUESTS)
  })

  await t.test('while PostgreSQL and Redis are both stopped for a whole load nobody is refused without need, and later the budget holds to the last request', async (t) => {
    t.equal(await served('anna@acme.test'), REQUESTS)
    postgres.stop()
    await redis.stop()
    t.equal(await served('anna@acme.test'), REQUESTS, 'within the grace')
    await until(async () => await gateway.metric('weir_redis_up') === 0)
    t.ok(await gateway.metric('weir_ledger_mirror_lag_entries') >= REQUESTS)
    postgres.start()
    await redis.start()
    await until(async () => await gateway.metric('weir_redis_up') === 1 && await gateway.metric('weir_redis_unsent_accounts') === 0)
    t.equal(await served('anna@acme.test') + await served('anna@acme.test'), REQUESTS, 'what was spent meanwhile counts')
    await mirrored()
    t.equal(await rows(), (await gateway.entries()).length)
  })

  await gateway.close() // before the database goes for good
}
