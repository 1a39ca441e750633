import { GatewayError } from '../core/errors.ts'
import { decodeUtf8, parseStrictJson } from '../decode/strict-json.ts'

/** Longest line of either side, bytes: a prompt with pictures, or a whole file. */
export const MAX_LINE_BYTES = 16_777_216

const MAX_DEPTH = 64
const MAX_ID_CHARS = 128
const MAX_METHOD_CHARS = 64

export type MessageId = string | number
export type Params = Readonly<Record<string, unknown>>
export interface RpcError { readonly code: number, readonly message: string, readonly data?: unknown }

export type Message =
  | { readonly kind: 'request', readonly id: MessageId, readonly method: string, readonly params: Params }
  | { readonly kind: 'notification', readonly method: string, readonly params: Params }
  | { readonly kind: 'result', readonly id: MessageId, readonly result: unknown }
  | { readonly kind: 'error', readonly id: MessageId, readonly error: RpcError }

/** A line that is no message. `id` is set when it can be told which request it was meant as. */
export interface Malformed { readonly kind: 'malformed', readonly code: number, readonly problem: string, readonly id: MessageId | null }

export const PARSE_ERROR = -32700
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
export const INVALID_PARAMS = -32602
/** Policy, or the lack of a gateway that could ask it, refuses. From the range that JSON-RPC leaves to servers. */
export const REFUSED = -32001

/** One line as a JSON-RPC 2.0 message. Never throws. Members that the protocol does not know are gone. */
export function readMessage (bytes: Buffer): Message | Malformed {
  let value: unknown
  try {
    value = parseStrictJson(decodeUtf8(bytes), { maxBytes: MAX_LINE_BYTES, maxDepth: MAX_DEPTH })
  } catch (error) {
    return malformed(PARSE_ERROR, error instanceof GatewayError ? error.message : 'the line cannot be read', null)
  }
  if (!isParams(value)) return malformed(INVALID_REQUEST, 'a line holds one JSON-RPC message', null)
  const { jsonrpc, id, method, params, result, error } = value
  const known = isId(id) ? id : null
  if (jsonrpc !== '2.0') return malformed(INVALID_REQUEST, 'it is not JSON-RPC 2.0', known)
  if (id !== undefined && known === null) return malformed(INVALID_REQUEST, `an id is a whole number or a text of at most ${MAX_ID_CHARS} characters`, null)
  if (method === undefined) return answer(known, result, error)
  if (typeof method !== 'string' || method.length > MAX_METHOD_CHARS) return malformed(INVALID_REQUEST, 'its method is no name', known)
  if (params !== undefined && params !== null && !isParams(params)) return malformed(INVALID_PARAMS, 'its parameters are not an object', known)
  return known === null ? { kind: 'notification', method, params: params ?? {} } : { kind: 'request', id: known, method, params: params ?? {} }
}

function answer (id: MessageId | null, result: unknown, error: unknown): Message | Malformed {
  if (id === null) return malformed(INVALID_REQUEST, 'it is neither a request nor an answer', null)
  if (error === undefined || error === null) return { kind: 'result', id, result: result ?? null }
  if (!isParams(error) || typeof error['code'] !== 'number' || typeof error['message'] !== 'string') return { kind: 'error', id, error: { code: INVALID_REQUEST, message: 'The answer is malformed.' } }
  return { kind: 'error', id, error: { code: error['code'], message: error['message'], ...(error['data'] === undefined ? {} : { data: error['data'] }) } }
}

/** A message as its line. */
export function writeMessage (message: Message | { readonly kind: 'error', readonly id: null, readonly error: RpcError }): string {
  const { kind, ...members } = message
  return `${JSON.stringify({ jsonrpc: '2.0', ...members })}\n`
}

function isParams (value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isId (value: unknown): value is MessageId {
  return typeof value === 'string' ? value.length <= MAX_ID_CHARS : Number.isSafeInteger(value)
}

function malformed (code: number, problem: string, id: MessageId | null): Malformed {
  return { kind: 'malformed', code, problem, id }
}
