import { join } from 'node:path'
import t from 'tap'
import { auditQuery } from '../../../gateway/store/audit-query.ts'
import { startMirror } from '../../../gateway/store/mirror.ts'
import { openStore } from '../../../gateway/store/store.ts'
import { plainEvent } from '../ledger/bodies.ts'
import { behavesAsStore, opened } from './store-behaviour.ts'
import { startPostgres } from './throwaway-postgres.ts'
import { testFolder } from '../../support/test-folder.ts'

await t.test('a database URL that cannot be read is refused without being repeated', async (t) => {
  const error = await openStore({ dataDir: testFolder(t), databaseUrl: 'postgres://weir:s3cret@%zz:99999999/x' }).then((store) => store.query('SELECT 1')).catch((thrown: unknown) => thrown)
  t.match(error, { code: 'WEIR_ERR_STORE' })
  t.notMatch(String((error as Error).message), /s3cret/)
})

const postgres = startPostgres()
if (typeof postgres === 'string') {
  t.comment(`PostgreSQL was not tested: ${postgres}`)
} else {
  t.teardown(() => { postgres.remove() })

  await t.test('PostgreSQL', async (t) => {
    const dataDir = testFolder(t)
    const store = await openStore({ dataDir, databaseUrl: postgres.url })
    await behavesAsStore(t, store, join(dataDir, 'journal'))

    await t.test('keeps what it has when the journal is another one', async (t) => {
      const dir = join(testFolder(t), 'journal')
      const journal = await opened(dir)
      const mirror = startMirror({ journal, journalDir: dir, store })
      await journal.append(plainEvent('other'))
      await t.rejects(mirror.caughtUp(300), { code: 'WEIR_ERR_STORE' })
      await mirror.close()
      await journal.close()
      t.ok((await auditQuery(store, { kind: 'event' })).entries.every((entry) => entry.kind === 'event' && entry.name !== 'other'))
    })
    await store.query('DROP TABLE ledger, mirror_cursor, weir_migrations')
    await store.close()
  })

  await t.test('while PostgreSQL is away the journal carries on, and the mirror catches up later', async (t) => {
    const dir = join(testFolder(t), 'journal')
    const journal = await opened(dir)
    const store = await openStore({ dataDir: t.testdirName, databaseUrl: postgres.url })
    postgres.stop()
    const warnings: string[] = []
    let warn: () => void = () => undefined
    const warned = new Promise<void>((resolve) => { warn = resolve })
    const mirror = startMirror({ journal, journalDir: dir, store, onWarning (message) { warnings.push(message); warn() } })
    await warned
    t.equal(await journal.append(plainEvent('meanwhile')), 0)
    await t.rejects(mirror.caughtUp(10), { code: 'WEIR_ERR_STORE' })
    postgres.start()
    await mirror.caughtUp()
    t.match(await auditQuery(store, {}), { entries: [{ name: 'meanwhile' }] })
    t.same(warnings, ['the store failed; the ledger goes on without it', 'the store works again'])
    await mirror.close()
    await journal.close()
    await store.close()
  })
}
