import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { digestOf } from '../../gateway/core/canonical-json.ts'
import { budgetStage, teach } from '../support/budget-gateways.ts'
import { until } from '../support/until.ts'
import { startPostgres } from './store/throwaway-postgres.ts'

const HANG_MS = 45_000 // longer than a statement is waited for, so that connections are given up too
const PACE_MS = 50

const postgres = startPostgres()
if (typeof postgres === 'string') {
  t.comment(`PostgreSQL was not tested: ${postgres}`)
} else {
  t.teardown(() => postgres.remove())
  const stage = await budgetStage(t, { others: { limits: { requests_per_day: 1_000_000 } } })
  const gateway = await stage.open({ WEIR_DATABASE_URL: postgres.url })
  await teach(gateway)
  const lag = (): Promise<number> => gateway.metric('weir_ledger_mirror_lag_entries')

  await t.test('while PostgreSQL takes connections and answers nothing, nobody is refused; when it goes on, everything is there once, without a restart', async (t) => {
    await until(async () => await lag() === 0)
    postgres.signal('SIGSTOP')
    const hungAtMs = Date.now()
    const refused: string[] = []
    let served = 0
    while (Date.now() - hungAtMs < HANG_MS) {
      const { status, text } = await gateway.ask({ actor: 'bert@acme.test' })
      if (status === 200) served += 1
      else refused.push(`${status} ${text}`)
      await delay(PACE_MS)
    }
    const behind = await lag()
    postgres.signal('SIGCONT')
    t.same(refused, [])
    t.ok(served > 0 && behind >= 2 * served, `${served} were served, and no row of theirs was added`)
    await until(async () => await lag() === 0)
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    const { rows } = await client.query<{ index: string, entry: object }>('SELECT index::text AS index, entry FROM ledger ORDER BY ledger.index')
    await client.end()
    const entries = await gateway.entries()
    t.ok(rows.map(({ index, entry }) => `${index} ${digestOf(entry)}`).join() === entries.map((entry, index) => `${index} ${digestOf(entry)}`).join(), `${rows.length} rows are the ${entries.length} entries, one for one`)
  })

  await gateway.close() // before the database goes for good
}
