import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { CallBase } from '../../../gateway/core/approval-scope.ts'
import type { Classification, Target } from '../../../gateway/core/tool-call.ts'
import { callBase } from '../../../gateway/sessions/call-base.ts'
import { createWorkspaceView } from '../../../gateway/sessions/workspace-view.ts'
import { testFolder } from '../../support/test-folder.ts'

const TARGETS: Classification['targets'] = [
  { path: 'src/a.ts', class: 'source', access: 'write' },
  { path: 'src/b.ts', class: 'source', access: 'read' },
]

function workspace (t: Test): { readonly dir: string, readonly file: (path: string) => string, readonly base: (targets?: readonly Target[]) => CallBase | null } {
  const dir = join(testFolder(t, { work: { src: { 'a.ts': 'one', 'b.ts': 'two' } } }), 'work')
  const view = createWorkspaceView(dir)
  // A time that can be put back to the nanosecond.
  for (const { path } of TARGETS) utimesSync(join(dir, path), 1e9, 1e9)
  nextTick(dir)
  return { dir, file: (path) => join(dir, path), base: (targets = TARGETS) => callBase({ tool: 'write-file', permission: 'edit', targets, command: null, url: null } as Classification, view) }
}

// The kernel's file times move in ticks of some milliseconds: a change of a file in the tick of its making could not be told from the making.
function nextTick (dir: string): void {
  const { ctimeNs } = statSync(join(dir, 'src/b.ts'), { bigint: true })
  const clock = join(dir, 'clock')
  do writeFileSync(clock, 'tick')
  while (statSync(clock, { bigint: true }).ctimeNs <= ctimeNs)
  rmSync(clock)
}

await t.test('nothing changed: what an approval is bound to is the same', async (t) => {
  const { base, file } = workspace(t)
  const before = base()
  readFileSync(file('src/a.ts'))
  t.strictSame(base(), before)
})

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

await t.test('what follows from one piece of news is decided by one look, and the next by another', async (t) => {
  const dir = join(testFolder(t, { work: { 'a.ts': 'one' } }), 'work')
  const view = createWorkspaceView(dir)
  await turn()
  t.equal(view.readlink('a.ts'), null)
  rmSync(join(dir, 'a.ts'))
  symlinkSync('b.ts', join(dir, 'a.ts'))
  await Promise.resolve()
  t.equal(view.readlink('a.ts'), null, 'it followed from the same')
  await turn()
  t.equal(view.readlink('a.ts'), 'b.ts')
})

await t.test('where links of a workspace lead is not known when the workspace is gone', async (t) => {
  const dir = join(testFolder(t), 'work')
  const view = createWorkspaceView(dir)
  t.throws(() => view.readlink('src/a.ts'), { code: 'ENOENT' })
  mkdirSync(join(dir, 'src'), { recursive: true })
  t.equal(view.readlink('src/a.ts'), null)
  await turn() // a look is for one turn alone
  rmSync(dir, { recursive: true })
  t.throws(() => view.readlink('src/a.ts'), { code: 'ENOENT' })
})

await t.test('each change of a file that the call names makes another call of it', async (t) => {
  const changes: Readonly<Record<string, (file: (path: string) => string) => void>> = {
    'other bytes of the same length': (file) => { writeFileSync(file('src/a.ts'), 'eno') },
    'other bytes, with the old times put back': (file) => {
      writeFileSync(file('src/a.ts'), 'eno')
      utimesSync(file('src/a.ts'), 1e9, 1e9)
    },
    'another mode': (file) => { chmodSync(file('src/a.ts'), 0o755) },
    gone: (file) => { rmSync(file('src/a.ts')) },
    'a link in its place': (file) => {
      rmSync(file('src/a.ts'))
      symlinkSync('b.ts', file('src/a.ts'))
    },
    'a folder in its place': (file) => {
      rmSync(file('src/a.ts'))
      mkdirSync(file('src/a.ts'))
    },
    'its folder is a link': (file) => {
      renameSync(file('src'), file('other'))
      symlinkSync('other', file('src'))
    },
  }
  for (const [name, change] of Object.entries(changes)) {
    await t.test(name, async (t) => {
      const { base, file } = workspace(t)
      const before = base()
      change(file)
      t.not(base()?.all, before?.all)
    })
  }
})

await t.test('what the call only reads is told apart from what it writes', async (t) => {
  const { base, file } = workspace(t)
  const before = base()
  writeFileSync(file('src/a.ts'), 'written by the call itself')
  t.equal(base()?.reads, before?.reads)
  writeFileSync(file('src/b.ts'), 'changed by somebody')
  t.not(base()?.reads, before?.reads)
})

await t.test('other files change nothing, and a call without files is bound to none', async (t) => {
  const { base, file } = workspace(t)
  const before = base()
  writeFileSync(file('src/c.ts'), 'new')
  t.strictSame(base(), before)
  t.equal(base([]), null)
  t.equal(callBase({ targets: TARGETS } as Classification, null), null)
})

await t.test('a workspace that is gone cannot be looked at', async (t) => {
  const { base, dir } = workspace(t)
  rmSync(dir, { recursive: true })
  t.throws(() => base(), { code: 'ENOENT' })
})
