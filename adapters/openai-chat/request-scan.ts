import { isUtf8 } from 'node:buffer'
import { endOfString, endOfValue, malformed, parseToken, skipSpace, stringAt } from './json-span.ts'

/** Where a top-level value stands in the body: `[start, end)` in bytes. */
export interface Span { readonly start: number, readonly end: number }

/** What the gateway needs to know of a chat request; the body itself is forwarded as it came. */
export interface RequestScan {
  readonly model: string
  readonly stream: boolean
  /** The `tools` value, or null when absent, null or empty. */
  readonly tools: Span | null
  readonly streamOptions: Span | null
  /** Whether the client itself asked for the usage event of a stream. */
  readonly includesUsage: boolean
  /** Byte just after the opening brace, where a member can be spliced in. */
  readonly bodyStart: number
}

// What the gateway decides by. Go's decoder, which Ollama has, takes `Model` and `\u017ftream` for them, and the last one wins.
const READ_NAMES: readonly string[] = ['model', 'stream', 'tools', 'stream_options']
const MAX_KEYS = 256 // the published request has some forty members
const MAX_MODEL_CHARS = 256
const MAX_OPTIONS_BYTES = 4_096

const COMMA = 0x2c
const COLON = 0x3a
const QUOTE = 0x22
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Reads `model`, `stream`, `tools` and `stream_options` of a chat-completions body in one pass, without parsing it.
 * Duplicate top-level members, and such as differ from these in case only, are refused: the provider could read the other one.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED
 */
export function scanRequest (body: Buffer): RequestScan {
  if (!isUtf8(body)) throw malformed('it is not UTF-8')
  const members = topLevel(body)
  const tools = members.get('tools') ?? null
  const streamOptions = members.get('stream_options') ?? null
  return {
    model: modelOf(body, members.get('model')),
    stream: streamOf(body, members.get('stream')),
    tools: tools === null || isEmpty(body, tools) ? null : tools,
    streamOptions,
    includesUsage: streamOptions !== null && optionsOf(body, streamOptions)?.['include_usage'] === true,
    bodyStart: skipSpace(body, 0) + 1,
  }
}

/** The body with `stream_options.include_usage` set, so that the stream's tokens can be counted. */
export function withUsage (body: Buffer, scan: RequestScan): Buffer {
  if (!scan.stream || scan.includesUsage) return body
  const { streamOptions } = scan
  if (streamOptions === null) {
    return Buffer.concat([body.subarray(0, scan.bodyStart), Buffer.from('"stream_options":{"include_usage":true},'), body.subarray(scan.bodyStart)])
  }
  const options = JSON.stringify({ ...optionsOf(body, streamOptions), include_usage: true })
  return Buffer.concat([body.subarray(0, streamOptions.start), Buffer.from(options), body.subarray(streamOptions.end)])
}

/** Whether the request's tools name this one. A plain search: it only chooses how a refusal is worded. */
export function declaresTool (body: Buffer, scan: RequestScan, name: string): boolean {
  if (scan.tools === null) return false
  return body.subarray(scan.tools.start, scan.tools.end).includes(JSON.stringify(name))
}

/** Spans of the members of the body's object, by decoded name. */
function topLevel (body: Buffer): ReadonlyMap<string, Span> {
  const members = new Map<string, Span>()
  let at = skipSpace(body, 0)
  if (body[at] !== OPEN_OBJECT) throw malformed('it is not a JSON object')
  at = skipSpace(body, at + 1)
  if (body[at] === CLOSE_OBJECT) return ended(body, at, members)
  for (;;) {
    at = readMember(body, at, members)
    if (body[at] === CLOSE_OBJECT) return ended(body, at, members)
    if (body[at] !== COMMA) throw malformed('a comma or the end of the object was expected')
    at = skipSpace(body, at + 1)
  }
}

function readMember (body: Buffer, at: number, members: Map<string, Span>): number {
  if (body[at] !== QUOTE) throw malformed('a member name was expected')
  const keyEnd = endOfString(body, at)
  const key = stringAt(body, at, keyEnd)
  if (members.has(key)) throw malformed('a member stands in it twice')
  if (imitates(key)) throw malformed('a member imitates another')
  if (members.size === MAX_KEYS) throw malformed(`it has more than ${MAX_KEYS} members`)
  const colon = skipSpace(body, keyEnd)
  if (body[colon] !== COLON) throw malformed('a colon was expected')
  const start = skipSpace(body, colon + 1)
  const end = endOfValue(body, start)
  members.set(key, { start, end })
  return skipSpace(body, end)
}

function imitates (key: string): boolean {
  return !READ_NAMES.includes(key) && READ_NAMES.includes(key.normalize('NFKC').toLowerCase())
}

function ended (body: Buffer, at: number, members: ReadonlyMap<string, Span>): ReadonlyMap<string, Span> {
  if (skipSpace(body, at + 1) !== body.length) throw malformed('something follows the object')
  return members
}

function modelOf (body: Buffer, span: Span | undefined): string {
  if (span === undefined || body[span.start] !== QUOTE) throw malformed('the member "model" must be a string')
  const model = stringAt(body, span.start, span.end)
  if (model === '' || model.length > MAX_MODEL_CHARS) throw malformed(`the member "model" must have 1 to ${MAX_MODEL_CHARS} characters`)
  // Policy cannot be given a lone surrogate, and a provider may read one as another name.
  if (/[\p{Cc}\p{Surrogate}]/u.test(model)) throw malformed('the member "model" holds a character no model name has')
  return model
}

function streamOf (body: Buffer, span: Span | undefined): boolean {
  if (span === undefined) return false
  const token = body.toString('latin1', span.start, Math.min(span.end, span.start + 8))
  if (token === 'true') return true
  if (token === 'false' || token === 'null') return false
  throw malformed('the member "stream" must be true or false')
}

function isEmpty (body: Buffer, { start, end }: Span): boolean {
  return end - start <= 4 && /^(?:null|\[\s*\])$/.test(body.toString('latin1', start, end))
}

function optionsOf (body: Buffer, { start, end }: Span): Readonly<Record<string, unknown>> | null {
  if (end - start > MAX_OPTIONS_BYTES) throw malformed('the member "stream_options" is too large')
  const value = parseToken(body.toString('utf8', start, end))
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed('the member "stream_options" must be an object')
  return { ...value }
}
