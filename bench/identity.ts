// Question: what does it cost to know who asks, and how soon does another gateway know that a token was revoked? Units: µs of processor
// time (all threads) per call of `authenticate`, in process, with 1,000 revocations known; ms from the line in one gateway's registry to the
// other one's first refusal.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createAuthenticator } from '../gateway/identity/authenticator.ts'
import type { Authenticator } from '../gateway/identity/caller.ts'
import { createCurrentActors } from '../gateway/identity/current-actors.ts'
import { createEmbeddedProvider, type EmbeddedProvider } from '../gateway/identity/embedded-provider.ts'
import { createIdTokens, type IdTokens } from '../gateway/identity/oidc/id-tokens.ts'
import { createKeySet } from '../gateway/identity/oidc/key-set.ts'
import { readOidc } from '../gateway/identity/oidc/read-oidc.ts'
import { openSigningKey, type SigningKey } from '../gateway/identity/signing-key.ts'
import type { TokenRegistry } from '../gateway/identity/token-registry.ts'
import { createWithdrawals } from '../gateway/identity/withdrawals.ts'
import { atMost, median, percentile, plain, type Suite } from './figures.ts'
import { revocationTimes } from './revoked-elsewhere.ts'

const GOAL_CACHED_US = 5
const GOAL_FRESH_US = 300
const GOAL_REVOKED_MS = 1_000
const TOKENS = 500 // that are in use at the same time
const ISSUER = 'https://idp.bench.test'
const OIDC = readOidc({ issuer: ISSUER, clientId: 'weir' }, {})

export const identity: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const key = openSigningKey(join(dir, 'key.pem'))
    const registry = busyRegistry()
    const own = createEmbeddedProvider({ key, registry, nowMs: Date.now })
    const provided = await providerTokens()
    const ownTokens = Array.from({ length: TOKENS }, (_, at) => `Bearer ${own.issue({ ...BENCH, actor: `actor-${at}` }).token}`)
    const times = { ownFresh: [] as number[], providedFresh: [] as number[], ownKnown: [] as number[], providedKnown: [] as number[] }
    for (let round = -1; round < (quick ? 4 : 12); round += 1) {
      const authenticator = freshAuthenticator(key, registry, provided.verifier())
      const one = {
        ownFresh: await perCall(authenticator, ownTokens, 1),
        providedFresh: await perCall(authenticator, provided.tokens, 1),
        ownKnown: await perCall(authenticator, ownTokens, 20),
        providedKnown: await perCall(authenticator, provided.tokens, 20),
      }
      if (round < 0) continue // the first round warms up
      for (const [name, value] of Object.entries(one) as Array<[keyof typeof one, number]>) times[name].push(value)
    }
    const revoked = await revocationTimes(dir, quick ? 8 : 30)
    say(`  revoked elsewhere: ${revoked.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    return {
      figures: {
        'token of Weir, seen before': atMost(median(times.ownKnown), 'µs', GOAL_CACHED_US),
        'token of the provider, seen before': atMost(median(times.providedKnown), 'µs', GOAL_CACHED_US),
        'token of Weir, first seen (ES256)': atMost(median(times.ownFresh), 'µs', GOAL_FRESH_US),
        'token of the provider, first seen (RS256)': atMost(median(times.providedFresh), 'µs', GOAL_FRESH_US),
        'revocation to the first refusal of a second gateway, longest': atMost(percentile(revoked, 1 - Number.EPSILON), 'ms', GOAL_REVOKED_MS),
        'revocation to the first refusal of a second gateway, median': plain(median(revoked), 'ms'),
      },
      ratios: {},
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const BENCH = { role: 'author', groups: ['devs', 'payments'], org: 'acme', app: 'shop', environment: 'DEV' as const, ttlMs: 3_600_000 }

function busyRegistry (): TokenRegistry {
  const withdrawals = createWithdrawals()
  for (let at = 0; at < 1_000; at += 1) withdrawals.take({ revokedActor: `gone-${at}`, beforeMs: Date.now(), atMs: Date.now() })
  return { ...withdrawals, withdrawals: withdrawals.all, list: () => [], add () {}, onWithdrawal () {}, watch () {}, close () {} }
}

function freshAuthenticator (key: SigningKey, registry: TokenRegistry, external: IdTokens): Authenticator {
  const embedded: EmbeddedProvider = createEmbeddedProvider({ key, registry, nowMs: Date.now })
  const actors = createCurrentActors({ groupRoles: () => ROLES, registry })
  return createAuthenticator({ embedded, external, actors, registry, nowMs: Date.now })
}

const ROLES = { roles: [{ group: 'admins', role: 'operator' }, { group: 'devs', role: 'author' }] }

async function providerTokens (): Promise<{ readonly tokens: readonly string[], verifier (): IdTokens }> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...await exportJWK(publicKey), kid: 'bench', alg: 'RS256', use: 'sig' }
  const tokens: string[] = []
  const seconds = Math.floor(Date.now() / 1_000)
  for (let at = 0; at < TOKENS; at += 1) {
    const claims = { iss: ISSUER, aud: 'weir', sub: `person-${at}`, iat: seconds, exp: seconds + 3_600, groups: BENCH.groups }
    tokens.push(`Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'bench' }).sign(privateKey)}`)
  }
  const keys = createKeySet({ load: async () => ({ keys: [jwk] }), nowMs: Date.now, refreshMs: 3_600_000, graceMs: 3_600_000, onWarning () {} })
  return { tokens, verifier: () => createIdTokens({ config: OIDC, keys, nowMs: Date.now }) }
}

/** µs of processor time for each of them, asked one after the other. */
async function perCall (authenticator: Authenticator, credentials: readonly string[], rounds: number): Promise<number> {
  const from = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) {
    for (const credential of credentials) {
      const caller = authenticator.authenticate(credential)
      if (caller instanceof Promise) await caller
    }
  }
  const { user, system } = process.cpuUsage(from)
  return (user + system) / (credentials.length * rounds)
}
