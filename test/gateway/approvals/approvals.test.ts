import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { openApprovals, type Approvals } from '../../../gateway/approvals/approvals.ts'
import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'
import type { Context } from '../../../gateway/core/actor.ts'
import type { CallBase } from '../../../gateway/core/approval-scope.ts'
import type { HeldCall } from '../../../gateway/approvals/approval.ts'
import type { Permit } from '../../../gateway/core/permit.ts'
import { WRITE as QUESTION } from '../../support/policy-inputs.ts'
import { ALICE, governed } from '../../adapters/opencode/fixtures/governed.ts'

const HOUR_MS = 3_600_000
const WRITE = decodeOpencodeCall('write', { filePath: 'a.ts', content: 'x' }, '/workspace')

interface Desk { readonly file: string, now: number, revision: string, warnings: string[], open (): Approvals }

function desk (t: Test): Desk {
  const file = join(t.testdir(), 'approvals.jsonl')
  const made: Desk = {
    file,
    now: 1_000,
    revision: 'r1',
    warnings: [],
    open: () => openApprovals({ file, nowMs: () => made.now, revision: () => made.revision, onWarning: (message) => { made.warnings.push(message) } }),
  }
  return made
}

async function bobsPermit (): Promise<Permit> {
  const { permit } = await governed(() => 'allow').govern({ kind: 'approval', approval: 'apr_x', requestedBy: 'alice', permission: 'edit', heldAtMs: 0 }, ALICE)
  if (permit === null) throw new Error('no permit')
  return permit
}

async function held (approvals: Approvals): Promise<string> {
  const { approval } = await governed(() => 'pending', approvals).govern({ kind: 'tool-call', call: WRITE }, ALICE)
  if (approval === null) throw new Error('not held')
  return approval
}

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
  clock.now += 24 * HOUR_MS
  t.equal(approvals.find(WRITE.digest, ALICE), null)
  t.equal(approvals.consume(given), false)
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
  t.equal(second.consume(id), true)
  t.equal(second.consume(id), false)
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

const BASE = { all: 'a1', reads: 'r1' }
const baseOf = (base: CallBase | null) => () => base

/** Holds the call with these files in this session. */
function heldWith (approvals: Approvals, base: CallBase | null, session: Context['session'] = null): string {
  const decision = { verdict: 'pending', rule: 'test.pending', reason: '', feedback: '', also: [], obligations: {}, revision: 'r1' } as const
  return approvals.hold(WRITE.digest, { ...ALICE, session }, decision, QUESTION, { base, text: () => '{"filePath":"a.ts"}' })
}

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
  t.equal(approvals.consume(id), false)
  t.throws(() => approvals.give(late, 'bob', permit), { code: 'WEIR_ERR_DECIDED', message: /Policy has changed/ })
  t.equal(approvals.isStale(id), true)
  t.same(approvals.list().map(approvals.useless), ['policy-changed', 'policy-changed'])
})

await t.test('an approval for the session covers the same call again there, and nowhere else, until it is taken back', async (t) => {
  const approvals = desk(t).open()
  const permit = await bobsPermit()
  const [mine, other] = [{ id: 'wses_a', client: 'opencode', agent: '' }, { id: 'wses_b', client: 'opencode', agent: '' }]
  const id = heldWith(approvals, null, mine)
  t.match(approvals.give(id, 'bob', permit, { scope: 'session', untilMs: null }), { scope: 'session' })
  for (let use = 0; use < 3; use += 1) {
    t.match(approvals.find(WRITE.digest, { ...ALICE, session: mine }), { id })
    t.equal(approvals.consume(id), true)
  }
  t.equal(approvals.find(WRITE.digest, { ...ALICE, session: other }), null)
  t.equal(approvals.find(WRITE.digest, ALICE), null)
  approvals.markUsed(id)
  t.match(approvals.get(id), { state: 'given' }, 'a use does not use it up')
  t.throws(() => approvals.revoke(id, 'alice', 'x', permit), { code: 'WEIR_ERR_DENIED' })
  t.match(approvals.revoke(id, 'carol', 'not any more', permit), { state: 'revoked', by: 'bob', note: 'carol: not any more' })
  t.equal(approvals.find(WRITE.digest, { ...ALICE, session: mine }), null)
  t.equal(approvals.consume(id), false)
  t.throws(() => approvals.revoke(id, 'carol', 'again', permit), { code: 'WEIR_ERR_DECIDED' })
})

await t.test('an approval until a time covers the same call of the same person in any session until then, and no longer than is configured', async (t) => {
  const place = desk(t)
  const approvals = place.open()
  const permit = await bobsPermit()
  const session = { id: 'wses_a', client: 'opencode', agent: '' }
  const id = heldWith(approvals, null, session)
  for (const untilMs of [null, place.now, place.now - 1, place.now + 24 * HOUR_MS + 1, Number.NaN]) {
    t.throws(() => approvals.give(id, 'bob', permit, { scope: 'until', untilMs }), { code: 'WEIR_ERR_DECODE_MALFORMED' }, String(untilMs))
  }
  approvals.give(id, 'bob', permit, { scope: 'until', untilMs: place.now + HOUR_MS })
  const elsewhere = { ...ALICE, session: { ...session, id: 'wses_b' } }
  t.match(approvals.find(WRITE.digest, elsewhere), { id, scope: 'until' })
  t.equal(approvals.find(WRITE.digest, { ...elsewhere, actor: { ...ALICE.actor, id: 'mallory' } }), null)
  t.equal(approvals.find(WRITE.digest, { ...elsewhere, environment: 'PROD' }), null)
  place.now += HOUR_MS
  t.equal(approvals.find(WRITE.digest, elsewhere), null)
  t.equal(approvals.consume(id), false)
})

await t.test('what a restart cut off passes to the next session of the same actor; what ended by itself covers nothing', async (t) => {
  const place = desk(t)
  const first = place.open()
  const permit = await bobsPermit()
  const sessionOf = (id: string): Context => ({ ...ALICE, session: { id, client: 'opencode', agent: '' } })
  const id = heldWith(first, null, sessionOf('wses_a').session)
  first.close()

  const second = place.open()
  second.give(id, 'bob', permit)
  t.equal(second.useless(second.get(id) ?? never()), null, 'it waits for a session that follows')
  second.sessionStarted({ ...sessionOf('wses_x'), actor: { ...ALICE.actor, role: 'operator' } })
  second.sessionStarted({ ...sessionOf('wses_y'), actor: { ...ALICE.actor, id: 'mallory' } })
  second.sessionStarted({ ...sessionOf('wses_z'), environment: 'PROD' })
  for (const stranger of ['wses_x', 'wses_y', 'wses_z', 'wses_b']) t.equal(second.find(WRITE.digest, sessionOf(stranger)), null, stranger)
  second.sessionStarted(sessionOf('wses_b'))
  second.sessionStarted(sessionOf('wses_c'))
  t.equal(second.find(WRITE.digest, sessionOf('wses_c')), null, 'one session follows, not each')
  t.match(second.find(WRITE.digest, sessionOf('wses_b')), { id })
  second.close()

  const third = place.open()
  t.match(third.find(WRITE.digest, sessionOf('wses_b')), { id }, 'and it stays so')
  third.sessionEnded('wses_b')
  t.equal(third.useless(third.get(id) ?? never()), 'session-ended')
  third.close()
  const fourth = place.open()
  fourth.sessionStarted(sessionOf('wses_d'))
  t.equal(fourth.find(WRITE.digest, sessionOf('wses_d')), null)
  t.equal(fourth.useless(fourth.get(id) ?? never()), 'session-ended')
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

function never (): never {
  throw new Error('there is no such approval')
}

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
