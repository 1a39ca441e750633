import pg from 'pg'
import t from 'tap'
import { budgetStage, teach } from '../support/budget-gateways.ts'
import { until } from '../support/until.ts'
import { startPostgres } from './store/throwaway-postgres.ts'

const REQUESTS = 100

const started = startPostgres()
if (typeof started === 'string') {
  t.comment(`PostgreSQL was not tested: ${started}`)
} else {
  t.teardown(() => { started.remove() })

  await t.test('while PostgreSQL is stopped under load nothing is refused, and all of it is there later without a restart', async (t) => {
    const stage = await budgetStage(t, { all: { limits: { requests_per_day: 1_000_000 } } })
    const gateway = await stage.open({ WEIR_DATABASE_URL: started.url })
    const asked = async (): Promise<number[]> => (await Promise.all(Array.from({ length: REQUESTS }, () => gateway.ask()))).map(({ status }) => status)
    await teach(gateway)
    await until(async () => await gateway.metric('weir_ledger_mirror_lag_entries') === 0)
    started.stop()
    t.ok((await asked()).every((status) => status === 200))
    t.ok(await gateway.metric('weir_ledger_mirror_lag_entries') >= REQUESTS)
    started.start()
    t.ok((await asked()).every((status) => status === 200))
    await until(async () => await gateway.metric('weir_ledger_mirror_lag_entries') === 0)
    const client = new pg.Client({ connectionString: started.url })
    await client.connect()
    const { rows } = await client.query<{ entries: number }>('SELECT count(*)::float8 AS entries FROM ledger')
    await client.end()
    const entries = await gateway.entries()
    t.equal(rows[0]?.entries, entries.length)
    t.ok(entries.filter(({ kind }) => kind === 'outcome').length >= 2 * REQUESTS)
    await gateway.close() // before the database goes for good
  })
}
