import t from 'tap'
import fc from 'fast-check'
import { createCurrentActors, type GroupRoles } from '../../../gateway/identity/current-actors.ts'
import type { Caller } from '../../../gateway/identity/caller.ts'
import { createWithdrawals, withdrawalOf } from '../../../gateway/identity/withdrawals.ts'

const ALICE: Caller = Object.freeze({
  actor: Object.freeze({ id: 'alice', role: 'nobody', groups: Object.freeze(['readers', 'devs']), org: 'acme' }),
  app: null,
  environment: null,
  tokenId: 'tok_1',
  issuedAtMs: 10_000,
  expiresAtMs: 90_000,
  byGroups: true,
})

await t.test('the role is that of the first entry with a group, and another one once data or groups change', async (t) => {
  let roles: GroupRoles | undefined = { roles: [{ group: 'devs', role: 'author' }, { group: 'readers', role: 'reader' }] }
  const registry = createWithdrawals()
  const actors = createCurrentActors({ groupRoles: () => roles, registry })
  const first = actors.of(ALICE)
  t.equal(first.actor.role, 'author')
  t.equal(actors.of(ALICE), first, 'the same object while nothing changed')

  registry.take({ leftGroup: 'devs', actor: 'alice', atMs: 11_000 })
  t.match(actors.current(first.actor), { id: 'alice', role: 'reader', groups: ['readers'] }, 'for a session that began as an author')
  t.equal(actors.of({ ...ALICE, issuedAtMs: 12_000 }).actor.role, 'author', 'a token that is younger shows the group again')

  roles = { roles: [{ group: 'readers', role: 'auditor' }] }
  t.equal(actors.current(first.actor).role, 'auditor')
  roles = undefined
  t.equal(actors.current(first.actor).role, 'nobody')
})

await t.test('an actor whose token names a role keeps it', async (t) => {
  const actors = createCurrentActors({ groupRoles: () => ({ roles: [{ group: 'devs', role: 'operator' }] }), registry: createWithdrawals() })
  const named: Caller = { ...ALICE, byGroups: false, actor: { ...ALICE.actor, role: 'reader' } }
  t.equal(actors.of(named), named)
  t.equal(actors.current(named.actor), named.actor)
})

await t.test('all tokens of an actor until a moment are revoked, and those of others are not', async (t) => {
  const { take, isRevoked } = createWithdrawals()
  take({ revokedActor: 'alice', beforeMs: 10_500, atMs: 10_500 })
  t.equal(isRevoked(ALICE), true)
  t.equal(isRevoked({ ...ALICE, issuedAtMs: 11_000 }), false)
  t.equal(isRevoked({ ...ALICE, actor: { id: 'bob' } }), false)
  take({ revokedActor: 'alice', beforeMs: 5_000, atMs: 20_000 })
  t.equal(isRevoked(ALICE), true, 'an earlier moment takes nothing back')
})

await t.test('an inactive actor has no good token; active again, only those from then on are good', async (t) => {
  const { take, isRevoked, isActive } = createWithdrawals()
  take({ stateOf: 'alice', active: false, atMs: 20_000 })
  t.equal(isRevoked({ ...ALICE, issuedAtMs: 30_000 }), true)
  take({ stateOf: 'alice', active: true, atMs: 40_000 })
  t.same([isActive('alice'), isRevoked(ALICE), isRevoked({ ...ALICE, issuedAtMs: 41_000 })], [true, true, false])
  take({ stateOf: 'alice', active: false, atMs: 30_000 })
  t.equal(isActive('alice'), true, 'what was said earlier and is heard later changes nothing')
})

await t.test('what is no withdrawal is none', async () => {
  fc.assert(fc.property(fc.anything(), (value) => {
    const line = withdrawalOf(value)
    if (line !== null) t.ok(withdrawalOf(JSON.parse(JSON.stringify(line))))
  }))
  for (const value of [{ revoked: 'a\nb', atMs: 1 }, { revokedActor: 'a', atMs: 1 }, { stateOf: 'a', active: 'no', atMs: 1 }, { leftGroup: 'g', atMs: 1 }, { revoked: 'a', atMs: -1 }]) t.equal(withdrawalOf(value), null)
})
