import { GatewayError } from '../core/errors.ts'

const MAX_CREDENTIAL_CHARS = 8_192 // far above any token we issue; bounds what is hashed and decoded
const MAX_CLAIM_CHARS = 256

/**
 * The token in an Authorization header: Bearer, or the password of Basic (what OpenCode clients can send).
 *
 * @throws GatewayError WEIR_ERR_AUTH_MISSING, WEIR_ERR_AUTH_INVALID
 */
export function credentialOf (authorization: string | undefined): string {
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

/** Whether a claim can be a name: short text that is safe in logs and commit headers. */
export function isName (value: unknown): value is string {
  // eslint-disable-next-line no-control-regex -- names reach logs and commit headers: no control characters
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_CLAIM_CHARS && !/[\u0000-\u001f\u007f]/.test(value)
}
