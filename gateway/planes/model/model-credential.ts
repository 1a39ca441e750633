import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../../core/errors.ts'

const KEY_HEADERS = ['x-api-key', 'x-goog-api-key'] as const
const MAX_CHARS = 8_192

/**
 * The caller's token as an Authorization header. Clients of Anthropic and Google send what they take for a provider key in a header of
 * their own; here it is the caller's token. A key in the query is not read: addresses end up in logs.
 *
 * @throws GatewayError WEIR_ERR_AUTH_INVALID when the request carries two different ones
 */
export function modelCredential (headers: IncomingHttpHeaders): string | undefined {
  const given = new Set<string>()
  if (headers.authorization !== undefined) given.add(headers.authorization)
  for (const name of KEY_HEADERS) {
    const value = headers[name]
    if (value === undefined || value === '') continue
    if (typeof value !== 'string' || value.length > MAX_CHARS) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
    given.add(`Bearer ${value}`)
  }
  if (given.size > 1) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  return [...given][0]
}
