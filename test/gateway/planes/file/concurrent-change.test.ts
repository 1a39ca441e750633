import t from 'tap'
import { open, other } from './workspace-fixture.ts'

await t.test('what was decided is committed, although the agent changed it meanwhile', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo good > src/cart.js')
  fixture.duringDecision = async () => { await fixture.agent('echo evil > src/cart.js') }
  await fixture.collect()
  t.equal(await fixture.git('show', 'weir/dev:src/cart.js'), 'good')
  fixture.duringDecision = async () => undefined
  t.same((await fixture.collect()).committed, ['src/cart.js'], 'the later content is decided in the next turn')
})

await t.test('a decision about another path than the one that changed allows nothing', async (t) => {
  const fixture = await open(t, { classify: (call) => ({ tool: call.tool, permission: 'edit', targets: [{ path: 'src/harmless.js', class: 'source', access: 'write' }], command: null, url: null }) })
  await fixture.agent('mkdir .github; echo evil > .github/ci.yml')
  const report = await fixture.collect()
  t.equal(report.commit, null)
  t.match(fixture.entries.at(-1), { kind: 'outcome', status: 'failed', detail: { reason: 'path-moved' } })
})

await t.test('a branch that moved elsewhere is built upon; one that moved here is a conflict', async (t) => {
  const fixture = await open(t)
  await fixture.git('branch', '-f', 'weir/dev', await other(fixture, 'docs/b.md', 'theirs'))
  await fixture.agent('echo ours > src/cart.js')
  t.same((await fixture.collect()).committed, ['src/cart.js'])
  t.equal(await fixture.git('show', 'weir/dev:docs/b.md'), 'theirs')
  const tip = await other(fixture, 'src/cart.js', 'theirs')
  await fixture.git('branch', '-f', 'weir/dev', tip)
  await fixture.agent('echo ours again > src/cart.js; echo ours > src/price.js')
  const report = await fixture.collect()
  t.same(report.conflicts, ['src/cart.js'])
  t.equal(report.commit, null)
  t.equal(await fixture.git('rev-parse', 'weir/dev'), tip, 'all of the turn or nothing')
  t.match(fixture.entries.at(-1), { kind: 'event', name: 'commit-conflict', detail: { paths: ['src/cart.js'], count: 1, files: 2 } })
  t.equal(await fixture.agent('cat src/price.js'), 'ours\n', 'the changes stay in the workspace')
})
