import { statSync } from 'node:fs'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import t from 'tap'
import { openIdentity } from '../../../gateway/identity/open-identity.ts'
import { openSigningKey } from '../../../gateway/identity/signing-key.ts'
import { scopeOf } from '../../../gateway/identity/scope.ts'
import { testFolder } from '../../support/test-folder.ts'

const HOUR_MS = 3_600_000
const alice = { actor: 'alice@acme.test', role: 'author', groups: ['payments'], org: 'acme', app: 'shop', environment: 'DEV' as const, ttlMs: HOUR_MS }

await t.test('a token says who its actor is, by Bearer and as the password of Basic', async (t) => {
  const { provider } = openIdentity(testFolder(t), Date.now)
  const { token } = provider.issue(alice)
  for (const header of [`Bearer ${token}`, `bearer ${token}`, `Basic ${Buffer.from(`anyone:${token}`).toString('base64')}`]) {
    const caller = provider.authenticate(header)
    t.same(caller.actor, { id: 'alice@acme.test', role: 'author', groups: ['payments'], org: 'acme' })
    t.equal(caller.app, 'shop')
    t.equal(caller.environment, 'DEV')
  }
})

await t.test('the signing key is readable by its owner only', async (t) => {
  const dir = testFolder(t)
  openIdentity(dir, Date.now)
  t.equal(statSync(join(dir, 'identity', 'signing-key.pem')).mode & 0o777, 0o600)
})

await t.test('no token, an empty one and a malformed one are refused', async (t) => {
  const { provider } = openIdentity(testFolder(t), Date.now)
  t.throws(() => provider.authenticate(undefined), { code: 'WEIR_ERR_AUTH_MISSING' })
  for (const header of ['Bearer', 'Bearer x', 'Basic !!!', 'Basic eA==', 'Digest x', `Bearer ${'a'.repeat(9000)}`]) {
    t.throws(() => provider.authenticate(header), { code: 'WEIR_ERR_AUTH_INVALID' }, header.slice(0, 20))
  }
})

await t.test('a token of another key, another algorithm or another audience is refused', async (t) => {
  const dir = testFolder(t, { a: {}, b: {} })
  const { provider } = openIdentity(join(dir, 'a'), Date.now)
  const other = openIdentity(join(dir, 'b'), Date.now).provider.issue(alice).token
  const key = openSigningKey(join(dir, 'a', 'identity', 'signing-key.pem'))
  const claims = { role: 'operator', groups: [], org: 'acme' }
  const signing = { subject: 'mallory', jwtid: 'tok_x', issuer: 'weir', audience: 'weir', expiresIn: 60 } as const
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const forged = [
    other,
    jwt.sign(claims, null as unknown as string, { ...signing, algorithm: 'none' }),
    jwt.sign(claims, Buffer.from(pem), { ...signing, algorithm: 'HS256' }),
    jwt.sign(claims, key.privateKey, { ...signing, algorithm: 'ES256', audience: 'someone-else' }),
    jwt.sign({ ...claims, env: 'MOON' }, key.privateKey, { ...signing, algorithm: 'ES256' }),
    jwt.sign({ ...claims, role: 'a\nb' }, key.privateKey, { ...signing, algorithm: 'ES256' }),
  ]
  for (const token of forged) t.throws(() => provider.authenticate(`Bearer ${token}`), { code: 'WEIR_ERR_AUTH_INVALID' })
})

await t.test('an expired token is refused, also when it was verified before', async (t) => {
  let nowMs = Date.now()
  const { provider } = openIdentity(testFolder(t), () => nowMs)
  const { token } = provider.issue(alice)
  provider.authenticate(`Bearer ${token}`)
  nowMs += HOUR_MS + 2_000
  t.throws(() => provider.authenticate(`Bearer ${token}`), { code: 'WEIR_ERR_AUTH_INVALID' })
})

await t.test('a token that another process revokes is refused by a running gateway', async (t) => {
  const dir = testFolder(t)
  const gateway = openIdentity(dir, Date.now)
  t.teardown(() => gateway.registry.close())
  const { token, record } = gateway.provider.issue(alice)
  gateway.provider.authenticate(`Bearer ${token}`)
  const seen = new Promise<void>((resolve) => gateway.registry.watch(() => resolve()))
  const keepAlive = setInterval(() => {}, 1_000) // the watcher does not hold the process open
  openIdentity(dir, Date.now).registry.add({ revoked: record.id, atMs: Date.now() })
  await seen
  clearInterval(keepAlive)
  t.throws(() => gateway.provider.authenticate(`Bearer ${token}`), { code: 'WEIR_ERR_AUTH_INVALID' })
  t.equal(openIdentity(dir, Date.now).registry.list()[0]?.revoked, true)
})

await t.test('a request narrows what its token allows and never widens it', async (t) => {
  const { provider } = openIdentity(testFolder(t), Date.now)
  const defaults = { apps: ['shop', 'bank'], environment: 'DEV' as const }
  const narrow = provider.authenticate(`Bearer ${provider.issue(alice).token}`)
  const wide = provider.authenticate(`Bearer ${provider.issue({ ...alice, app: null, environment: null }).token}`)
  t.same(scopeOf(narrow, {}, defaults), { app: 'shop', environment: 'DEV' })
  t.same(scopeOf(wide, { app: 'bank', environment: 'TEST' }, defaults), { app: 'bank', environment: 'TEST' })
  t.same(scopeOf(wide, { environment: 'staging' }, defaults), { app: 'shop', environment: 'PROD' })
  t.throws(() => scopeOf(narrow, { app: 'bank' }, defaults), { code: 'WEIR_ERR_AUTH_SCOPE' })
  t.throws(() => scopeOf(narrow, { environment: 'PROD' }, defaults), { code: 'WEIR_ERR_AUTH_SCOPE' })
  t.throws(() => scopeOf(wide, { app: 'unknown' }, defaults), { code: 'WEIR_ERR_AUTH_SCOPE' })
})
