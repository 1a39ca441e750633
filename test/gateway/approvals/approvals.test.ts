import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { openApprovals } from '../../../gateway/approvals/approvals.ts'
import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'
import type { Context } from '../../../gateway/core/actor.ts'
import type { HeldCall } from '../../../gateway/approvals/approval.ts'
import { WRITE as QUESTION } from '../../support/policy-inputs.ts'
import { ALICE, governed } from '../../adapters/opencode/fixtures/governed.ts'
import { bobsPermit, desk, held, heldWith, HOUR_MS, WRITE } from './approval-desk.ts'

await t.test('a pending call is queued once, with what a second person needs to see', async (t) => {
  const approvals = desk(t).open()
  const id = await held(approvals)
  t.match(id, /^apr_[0-9a-f]{24}$/)
  t.equal(await held(approvals), id)
  t.match(approvals.list(), [{ id, state: 'waiting', requestedBy: 'alice', app: 'shop', environment: 'DEV', rule: 'test.pending', targets: [{ path: 'a.ts' }] }])
  t.equal(approvals.list().length, 1)
})

await t.test('a given approval covers exactly one matching call', async (t) => {
  const approvals = desk(t).open()
  const id = await held(approvals)
  approvals.give(id, 'bob', await bobsPermit())
  const gate = governed((input) => input.approval === null ? 'pending' : 'allow', approvals)
  const other = { ...ALICE, actor: { ...ALICE.actor, id: 'mallory' } }
  t.equal((await gate.govern({ kind: 'tool-call', call: WRITE }, other)).decision.verdict, 'pending')
  t.equal((await gate.govern({ kind: 'tool-call', call: WRITE }, { ...ALICE, environment: 'PROD' })).decision.verdict, 'pending')
  t.equal((await gate.govern({ kind: 'tool-call', call: decodeOpencodeCall('write', { filePath: 'a.ts', content: 'y' }, '/workspace') }, ALICE)).decision.verdict, 'pending')
  t.equal((await gate.govern({ kind: 'tool-call', call: WRITE }, ALICE)).decision.verdict, 'allow')
  t.match(gate.entries.at(-1), { approval: id })
  t.equal((await gate.govern({ kind: 'tool-call', call: WRITE }, ALICE)).decision.verdict, 'pending')
})

await t.test('an approval covers no call of another session, nor one outside sessions', async (t) => {
  const approvals = desk(t).open()
  const gate = governed((input) => input.approval === null ? 'pending' : 'allow', approvals)
  const verdictIn = async (session: Context['session']) => (await gate.govern({ kind: 'tool-call', call: WRITE }, { ...ALICE, session })).decision.verdict
  const [mine, other] = [{ id: 'wses_a', client: 'opencode', agent: '' }, { id: 'wses_b', client: 'opencode', agent: '' }]
  const permit = await bobsPermit()
  for (const [asks, stays] of [[mine, [other, null]], [null, [mine, other]]] as const) {
    t.equal(await verdictIn(asks), 'pending')
    const waiting = approvals.list().find(({ state }) => state === 'waiting')
    t.match(waiting, { session: asks?.id ?? null })
    approvals.give(waiting?.id ?? '', 'bob', permit)
    for (const session of stays) {
      t.equal(await verdictIn(session), 'pending', `${asks?.id ?? 'none'} for ${session?.id ?? 'none'}`)
      approvals.refuse(approvals.list().find(({ state }) => state === 'waiting')?.id ?? '', 'bob', 'no', permit)
    }
    t.equal(await verdictIn(asks), 'allow')
  }
})

await t.test('the start of a session is approved for whichever session then starts', async (t) => {
  const approvals = desk(t).open()
  const gate = governed((input) => input.approval === null ? 'pending' : 'allow', approvals)
  const start = async (id: string) => await gate.govern({ kind: 'session' }, { ...ALICE, session: { id, client: 'opencode', agent: '' } })
  const { approval } = await start('wses_a')
  approvals.give(approval ?? '', 'bob', await bobsPermit())
  t.equal((await start('wses_b')).decision.verdict, 'allow')
  t.equal((await start('wses_c')).decision.verdict, 'pending')
})

await t.test('an approval does not outlive a deny', async (t) => {
  const approvals = desk(t).open()
  const id = await held(approvals)
  approvals.give(id, 'bob', await bobsPermit())
  t.equal((await governed(() => 'deny', approvals).govern({ kind: 'tool-call', call: WRITE }, ALICE)).decision.verdict, 'deny')
  t.equal(approvals.get(id)?.state, 'given')
})

await t.test('nobody approves or refuses their own call', async (t) => {
  const approvals = desk(t).open()
  const id = await held(approvals)
  const permit = await bobsPermit()
  t.throws(() => approvals.give(id, 'alice', permit), { code: 'WEIR_ERR_DENIED' })
  t.throws(() => approvals.refuse(id, 'alice', 'no', permit), { code: 'WEIR_ERR_DENIED' })
  t.equal(approvals.get(id)?.state, 'waiting')
})

await t.test('who asked answers their own call only where data say so', async (t) => {
  const place = desk(t)
  const approvals = openApprovals({ file: place.file, nowMs: () => 1, revision: () => 'r1', mayAnswerOwn: ({ environment, permission }) => environment === 'DEV' && permission === 'edit', onWarning: () => {} })
  const permit = await bobsPermit()
  t.match(approvals.give(await held(approvals), 'alice', permit), { state: 'given', by: 'alice' })
  const { approval } = await governed(() => 'pending', approvals).govern({ kind: 'tool-call', call: WRITE }, { ...ALICE, environment: 'TEST' })
  t.throws(() => approvals.give(approval ?? '', 'alice', permit), { code: 'WEIR_ERR_DENIED' })
})

await t.test('what was said once stays said', async (t) => {
  const approvals = desk(t).open()
  const permit = await bobsPermit()
  const id = await held(approvals)
  t.match(approvals.refuse(id, 'bob', 'not now', permit), { state: 'refused', by: 'bob', note: 'not now' })
  t.throws(() => approvals.give(id, 'carol', permit), { code: 'WEIR_ERR_DECIDED' })
  t.throws(() => approvals.give('apr_none', 'bob', permit), { code: 'WEIR_ERR_ROUTE_UNKNOWN' })
  t.equal(approvals.find(WRITE.digest, ALICE), null)
  t.not(await held(approvals), id)
})

await t.test('time runs out for waiting and for given approvals', async (t) => {
  const clock = desk(t)
  const approvals = clock.open()
  const permit = await bobsPermit()
  const given = await held(approvals)
  approvals.give(given, 'bob', permit)
  const late = heldWith(approvals, null)
  clock.now += 24 * HOUR_MS
  t.equal(approvals.msLeft(late), 0)
  t.throws(() => approvals.give(late, 'bob', permit), { code: 'WEIR_ERR_DECIDED', message: /expired/ })
  t.throws(() => approvals.refuse(late, 'bob', 'no', permit), { code: 'WEIR_ERR_DECIDED', message: /expired/ })
  t.equal(approvals.find(WRITE.digest, ALICE), null)
  t.equal(approvals.consume(given, WRITE.digest, ALICE), false)
  t.throws(() => approvals.give(given, 'bob', permit), { code: 'WEIR_ERR_DECIDED' })
  t.strictSame(approvals.list(), [])
})

await t.test('everything is found again after a restart, and a used approval stays used', async (t) => {
  const place = desk(t)
  const first = place.open()
  const id = await held(first)
  first.give(id, 'bob', await bobsPermit())
  first.close()
  const second = place.open()
  t.match(second.find(WRITE.digest, ALICE), { id, by: 'bob', requestedBy: 'alice' })
  t.equal(second.consume(id, WRITE.digest, ALICE), true)
  t.equal(second.consume(id, WRITE.digest, ALICE), false)
  second.close()
  const third = place.open()
  t.equal(third.find(WRITE.digest, ALICE), null)
  t.equal(third.get(id)?.state, 'used')
  t.equal(statSync(place.file).mode & 0o777, 0o600)
})

await t.test('an approval that the ledger used is used, whatever the file says', async (t) => {
  const approvals = desk(t).open()
  const id = await held(approvals)
  approvals.give(id, 'bob', await bobsPermit())
  approvals.markUsed(id)
  approvals.markUsed('apr_unknown')
  t.equal(approvals.find(WRITE.digest, ALICE), null)
})

await t.test('the call is kept in full for its approver, in a private file that goes with it', async (t) => {
  const place = desk(t)
  const approvals = place.open()
  const id = heldWith(approvals, null)
  t.same(approvals.shown(id), { text: '{"filePath":"a.ts"}', whole: true })
  const long = approvals.hold('d2', ALICE, { verdict: 'pending', rule: 'r', reason: '', feedback: '', also: [], obligations: {}, revision: 'r1' }, QUESTION, { base: null, text: () => 'x'.repeat(300_000) })
  t.match(approvals.shown(long), { whole: false })
  const file = join(dirname(place.file), 'approvals', `${id}.json`)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.notMatch(readFileSync(place.file, 'utf8'), 'filePath')
  place.now += 24 * HOUR_MS
  t.same(approvals.sweep().map((one) => one.id), [id, long])
  t.same(approvals.sweep(), [])
  t.equal(existsSync(file), false)
  t.equal(approvals.shown(id), null)
})

await t.test('among 10,000 that wait a call is found again, and one more is refused', async (t) => {
  const place = desk(t)
  const call = (at: number): HeldCall => ({ id: `apr_${at}`, digest: `d${at}`, requestedBy: 'alice', app: 'shop', environment: 'DEV', session: null, permission: 'edit', tool: null, targets: [], command: null, rule: 'r', reason: '', revision: 'r1', heldAtMs: 1_000, expiresAtMs: 9_000 })
  writeFileSync(place.file, Array.from({ length: 10_000 }, (_, at) => `${JSON.stringify({ kind: 'held', call: call(at) })}\n`).join(''))
  const approvals = place.open()
  const decision = { verdict: 'pending', rule: 'r', reason: '', feedback: '', also: [], obligations: {}, revision: 'r1' } as const
  t.equal(approvals.waiting(), 10_000)
  t.throws(() => approvals.hold('one more', ALICE, decision, QUESTION), { code: 'WEIR_ERR_STORE' })
  t.equal(approvals.hold('d9999', ALICE, decision, QUESTION), 'apr_9999')
})

await t.test('an unfinished last line is cut off and reported; a damaged one stops the start', async (t) => {
  const place = desk(t)
  const first = place.open()
  const id = await held(first)
  first.close()
  const whole = readFileSync(place.file)
  appendFileSync(place.file, '{"kind":"given","id":"')
  const second = place.open()
  t.equal(second.get(id)?.state, 'waiting')
  t.equal(place.warnings.length, 1)
  second.close()
  t.strictSame(readFileSync(place.file), whole)
  writeFileSync(place.file, Buffer.concat([Buffer.from('{"kind":"approve-all"}\n'), whole]))
  t.throws(() => place.open(), { code: 'WEIR_ERR_STORE', message: /Line 1/ })
})
