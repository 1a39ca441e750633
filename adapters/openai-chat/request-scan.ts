import { malformed, parseToken } from '../../gateway/decode/json-span.ts'
import type { Splice } from '../../gateway/decode/splice.ts'
import { flagAt, listAt, modelName, readTopLevel, type Span } from '../../gateway/decode/top-level.ts'

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

const READ_NAMES: readonly string[] = ['model', 'stream', 'tools', 'stream_options']
const MAX_OPTIONS_BYTES = 4_096
const ASKS_FOR_USAGE = Buffer.from('"stream_options":{"include_usage":true},')

/**
 * Reads `model`, `stream`, `tools` and `stream_options` of a chat-completions body in one pass, without parsing it.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED
 */
export function scanRequest (body: Buffer): RequestScan {
  const { members, bodyStart } = readTopLevel(body, READ_NAMES)
  const streamOptions = members.get('stream_options') ?? null
  return {
    model: modelName(body, members.get('model')),
    stream: flagAt(body, members.get('stream'), 'stream'),
    tools: listAt(body, members.get('tools')),
    streamOptions,
    includesUsage: streamOptions !== null && optionsOf(body, streamOptions)?.['include_usage'] === true,
    bodyStart,
  }
}

/** What sets `stream_options.include_usage` in the body of a stream, so that its tokens can be counted; null when it is set, or there is no stream. */
export function usageSplice (body: Buffer, { stream, includesUsage, streamOptions, bodyStart }: RequestScan): Splice | null {
  if (!stream || includesUsage) return null
  if (streamOptions === null) return { start: bodyStart, end: bodyStart, bytes: ASKS_FOR_USAGE }
  return { start: streamOptions.start, end: streamOptions.end, bytes: Buffer.from(JSON.stringify({ ...optionsOf(body, streamOptions), include_usage: true })) }
}

function optionsOf (body: Buffer, { start, end }: Span): Readonly<Record<string, unknown>> | null {
  if (end - start > MAX_OPTIONS_BYTES) throw malformed('the member "stream_options" is too large')
  const value = parseToken(body.toString('utf8', start, end))
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed('the member "stream_options" must be an object')
  return { ...value }
}
