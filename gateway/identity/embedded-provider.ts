import { randomBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { ENVIRONMENTS, NO_ROLE, type Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { Authenticator, Caller } from './caller.ts'
import { assertClaims } from './claim-checks.ts'
import { credentialOf, isName } from './credential.ts'
import { isNarrowEnough } from './service-account.ts'
import { readSigned, unverifiedIssuer, type Claims } from './signed-token.ts'
import { assertStanding, isStanding } from './standing.ts'
import type { SigningKey } from './signing-key.ts'
import type { TokenRecord, TokenRegistry } from './token-registry.ts'

const ISSUER = 'weir'
const ALGORITHMS = ['ES256'] as const
const MAX_CACHED = 4_096
const MAX_GROUPS = 256
const MAX_TOKEN_CHARS = 6_000 // as the password of Basic it grows by a third, and must still fit where credentials are read
/** The claim that a token has in place of a role when its role follows from its groups. */
const BY_GROUPS = 'weir_by_groups'

/** What a token shall say. `ttlMs` is its life in milliseconds. */
export interface TokenRequest {
  readonly actor: string
  /** Null: what policy data make of the groups, at each decision. */
  readonly role: string | null
  readonly groups: readonly string[]
  readonly org: string
  readonly app: string | null
  readonly environment: Environment | null
  readonly ttlMs: number
}

export interface IssuedToken { readonly token: string, readonly record: TokenRecord }

export interface EmbeddedProvider extends Authenticator {
  authenticate (authorization: string | undefined): Caller
  /** The same for the token alone. */
  verify (token: string): Caller
  /** Whether this provider is the one to verify it: by what it claims, which proves nothing. */
  claimsToBeOwn (token: string): boolean
  /** @throws GatewayError WEIR_ERR_AUTH_INVALID when it names more groups than a credential can hold */
  issue (request: TokenRequest): IssuedToken
}

export interface EmbeddedProviderPorts { readonly key: SigningKey, readonly registry: TokenRegistry, readonly nowMs: () => number }

/** Identity without an identity provider: ES256 tokens made and checked with a key of Weir's own. */
export function createEmbeddedProvider (ports: EmbeddedProviderPorts): EmbeddedProvider {
  const verified = new Map<string, Caller>()

  function claimed (token: string): Caller {
    const known = verified.get(token)
    if (known !== undefined) return known
    const caller = callerOfClaims(claimsOf(token, ports))
    if (verified.size >= MAX_CACHED) verified.clear()
    verified.set(token, caller)
    return caller
  }

  function verify (token: string): Caller {
    const caller = claimed(token)
    // Checked on every use, so that the cache never outlives an expiry or a revocation.
    assertStanding(caller, ports)
    return caller
  }

  return {
    verify,
    authenticate: (authorization) => verify(credentialOf(authorization)),
    isStillValid: (caller) => isStanding(caller, ports),
    claimsToBeOwn: (token) => verified.has(token) || unverifiedIssuer(token) === ISSUER,
    issue (request) {
      const id = `tok_${randomBytes(10).toString('hex')}`
      const issuedAtMs = ports.nowMs()
      const expiresAtMs = issuedAtMs + request.ttlMs
      const claims = {
        ...(request.role === null ? { [BY_GROUPS]: true } : { role: request.role }),
        groups: request.groups,
        org: request.org,
        ...(request.app === null ? {} : { app: request.app }),
        ...(request.environment === null ? {} : { env: request.environment }),
        iat: Math.floor(issuedAtMs / 1000),
        exp: Math.ceil(expiresAtMs / 1000),
      }
      const token = jwt.sign(claims, ports.key.privateKey, { algorithm: 'ES256', issuer: ISSUER, audience: ISSUER, subject: request.actor, jwtid: id })
      if (token.length > MAX_TOKEN_CHARS) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The actor is in more groups than a token can hold. Have the identity provider name only those that matter here.')
      const record = { id, actor: request.actor, role: request.role, ...(request.role === null ? { groups: request.groups } : {}), app: request.app, environment: request.environment, issuedAtMs, expiresAtMs }
      ports.registry.add({ issued: record })
      return { token, record }
    },
  }
}

function claimsOf (token: string, ports: EmbeddedProviderPorts): Claims {
  try {
    const claims = readSigned(token, ALGORITHMS).claims(ports.key.publicKey)
    assertClaims(claims, { issuer: ISSUER, audiences: [ISSUER], skewMs: 0, nowMs: ports.nowMs() })
    return claims
  } catch (cause) {
    // One message for every cause: how a token fails is nobody's business but the log's.
    throw new GatewayError('WEIR_ERR_AUTH_INVALID', undefined, { cause })
  }
}

function callerOfClaims (claims: Claims): Caller {
  const { sub, jti, iat, exp, groups, org, app, env } = claims
  const environment = env === undefined ? null : ENVIRONMENTS.find((name) => name === env)
  const byGroups = claims[BY_GROUPS] === true
  const role: unknown = byGroups ? NO_ROLE : claims['role']
  if (!isName(sub) || !isName(jti) || !isName(role) || !isName(org) || typeof iat !== 'number' || typeof exp !== 'number' ||
    !Array.isArray(groups) || groups.length > MAX_GROUPS || !groups.every(isName) ||
    (app !== undefined && !isName(app)) || environment === undefined) {
    throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  }
  const caller: Caller = {
    actor: Object.freeze({ id: sub, role, groups: Object.freeze([...groups]), org }),
    app: app ?? null,
    environment,
    tokenId: jti,
    issuedAtMs: iat * 1000,
    expiresAtMs: exp * 1000,
    byGroups,
  }
  if (!isNarrowEnough(caller)) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  return Object.freeze(caller)
}
