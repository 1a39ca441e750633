import t from 'tap'
import type { Context } from '../../../gateway/core/actor.ts'
import type { CallBase } from '../../../gateway/core/approval-scope.ts'
import { WRITE as QUESTION } from '../../support/policy-inputs.ts'
import { ALICE } from '../../adapters/opencode/fixtures/governed.ts'
import { BASE, baseOf, bobsPermit, desk, heldWith, HOUR_MS, WRITE } from './approval-desk.ts'

await t.test('an approval covers the call only while its files are as they were, and only what it reads for one that stands', async (t) => {
  const approvals = desk(t).open()
  const permit = await bobsPermit()
  const id = heldWith(approvals, BASE)
  t.equal(heldWith(approvals, BASE), id)
  t.not(heldWith(approvals, { all: 'a2', reads: 'r1' }), id, 'with other files it is another call')
  approvals.give(id, 'bob', permit)
  for (const other of [{ all: 'a3', reads: 'r1' }, null]) t.equal(approvals.find(WRITE.digest, ALICE, baseOf(other)), null)
  t.match(approvals.find(WRITE.digest, ALICE, baseOf(BASE)), { id, scope: 'once' })

  const standing = heldWith(approvals, { all: 'a4', reads: 'r4' })
  approvals.give(standing, 'bob', permit, { scope: 'session', untilMs: null })
  t.match(approvals.find(WRITE.digest, ALICE, baseOf({ all: 'other', reads: 'r4' })), { id: standing, scope: 'session' })
  t.equal(approvals.find(WRITE.digest, ALICE, baseOf({ all: 'a4', reads: 'other' })), null)
})

await t.test('files are looked at only for a call that somebody approved', async (t) => {
  const approvals = desk(t).open()
  const never = (): CallBase | null => { throw new Error('looked') }
  t.equal(approvals.find(WRITE.digest, ALICE, never), null)
  heldWith(approvals, BASE)
  t.equal(approvals.find(WRITE.digest, ALICE, never), null)
})

await t.test('under another revision an approval covers nothing, cannot be given, and the call waits anew', async (t) => {
  const place = desk(t)
  const approvals = place.open()
  const permit = await bobsPermit()
  const id = heldWith(approvals, BASE)
  const late = heldWith(approvals, { all: 'a2', reads: 'r1' })
  approvals.give(id, 'bob', permit)
  place.revision = 'r2'
  t.equal(approvals.find(WRITE.digest, ALICE, baseOf(BASE)), null)
  t.equal(approvals.consume(id, WRITE.digest, ALICE), false)
  t.throws(() => approvals.give(late, 'bob', permit), { code: 'WEIR_ERR_DECIDED', message: /Policy has changed/ })
  t.equal(approvals.isStale(id), true)
  t.same(approvals.list().map(approvals.useless), ['policy-changed', 'policy-changed'])
  t.same(approvals.policyChanged(), [], 'no change of a turn waits')
  place.now += HOUR_MS
  t.not(heldWith(approvals, BASE, null, 'r2'), id, 'what was given under r1 is not asked for again by the same name')
  t.equal(heldWith(approvals, { all: 'a2', reads: 'r1' }, null, 'r2'), late)
  t.match(approvals.get(late), { state: 'waiting', revision: 'r2', rule: 'test.r2', heldAtMs: 1_000, expiresAtMs: 1_000 + 24 * HOUR_MS })
  approvals.close()
  const again = place.open()
  t.match(again.give(late, 'bob', permit), { state: 'given' }, 'also after a restart')
})

await t.test('the work of an approved call is covered in its session, at the file plane, once, and by every approval that it took', async (t) => {
  const place = desk(t)
  const approvals = place.open()
  const permit = await bobsPermit()
  const mine: Context = { ...ALICE, session: { id: 'wses_a', client: 'opencode', agent: '' } }
  const [theirs, filePlane]: [Context, Context] = [{ ...mine, session: { id: 'wses_b', client: 'opencode', agent: '' } }, { ...mine, plane: 'file' }]
  const decision = { verdict: 'pending', rule: 'test.pending', reason: '', feedback: '', also: [], obligations: {}, revision: 'r1' } as const
  const used = (digest: string, targets: typeof QUESTION.targets): string => {
    const id = approvals.hold(digest, mine, decision, { ...QUESTION, targets }, { base: null, text: () => digest === 'long' ? 'x'.repeat(262_145) : `text of ${digest}` })
    approvals.give(id, 'bob', permit)
    t.equal(approvals.consume(id, digest, mine), true)
    return id
  }
  const target = (path: string, access: 'read' | 'write' | 'delete' = 'write') => ({ path, access, class: 'source' }) as const
  const [first, second] = [used('one', [target('a.ts')]), used('two', [target('a.ts'), target('a.ts')])]
  const both = used('both', [target('b.ts'), target('c.ts', 'delete')])
  used('read', [target('a.ts'), target('z.ts', 'read')])
  used('long', [target('a.ts')]) // nobody saw the whole of it
  const of = (session: string, ...paths: readonly string[]) => approvals.writesOf(session, new Set(paths)).map(({ approval, text, paths }) => [approval, text, ...paths])
  t.same(of('wses_a', 'a.ts'), [[first, 'text of one', 'a.ts'], [second, 'text of two', 'a.ts']])
  t.same(of('wses_a', 'a.ts', 'c.ts').at(-1), [both, 'text of both', 'b.ts', 'c.ts'])
  t.same([...of('wses_a', 'z.ts'), ...of('wses_b', 'a.ts')], [])
  approvals.carry([first, second], { path: 'a.ts', digest: 'change' }, mine)
  approvals.carry([both], { path: 'b.ts', digest: 'change of b' }, mine)
  for (const other of [mine, { ...theirs, plane: 'file' as const }]) t.equal(approvals.find('change', other), null)
  t.match(approvals.find('change', filePlane), { id: second, by: 'bob' })
  place.now += 24 * HOUR_MS
  t.equal(approvals.find('change', filePlane), null, 'no longer than the approval itself')
  place.now -= 24 * HOUR_MS
  t.equal(approvals.consume(second, 'another change', filePlane), false)
  t.equal(approvals.consume(first, 'change', filePlane), false, 'the last one answers for it')
  t.equal(approvals.consume(second, 'change', filePlane), true)
  t.equal(approvals.consume(second, 'change', filePlane), false)
  t.same(of('wses_a', 'a.ts'), [])
  t.equal(approvals.consume(both, 'change of b', filePlane), true)
  t.equal(approvals.consume(both, 'change of b', filePlane), false)
  t.same(of('wses_a', 'b.ts', 'c.ts'), [[both, 'text of both', 'c.ts']], 'file by file')
  used('three', [target('a.ts')])
  approvals.sessionEnded('wses_a')
  t.same(of('wses_a', 'a.ts', 'c.ts'), [])
})

await t.test('work for which one of several approvals was taken back is not covered', async (t) => {
  const approvals = desk(t).open()
  const permit = await bobsPermit()
  const mine: Context = { ...ALICE, session: { id: 'wses_a', client: 'opencode', agent: '' } }
  const [first, second] = [heldWith(approvals, null, mine.session), heldWith(approvals, BASE, mine.session)]
  for (const id of [first, second]) {
    approvals.give(id, 'bob', permit, { scope: 'session', untilMs: null })
    approvals.consume(id, WRITE.digest, mine)
  }
  approvals.carry([first, second], { path: 'a.ts', digest: 'change' }, mine)
  approvals.revoke(first, 'carol', 'no', permit)
  t.equal(approvals.find('change', { ...mine, plane: 'file' }), null)
})

await t.test('a change of a turn that waits under another revision is named, for nobody makes its call again', async (t) => {
  const place = desk(t)
  const approvals = place.open()
  const decision = { verdict: 'pending', rule: 'test.pending', reason: '', feedback: '', also: [], obligations: {}, revision: 'r1' } as const
  const change = { ...QUESTION, tool: { name: 'write-file', native: 'change-set', protocol: 'weir', args: {} } } as const
  const id = approvals.hold('d', ALICE, decision, change)
  t.same(approvals.policyChanged(), [])
  place.revision = 'r2'
  t.match(approvals.policyChanged(), [{ id }])
})
