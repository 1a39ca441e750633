import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { auditQuery } from '../../../gateway/store/audit-query.ts'
import { makePgliteImage } from '../../../gateway/store/make-pglite-image.ts'
import { startMirror } from '../../../gateway/store/mirror.ts'
import { pgliteImage } from '../../../gateway/store/pglite-image.ts'
import { openPglite } from '../../../gateway/store/pglite.ts'
import { openStore, type Driver } from '../../../gateway/store/store.ts'
import { plainEvent } from '../ledger/bodies.ts'
import { behavesAsStore, opened } from './store-behaviour.ts'

t.setTimeout(240_000) // creating a database takes seconds, and several times that on a loaded machine

await makePgliteImage()

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

await t.test('an empty folder is filled from the image of a build, and without a sound one the database is created', { timeout: 110_000 }, async (t) => {
  const dir = t.testdir({ 'damaged.tar.gz': 'not an archive' })
  const image = pgliteImage()
  const made = statSync(image)
  await makePgliteImage()
  t.same(statSync(image), made, 'one that is there is kept')

  const filled = openPglite(join(dir, 'filled'), image)
  await filled.script('CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)')
  await filled.close()
  const again = openPglite(join(dir, 'filled'), image)
  t.same(await again.query('SELECT n FROM kept', []), [{ n: 7 }], 'a folder with a database is not filled again')
  const other = openPglite(join(dir, 'other'), image)
  t.equal(await identifier(other), await identifier(again), 'two folders from one image are one cluster')

  const created = openPglite(join(dir, 'created'), join(dir, 'damaged.tar.gz'))
  t.not(await identifier(created), await identifier(again))
  await Promise.all([again.close(), other.close(), created.close()])
})

async function identifier (database: Driver): Promise<unknown> {
  const [row] = await database.query('SELECT system_identifier::text AS id FROM pg_control_system()', [])
  return row?.['id']
}
