import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { committedDiff, committedFiles, readingCall } from '../../../../gateway/planes/file/commit-diff.ts'
import { openProject } from '../../../../gateway/project/project.ts'
import { testFolder } from '../../../support/test-folder.ts'
import { classOf } from './workspace-fixture.ts'

const dir = testFolder(t)
const repository = join(dir, 'repo')
mkdirSync(join(repository, 'src'), { recursive: true })
const git = (...args: string[]): string => execFileSync('git', ['-C', repository, '-c', 'user.name=Owner', '-c', 'user.email=owner@acme.test', ...args], { encoding: 'utf8' }).trim()
const committed = (files: Readonly<Record<string, string | null>>): string => {
  for (const [path, text] of Object.entries(files)) text === null ? rmSync(join(repository, path)) : writeFileSync(join(repository, path), text)
  git('add', '--all', '--force')
  git('commit', '--quiet', '-m', 'Change')
  return git('rev-parse', 'HEAD')
}
git('init', '--quiet', '--initial-branch=main')
const first = committed({ 'src/a.js': 'one\n', 'src/b.js': 'two\n', '.env': 'KEY=do-not-show\n' })
const second = committed({ 'src/a.js': 'ONE\n', 'src/b.js': null, 'src/ü c.js': 'three\n', '.env': 'KEY=never-show\n', 'logo.png': '\0' })
const many = committed(Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`src/many-${at}.js`, `${at}\n`])))
const long = committed({ 'src/long.js': 'x'.repeat(1_048_577), ...Object.fromEntries(['src/a.js', 'src/d.js', 'src/e.js'].map((path) => [path, 'y\n'.repeat(300_000)])) })
const config = { project: repository, testCommand: 'npm test', environments: { DEV: {} }, secrets: 'absent' } as const
const project = await openProject({ app: 'shop', config, dataDir: join(dir, 'data'), classOf })
const diffOf = async (commit: string): Promise<string> => (await committedDiff(project, (await committedFiles(project, commit, classOf)).files)).diff

await t.test('what a commit changed, without secret files', async (t) => {
  t.equal(await diffOf(second), [
    '--- /dev/null\n+++ b/logo.png\n(not text: 0 bytes before, 1 after)\n',
    '--- a/src/a.js\n+++ b/src/a.js\n@@ -1,1 +1,1 @@\n-one\n+ONE\n',
    '--- a/src/b.js\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-two\n',
    '--- /dev/null\n+++ b/src/ü c.js\n@@ -0,0 +1,1 @@\n+three\n',
  ].join(''))
  t.match(await diffOf(first), '+++ b/src/a.js\n@@ -0,0 +1,1 @@\n+one', 'the first has none before it')
})

await t.test('what is too much is cut, and says so', async (t) => {
  const found = await committedFiles(project, many, classOf)
  t.match(found, { isWhole: false })
  t.equal(found.files.length, 200)
  const { diff, isWhole } = await committedDiff(project, (await committedFiles(project, long, classOf)).files)
  t.equal(isWhole, false)
  t.ok(diff.length <= 524_288)
  t.match(await diffOf(long), /^--- a\/src\/a\.js/)
  t.match((await committedDiff(project, [{ path: 'src/long.js', before: null, after: git('rev-parse', `${long}:src/long.js`) }])).diff, '(too long to show)')
})

await t.test('what is no commit is none, whatever git would make of the words', async (t) => {
  for (const wrong of ['HEAD', '--output=/tmp/x', 'main', '', 'f'.repeat(40), second.slice(0, 12)]) await t.rejects(committedFiles(project, wrong, classOf), { code: 'WEIR_ERR_PROJECT' }, wrong)
})

await t.test('whoever looks asks to read just these files', async (t) => {
  const { files } = await committedFiles(project, second, classOf)
  t.match(readingCall(second, files), { tool: 'read-file', targets: files.map(({ path }) => ({ path: `/workspace/${path}`, access: 'read' })) })
  t.not(readingCall(second, files).digest, readingCall(second, files.slice(1)).digest)
})
