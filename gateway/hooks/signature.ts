import { createHmac } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'

const PREFIX = 'whsec_'
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const MIN_BYTES = 24
const MAX_BYTES = 64

/**
 * The key in a secret as Standard Webhooks writes it: 24 to 64 bytes in base64, `whsec_` before them or not.
 *
 * @param variable its name, for the message
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID
 */
export function secretKey (text: string, variable: string): Buffer {
  const digits = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text
  const key = Buffer.from(digits, 'base64')
  if (!BASE64.test(digits) || key.length < MIN_BYTES || key.length > MAX_BYTES) {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${variable} must hold 24 to 64 random bytes in base64, as "openssl rand -base64 32" prints them.`)
  }
  return key
}

/**
 * Headers of one attempt (Standard Webhooks 1.0, symmetric): HMAC-SHA256 over `id.timestamp.body`, one signature a key, so that a receiver
 * that knows either accepts. The time is the attempt's: receivers refuse what is older than some minutes, and a retry can be.
 */
export function signedHeaders (message: { readonly id: string, readonly body: string }, keys: readonly Buffer[], nowMs: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000))
  const signed = `${message.id}.${timestamp}.${message.body}`
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' '),
  }
}
