import { GatewayError } from '../../../core/errors.ts'
import { decodeUtf8, parseStrictJson } from '../../../decode/strict-json.ts'
import { MESSAGE_LIMITS } from '../protocol/messages.ts'

/** One JSON-RPC message, as far as the door looks into it. What is in it is for the SDK to check. */
export type RpcMessage = Readonly<Record<string, unknown>> & { readonly method?: string, readonly id?: string | number }

const MAX_ID_CHARS = 128

/**
 * Reads the body of a POST: one message. Several in an array were allowed once (2025-03-26) and are not any more.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED, WEIR_ERR_DECODE_TOO_LARGE
 */
export function readRpc (body: Uint8Array): RpcMessage {
  const value = parseStrictJson(decodeUtf8(body), { maxBytes: MESSAGE_LIMITS.lineBytes, maxDepth: MESSAGE_LIMITS.depth })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is no object')
  const { id, method } = value as Readonly<Record<string, unknown>>
  if (method !== undefined && typeof method !== 'string') throw malformed('its method is no text')
  if (id !== undefined && !isId(id)) throw malformed('its id is neither a whole number nor a text of at most 128 characters')
  return value as RpcMessage
}

function isId (id: unknown): boolean {
  return typeof id === 'string' ? id.length <= MAX_ID_CHARS : Number.isSafeInteger(id)
}

function malformed (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The body is no JSON-RPC message: ${what}.`)
}
