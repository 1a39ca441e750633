import { malformed } from '../gateway/decode/json-span.ts'

export const MAX_QUERY_CHARS = 2_048

/** Parameters of a protocol's addresses, and the values that each may have. */
export type KnownQuery = Readonly<Record<string, RegExp>>

/**
 * The path with those parameters of the client's that its protocol gives a meaning. No other goes on: clients put keys there, and addresses
 * end up in logs. Of a parameter that comes twice the first one counts.
 *
 * @param url as the client wrote it, without a host
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED when its query is longer than `MAX_QUERY_CHARS`
 */
export function withClientQuery (path: string, url: string, known: KnownQuery): string {
  const from = url.indexOf('?')
  if (from === -1) return path
  if (url.length - from > MAX_QUERY_CHARS) throw malformed('its address is too long')
  const given = new URLSearchParams(url.slice(from + 1))
  const passed = new URLSearchParams()
  for (const [name, value] of Object.entries(known)) {
    const wanted = given.get(name)
    if (wanted !== null && value.test(wanted)) passed.set(name, wanted)
  }
  if (passed.size === 0) return path
  return `${path}${path.includes('?') ? '&' : '?'}${passed.toString()}`
}
