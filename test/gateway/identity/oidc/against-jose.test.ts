import { constants, createHmac, generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { createIdTokens } from '../../../../gateway/identity/oidc/id-tokens.ts'
import { createKeySet } from '../../../../gateway/identity/oidc/key-set.ts'
import { readOidc } from '../../../../gateway/identity/oidc/read-oidc.ts'
import type { Caller } from '../../../../gateway/identity/caller.ts'

const NOW_MS = 1_800_000_000_500
const NOW = 1_800_000_000
const SKEW = 30
const ISSUER = 'https://idp.test'
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const
type Algorithm = typeof ALGORITHMS[number]

interface Pair { readonly publicKey: KeyObject, readonly privateKey: KeyObject }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const ed = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ec = (namedCurve: string): Pair => generateKeyPairSync('ec', { namedCurve })
const PAIRS: Readonly<Record<Algorithm, Pair>> = { RS256: rsa, PS256: rsa, ES256: ec('P-256'), ES384: ec('P-384'), ES512: ec('P-521'), EdDSA: ed }
const JWKS = { keys: ALGORITHMS.map((alg) => ({ ...jwkOf(PAIRS[alg].publicKey), kid: alg, alg, use: 'sig' })) }

const CONFIG = readOidc({ issuer: ISSUER, clientId: 'weir', algorithms: [...ALGORITHMS], clockSkew: `${SKEW}s` }, {})
const josesKeys = createLocalJWKSet(JWKS)

function verifierOf (published: unknown): (token: string) => Promise<Caller> {
  const keys = createKeySet({ load: async () => published, nowMs: () => NOW_MS, refreshMs: 60_000, graceMs: 60_000, onWarning () {} })
  const tokens = createIdTokens({ config: CONFIG, keys, nowMs: () => NOW_MS })
  return async (token) => await tokens.verify(token)
}

const ours = verifierOf(JWKS)
const isGood = async (token: string, verify = ours): Promise<boolean> => await verify(token).then(() => true, () => false)

/** What jose makes of it with what Weir asked of it before it verified by itself. */
async function byJose (token: string): Promise<Readonly<Record<string, unknown>> | null> {
  const options = { algorithms: [...ALGORITHMS], issuer: ISSUER, audience: ['weir'], clockTolerance: SKEW, currentDate: new Date(NOW_MS), requiredClaims: ['iat', 'exp'] }
  return await jwtVerify(token, josesKeys, options).then(({ payload }) => payload, () => null)
}

/** What Weir refuses and jose leaves to its caller, found without a decoder of Weir's. */
function isStricter (token: string, claims: Readonly<Record<string, unknown>>): boolean {
  const parts = token.split('.')
  if (parts.some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part)) return true
  const header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString()) as Record<string, unknown>
  const isTyped = [undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'].includes(header['typ'] as string | undefined)
  return 'crit' in header || !isTyped || typeof claims['iat'] !== 'number' || claims['iat'] > NOW_MS / 1_000 + SKEW || typeof claims['sub'] !== 'string'
}

const CLAIMS = { iss: ISSUER, aud: 'weir', sub: 'alice', iat: NOW, exp: NOW + 600, groups: ['devs'] }
const LEFT_OUT = Symbol('left out')
const times = [NOW - 31, NOW - 30, NOW - 29, NOW, NOW + 29, NOW + 30, NOW + 31, NOW + 30.4, -1, 0, 1e300, `${NOW + 600}`, null, [NOW + 600], true, LEFT_OUT]
const audiences = ['weir', 'other', ['weir'], ['other', 'weir'], ['other'], [], [['weir']], null, 7, { weir: true }, 'WEIR', LEFT_OUT]
const one = (name: string, values: readonly unknown[]): fc.Arbitrary<readonly [string, unknown]> => fc.tuple(fc.constant(name), fc.constantFrom(...values))
const claimChange = fc.oneof(
  one('iss', [ISSUER, `${ISSUER}/`, [ISSUER], null, LEFT_OUT]), one('aud', audiences), one('exp', times), one('nbf', times), one('iat', times), one('sub', ['bob', LEFT_OUT]))
const headerChange = fc.oneof(
  one('alg', [...ALGORITHMS, 'none', 'None', 'HS256', 'RS512', 'rs256', '', null, ['RS256'], LEFT_OUT]),
  one('kid', [...ALGORITHMS, 'unknown', 7, null, ['RS256'], LEFT_OUT]),
  one('typ', ['JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'logout+jwt', 'secevent+jwt', '', 7, null]),
  one('crit', [['b64'], ['x'], [], 'b64', null]), one('b64', [true, false, 1]), one('x', [1]),
  one('jwk', [jwkOf(stranger.publicKey)]), one('jku', ['https://mallory.test/keys']))

const CHARS = [...'AQgw_-+/=. \n\u0000é']
const textChange = fc.oneof(
  fc.constant(null),
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.integer({ min: 0, max: 2 }), put: fc.array(fc.constantFrom(...CHARS), { maxLength: 2 }).map((chars) => chars.join('')) }),
  // The last characters carry bits that decoders drop.
  fc.record({ at: fc.constant(1), cut: fc.integer({ min: 0, max: 1 }), put: fc.constantFrom('', 'A', 'B', 'Q', 'g', 'w', '=', '==', '.', '\n') }))

await t.test('a token is good here if it is for jose, but for what is refused here on purpose; and says the same', async (t) => {
  const seen = { good: 0, refused: 0, stricter: 0 }
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(...ALGORITHMS), fc.array(headerChange, { maxLength: 1 }), fc.array(claimChange, { maxLength: 2 }), fc.constantFrom('own', 'own', 'own', 'stranger', 'hmac'), textChange,
    async (alg, headerChanges, claimChanges, signer, change) => {
      const header = changed({ alg, kid: alg }, headerChanges)
      const signed = signedBy(signer, alg, JSON.stringify(header), JSON.stringify(changed(CLAIMS, claimChanges)))
      const token = change === null ? signed : edited(signed, change)
      const claims = await byJose(token)
      const expected = claims !== null && !isStricter(token, claims)
      const caller = await ours(token).catch(() => null)
      seen[claims === null ? 'refused' : expected ? 'good' : 'stricter'] += 1
      if ((caller !== null) !== expected) throw new Error(`jose: ${JSON.stringify(claims)}, here: ${JSON.stringify(caller)}`)
      if (caller !== null && (caller.actor.id !== claims?.['sub'] || caller.expiresAtMs !== Number(claims['exp']) * 1_000 + SKEW * 1_000)) throw new Error('another caller')
    }), { numRuns: 600 })
  for (const [kind, count] of Object.entries(seen)) t.ok(count > 0, `${kind}: ${count}`)
})

await t.test('a token of each algorithm is good as it was signed, and with no other algorithm, key or bit', async (t) => {
  for (const alg of ALGORITHMS) {
    const token = signedBy('own', alg, JSON.stringify({ alg, kid: alg }), JSON.stringify(CLAIMS))
    t.ok(await isGood(token), alg)
    for (let at = 0; at < 40; at += 1) t.notOk(await isGood(flipped(token, at / 40)), `${alg}, a bit at ${at} of 40`)
    for (const other of ALGORITHMS) {
      if (other === alg) continue
      t.notOk(await isGood(signedBy('own', alg, JSON.stringify({ alg: other, kid: alg }), JSON.stringify(CLAIMS))), `${alg} that says ${other}`)
      t.notOk(await isGood(signedBy('own', alg, JSON.stringify({ alg: other, kid: other }), JSON.stringify(CLAIMS))), `${alg} that says ${other} and its key`)
    }
  }
})

await t.test('times are read as they are written, with the skew and not more', async (t) => {
  const good: ReadonlyArray<readonly [string, number, boolean]> = [
    ['exp', NOW - SKEW + 1, true], ['exp', NOW - SKEW, false], ['nbf', NOW + SKEW, true], ['nbf', NOW + SKEW + 1, false], ['iat', NOW + SKEW, true], ['iat', NOW + SKEW + 1, false],
  ]
  for (const [name, value, isIn] of good) {
    const token = signedBy('own', 'ES256', '{"alg":"ES256","kid":"ES256"}', JSON.stringify({ ...CLAIMS, [name]: value }))
    t.equal(await isGood(token), isIn, `${name} ${value - NOW}`)
  }
})

await t.test('what two parsers may read as two things is refused, also when it is signed', async (t) => {
  const payload = JSON.stringify(CLAIMS)
  const good = '{"alg":"ES256","kid":"ES256"}'
  t.ok(await isGood(signedBy('own', 'ES256', good, payload)))
  const refused: Record<string, string> = {
    'a claim twice': signedBy('own', 'ES256', good, `{"sub":"mallory",${payload.slice(1)}`),
    'a claim twice by an escape': signedBy('own', 'ES256', good, `{"s\\u0075b":"mallory",${payload.slice(1)}`),
    'a header parameter twice': signedBy('own', 'ES256', '{"alg":"none","alg":"ES256","kid":"ES256"}', payload),
    'half a surrogate pair': signedBy('own', 'ES256', good, payload.replace('alice', '\\ud800')),
    'a byte order mark': signedBy('own', 'ES256', good, `\ufeff${payload}`),
    'an end beyond all numbers': signedBy('own', 'ES256', good, payload.replace(`${NOW + 600}`, '1e999')),
    'claims that are no object': signedBy('own', 'ES256', good, `[${payload}]`),
    'deep claims': signedBy('own', 'ES256', good, payload.replace('"alice"', `"alice","x":${'['.repeat(40)}${']'.repeat(40)}`)),
    'a huge header': signedBy('own', 'ES256', `{"alg":"ES256","kid":"ES256","x":"${'x'.repeat(4_096)}"}`, payload),
    'a huge token': signedBy('own', 'ES256', good, payload.replace('"alice"', `"alice","x":"${'x'.repeat(65_536)}"`)),
  }
  for (const [name, token] of Object.entries(refused)) t.notOk(await isGood(token), name)
})

await t.test('a token has one text, and a second signature of it does not make another token of it', async (t) => {
  const rs = signedBy('own', 'RS256', '{"alg":"RS256","kid":"RS256"}', JSON.stringify(CLAIMS))
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const spelled = `${rs.slice(0, -1)}${last[last.indexOf(rs.at(-1) ?? '') ^ 1] ?? ''}`
  t.ok(await byJose(spelled) !== null, 'decoders read both')
  t.notOk(await isGood(spelled))
  const es = signedBy('own', 'ES256', '{"alg":"ES256","kid":"ES256"}', JSON.stringify(CLAIMS))
  const twin = otherSignature(es)
  t.not(twin, es)
  t.equal((await ours(twin)).tokenId, (await ours(es)).tokenId, 'who revoked one revoked both')
})

await t.test('a published key is used for what it says it is for, and one that everybody knows for nothing', async (t) => {
  const token = signedBy('own', 'RS256', '{"alg":"RS256","kid":"k"}', JSON.stringify(CLAIMS))
  const nameless = signedBy('own', 'RS256', '{"alg":"RS256"}', JSON.stringify(CLAIMS))
  const jwk = { ...jwkOf(rsa.publicKey), kid: 'k' }
  const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 })
  const weakToken = signed('RS256', weak.privateKey, '{"alg":"RS256","kid":"k"}', JSON.stringify(CLAIMS))
  t.ok(await isGood(token, verifierOf({ keys: [jwk] })))
  t.ok(await isGood(nameless, verifierOf({ keys: [jwk, { ...jwkOf(stranger.publicKey), kid: 'k2' }] })), 'the only one that can be meant')
  const sets: Record<string, readonly [string, unknown]> = {
    'for encryption': [token, [{ ...jwk, use: 'enc' }]],
    'for another algorithm': [token, [{ ...jwk, alg: 'PS256' }]],
    'for other operations': [token, [{ ...jwk, key_ops: ['encrypt'] }]],
    'of another kind': [token, [{ ...jwkOf(stranger.publicKey), kid: 'k' }]],
    'published with its private part': [token, [{ ...jwkOf(rsa.privateKey), kid: 'k' }]],
    'that is cut': [token, [{ ...jwk, n: 7 }]],
    'too short': [weakToken, [{ ...jwkOf(weak.publicKey), kid: 'k' }]],
    'one of two that may be meant': [nameless, [jwk, { ...jwk, kid: 'k2' }]],
    'without a word of what for, by an algorithm that was not chosen': [signed('RS512', rsa.privateKey, '{"alg":"RS512","kid":"k"}', JSON.stringify(CLAIMS)), [jwk]],
    'with a salt of another length than the hash': [signed('PS256', rsa.privateKey, '{"alg":"PS256","kid":"k"}', JSON.stringify(CLAIMS), 20), [jwk]],
    'a shared secret': [signedBy('hmac', 'RS256', '{"alg":"HS256","kid":"k"}', JSON.stringify(CLAIMS)), [{ kty: 'oct', k: Buffer.from('secret').toString('base64url'), kid: 'k' }]],
    'no key at all': [token, [null]],
  }
  for (const [name, [of, keys]] of Object.entries(sets)) t.notOk(await isGood(of, verifierOf({ keys })), name)
  for (const set of [null, [], {}, { keys: {} }, { keys: 'x' }, { keys: [jwk, ...Array.from({ length: 1_000 }, (_, at) => ({ ...jwk, kid: `k${at}` }))] }]) t.notOk(await isGood(token, verifierOf(set)), 'no set of keys')
})

await t.test('a token is not remembered when the keys changed while it was verified', async (t) => {
  let generation = 1
  const key = async (): Promise<KeyObject> => {
    generation += 1
    return rsa.publicKey
  }
  const tokens = createIdTokens({ config: CONFIG, keys: { key, generation: () => generation }, nowMs: () => NOW_MS })
  const token = signedBy('own', 'RS256', '{"alg":"RS256","kid":"k"}', JSON.stringify(CLAIMS))
  await tokens.verify(token)
  t.equal(tokens.known(token), null)
})

function jwkOf (key: KeyObject): JsonWebKey & { readonly kty: string } {
  return { kty: '', ...key.export({ format: 'jwk' }) }
}

function changed (from: Readonly<Record<string, unknown>>, changes: ReadonlyArray<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...from, ...Object.fromEntries(changes) }).filter(([, value]) => value !== LEFT_OUT))
}

function signedBy (signer: string, alg: Algorithm, header: string, payload: string): string {
  if (signer === 'stranger') return signed('ES256', stranger.privateKey, header, payload)
  if (signer === 'own') return signed(alg, PAIRS[alg].privateKey, header, payload)
  // What a verifier takes for a shared secret that is told "HS256" and looks up a public key.
  const input = inputOf(header.replace(`"alg":"${alg}"`, '"alg":"HS256"'), payload)
  return `${input}.${createHmac('sha256', PAIRS[alg].publicKey.export({ type: 'spki', format: 'pem' })).update(input).digest('base64url')}`
}

function signed (alg: Algorithm | 'RS512', key: KeyObject, header: string, payload: string, saltLength = 32): string {
  const input = inputOf(header, payload)
  const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`
  const pss = alg === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : {}
  return `${input}.${sign(hash, Buffer.from(input), { key, ...pss, ...(alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' as const } : {}) }).toString('base64url')}`
}

function inputOf (header: string, payload: string): string {
  return `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
}

function edited (token: string, { at, cut, put }: { readonly at: number, readonly cut: number, readonly put: string }): string {
  const place = Math.round(at * (token.length - cut))
  return `${token.slice(0, place)}${put}${token.slice(place + cut)}`
}

/** The same with one bit of what it encodes another. */
function flipped (token: string, at: number): string {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'))
  const total = parts.reduce((sum, { length }) => sum + length, 0)
  let place = Math.floor(at * total)
  for (const part of parts) {
    const byte = part[place]
    if (byte !== undefined) {
      part[place] = byte ^ 1
      break
    }
    place -= part.length
  }
  return parts.map((part) => part.toString('base64url')).join('.')
}

/** (r, n - s) is as good a signature as (r, s). */
function otherSignature (token: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const [head, body, mark] = token.split('.')
  const bytes = Buffer.from(mark ?? '', 'base64url')
  const s = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0')
  return `${head}.${body}.${Buffer.concat([bytes.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64url')}`
}
