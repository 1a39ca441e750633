import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { auditQuery } from '../../../gateway/store/audit-query.ts'
import { makePgliteImage } from '../../../gateway/store/make-pglite-image.ts'
import { startMirror } from '../../../gateway/store/mirror.ts'
import { pgliteImage } from '../../../gateway/store/pglite-image.ts'
import { openPglite } from '../../../gateway/store/pglite.ts'
import { openStore, type Driver } from '../../../gateway/store/store.ts'
import { plainEvent } from '../ledger/bodies.ts'
import { behavesAsStore, opened } from './store-behaviour.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'

t.setTimeout(900_000) // creating a database takes seconds, and several times that on a loaded machine

await makePgliteImage()

await t.test('the embedded store', async (t) => {
  const dataDir = testFolder(t)
  const dir = join(dataDir, 'journal')
  const store = await openStore({ dataDir, databaseUrl: null })
  await behavesAsStore(t, store, dir)

  await t.test('a statement that fails is a WEIR_ERR_STORE, and the store works on until it is closed', async (t) => {
    await t.rejects(store.query('SELECT nonsense'), { code: 'WEIR_ERR_STORE' })
    t.same(await store.query('SELECT 1::int AS one'), [{ one: 1 }])
    await store.close()
    await t.rejects(store.query('SELECT 1'), { code: 'WEIR_ERR_STORE' })
  })

  await t.test('is there again after a restart, and a folder that does not open is made anew from the journal', async (t) => {
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

  await t.test('begins anew when the journal is another one', async (t) => {
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

await t.test('an empty folder is filled from the image of a build, and without a sound one the database is created', async (t) => {
  const dir = testFolder(t, { 'damaged.tar.gz': 'not an archive' })
  const image = pgliteImage()
  const made = statSync(image)
  await makePgliteImage()
  t.same(statSync(image), made, 'one that is there is kept')

  const filled = openPglite(join(dir, 'filled'), { image })
  await filled.use(async ({ script }) => { await script('CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)') })
  await filled.close()
  const again = openPglite(join(dir, 'filled'), { image })
  t.same(await again.use(({ query }) => query('SELECT n FROM kept', [])), [{ n: 7 }], 'a folder with a database is not filled again')
  const other = openPglite(join(dir, 'other'), { image })
  t.equal(await identifier(other), await identifier(again), 'two folders from one image are one cluster')

  const created = openPglite(join(dir, 'created'), { image: join(dir, 'damaged.tar.gz') })
  t.not(await identifier(created), await identifier(again))
  await Promise.all([again.close(), other.close(), created.close()])
})

await t.test('the database is open while it is used, and what is asked is answered from all of the journal, whatever ends in between', async (t) => {
  const dataDir = testFolder(t)
  const dir = join(dataDir, 'journal')
  const journal = await opened(dir)
  const store = await openStore({ dataDir, databaseUrl: null, idleMs: 20 })
  const mirror = startMirror({ journal, journalDir: dir, store })
  let kept = 0

  const steps: Readonly<Record<string, () => Promise<void>>> = {
    append: async () => {
      await Promise.all([0, 1, 2].map((more) => journal.append(plainEvent(`entry-${kept + more}`))))
      kept += 3
    },
    idle: async () => { await until(async () => databases().length === 0) },
    kill: async () => {
      const killed = databases()
      for (const pid of killed) process.kill(pid, 'SIGKILL')
      // A process that is dying has no command line any more, and this one may not know of its end yet; who asked it in that moment is refused.
      await until(() => killed.every((pid) => !existsSync(`/proc/${pid}`)))
    },
    wreck: async () => {
      await steps['idle']?.()
      writeFileSync(join(dataDir, 'store', 'global', 'pg_control'), 'no longer')
    },
    ask: async () => {
      await mirror.caughtUp()
      const { entries } = await auditQuery(store, { order: 'oldest', limit: 1_000 })
      t.same(entries.map((entry) => entry.kind === 'event' ? entry.name : ''), Array.from({ length: kept }, (_, place) => `entry-${place}`))
      t.equal(mirror.mirrored(), kept - 1)
    },
  }
  const story = fc.sample(fc.constantFrom('append', 'ask', 'idle', 'kill'), 2)
  for (const step of ['append', 'ask', 'idle', 'ask', 'append', 'kill', 'ask', 'wreck', 'ask', ...story, 'ask']) {
    t.comment(step)
    await steps[step]?.()
  }

  await store.open()
  const second = openPglite(join(dataDir, 'store'))
  const [row] = await second.use(({ query }) => query('SELECT count(*)::int AS n FROM ledger', []))
  t.same(row, { n: kept }, 'whoever comes second waits until the folder is free')
  await second.close()
  await mirror.close()
  await store.close()
  await journal.close()
})

/** The processes of databases that this one has started. */
function databases (): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter((pid) => pid !== '')
  return children.map(Number).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('pglite-process'))
}

async function identifier (database: Driver): Promise<unknown> {
  const [row] = await database.use(({ query }) => query('SELECT system_identifier::text AS id FROM pg_control_system()', []))
  return row?.['id']
}
