import t from 'tap'
import type { Context } from '../../../gateway/core/actor.ts'
import { ALICE } from '../../adapters/opencode/fixtures/governed.ts'
import { bobsPermit, desk, heldWith, HOUR_MS, never, WRITE } from './approval-desk.ts'

await t.test('an approval for the session covers the same call again there, and nowhere else, until it is taken back', async (t) => {
  const approvals = desk(t).open()
  const permit = await bobsPermit()
  const [mine, other] = [{ id: 'wses_a', client: 'opencode', agent: '' }, { id: 'wses_b', client: 'opencode', agent: '' }]
  const id = heldWith(approvals, null, mine)
  t.not(heldWith(approvals, null, other), id, 'the same call in another session waits for itself')
  t.match(approvals.give(id, 'bob', permit, { scope: 'session', untilMs: null }), { scope: 'session' })
  for (let use = 0; use < 3; use += 1) {
    t.match(approvals.find(WRITE.digest, { ...ALICE, session: mine }), { id })
    t.equal(approvals.consume(id, WRITE.digest, ALICE), true)
  }
  t.equal(approvals.find(WRITE.digest, { ...ALICE, session: other }), null)
  t.equal(approvals.find(WRITE.digest, ALICE), null)
  approvals.markUsed(id)
  t.match(approvals.get(id), { state: 'given' }, 'a use does not use it up')
  t.throws(() => approvals.revoke(id, 'alice', 'x', permit), { code: 'WEIR_ERR_DENIED' })
  t.match(approvals.revoke(id, 'carol', 'not any more', permit), { state: 'revoked', by: 'bob', note: 'carol: not any more' })
  t.equal(approvals.find(WRITE.digest, { ...ALICE, session: mine }), null)
  t.equal(approvals.consume(id, WRITE.digest, ALICE), false)
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
  t.equal(approvals.consume(id, WRITE.digest, ALICE), false)
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
