import { GatewayError } from '../core/errors.ts'
import type { Claims } from './signed-token.ts'

export interface ClaimsWanted {
  readonly issuer: string
  /** The token must be for one of these. */
  readonly audiences: readonly string[]
  /** How far the clocks may be apart, ms. */
  readonly skewMs: number
  readonly nowMs: number
}

/**
 * Whether the token is of this issuer, for us, and good now (RFC 7519, 4.1). It must say when it was issued and when it ends; a time that is no
 * number is refused.
 *
 * @throws GatewayError WEIR_ERR_AUTH_INVALID
 */
export function assertClaims ({ iss, aud, iat, nbf, exp }: Claims, { issuer, audiences, skewMs, nowMs }: ClaimsWanted): void {
  if (iss !== issuer || !isFor(aud, audiences)) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  if (!isTime(iat) || !isTime(exp) || (nbf !== undefined && !isTime(nbf))) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  const now = Math.floor(nowMs / 1_000)
  const skew = skewMs / 1_000
  if (exp <= now - skew || (nbf !== undefined && nbf > now + skew)) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
}

function isFor (aud: unknown, audiences: readonly string[]): boolean {
  return Array.isArray(aud) ? audiences.some((one) => aud.includes(one)) : typeof aud === 'string' && audiences.includes(aud)
}

function isTime (value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
