import { createHash, createHmac } from 'node:crypto'
import { exportSPKI, importJWK, type CryptoKey } from 'jose'
import t from 'tap'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { CLIENT_ID, startOidcServer } from '../../../support/oidc-server.ts'

// One gateway and one real provider for all of it: what follows is said to the gateway's own port.
const idp = await startOidcServer(t)
const other = await startOidcServer(t)
const ROLES = { roles: [{ group: 'admins', role: 'operator' }, { group: 'devs', role: 'author' }, { group: 'readers', role: 'reader' }] }
const { url, tokenFor } = await openInProcessGateway(t, {
  data: { groups: ROLES },
  settings: { oidc: { issuer: idp.issuer, clientId: CLIENT_ID, claims: { groups: 'groups' }, requiredClaims: { tenant: 'acme' } } },
})
const ACME = { tenant: 'acme' }

async function status (token: string): Promise<number> {
  const response = await fetch(`${url}/weir/api/v1/opencode`, { headers: { authorization: `Bearer ${token}` } })
  await response.text()
  return response.status
}

interface Answer { readonly status: number, readonly verdict: string | undefined, readonly rule: string | undefined }

async function writes (token: string, path = 'src/a.ts'): Promise<Answer> {
  const response = await fetch(`${url}/weir/api/v1/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 'opencode', tool: 'write', args: { filePath: path, content: 'x' } }),
  })
  const body = await response.json() as { decision?: { verdict: string, rule: string }, error?: { rule?: string } }
  return { status: response.status, verdict: body.decision?.verdict, rule: body.decision?.rule ?? body.error?.rule }
}

await t.test('a token of the provider is good by Bearer and as the password of Basic, and Weir\'s own stay good', async (t) => {
  const token = await idp.sign(ACME)
  t.equal(await status(token), 200)
  t.equal(await status(token), 200, 'again, from memory')
  t.equal(await status(tokenFor('author')), 200)
  const basic = Buffer.from(`opencode:${token}`).toString('base64')
  t.equal((await fetch(`${url}/weir/api/v1/opencode`, { headers: { authorization: `Basic ${basic}` } })).status, 200)
})

await t.test('groups make the role by the order of the data, and nothing the token says of roles does', async (t) => {
  t.match(await writes(await idp.sign({ ...ACME, groups: ['devs'] })), { status: 200, verdict: 'allow' })
  t.match(await writes(await idp.sign({ ...ACME, groups: ['readers'] })), { status: 200, verdict: 'deny' })
  t.match(await writes(await idp.sign({ ...ACME, groups: ['readers', 'devs'] })), { status: 200, verdict: 'allow' })
  for (const claims of [{ groups: [] }, { groups: undefined }, { groups: ['strangers'] }, { groups: ['strangers'], role: 'operator', weir_by_groups: false }, { groups: ['operator', 'DEVS'] }]) {
    const answer = await writes(await idp.sign({ ...ACME, ...claims }))
    t.match(answer, { status: 403, rule: 'routes.nothing_granted' }, JSON.stringify(claims))
  }
})

await t.test('when the provider changes its key the new one is found at once, and tokens of the old one are void', async (t) => {
  const old = await idp.sign(ACME)
  t.equal(await status(old), 200)
  const fetches = (): number => idp.asked.filter((path) => path === '/jwks').length
  const before = fetches()
  await idp.rotate()
  t.equal(await status(await idp.sign(ACME)), 200)
  t.equal(fetches(), before + 1)
  t.equal(await status(old), 401, 'remembered, but of a key that is gone')
  for (let i = 0; i < 5; i += 1) t.equal(await status(await idp.sign(ACME, { kid: `made-up-${i}` })), 401)
  t.equal(fetches(), before + 1, 'made-up keys make the gateway ask nobody')
})

await t.test('tokens that are not for this gateway, not now, or not of the provider are refused', async (t) => {
  const { privateKey, publicJwk } = idp.key()
  const seconds = Math.floor(Date.now() / 1_000)
  const refused: Record<string, string> = {
    'another audience': await idp.sign({ ...ACME, aud: 'someone-else' }),
    'no audience': await idp.sign({ ...ACME, aud: undefined }),
    'another issuer that signs with the same key': await idp.sign({ ...ACME, iss: 'https://idp.other.test' }),
    'another issuer': await other.sign(ACME),
    'another key under the same id': await idp.sign(ACME, {}, other.key().privateKey),
    'meant for another client': await idp.sign({ ...ACME, aud: [CLIENT_ID, 'someone-else'], azp: 'someone-else' }),
    'without the required claim': await idp.sign({}),
    'with another value of it': await idp.sign({ tenant: 'other' }),
    'expired beyond the skew': await idp.sign({ ...ACME, iat: seconds - 700, exp: seconds - 40 }),
    'not yet good': await idp.sign({ ...ACME, nbf: seconds + 90 }),
    'issued in the future': await idp.sign({ ...ACME, iat: seconds + 90 }),
    'that never expires': await idp.sign({ ...ACME, exp: undefined }),
    'without a time of issue': await idp.sign({ ...ACME, iat: undefined }),
    'without a subject': await idp.sign({ ...ACME, sub: undefined }),
    'a subject that is a service account of ours': await idp.sign({ ...ACME, sub: 'service:ci' }),
    'a subject that breaks lines': await idp.sign({ ...ACME, sub: 'a\nb' }),
    'groups that are no names': await idp.sign({ ...ACME, groups: ['devs', 7] }),
    'with an extension nobody knows': await idp.sign(ACME, { crit: ['x'], x: 1 }).catch(() => unsigned({ alg: 'RS256', crit: ['x'], x: 1 })),
    'alg none': unsigned({ alg: 'none' }),
    'alg None with the key id': unsigned({ alg: 'nOnE', kid: 'key-2' }),
    'an HMAC by the public key': await hmac(await exportSPKI(await importJWK(publicJwk, 'RS256', { extractable: true }) as CryptoKey)),
    'an HMAC by the key as published': await hmac(JSON.stringify(publicJwk)),
    'an algorithm that was not chosen': await idp.sign(ACME, { alg: 'RS512' }, await rs512(privateKey)),
    'with its own key inside': await idp.sign(ACME, { kid: 'mine', jwk: other.key().publicJwk }, other.key().privateKey),
  }
  for (const [name, token] of Object.entries(refused)) t.equal(await status(token), 401, name)
  const whole = await idp.sign(ACME)
  t.equal(await status(whole.slice(0, -4)), 401, 'cut short')
  t.equal(await status(`${whole}.x`), 401, 'with a part too many')
})

await t.test('clocks may be off by the skew', async (t) => {
  const seconds = Math.floor(Date.now() / 1_000)
  t.equal(await status(await idp.sign({ ...ACME, iat: seconds - 600, exp: seconds - 10 })), 200)
  t.equal(await status(await idp.sign({ ...ACME, iat: seconds + 10 })), 200)
})

await t.test('a huge token is refused before it is looked at', async (t) => {
  const before = idp.asked.length
  t.equal(await status(await idp.sign({ ...ACME, pad: 'x'.repeat(9_000) })), 401)
  t.equal(idp.asked.length, before)
})

await t.test('while the provider is away its keys are still good', async (t) => {
  idp.replace((_request, response) => response.destroy())
  t.equal(await status(await idp.sign({ ...ACME, sub: 'bob' })), 200)
  idp.replace(null)
})

function unsigned (header: Record<string, unknown>): string {
  const seconds = Math.floor(Date.now() / 1_000)
  const payload = { iss: idp.issuer, aud: CLIENT_ID, sub: 'alice', iat: seconds, exp: seconds + 600, groups: ['devs'], ...ACME }
  return `${part(header)}.${part(payload)}.${createHash('sha256').update('x').digest('base64url')}`
}

async function hmac (secret: string): Promise<string> {
  const [, payload] = (await idp.sign(ACME)).split('.')
  const signed = `${part({ alg: 'HS256', kid: 'key-2' })}.${payload ?? ''}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

async function rs512 (key: CryptoKey): Promise<CryptoKey> {
  const jwk = await crypto.subtle.exportKey('jwk', key)
  return await crypto.subtle.importKey('jwk', { ...jwk, alg: 'RS512' }, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }, true, ['sign'])
}

function part (value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
