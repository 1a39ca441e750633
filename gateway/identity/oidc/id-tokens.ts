import { GatewayError } from '../../core/errors.ts'
import type { ExternalTokens } from '../authenticator.ts'
import type { Caller } from '../caller.ts'
import { assertClaims } from '../claim-checks.ts'
import { readSigned, type Claims } from '../signed-token.ts'
import { callerOfIdClaims } from './claims.ts'
import type { KeySet } from './key-set.ts'
import type { OidcConfig } from './oidc-config.ts'

const MAX_CACHED = 4_096

export interface IdTokensPorts { readonly config: OidcConfig, readonly keys: Pick<KeySet, 'key' | 'generation'>, readonly nowMs: () => number }

/** Tokens of an OpenID Connect provider. */
export interface IdTokens extends ExternalTokens {
  /** As `verify`, for a token that the client itself was given and that is exchanged now; `nonce` is what the login asked for. */
  verifyForExchange (token: string, nonce?: string): Promise<Caller>
}

/** Verifies by the provider's keys, and remembers while the keys stay the same. What time and revocations make of it is checked at each use. */
export function createIdTokens ({ config, keys, nowMs }: IdTokensPorts): IdTokens {
  const remembered = new Map<string, { readonly caller: Caller, readonly generation: number }>()

  async function verified (token: string, audiences: readonly string[]): Promise<Claims> {
    try {
      const signed = readSigned(token, config.algorithms)
      const claims = signed.claims(await keys.key(signed.alg, signed.kid))
      const now = nowMs()
      assertClaims(claims, { issuer: config.issuer, audiences, skewMs: config.clockSkewMs, nowMs: now })
      assertMeantForUs(claims, config, now)
      return claims
    } catch (cause) {
      // The provider being away says nothing of the token.
      if (cause instanceof GatewayError && cause.code === 'WEIR_ERR_UPSTREAM') throw cause
      throw new GatewayError('WEIR_ERR_AUTH_INVALID', undefined, { cause })
    }
  }

  return {
    known (token) {
      const entry = remembered.get(token)
      if (entry === undefined) return null
      remembered.delete(token)
      if (entry.generation !== keys.generation()) return null
      remembered.set(token, entry) // the last one used is the last one to leave
      return entry.caller
    },
    async verify (token) {
      // Before the key is taken: keys that change meanwhile make what was verified by one of the old ones void.
      const generation = keys.generation()
      const claims = await verified(token, [config.audience])
      const caller = callerOfIdClaims(claims, token, config)
      if (remembered.size >= MAX_CACHED) remembered.delete(remembered.keys().next().value ?? '')
      remembered.set(token, { caller, generation })
      return caller
    },
    async verifyForExchange (token, nonce) {
      const claims = await verified(token, [config.clientId, config.audience])
      if (nonce !== undefined && claims['nonce'] !== nonce) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
      return callerOfIdClaims(claims, token, config)
    },
  }
}

/** What is a provider's alone: OpenID Connect Core 3.1.3.7 (4, 5) and times that cannot be. */
function assertMeantForUs ({ aud, azp, iat }: Claims, { clientId, clockSkewMs }: OidcConfig, nowMs: number): void {
  // Issued in the future it would outlive every "revoke all tokens until now".
  if (typeof iat !== 'number' || iat * 1_000 > nowMs + clockSkewMs) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  if (Array.isArray(aud) && aud.length > 1 && aud.includes(clientId) && azp !== undefined && azp !== clientId) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
}
