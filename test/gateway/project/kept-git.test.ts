import { readdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { openProject, type Project } from '../../../gateway/project/project.ts'
import { descendantsOf } from '../../support/descendants.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'
import { classOf, git, permittedChange } from './project-folder.ts'

const dir = testFolder(t, { project: { 'a.js': 'a', lib: { deep: { 'b.js': 'b' } } }, data: {} })
const folder = join(dir, 'project')
await git(folder, 'init', '--quiet', '--initial-branch=main')
await git(folder, 'add', '--all')
await git(folder, 'commit', '--quiet', '-m', 'Start')
const project = await openProject({ app: 'shop', config: { project: folder, testCommand: '', environments: { DEV: {} } }, dataDir: join(dir, 'data'), classOf })
await project.materialise('DEV', classOf)

type Request = Parameters<Project['commit']>[1]

async function requestOf (texts: Readonly<Record<string, string>>): Promise<Request> {
  const changes = await Promise.all(Object.entries(texts).map(async ([path, text]) => {
    const id = project.fileId(Buffer.from(text))
    const snapshot = join(dir, 'data', id)
    await writeFile(snapshot, text)
    return await permittedChange({ path, next: { mode: '100644', id }, base: null }, snapshot)
  }))
  return { changes, author: 'alice', subject: 'Change', trailers: [] }
}

const commit = async (texts: Readonly<Record<string, string>>): ReturnType<Project['commit']> => await project.commit('DEV', await requestOf(texts))

/** Runs with this shell script in the place of each `git fast-import`. */
async function withImport<T> (script: string, run: () => Promise<T>): Promise<T> {
  const path = String(process.env['PATH'])
  const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim()
  writeFileSync(join(dir, 'data', 'git'), `#!/bin/sh\ngit=${real}\ncase "$*" in *fast-import*) ${script};; *) exec $git "$@";; esac\n`, { mode: 0o755 })
  process.env['PATH'] = `${join(dir, 'data')}:${path}`
  try {
    return await run()
  } finally {
    process.env['PATH'] = path
  }
}

const kept = (command: string): readonly number[] => descendantsOf(String(process.pid)).filter(({ name }) => name.includes(` ${command} `)).map(({ pid }) => Number(pid))
const files = (): Promise<string> => git(folder, 'ls-tree', '-r', '--name-only', 'weir/dev')
const isSound = (): Promise<string> => git(folder, 'fsck', '--strict', '--no-dangling')

await t.test('a commit that is expected starts nothing more, and what was started and is not needed ends and leaves nothing', async (t) => {
  const holding = process.getActiveResourcesInfo()
  project.expectCommit()
  t.same(process.getActiveResourcesInfo(), holding, 'what waits keeps nobody from ending')
  await until(() => kept('fast-import').length === 1 && kept('cat-file').length === 1)
  const [before] = kept('fast-import')
  project.expectCommit()
  t.same(kept('fast-import'), [before], 'one waits, however often it is said')
  t.match(await commit({ 'one.js': '1' }), { kind: 'committed', commit: await git(folder, 'rev-parse', 'weir/dev') })
  t.same(kept('fast-import'), [])
  t.same(readdirSync(join(folder, '.git/objects/pack')).filter((name) => name.startsWith('tmp_')), [])
})

await t.test('killed while they wait, also in the moment in which they are needed, they are started again, and the commit is made once', async (t) => {
  project.expectCommit()
  await until(() => kept('fast-import').length === 1)
  const request = await requestOf({ 'two.js': '2' })
  for (const pid of [...kept('fast-import'), ...kept('cat-file')]) process.kill(pid, 'SIGKILL')
  t.match(await project.commit('DEV', request), { kind: 'committed' })
  t.match(await withImport(`if mkdir ${dir}/data/once; then read -r line; kill -9 $$; else exec $git "$@"; fi`, async () => await commit({ 'more.js': '2' })), { kind: 'committed' })
  t.equal(await files(), 'a.js\nlib/deep/b.js\nmore.js\none.js\ntwo.js')
  t.equal(await git(folder, 'rev-list', '--count', 'main..weir/dev'), '3')
  t.equal(await isSound(), '')
})

await t.test('what others do to the repository meanwhile is seen: commits, packed refs and objects, and a branch that is gone', async (t) => {
  await git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'Others')
  await git(folder, 'branch', '-f', 'weir/dev', 'main')
  await git(folder, 'gc', '--quiet', '--prune=now')
  t.match(await commit({ 'three.js': '3' }), { kind: 'committed' })
  t.equal(await git(folder, 'rev-parse', 'weir/dev^'), await git(folder, 'rev-parse', 'main'))
  t.match(await commit({ 'three.js': 'other' }), { kind: 'conflict', paths: ['three.js'] })
  t.match(await commit({ 'lib/deep': 'a file' }), { kind: 'conflict', paths: ['lib/deep'] }, 'a file in the place of a folder')
  t.match(await commit({ 'a.js/inner.js': 'x' }), { kind: 'conflict', paths: ['a.js/inner.js'] }, 'and the reverse')
  await git(folder, 'branch', '-D', 'weir/dev')
  t.match(await commit({ 'four.js': '4' }), { kind: 'committed' })
  t.equal(await files(), 'a.js\nfour.js\nlib/deep/b.js')
  t.equal(await isSound(), '')
})

await t.test('an import that is cut off between two files makes no commit', async (t) => {
  const before = await git(folder, 'rev-parse', 'weir/dev')
  await withImport("sed '/^M /q' | $git \"$@\"", async () => { await t.rejects(commit({ 'five.js': '5', 'six.js': '6' }), { code: 'WEIR_ERR_PROJECT' }) })
  t.equal(await git(folder, 'rev-parse', 'weir/dev'), before)
})
