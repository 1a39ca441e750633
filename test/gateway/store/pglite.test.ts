import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { auditQuery } from '../../../gateway/store/audit-query.ts'
import { startMirror } from '../../../gateway/store/mirror.ts'
import { openStore } from '../../../gateway/store/store.ts'
import { plainEvent } from '../ledger/bodies.ts'
import { behavesAsStore, opened } from './store-behaviour.ts'

t.setTimeout(120_000) // creating a database takes seconds, and several times that on a loaded machine

await t.test('the embedded store', { timeout: 110_000 }, async (t) => {
  const dataDir = t.testdir()
  const dir = join(dataDir, 'journal')
  const store = await openStore({ dataDir, databaseUrl: null })
  await behavesAsStore(t, store, dir)

  await t.test('a statement that fails is a WEIR_ERR_STORE, and the store works on until it is closed', async (t) => {
    await t.rejects(store.query('SELECT nonsense'), { code: 'WEIR_ERR_STORE' })
    t.same(await store.query('SELECT 1::int AS one'), [{ one: 1 }])
    await store.close()
    await t.rejects(store.query('SELECT 1'), { code: 'WEIR_ERR_STORE' })
  })

  await t.test('is there again after a restart, and a folder that does not open is made anew from the journal', { timeout: 100_000 }, async (t) => {
    const reopened = await openStore({ dataDir, databaseUrl: null })
    t.ok(Number((await reopened.query('SELECT next FROM mirror_cursor'))[0]?.['next']) > 1_200)
    await reopened.close()

    const folder = join(dataDir, 'store')
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
    mkdirSync(join(folder, 'base'))
    writeFileSync(join(folder, 'PG_VERSION'), 'not a database')
    const rebuilt = await openStore({ dataDir, databaseUrl: null })
    const journal = await opened(dir)
    const mirror = startMirror({ journal, journalDir: dir, store: rebuilt })
    await mirror.caughtUp()
    t.equal(Number((await rebuilt.query('SELECT count(*) AS n FROM ledger'))[0]?.['n']), journal.head().index + 1)
    await mirror.close()
    await journal.close()
    await rebuilt.close()
  })

  await t.test('begins anew when the journal is another one', { timeout: 60_000 }, async (t) => {
    rmSync(dir, { recursive: true })
    const journal = await opened(dir)
    await journal.append(plainEvent('fresh'))
    const other = await openStore({ dataDir, databaseUrl: null })
    const mirror = startMirror({ journal, journalDir: dir, store: other })
    await mirror.caughtUp()
    t.match(await auditQuery(other, {}), { entries: [{ name: 'fresh' }], nextCursor: null })
    await mirror.close()
    await journal.close()
    await other.close()
  })
})
