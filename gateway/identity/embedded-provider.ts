import { randomBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { ENVIRONMENTS, type Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { Authenticator, Caller } from './caller.ts'
import type { SigningKey } from './signing-key.ts'
import type { TokenRecord, TokenRegistry } from './token-registry.ts'

const ISSUER = 'weir'
const MAX_CREDENTIAL_CHARS = 8_192 // far above any token we issue; bounds what is hashed and decoded
const MAX_CACHED = 4_096
const MAX_CLAIM_CHARS = 256
const MAX_GROUPS = 64

/** What a token shall say. `ttlMs` is its life in milliseconds. */
export interface TokenRequest {
  readonly actor: string
  readonly role: string
  readonly groups: readonly string[]
  readonly org: string
  readonly app: string | null
  readonly environment: Environment | null
  readonly ttlMs: number
}

export interface IssuedToken { readonly token: string, readonly record: TokenRecord }

export interface EmbeddedProvider extends Authenticator { issue (request: TokenRequest): IssuedToken }

export interface EmbeddedProviderPorts { readonly key: SigningKey, readonly registry: TokenRegistry, readonly nowMs: () => number }

/** Identity without an identity provider: ES256 tokens made and checked with a key of Weir's own. */
export function createEmbeddedProvider (ports: EmbeddedProviderPorts): EmbeddedProvider {
  const verified = new Map<string, Caller>()

  function verify (token: string): Caller {
    const known = verified.get(token)
    if (known !== undefined) return known
    const caller = callerOfClaims(claimsOf(token, ports))
    if (verified.size >= MAX_CACHED) verified.clear()
    verified.set(token, caller)
    return caller
  }

  return {
    authenticate (authorization) {
      const caller = verify(credentialOf(authorization))
      // Checked on every use, so that the cache never outlives an expiry or a revocation.
      if (caller.expiresAtMs <= ports.nowMs()) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The token has expired.')
      if (ports.registry.isRevoked(caller.tokenId)) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The token was revoked.')
      return caller
    },
    issue (request) {
      const id = `tok_${randomBytes(10).toString('hex')}`
      const issuedAtMs = ports.nowMs()
      const expiresAtMs = issuedAtMs + request.ttlMs
      const claims = {
        role: request.role,
        groups: request.groups,
        org: request.org,
        ...(request.app === null ? {} : { app: request.app }),
        ...(request.environment === null ? {} : { env: request.environment }),
        iat: Math.floor(issuedAtMs / 1000),
        exp: Math.ceil(expiresAtMs / 1000),
      }
      const token = jwt.sign(claims, ports.key.privateKey, { algorithm: 'ES256', issuer: ISSUER, audience: ISSUER, subject: request.actor, jwtid: id })
      const record = { id, actor: request.actor, role: request.role, app: request.app, environment: request.environment, issuedAtMs, expiresAtMs }
      ports.registry.add({ issued: record })
      return { token, record }
    },
  }
}

/** The token in an Authorization header: Bearer, or the password of Basic (what OpenCode clients can send). */
function credentialOf (authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') throw new GatewayError('WEIR_ERR_AUTH_MISSING')
  if (authorization.length > MAX_CREDENTIAL_CHARS) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  const match = /^(bearer|basic) +([A-Za-z0-9+/=._~-]+)$/i.exec(authorization)
  const credential = match?.[2]
  if (match === null || credential === undefined) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  if (match[1]?.toLowerCase() === 'bearer') return credential
  const decoded = Buffer.from(credential, 'base64').toString('latin1')
  const colon = decoded.indexOf(':')
  if (colon === -1) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  return decoded.slice(colon + 1)
}

function claimsOf (token: string, ports: EmbeddedProviderPorts): jwt.JwtPayload {
  try {
    const claims = jwt.verify(token, ports.key.publicKey, {
      algorithms: ['ES256'], issuer: ISSUER, audience: ISSUER, clockTimestamp: Math.floor(ports.nowMs() / 1000),
    })
    if (typeof claims === 'string') throw new GatewayError('WEIR_ERR_AUTH_INVALID')
    return claims
  } catch (cause) {
    // One message for every cause: how a token fails is nobody's business but the log's.
    throw new GatewayError('WEIR_ERR_AUTH_INVALID', undefined, { cause })
  }
}

function callerOfClaims (claims: jwt.JwtPayload): Caller {
  const { sub, jti, exp, role, groups, org, app, env } = claims as Record<string, unknown>
  const environment = env === undefined ? null : ENVIRONMENTS.find((name) => name === env)
  if (!isName(sub) || !isName(jti) || !isName(role) || !isName(org) || typeof exp !== 'number' ||
    !Array.isArray(groups) || groups.length > MAX_GROUPS || !groups.every(isName) ||
    (app !== undefined && !isName(app)) || environment === undefined) {
    throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  }
  return Object.freeze({
    actor: Object.freeze({ id: sub, role, groups: Object.freeze([...groups]), org }),
    app: app ?? null,
    environment,
    tokenId: jti,
    expiresAtMs: exp * 1000,
  })
}

function isName (value: unknown): value is string {
  // eslint-disable-next-line no-control-regex -- names reach logs and commit headers: no control characters
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_CLAIM_CHARS && !/[\u0000-\u001f\u007f]/.test(value)
}
