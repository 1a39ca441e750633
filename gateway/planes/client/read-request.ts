import { BODY_CLEANERS } from '../../../adapters/opencode/clean-body.ts'
import type { NativeWish } from '../../../adapters/opencode/clean-parts.ts'
import { DIRECT_READS } from '../../../adapters/opencode/direct-reads.ts'
import { isRecord } from '../../../adapters/opencode/json-record.ts'
import type { MatchedRoute } from '../../../adapters/opencode/match-route.ts'
import { GatewayError } from '../../core/errors.ts'
import { decodeUtf8, parseStrictJson } from '../../decode/strict-json.ts'

const MAX_QUERY_CHARS = 8_192
const MAX_VALUE_CHARS = 4_096
const MAX_DEPTH = 64
const NO_QUERY: Readonly<Record<string, string>> = Object.freeze({})
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i

/** A request rebuilt from checked parts: what is decided is what is sent. */
export interface ClientRequest {
  readonly matched: MatchedRoute
  readonly query: Readonly<Record<string, string>>
  /** JSON text to send, or null for none. */
  readonly body: string | null
  /** Tool calls that the request amounts to. */
  readonly wishes: readonly NativeWish[]
  /** Sessions of the agent that the request names, in its path or its body. */
  readonly sessions: readonly string[]
}

export interface RawRequest {
  readonly matched: MatchedRoute
  /** Text after the `?`, as received. */
  readonly query: string
  readonly contentType: string | undefined
  readonly body: Uint8Array | null
}

/** Rebuilds a request. @throws GatewayError WEIR_ERR_DECODE_MALFORMED, WEIR_ERR_DECODE_TOO_LARGE, WEIR_ERR_DENIED */
export function readRequest (raw: RawRequest, maxBodyBytes: number): ClientRequest {
  const { route, params } = raw.matched
  const query = knownQuery(raw.query, route.query)
  const clean = BODY_CLEANERS.get(`${route.method} ${route.template}`)
  if (clean !== undefined) {
    const { body, wishes } = clean(jsonBody(raw, maxBodyBytes))
    return { matched: raw.matched, query, body: JSON.stringify(body), wishes, sessions: named(params['sessionID'], body['parentID']) }
  }
  const direct = route.access === 'govern-call' ? DIRECT_READS.get(route.template) : undefined
  // A route that must be decided as a call but cannot be turned into one is a hole in the tables, not a free pass.
  if (route.access === 'govern-call' && direct === undefined) throw new GatewayError('WEIR_ERR_INTERNAL')
  return { matched: raw.matched, query, body: null, wishes: direct === undefined ? [] : [direct({ params, query })], sessions: named(params['sessionID']) }
}

function named (...ids: readonly unknown[]): readonly string[] {
  return ids.filter((id) => typeof id === 'string')
}

/** The known parameters of a query, each at most once. All others are dropped: folder, workspace and tickets are the gateway's to set. */
export function knownQuery (text: string, known: readonly string[]): Readonly<Record<string, string>> {
  if (text.length > MAX_QUERY_CHARS) throw new GatewayError('WEIR_ERR_DECODE_TOO_LARGE', 'The query is too long.')
  if (text === '' || known.length === 0) return NO_QUERY
  const given = new URLSearchParams(text)
  const query: Record<string, string> = {}
  for (const name of known) {
    const [value, ...more] = given.getAll(name)
    if (value === undefined) continue
    // Two values: one parser takes the first, another the last.
    if (more.length > 0) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The parameter ${name} is given twice.`)
    if (value.length > MAX_VALUE_CHARS || value.includes('\0')) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The parameter ${name} is not valid.`)
    query[name] = value
  }
  return query
}

/** The body as a JSON object; `{}` for none. @throws GatewayError WEIR_ERR_DECODE_MALFORMED, WEIR_ERR_DECODE_TOO_LARGE */
export function jsonBody (raw: Pick<RawRequest, 'body' | 'contentType'>, maxBytes: number): Readonly<Record<string, unknown>> {
  if (raw.body === null || raw.body.length === 0) return {}
  if (!JSON_TYPE.test(raw.contentType ?? '')) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'The body must be application/json in UTF-8.')
  const body = parseStrictJson(decodeUtf8(raw.body), { maxDepth: MAX_DEPTH, maxBytes })
  if (!isRecord(body)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'The body must be a JSON object.')
  return body
}
