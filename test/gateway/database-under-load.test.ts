import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { digestOf } from '../../gateway/core/canonical-json.ts'
import { budgetStage, teach } from '../support/budget-gateways.ts'
import { until } from '../support/until.ts'
import { startRedis } from './redis/throwaway-redis.ts'
import { startPostgres } from './store/throwaway-postgres.ts'

const REQUESTS = 100
const ROOM = 3 * REQUESTS
const OUTAGE_MS = 120_000
const CALLERS = 2
const PACE_MS = 50 // of one caller: a load that a machine full of other tests carries as well

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
  const rows = async (): Promise<ReadonlyArray<{ readonly index: string, readonly entry: object }>> => {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    const { rows } = await client.query<{ index: string, entry: object }>('SELECT index::text AS index, entry FROM ledger ORDER BY ledger.index')
    await client.end()
    return rows
  }
  /** Each entry is a row, once, at its place, and there is no other row. @returns how many there are */
  const compared = async (t: { ok (holds: boolean, message: string): void }): Promise<number> => {
    await mirrored()
    const [entries, found] = [await gateway.entries(), await rows()]
    const text = (index: number, entry: object): string => `${index} ${digestOf(entry)}`
    t.ok(found.map(({ index, entry }) => text(Number(index), entry)).join() === entries.map((entry, index) => text(index, entry)).join(), `${found.length} rows are the ${entries.length} entries, one for one`)
    return entries.length
  }
  /** @returns how many of a load are served; the others are refused by the budget and by nothing else */
  const served = async (actor: string): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: REQUESTS }, () => gateway.ask({ actor })))
    for (const { status, text, rule } of answers) if (status !== 200 && rule !== 'budgets.used_up') throw new Error(`${status} ${text}`)
    return answers.filter(({ status }) => status === 200).length
  }

  await t.test('PostgreSQL is stopped for two minutes under load: nothing is refused, lost or there twice, the order is kept, without a restart', async (t) => {
    await mirrored()
    const load = new AbortController()
    const refused: string[] = []
    let served = 0
    let heard: () => void = () => undefined
    const callers = Array.from({ length: CALLERS }, async () => {
      while (!load.signal.aborted) {
        const { status, text } = await gateway.ask({ actor: 'bert@acme.test' })
        if (status === 200) served += 1
        else refused.push(`${status} ${text}`)
        heard()
        await delay(PACE_MS)
      }
    })
    /** Looks after each answer. */
    const answered = (holds: () => boolean): Promise<void> => new Promise((resolve) => { heard = () => { if (holds()) resolve() } })
    const lag = (): Promise<number> => gateway.metric('weir_ledger_mirror_lag_entries')
    await answered(() => served >= CALLERS)
    postgres.stop()
    const [before, stoppedAtMs] = [served, Date.now()]
    await answered(() => Date.now() - stoppedAtMs >= OUTAGE_MS)
    const without = served - before
    t.ok(await lag() >= 2 * without, 'all that time no row was added')
    postgres.start()
    await until(async () => await lag() < without) // while the load goes on
    load.abort()
    await Promise.all(callers)
    const entries = await compared(t)
    t.same(refused, [])
    t.ok(entries >= 2 * served, `${without} requests without PostgreSQL, ${entries} entries`)
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
    await compared(t)
  })

  await gateway.close() // before the database goes for good
}
