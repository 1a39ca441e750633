import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { readFilter, readGroupPatch, readUser, readUserPatch } from '../../../../gateway/identity/scim/read-scim.ts'
import { openIdentity } from '../../../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'
import { CLIENT_ID, startOidcServer } from '../../../support/oidc-server.ts'

function shipped (section: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(packageRoot(), 'policies/weir/data', section, 'data.json'), 'utf8')) as Record<string, unknown>
}

const idp = await startOidcServer(t)
const { url, dataDir, tokenFor } = await openInProcessGateway(t, {
  data: {
    groups: { roles: [{ group: 'admins', role: 'operator' }, { group: 'devs', role: 'author' }] },
    roles: { ...shipped('roles'), provisioner: { description: 'Keeps the directory.' } },
    routes: { ...shipped('routes'), operator: { all: ['weir-decide', 'weir-policy'], own: ['weir-provision'] }, provisioner: { all: ['weir-provision', 'weir-policy'], own: [] } },
  },
  settings: { oidc: { issuer: idp.issuer, clientId: CLIENT_ID } },
})
const identity = openIdentity(dataDir, Date.now)
const issue = (role: string, environment: 'DEV' | null = null): string => identity.provider.issue({ actor: 'directory', role, groups: [], org: 'acme', app: null, environment, ttlMs: 3_600_000 }).token
const directory = issue('provisioner')

interface Answer { readonly status: number, readonly type: string | null, readonly body: Record<string, unknown> }

async function scim (method: string, path: string, body?: unknown, token = directory): Promise<Answer> {
  const response = await fetch(`${url}/weir/scim/v2${path}`, {
    method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, type: response.headers.get('content-type'), body: text === '' ? {} : JSON.parse(text) as Record<string, unknown> }
}

const operations = (...list: unknown[]): object => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: list })
const roleOf = async (token: string): Promise<number> => (await fetch(`${url}/weir/api/v1/roles/author`, { headers: { authorization: `Bearer ${token}` } })).status

await t.test('an account that is switched off is out at once, and in again only with a new login', async (t) => {
  const before = await idp.sign({ sub: 'alice' })
  t.equal(await roleOf(before), 200)
  const answer = await scim('PATCH', '/Users/alice', operations({ op: 'Replace', path: 'active', value: 'False' }))
  t.match(answer, { status: 200, type: /^application\/scim\+json/, body: { id: 'alice', userName: 'alice', active: false } })
  t.equal(await roleOf(before), 401)
  t.equal(await roleOf(await idp.sign({ sub: 'alice', iat: Math.floor(Date.now() / 1_000) + 5 })), 401, 'also with a token of afterwards')
  t.equal((await scim('PATCH', '/Users/alice', operations({ op: 'replace', value: { active: true } }))).body['active'], true)
  t.equal(await roleOf(before), 401, 'what was revoked stays so')
  t.equal(await roleOf(await idp.sign({ sub: 'alice', iat: Math.floor(Date.now() / 1_000) + 5 })), 200)
})

await t.test('an account that is deleted or replaced by one that is not active is out', async (t) => {
  const [bert, cara] = [await idp.sign({ sub: 'bert/x' }), await idp.sign({ sub: 'cara' })]
  t.same([await roleOf(bert), await roleOf(cara)], [200, 200])
  t.equal((await scim('DELETE', `/Users/${encodeURIComponent('bert/x')}`)).status, 204)
  t.equal((await scim('PUT', '/Users/cara', { userName: 'cara', active: false })).status, 200)
  t.same([await roleOf(bert), await roleOf(cara)], [401, 401])
})

await t.test('who leaves a group loses its role with the token that still names it', async (t) => {
  const [dora, emil] = [await idp.sign({ sub: 'dora', groups: ['admins', 'devs'] }), await idp.sign({ sub: 'emil', groups: ['admins', 'devs'] })]
  const all = async (token: string): Promise<number> => (await fetch(`${url}/weir/api/v1/roles`, { headers: { authorization: `Bearer ${token}` } })).status
  t.same([await all(dora), await all(emil)], [200, 200])
  t.equal((await scim('PATCH', '/Groups/admins', operations({ op: 'remove', path: 'members[value eq "dora"]' }))).status, 204)
  t.same([await all(dora), await all(emil)], [403, 200])
  t.equal(await roleOf(dora), 200, 'the next group makes the role')
  t.equal((await scim('DELETE', '/Groups/admins')).status, 204)
  t.same([await all(emil), await roleOf(emil)], [403, 200])
  t.equal((await scim('PATCH', '/Groups/devs', operations({ op: 'replace', path: 'members', value: [] }))).status, 400)
})

await t.test('a directory finds whom it asks for and creates nobody', async (t) => {
  t.match(await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "fred"')}`), { status: 200, body: { totalResults: 1, Resources: [{ id: 'fred', active: true }] } })
  t.match(await scim('GET', '/Groups'), { status: 200, body: { totalResults: 0 } })
  t.match(await scim('POST', '/Users', { userName: 'fred', active: true, emails: [{ value: 'f@acme.test' }] }), { status: 201, body: { id: 'fred', active: true } })
  t.equal((await scim('GET', `/Users?filter=${encodeURIComponent('userName sw "f"')}`)).status, 400)
})

await t.test('nobody else may: not a role without the class, not one for its own things, not a token for one environment, and no browser', async (t) => {
  const off = operations({ op: 'replace', path: 'active', value: false })
  for (const token of [tokenFor('author'), issue('author'), issue('operator'), issue('provisioner', 'DEV'), await idp.sign({ sub: 'gerd' })]) {
    const { status } = await scim('PATCH', '/Users/gerd', off, token)
    t.equal(status, 403)
  }
  t.equal((await scim('PATCH', '/Users/gerd', off, 'nothing')).status, 401)
  t.match(await scim('GET', '/Users/gerd'), { body: { active: true } })
})

await t.test('the ledger says who was put out and by whom', async (t) => {
  const entries = await ledgerOf(dataDir)
  for (const [name, actor] of [['actor-deactivated', 'alice'], ['actor-activated', 'alice'], ['group-left', 'dora'], ['group-gone', null]] as const) t.ok(entries.some((entry) => entry.kind === 'event' && entry.name === name && entry.actor === actor), name)
  t.ok(entries.some((entry) => entry.kind === 'decision' && entry.input.route?.class === 'weir-provision' && entry.input.actor.id === 'directory' && entry.decision.verdict === 'allow'))
})

await t.test('patches are read as directories write them', async (t) => {
  t.same(readUserPatch(operations({ op: 'add', path: 'displayName', value: 'A' }, { op: 'remove', path: 'active', value: true })), { active: false })
  t.same(readUserPatch(operations({ op: 'add', value: { nickName: 'A' } })), { active: null })
  t.same(readUser({ active: true, userName: 'a' }), { active: true, userName: 'a' })
  t.same(readGroupPatch(operations({ op: 'Remove', path: 'members', value: [{ value: 'a' }, { value: 'b' }] }, { op: 'remove', path: 'members[value eq "c\\"d"]' }, { op: 'add', path: 'members', value: [{ value: 'e' }] })), ['a', 'b', 'c"d'])
  t.same(readGroupPatch(operations({ op: 'remove', path: 'members' })), 'all')
  t.equal(readFilter('displayName eq "a"'), 'a')
  for (const patch of [{}, [], null, operations({ op: 'move' }), operations({ op: 'replace', path: 'active', value: 1 }), { Operations: Array(1_001).fill({ op: 'add' }) }]) t.throws(() => readUserPatch(patch), { code: 'WEIR_ERR_DECODE_MALFORMED' })
  for (const left of [[7], [{ value: '' }], ['a\nb']]) t.throws(() => readGroupPatch(operations({ op: 'remove', path: 'members', value: left })), { code: 'WEIR_ERR_DECODE_MALFORMED' })
})

await t.test('whatever is sent is read or refused', async () => {
  const value = fc.oneof(fc.jsonValue(), fc.record({ Operations: fc.array(fc.record({ op: fc.constantFrom('add', 'Remove', 'replace', 'x'), path: fc.constantFrom('active', 'members', 'members[value eq "a"]', undefined), value: fc.jsonValue() })) }))
  for (const read of [readUserPatch, readGroupPatch, readUser]) {
    fc.assert(fc.property(value, (body) => {
      try {
        read(body)
        return true
      } catch (thrown) {
        return (thrown as { code?: string }).code === 'WEIR_ERR_DECODE_MALFORMED'
      }
    }))
  }
})
