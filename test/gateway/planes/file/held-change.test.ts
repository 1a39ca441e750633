import t from 'tap'
import { open, type Fixture } from './workspace-fixture.ts'

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

await t.test('what waits and was not written to since is committed when approved, and goes to another approval when policy asks anew', async (t) => {
  const [stale, given] = [new Set<string>(), new Set<string>()]
  const fixture = await open(t, {
    approvals: {
      isStale: (approval) => stale.has(approval),
      writesOf: () => [],
      carry () {},
      find: (digest) => given.has(digest) ? { id: digest, by: 'bob', requestedBy: 'alice', heldAtMs: 0 } : null,
      consume: (digest) => given.delete(digest),
      hold: (digest) => `apr_${stale.size}_${digest}`,
    },
  })
  await fixture.agent('echo two > go.mod; echo one > package.json; sleep 0.2') // a change of just now is read again
  const [mod, json] = (await fixture.collect()).pending.map(({ approval }) => approval)
  stale.add(String(json))
  const again = (await fixture.collect()).pending.map(({ approval }) => approval)
  t.same(again, [mod, json?.replace('apr_0', 'apr_1')])
  given.add(String(mod?.slice('apr_0_'.length)))
  t.match(await fixture.collect(), { committed: ['go.mod'], pending: [{ path: 'package.json' }] })
  t.equal(await fixture.git('show', 'weir/dev:go.mod'), 'two')
  t.equal(await fixture.diffHeld(String(json)), null)
  t.match(await fixture.diffHeld(String(again[1])), /\+one/)
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

await t.test('who answers before the turn that asked is over is heard', async (t) => {
  const fixture = await open(t)
  let answered: Promise<unknown> = Promise.resolve()
  fixture.onHeld = (approval) => {
    fixture.approved.add(approval.slice(4))
    answered = fixture.commitHeld(approval)
  }
  await fixture.agent('echo one > package.json')
  t.match(await fixture.collect(), { committed: [], pending: [{ path: 'package.json' }] })
  t.match(await answered, { kind: 'committed' })
  t.equal(await fixture.git('show', 'weir/dev:package.json'), 'one')

  fixture.onHeld = (approval) => { answered = fixture.refuseHeld(approval) }
  await fixture.agent('echo two > package.json')
  await fixture.collect()
  t.match(await answered, { path: 'package.json' })
  t.equal(await fixture.agent('cat package.json'), 'one\n')
})

await t.test('an approved change is committed although its session has ended', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const approval = String((await fixture.collect()).pending[0]?.approval)
  await fixture.endSession()
  t.same(await fixture.commitHeld(approval), { kind: 'pending' }, 'nobody has approved it')
  fixture.approved.add(approval.slice(4))
  const result = await fixture.commitHeld(approval)
  t.same(result, { kind: 'committed', commit: await fixture.git('rev-parse', 'weir/dev') })
  t.equal(await fixture.git('show', 'weir/dev:package.json'), 'one')
  t.same(await fixture.commitHeld(approval), { kind: 'absent' }, 'once')
  await t.rejects(fixture.commitHeld('../../etc/passwd'), { code: 'WEIR_ERR_PROJECT' })
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

await t.test('an approved change is committed as it was approved while its session goes on, alone, and what came on top of it is decided anew', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const approval = String((await fixture.collect()).pending[0]?.approval)
  await fixture.agent('echo two > package.json; echo half > src/half.js')
  fixture.approved.add(approval.slice(4))
  t.match(await fixture.commitHeld(approval), { kind: 'committed' })
  t.equal(await fixture.git('diff', '--name-only', 'main', 'weir/dev'), 'package.json')
  t.equal(await fixture.git('show', 'weir/dev:package.json'), 'one')
  const report = await fixture.collect()
  t.same(report.committed, ['src/half.js'])
  t.same(report.pending.map(({ path }) => path), ['package.json'])
  t.not(report.pending[0]?.approval, approval)
  t.equal(await fixture.agent('cat package.json'), 'two\n')
})

await t.test('a refused change is kept no longer and leaves the workspace, unless the agent has changed the file since', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const first = String((await fixture.collect()).pending[0]?.approval)
  t.match(await fixture.refuseHeld(first), { path: 'package.json', sessionId: 'wses_1' })
  t.equal(await fixture.agent('cat package.json'), '{}\n')
  t.match(await fixture.collect(), { pending: [], committed: [] })
  t.equal(await fixture.refuseHeld(first), null, 'once')
  await fixture.agent('echo two > package.json')
  const second = String((await fixture.collect()).pending[0]?.approval)
  await fixture.agent('echo three > package.json')
  await fixture.refuseHeld(second)
  t.equal(await fixture.agent('cat package.json'), 'three\n')
  const [third] = (await fixture.collect()).pending
  t.not(third?.approval, second, 'what it is now is asked about')
  await fixture.endSession()
  await fixture.refuseHeld(String(third?.approval))
  fixture.approved.add(String(third?.approval.slice(4)))
  t.same(await fixture.commitHeld(String(third?.approval)), { kind: 'absent' })
})
