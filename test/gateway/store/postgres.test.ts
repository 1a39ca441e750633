import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { processIo, type Io } from '../../../gateway/cli/io.ts'
import { loadConfig } from '../../../gateway/config-file.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { auditQuery } from '../../../gateway/store/audit-query.ts'
import { appendBatch, readCursor } from '../../../gateway/store/ledger-table.ts'
import { migrationScript, MIGRATIONS } from '../../../gateway/store/migrations.ts'
import { startMirror } from '../../../gateway/store/mirror.ts'
import { openStore } from '../../../gateway/store/store.ts'
import { plainEvent } from '../ledger/bodies.ts'
import { linesOf, oldLedger } from '../retention/old-ledger.ts'
import { newKey } from '../transparency/signed-ledger.ts'
import { behavesAsStore, opened } from './store-behaviour.ts'
import { startPostgres } from './throwaway-postgres.ts'
import { testFolder } from '../../support/test-folder.ts'

async function inDatabase (url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    for (const sql of statements) await client.query(sql)
  } finally {
    await client.end()
  }
}

/** What a page has an operator run. */
function sqlOf (page: string): readonly string[] {
  return [...readFileSync(join(packageRoot(), page), 'utf8').matchAll(/^```sql\n([\s\S]*?)```$/gm)].map(([, sql]) => sql ?? '')
}

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
    await store.close()
  })

  await t.test('as the page says: a role that can only add is all that a gateway needs, and who reads PROD reads PROD only', async (t) => {
    await inDatabase(postgres.url, ...sqlOf('docs/store.md'))
    const dataDir = testFolder(t)
    const urlOf = (role: string): string => postgres.url.replace('user=weir', `user=${role}`)
    const store = await openStore({ dataDir, databaseUrl: urlOf('weir_gateway') })
    const { next } = await readCursor(store)
    // Of a month that nobody has made a table for.
    await appendBatch(store, [{ index: next, hash: 'a'.repeat(64), json: JSON.stringify({ index: next, kind: 'event', name: 'added', time: Date.parse('2031-05-01T00:00:00Z'), environment: 'PROD', session: 'wses_added' }) }])
    t.match(await auditQuery(store, { session: 'wses_added' }), { entries: [{ name: 'added' }] })
    for (const sql of ['UPDATE ledger SET rule = NULL', 'DELETE FROM ledger', 'TRUNCATE ledger', 'DROP TABLE ledger', 'ALTER TABLE ledger DISABLE TRIGGER ALL', 'DELETE FROM mirror_cursor', 'SELECT weir_ledger_forget()', 'CREATE TABLE mine (a int)', 'DELETE FROM weir_migrations', 'TRUNCATE ledger_prod_2031_05', 'DELETE FROM ledger_sessions', 'DROP TABLE ledger_prod_2031_05', 'CREATE FUNCTION mine () RETURNS int LANGUAGE sql RETURN 1']) {
      await t.rejects(store.query(sql), { cause: { code: '42501' } }, sql)
    }
    // The mark that an owner's rows go by is of no use without the right to delete.
    await t.rejects(inDatabase(urlOf('weir_gateway'), 'SET weir.expiring = \'on\'', 'DELETE FROM ledger'), { code: '42501', message: /permission denied/ })
    for (const sql of ['UPDATE ledger SET rule = NULL', 'TRUNCATE ledger']) await t.rejects(inDatabase(postgres.url, 'SET weir.expiring = \'on\'', sql), /stays as it is/, `the owner's ${sql}`)
    await store.close()
    const auditor = urlOf('prod_auditor')
    await inDatabase(auditor, 'SELECT entry FROM ledger_prod')
    for (const table of ['ledger', 'ledger_dev', 'ledger_test', 'ledger_none', 'ledger_sessions', 'mirror_cursor']) await t.rejects(inDatabase(auditor, `SELECT * FROM ${table}`), { code: '42501' }, table)
  })

  await t.test('a role that can only add, and was not granted to have rows expire, keeps all of them and says what to grant', async (t) => {
    await inDatabase(postgres.url, 'CREATE DATABASE expiring')
    const owner = postgres.url.replace('/postgres?', '/expiring?')
    const dataDir = testFolder(t)
    const store = await openStore({ dataDir, databaseUrl: owner })
    await store.open()
    const [grants = ''] = sqlOf('docs/store.md')
    await inDatabase(owner, ...grants.split('\n').filter((line) => /^GRANT/.test(line) && !line.includes('weir_ledger_expire')))
    await oldLedger(dataDir, newKey(), 40)
    const configFile = join(dataDir, 'weir.yaml')
    writeFileSync(configFile, JSON.stringify({ dataDir, ledger: { retention: { keep: { DEV: { decisions: '90d' } } } } }))
    const expire = async (): Promise<string> => {
      let text = ''
      const env = { WEIR_DATABASE_URL: owner.replace('user=weir', 'user=weir_gateway') }
      const io: Io = { ...processIo(), stdout (part) { text += part }, stderr () {}, config: (options) => loadConfig(options, env, dataDir) }
      return await auditCommand(io).parseAsync(['node', 'weir', 'expire', '--json', '--config', configFile]).then(() => text, (thrown: unknown) => String(thrown))
    }
    const before = await linesOf(dataDir)
    const refusal = await expire()
    t.match(refusal, /Nothing expires: the database role weir_gateway may not .* GRANT EXECUTE ON FUNCTION weir_ledger_expire\(bigint, jsonb\) TO weir_gateway$/)
    t.same(await linesOf(dataDir), before)
    await inDatabase(owner, /GRANT.*$/.exec(refusal)?.[0] ?? '', 'INSERT INTO ledger_sessions VALUES (\'wses_gone\', \'TEST\', weir_month_start(1700000000000))')
    const { entries } = JSON.parse(await expire()) as { entries: number }
    t.ok(entries > 5)
    const [rows] = await store.query('SELECT count(*)::float8 AS held, max(index) + 1 AS indexes FROM ledger')
    t.equal(Number(rows?.['indexes']) - Number(rows?.['held']), entries)
    t.same((await store.query('SELECT DISTINCT session FROM ledger_sessions ORDER BY 1')).map(({ session }) => session), ['wses_alice', 'wses_bob'], 'the place of a session goes with the table')
    await store.close()
  })

  await t.test('a store of every earlier version is brought to this one with all it has', async (t) => {
    for (const version of MIGRATIONS.slice(0, -1).map(({ id }) => id)) {
      await inDatabase(postgres.url, 'DROP SCHEMA public CASCADE', 'CREATE SCHEMA public', 'CREATE TABLE weir_migrations (id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
        ...MIGRATIONS.filter(({ id }) => id <= version).map(migrationScript),
        ...(version < 3 ? [] : ['SELECT weir_ledger_month(1700000000000 + i * 86400000::bigint) FROM generate_series(0, 99, 20) AS i']),
        'INSERT INTO ledger (index, time, kind, actor, environment, session, entry) SELECT i, 1700000000000 + i * 86400000::bigint, \'event\', \'a\' || i, (ARRAY[\'DEV\', \'TEST\', \'PROD\', NULL])[1 + i % 4], \'s\', jsonb_build_object(\'index\', i, \'kind\', \'event\') FROM generate_series(0, 99) AS i',
        'UPDATE mirror_cursor SET next = 100, head = repeat(\'b\', 64)',
        'GRANT SELECT ON ledger, mirror_cursor TO weir_gateway')
      const store = await openStore({ dataDir: testFolder(t), databaseUrl: postgres.url })
      t.same((await auditQuery(store, { limit: 1_000, order: 'oldest' })).entries, Array.from({ length: 100 }, (_, index) => ({ index, kind: 'event' })), `from ${version}`)
      t.same(await readCursor(store), { next: 100, head: 'b'.repeat(64) })
      t.equal((await auditQuery(store, { env: 'TEST', actor: 'a1' })).entries.length, 1)
      t.equal((await auditQuery(store, { session: 's', limit: 1_000 })).entries.length, 100)
      t.equal((await auditQuery(store, { session: 's', env: 'DEV', limit: 1_000 })).entries.length, 25)
      // The tables of before version 3 are new ones, so with grants of their own.
      t.equal((await store.query('SELECT has_table_privilege(\'weir_gateway\', \'ledger_sessions\', \'SELECT\') AS may'))[0]?.['may'], version >= 3)
      t.equal(Number((await store.query('SELECT count(*) AS n FROM ledger_dev_2023_12'))[0]?.['n']), 7)
      await t.rejects(store.query('DELETE FROM ledger'), { code: 'WEIR_ERR_STORE' })
      await store.close()
    }
    await inDatabase(postgres.url, 'DROP SCHEMA public CASCADE', 'CREATE SCHEMA public')
  })

  await t.test('a store that a newer version has brought further is refused, and left as it is', async (t) => {
    const [newest = 0] = MIGRATIONS.map(({ id }) => id).slice(-1)
    const dataDir = testFolder(t)
    const first = await openStore({ dataDir, databaseUrl: postgres.url })
    await first.open()
    await first.close()
    await inDatabase(postgres.url, `INSERT INTO weir_migrations (id, name) VALUES (${newest + 1}, 'of a later version')`, `DELETE FROM weir_migrations WHERE id = ${newest}`)
    const older = await openStore({ dataDir, databaseUrl: postgres.url })
    await t.rejects(older.query('SELECT 1'), { code: 'WEIR_ERR_STORE', message: new RegExp(`migration ${newest + 1}, which this version does not know`) })
    await t.rejects(older.open(), { code: 'WEIR_ERR_STORE' }, 'however often it is asked')
    await older.close()
    await inDatabase(postgres.url, `DO $$ BEGIN ASSERT (SELECT max(id) = ${newest + 1} AND count(*) = ${newest} FROM weir_migrations); END $$`)
    await inDatabase(postgres.url, 'DROP SCHEMA public CASCADE', 'CREATE SCHEMA public')
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
