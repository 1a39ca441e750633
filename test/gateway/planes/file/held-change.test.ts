import t from 'tap'
import { open, other, type Fixture } from './workspace-fixture.ts'

const decisions = (fixture: Fixture): string[] => fixture.entries.flatMap((entry) => entry.kind === 'decision' ? [`${entry.decision.verdict} ${String(entry.input.tool?.args['path'] ?? '?')}`] : [])

await t.test('a pending change stays, is asked about once, and is committed when approved', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo \'{"a":1}\' > package.json; echo ok > src/ok.js')
  const first = await fixture.collect()
  t.same(first.committed, ['src/ok.js'])
  t.same(first.pending.map(({ path }) => path), ['package.json'])
  t.same((await fixture.collect()).pending, first.pending)
  t.same(decisions(fixture), ['pending package.json', 'allow src/ok.js'])
  fixture.approved.add(String(first.pending[0]?.approval.slice(4)))
  t.same((await fixture.collect()).committed, ['package.json'])
  t.equal(await fixture.git('show', 'weir/dev:package.json'), '{"a":1}')
})

await t.test('an approval does not cover other content', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const first = await fixture.collect()
  fixture.approved.add(String(first.pending[0]?.approval.slice(4)))
  await fixture.agent('echo two > package.json')
  const second = await fixture.collect()
  t.same(second.committed, [])
  t.not(second.pending[0]?.approval, first.pending[0]?.approval)
})

await t.test('an approved change is committed although its session has ended', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const approval = String((await fixture.collect()).pending[0]?.approval)
  t.same(await fixture.commitHeld(approval), { kind: 'session-running' })
  await fixture.endSession()
  t.same(await fixture.commitHeld(approval), { kind: 'pending' }, 'nobody has approved it')
  fixture.approved.add(approval.slice(4))
  const result = await fixture.commitHeld(approval)
  t.same(result, { kind: 'committed', commit: await fixture.git('rev-parse', 'weir/dev') })
  t.equal(await fixture.git('show', 'weir/dev:package.json'), 'one')
  t.same(await fixture.commitHeld(approval), { kind: 'absent' }, 'once')
  await t.rejects(fixture.commitHeld('../../etc/passwd'), { code: 'WEIR_ERR_PROJECT' })
})

await t.test('a held change whose file was changed by somebody else is not committed', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const approval = String((await fixture.collect()).pending[0]?.approval)
  await fixture.endSession()
  const tip = await other(fixture, 'package.json', 'theirs')
  await fixture.git('branch', '-f', 'weir/dev', tip)
  fixture.approved.add(approval.slice(4))
  t.same(await fixture.commitHeld(approval), { kind: 'conflict' })
  t.equal(await fixture.git('rev-parse', 'weir/dev'), tip)
})

await t.test('a change that was taken back is held no longer', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const approval = String((await fixture.collect()).pending[0]?.approval)
  await fixture.agent('echo "{}" > package.json')
  t.same((await fixture.collect()).pending, [])
  await fixture.endSession()
  t.same(await fixture.commitHeld(approval), { kind: 'absent' })
})
