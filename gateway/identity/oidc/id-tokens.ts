import { jwtVerify, type JWTPayload } from 'jose'
import { GatewayError } from '../../core/errors.ts'
import type { ExternalTokens } from '../authenticator.ts'
import type { Caller } from '../caller.ts'
import { callerOfIdClaims } from './claims.ts'
import type { KeySet } from './key-set.ts'
import type { OidcConfig } from './oidc-config.ts'

const MAX_CACHED = 4_096
const MAX_TOKEN_CHARS = 65_536 // an exchange takes one in its body, with all groups of a large directory

export interface IdTokensPorts { readonly config: OidcConfig, readonly keys: Pick<KeySet, 'key' | 'generation'>, readonly nowMs: () => number }

/** Tokens of an OpenID Connect provider. */
export interface IdTokens extends ExternalTokens {
  /** As `verify`, for a token that the client itself was given and that is exchanged now; `nonce` is what the login asked for. */
  verifyForExchange (token: string, nonce?: string): Promise<Caller>
}

/** Verifies by the provider's keys, and remembers while the keys stay the same. What time and revocations make of it is checked at each use. */
export function createIdTokens ({ config, keys, nowMs }: IdTokensPorts): IdTokens {
  const remembered = new Map<string, { readonly caller: Caller, readonly generation: number }>()

  async function verified (token: string, audiences: string[]): Promise<JWTPayload> {
    if (token.length > MAX_TOKEN_CHARS) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
    try {
      const { payload } = await jwtVerify(token, (header, input) => keys.key(header, input), {
        algorithms: [...config.algorithms],
        issuer: config.issuer,
        audience: audiences,
        clockTolerance: config.clockSkewMs / 1_000,
        currentDate: new Date(nowMs()),
        requiredClaims: ['iat', 'exp'],
      })
      assertMeantForUs(payload, config, nowMs())
      return payload
    } catch (cause) {
      // The provider being away says nothing of the token.
      if (cause instanceof GatewayError) throw cause
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
      const payload = await verified(token, [config.audience])
      // Read after the keys were: one that changes them from here on makes this one void.
      const generation = keys.generation()
      const caller = callerOfIdClaims(payload, token, config)
      if (remembered.size >= MAX_CACHED) remembered.delete(remembered.keys().next().value ?? '')
      remembered.set(token, { caller, generation })
      return caller
    },
    async verifyForExchange (token, nonce) {
      const payload = await verified(token, [config.clientId, config.audience])
      if (nonce !== undefined && payload['nonce'] !== nonce) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
      return callerOfIdClaims(payload, token, config)
    },
  }
}

/** What the libraries leave to the caller: OpenID Connect Core 3.1.3.7 (4, 5) and times that cannot be. */
function assertMeantForUs ({ aud, azp, iat = 0 }: JWTPayload, { clientId, clockSkewMs }: OidcConfig, nowMs: number): void {
  // Issued in the future it would outlive every "revoke all tokens until now".
  if (iat * 1_000 > nowMs + clockSkewMs) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  if (Array.isArray(aud) && aud.length > 1 && aud.includes(clientId) && azp !== undefined && azp !== clientId) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
}
