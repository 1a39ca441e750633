import t from 'tap'
import { join } from 'node:path'
import { createClassify } from '../../../../gateway/classify/classify.ts'
import { createPathClasses } from '../../../../gateway/classify/paths/path-classes.ts'
import { loadShellParser } from '../../../../gateway/classify/shell/parser.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { openPolicyEngine } from '../../../../gateway/policy/engine.ts'
import { findOpa } from '../../../../gateway/policy/opa-binary.ts'
import { openFixture, type Fixture } from './workspace-fixture.ts'
import { testFolder } from '../../../support/test-folder.ts'

const engine = await openPolicyEngine({ dir: join(packageRoot(), 'policies'), opa: await findOpa(process.env), cacheDir: testFolder(t), onEvent: () => undefined })
const shell = await loadShellParser()
const classOf = createPathClasses(engine.data().path_classes)

async function open (role: string, more: Readonly<Record<string, string>> = {}): Promise<Fixture> {
  const classify = createClassify({ data: () => engine.data(), shell, testCommand: () => 'npm test', readlink: () => null })
  const files = { 'README.md': '# Shop\n', 'package.json': '{}\n', 'src/cart.js': '1\n', '.env': 'KEY=real\n', ...more }
  const fixture = await openFixture({ files, classify, classOf, policy: engine.current(), role })
  t.teardown(() => fixture.close())
  return fixture
}

const EVERYDAY = ['.gitignore', 'Dockerfile', 'docs/a b.md', 'docs/größe.md', 'src/[id].ts', 'src/{a}.ts', 'src/~draft.ts', 'src/x.js', 'test/x.test.js']
const MAKE = EVERYDAY.map((path) => `mkdir -p "$(dirname "${path}")"; echo x > "${path}"`).join('; ')

await t.test('an author\'s everyday files are committed, whatever their names look like', async (t) => {
  const fixture = await open('author')
  await fixture.agent(MAKE)
  const report = await fixture.collect()
  t.same(report.denied, [])
  t.same(report.committed, EVERYDAY.toSorted())
})

await t.test('an author\'s dependencies wait, secrets and pipelines are denied', async (t) => {
  const fixture = await open('author')
  await fixture.agent('echo "{ }" > package.json; echo K=1 > .env; mkdir -p .github/workflows .husky; echo x > .github/workflows/ci.yml; echo x > .husky/pre-commit; echo x > AGENTS.md; echo x > .gitmodules')
  const report = await fixture.collect()
  t.same(report.committed, [])
  t.same(report.pending.map(({ path }) => path), ['package.json'])
  t.same(report.denied.map(({ path }) => path), ['.env', '.github/workflows/ci.yml', '.gitmodules', '.husky/pre-commit', 'AGENTS.md'])
  t.equal(report.denied[0]?.rule, 'secret_paths.secret_touched')
})

await t.test('what an installer puts into node_modules is left alone, and a node_modules that the project has is not', async (t) => {
  const install = 'mkdir -p node_modules/.bin node_modules/left-pad packages/a/node_modules/b; echo x > node_modules/.bin/x; echo "{}" | tee node_modules/left-pad/package.json > packages/a/node_modules/b/index.js'
  const fixture = await open('author')
  await fixture.agent(`${install}; echo "{ }" > package.json; echo 2 > src/cart.js`)
  const report = await fixture.collect()
  t.match(report, { committed: ['src/cart.js'], pending: [{ path: 'package.json' }], denied: [], ignored: 2 })
  t.equal(await fixture.agent('cat node_modules/.bin/x'), 'x\n')
  t.match(await fixture.collect(), { committed: [], denied: [], ignored: 2 })

  const vendored = await open('author', { 'node_modules/own/index.js': '1\n' })
  await vendored.agent('echo 2 > node_modules/own/index.js')
  t.match(await vendored.collect(), { committed: [], pending: [{ path: 'node_modules/own/index.js' }], ignored: 0 })
})

await t.test('a contributor\'s edits wait, a reader\'s are thrown out', async (t) => {
  const contributor = await open('contributor')
  await contributor.agent('echo 2 > src/cart.js')
  t.same((await contributor.collect()).pending.map(({ path }) => path), ['src/cart.js'])
  const reader = await open('reader')
  await reader.agent('echo 2 > src/cart.js')
  t.same((await reader.collect()).denied.map(({ path }) => path), ['src/cart.js'])
  t.equal(await reader.agent('cat src/cart.js'), '1\n')
})
