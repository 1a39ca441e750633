import t from 'tap'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openHeldStore, type HeldRecord } from '../../../../gateway/planes/file/held-store.ts'
import { testFolder } from '../../../support/test-folder.ts'

const record: HeldRecord = {
  change: { path: 'a.js', next: { mode: '100644', id: '0'.repeat(40) }, base: null },
  size: 1,
  sessionId: 'wses_1',
  context: { plane: 'file', actor: { id: 'alice', role: 'author', groups: [], org: 'acme' }, app: 'shop', environment: 'DEV', session: null },
}

async function kept (test: Pick<typeof t, 'testdir' | 'teardown'>): Promise<{ folder: string, store: Awaited<ReturnType<typeof openHeldStore>> }> {
  const dir = testFolder(test, { snapshot: 'x', held: {} })
  const store = await openHeldStore(join(dir, 'held'))
  await store.keep('apr_1', record, join(dir, 'snapshot'))
  return { folder: join(dir, 'held'), store }
}

await t.test('what was kept is read again, by another store too', async (t) => {
  const { folder } = await kept(t)
  const found = await (await openHeldStore(folder)).read('apr_1')
  t.match(found, record)
  t.equal(await readFile(String(found?.snapshot), 'utf8'), 'x')
})

await t.test('other content, a broken record and a record of another form are refused', async (t) => {
  const { folder, store } = await kept(t)
  await writeFile(join(folder, 'apr_1.content'), 'y')
  await t.rejects(store.read('apr_1'), { code: 'WEIR_ERR_PROJECT' })
  await writeFile(join(folder, 'apr_1.json'), '{')
  await t.rejects(store.read('apr_1'), { code: 'WEIR_ERR_PROJECT' })
  await writeFile(join(folder, 'apr_1.json'), JSON.stringify({ ...record, content: null, context: { ...record.context, environment: 'NOWHERE' } }))
  await t.rejects(store.read('apr_1'), { code: 'WEIR_ERR_PROJECT' })
})

await t.test('a deletion has no content', async (t) => {
  const { store } = await kept(t)
  await store.keep('apr_2', { ...record, change: { ...record.change, next: null } }, null)
  t.equal((await store.read('apr_2'))?.snapshot, null)
})

await t.test('what no open approval stands for is swept', async (t) => {
  const { folder, store } = await kept(t)
  await store.keep('apr_2', record, join(folder, 'apr_1.content'))
  await store.sweep((approval) => approval === 'apr_2')
  t.same((await readdir(folder)).sort(), ['apr_2.content', 'apr_2.json'])
  t.equal(await store.read('apr_1'), null)
})
