import t from 'tap'
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openHolder } from '../../sandbox/holder.ts'
import { openWorkspaceFs } from '../../sandbox/workspace-fs.ts'
import { testFolder } from '../support/test-folder.ts'

const dir = testFolder(t, { lower: { 'a.txt': 'a', sub: { 'b.txt': 'b' } } })
const paths = { lower: join(dir, 'lower'), upper: join(dir, 'upper'), work: join(dir, 'work'), merged: join(dir, 'merged') }
for (const path of [paths.upper, paths.work, paths.merged]) await mkdir(path)
const holder = await openHolder(paths)
const mount = { holderPid: holder.pid, mergedDir: paths.merged, upperDir: paths.upper, lowerDir: paths.lower }
const fs = openWorkspaceFs(mount)
t.teardown(async () => {
  fs.close()
  await holder.close()
})
const agent = (script: string): Promise<unknown> => promisify(execFile)('nsenter', ['-t', String(holder.pid), '-U', '-m', '--preserve-credentials', 'sh', '-ec', `cd ${paths.merged}; ${script}`])

await t.test('an untouched workspace has no changes', async (t) => {
  t.same(await fs.changed(''), [])
})

await t.test('a new, a changed and a removed name are told apart', async (t) => {
  await agent('echo x > new; echo x > a.txt; rm sub/b.txt')
  t.match(await fs.changed(''), [{ name: 'a.txt', kind: 'file', lower: 'file' }, { name: 'new', kind: 'file', lower: null }, { name: 'sub', kind: 'dir', lower: 'dir' }])
  t.match(await fs.changed('sub'), [{ name: 'b.txt', kind: 'gone', lower: 'file' }])
  await agent('rm -r sub; mkdir sub; echo c > sub/c')
  t.match(await fs.changed('sub'), [{ name: 'c', kind: 'file' }, { name: 'b.txt', kind: 'gone' }], 'an opaque folder hides what is below it')
})

await t.test('no path is followed through a link', async (t) => {
  await agent('ln -s /etc out; ln -s /usr/bin/env file; echo ok > sub/real; ln -s sub in')
  t.match(await fs.read('file', 1_000), { ok: false, problem: 'ELOOP' })
  t.match(await fs.read('out/passwd', 1_000), { ok: false })
  t.match(await fs.read('in/real', 1_000), { ok: false }, 'not even to the inside')
  t.match(await fs.changed('in'), [])
  t.equal(await fs.write('in/written', 0o644, Buffer.from('x')), null)
  t.match(await fs.read('sub/written', 10), { ok: false }, 'a write replaces the link instead of following it')
  t.match(await fs.read('in/written', 10), { ok: true, bytes: Buffer.from('x') })
  t.equal(await fs.remove('out'), null)
  t.equal(await fs.kind('out'), null)
})

await t.test('nothing of the host is behind the walls', async (t) => {
  for (const path of ['../etc/passwd', '/etc/passwd', 'sub/../../x', '.', 'a//b', '']) t.match(await fs.read(path, 1_000), { ok: false }, JSON.stringify(path))
  t.equal(await fs.remove('../upper'), 'bad-path')
  t.equal(await fs.write('..', 0o644, Buffer.from('x')), 'bad-path')
})

await t.test('a pipe does not hang the reader and a growing file stays within the bound', async (t) => {
  await agent('mkfifo pipe; head -c 5000 /dev/zero > big')
  t.match(await fs.read('pipe', 10), { ok: false, problem: 'not-a-file' })
  t.match(await fs.read('big', 4_999), { ok: false, problem: 'too-large' })
  const whole = await fs.read('big', 5_000)
  t.equal(whole.ok && whole.bytes.length, 5_000)
})

await t.test('bytes and names that are not text survive', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at))
  t.equal(await fs.write('caf\u00e9', 0o755, bytes), null)
  t.match(await fs.read('caf\u00e9', 256), { ok: true, bytes, mode: 0o755 })
})

await t.test('special bits are never written', async (t) => {
  await fs.write('plain', 0o7777, Buffer.from('x'))
  t.match(await fs.read('plain', 10), { mode: 0o755 })
})

await t.test('requests made together are answered in the order in which they were made, small and large', async (t) => {
  const names = Array.from({ length: 40 }, (_, at) => `many-${at}`)
  const large = Buffer.alloc(300_000, 'x')
  t.same(await Promise.all(names.map((name, at) => fs.write(name, 0o644, at % 10 === 0 ? large : Buffer.from(name)))), names.map(() => null))
  const order: number[] = []
  const read = await Promise.all(names.map(async (name, at) => {
    const answer = await fs.read(name, large.length)
    order.push(at)
    return answer.ok ? answer.bytes : null
  }))
  t.same(read.map((bytes, at) => bytes?.equals(at % 10 === 0 ? large : Buffer.from(names[at] ?? ''))), names.map(() => true))
  t.same(order, names.map((_, at) => at))
})

await t.test('a dead worker is an error for all who asked it', async (t) => {
  const other = openWorkspaceFs(mount)
  await other.changed('')
  const asked = Array.from({ length: 40 }, () => other.changed('').then(() => 'answered', (error: { readonly code?: string }) => error.code))
  other.close()
  t.same(await Promise.all(asked), asked.map(() => 'WEIR_ERR_SANDBOX'))
  await t.rejects(other.changed(''), { code: 'WEIR_ERR_SANDBOX' })
  const nowhere = openWorkspaceFs({ ...mount, upperDir: join(dir, 'absent') })
  await t.rejects(nowhere.changed(''), { code: 'WEIR_ERR_SANDBOX' })
})
