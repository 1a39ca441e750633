import t from 'tap'
import { join } from 'node:path'
import { createClassify } from '../../../../gateway/classify/classify.ts'
import { createPathClasses } from '../../../../gateway/classify/path-classes.ts'
import { loadShellParser } from '../../../../gateway/classify/shell-parser.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { openPolicyEngine } from '../../../../gateway/policy/engine.ts'
import { findOpa } from '../../../../gateway/policy/opa-binary.ts'
import { openFixture, type Fixture } from './workspace-fixture.ts'

const engine = await openPolicyEngine({ dir: join(packageRoot(), 'policies'), opa: await findOpa(process.env), cacheDir: t.testdir(), onEvent: () => undefined })
const shell = await loadShellParser()
const classOf = createPathClasses(engine.data().path_classes)

async function open (role: string): Promise<Fixture> {
  const classify = createClassify({ data: () => engine.data(), shell, testCommand: () => 'npm test', readlink: () => null })
  const files = { 'README.md': '# Shop\n', 'package.json': '{}\n', 'src/cart.js': '1\n', '.env': 'KEY=real\n' }
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

await t.test('a contributor\'s edits wait, a reader\'s are thrown out', async (t) => {
  const contributor = await open('contributor')
  await contributor.agent('echo 2 > src/cart.js')
  t.same((await contributor.collect()).pending.map(({ path }) => path), ['src/cart.js'])
  const reader = await open('reader')
  await reader.agent('echo 2 > src/cart.js')
  t.same((await reader.collect()).denied.map(({ path }) => path), ['src/cart.js'])
  t.equal(await reader.agent('cat src/cart.js'), '1\n')
})
