import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Approval } from '../../../../gateway/approvals/approval.ts'
import { diffOfCall } from '../../../../gateway/planes/file/diff-of-call.ts'
import { openProject } from '../../../../gateway/project/project.ts'
import { testFolder } from '../../../support/test-folder.ts'
import { classOf } from './workspace-fixture.ts'

const dir = testFolder(t)
const repository = join(dir, 'repo')
mkdirSync(repository)
const git = (...args: string[]): void => { execFileSync('git', ['-C', repository, '-c', 'user.name=Owner', '-c', 'user.email=owner@acme.test', ...args]) }
writeFileSync(join(repository, 'cart.js'), 'one\ntwo\nthree\ntwo\n')
writeFileSync(join(repository, 'logo.png'), Buffer.from([0x89, 0, 1]))
writeFileSync(join(repository, '.env'), 'KEY=do-not-show\n')
writeFileSync(join(repository, 'long.txt'), 'x'.repeat(1_048_577))
symlinkSync('cart.js', join(repository, 'link.js'))
git('init', '--quiet', '--initial-branch=main')
git('add', '--all')
git('commit', '--quiet', '-m', 'Start')
const config = { project: repository, testCommand: 'npm test', environments: { DEV: {} }, secrets: 'absent' } as const
const project = await openProject({ app: 'shop', config, dataDir: join(dir, 'data'), classOf })

type Held = Partial<Pick<Approval, 'state' | 'targets'>>
const diff = (path: string, args: unknown, held: Held = {}, whole = true): Promise<string | null> => {
  const approval = { state: 'waiting', app: 'shop', environment: 'DEV', targets: [{ path, class: classOf(path), access: 'write' }], ...held } as Approval
  return diffOfCall(approval, { text: typeof args === 'string' ? args : JSON.stringify(args), whole }, () => project)
}

await t.test('a call that writes a whole file shows what goes beside what comes', async (t) => {
  t.equal(await diff('cart.js', { filePath: '/workspace/cart.js', content: 'one\nTWO\nthree\ntwo\n' }), '--- a/cart.js\n+++ b/cart.js\n@@ -1,4 +1,4 @@\n one\n-two\n+TWO\n three\n two\n')
  t.equal(await diff('new.js', { content: 'one\n' }), '--- /dev/null\n+++ b/new.js\n@@ -0,0 +1,1 @@\n+one\n')
  t.match(await diff('logo.png', { content: 'text' }), '(not text: 3 bytes before, 4 after)')
})

await t.test('an edit is shown in its place when there is one such place', async (t) => {
  t.match(await diff('cart.js', { oldString: 'three', newString: '3' }), '-three\n+3\n')
  t.equal(await diff('cart.js', { oldString: 'two', newString: '2' }), null, 'two places')
  t.equal(await diff('cart.js', { oldString: 'four', newString: '4' }), null, 'no place')
  t.equal(await diff('cart.js', { oldString: '', newString: '4' }), null)
  t.equal(await diff('new.js', { oldString: 'one', newString: '1' }), null)
})

await t.test('what is not known without doubt, and what nobody may see, is not shown', async (t) => {
  t.equal(await diff('.env', { content: 'KEY=\n' }), null)
  t.equal(await diff('link.js', { content: 'x' }), null)
  t.equal(await diff('long.txt', { content: 'x' }), null)
  t.equal(await diff('cart.js', { content: 'x' }, { state: 'used' }), null)
  t.equal(await diff('cart.js', { content: 'x' }, { targets: [] }), null)
  t.equal(await diff('cart.js', { content: 'x' }, { targets: [{ path: 'cart.js', class: 'source', access: 'read' }] }), null)
  const two = (['cart.js', 'new.js'] as const).map((path) => ({ path, class: 'source', access: 'write' }) as const)
  t.equal(await diff('cart.js', { content: 'x' }, { targets: two }), null)
  t.equal(await diff('cart.js', { content: 'x' }, {}, false), null)
  for (const text of ['', '[]', 'null', '"content"', '{"content":1}', '{']) t.equal(await diff('cart.js', text), null, text)
})
