import t from 'tap'
import { changeDigest } from '../../../../gateway/project/change.ts'
import { FILES, open, other } from './workspace-fixture.ts'

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
})

const LINES = (...lines: string[]): string => lines.map((line) => `${line}\\n`).join('')

await t.test('two changes of one file that do not touch are merged, decided as one and committed as one', async (t) => {
  const fixture = await open(t, { files: { ...FILES, 'src/list.js': LINES('a', 'b', 'c', 'd', 'e', 'f', 'g').replaceAll('\\n', '\n') } })
  await fixture.git('branch', '-f', 'weir/dev', await other(fixture, 'src/list.js', 'theirs\nb\nc\nd\ne\nf\ng\n'))
  await fixture.agent(`printf '${LINES('a', 'b', 'c', 'd', 'e', 'f', 'ours')}' > src/list.js; echo more > src/more.js`)
  const report = await fixture.collect()
  t.match(report.conflicts, [{ path: 'src/list.js', how: 'merged' }])
  t.same(report.committed, ['src/list.js', 'src/more.js'])
  t.equal(await fixture.git('show', 'weir/dev:src/list.js'), 'theirs\nb\nc\nd\ne\nf\nours')
  t.equal(await fixture.agent('cat src/list.js'), 'theirs\nb\nc\nd\ne\nf\nours\n', 'the agent goes on with both')
  t.equal(await fixture.git('rev-list', '--count', 'main..weir/dev'), '2')
  const merged = fixture.entries.filter((entry) => entry.kind === 'decision' && entry.input.tool?.args['path'] === 'src/list.js')
  t.equal(merged.length, 2, 'what merging made was decided')
})

await t.test('two changes of the same lines: theirs stays in the project and comes into the workspace, ours waits as a proposal, and the session goes on', async (t) => {
  const fixture = await open(t)
  const tip = await other(fixture, 'src/cart.js', 'theirs\n')
  await fixture.git('branch', '-f', 'weir/dev', tip)
  await fixture.agent('echo ours > src/cart.js; echo ours > src/price.js')
  const report = await fixture.collect()
  t.match(report.conflicts, [{ path: 'src/cart.js', how: 'proposed', shown: '<<<<<<< this session\nours\n||||||| what both started from\nexport const cart = []\n=======\ntheirs\n>>>>>>> the project now\n' }])
  t.same(report.committed, ['src/price.js'])
  t.equal(await fixture.git('show', 'weir/dev:src/cart.js'), 'theirs')
  t.equal(await fixture.agent('cat src/cart.js src/price.js'), 'theirs\nours\n')
  t.match(fixture.entries.filter((entry) => entry.kind === 'event'), [{ name: 'commit-conflict', detail: { paths: ['src/cart.js'], count: 1, files: 2 } }, { name: 'change-set-committed' }])
  const approval = String(report.conflicts[0]?.approval)
  t.match(await fixture.diffHeld(approval), /-theirs\n\+ours\n[^]*\|\|\|\|\|\|\| what both started from/)
  t.same(await fixture.commitHeld(approval), { kind: 'pending' })
  fixture.approved.add(approval.slice(4))
  t.match(await fixture.commitHeld(approval), { kind: 'committed' })
  t.equal(await fixture.git('show', 'weir/dev:src/cart.js'), 'ours', 'a second person may prefer ours')
  await fixture.agent('echo again > src/cart.js')
  const next = await fixture.collect()
  t.same([next.committed, next.conflicts], [['src/cart.js'], []])
})

await t.test('an approved change that meets another one is proposed again over that one, and not lost', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const approval = String((await fixture.collect()).pending[0]?.approval)
  await fixture.endSession()
  const tip = await other(fixture, 'package.json', 'theirs')
  await fixture.git('branch', '-f', 'weir/dev', tip)
  fixture.approved.add(approval.slice(4))
  const result = await fixture.commitHeld(approval)
  t.equal(result.kind, 'conflict')
  t.equal(await fixture.git('rev-parse', 'weir/dev'), tip)
  const again = result.kind === 'conflict' ? String(result.approval) : ''
  t.not(again, approval)
  t.match(await fixture.diffHeld(again), /-theirs[^]*\+one/)
  fixture.approved.add(again.slice(4))
  t.match(await fixture.commitHeld(again), { kind: 'committed' })
  t.equal(await fixture.git('show', 'weir/dev:package.json'), 'one')
})

await t.test('a file where somebody else made a folder, a folder where they made a file, a deletion of what they changed and a change of what they deleted are conflicts that leave the session free', async (t) => {
  const fixture = await open(t)
  await fixture.git('branch', '-f', 'weir/dev', await other(fixture, 'tools/x.js', 'theirs'))
  await fixture.git('branch', '-f', 'weir/dev', await other(fixture, 'lib', 'theirs'))
  await fixture.git('branch', '-f', 'weir/dev', await other(fixture, 'docs/a.md', 'theirs\n'))
  await fixture.git('branch', '-f', 'weir/dev', await other(fixture, 'docs/b.md', null))
  await fixture.agent('echo ours > tools; mkdir lib; echo ours > lib/y.js; rm docs/a.md; echo ours > docs/b.md; echo ok > src/ok.js')
  const report = await fixture.collect()
  t.same(report.conflicts.map(({ path, how }) => [path, how]), [['docs/a.md', 'proposed'], ['docs/b.md', 'proposed'], ['lib/y.js', 'proposed'], ['tools', 'proposed']])
  t.same(report.committed, ['src/ok.js'])
  t.equal(await fixture.agent('cat docs/a.md; ls docs src; test -e tools || test -e lib/y.js || echo gone'), 'theirs\ndocs:\na.md\n\nsrc:\ncart.js\nok.js\nprice.js\ngone\n')
  t.match(await fixture.collect(), { committed: [], conflicts: [] })
})

await t.test('what the agent writes over a conflict meanwhile is not lost', async (t) => {
  const fixture = await open(t)
  await fixture.git('branch', '-f', 'weir/dev', await other(fixture, 'src/cart.js', 'theirs\n'))
  await fixture.agent('echo ours > src/cart.js')
  fixture.duringDecision = async () => {
    fixture.duringDecision = async () => undefined
    await fixture.agent('echo newer > src/cart.js')
  }
  const report = await fixture.collect()
  t.match(report.conflicts, [{ how: 'left' }, { how: 'proposed', shown: /newer/ }])
  t.equal(await fixture.agent('cat src/cart.js'), 'theirs\n')
})

await t.test('an answer to a change does not answer for putting it over somebody else\'s', async (t) => {
  const entry = (id: string): { readonly mode: '100644', readonly id: string } => ({ mode: '100644', id: id.repeat(40) })
  const plain = { path: 'a', next: entry('1'), base: entry('2') }
  const digests = [plain, { ...plain, over: null }, { ...plain, over: entry('2') }, { ...plain, over: entry('3') }].map(changeDigest)
  t.equal(new Set(digests).size, 4)
})
