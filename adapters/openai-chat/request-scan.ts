import { malformed, parseToken } from '../../gateway/decode/json-span.ts'
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

function optionsOf (body: Buffer, { start, end }: Span): Readonly<Record<string, unknown>> | null {
  if (end - start > MAX_OPTIONS_BYTES) throw malformed('the member "stream_options" is too large')
  const value = parseToken(body.toString('utf8', start, end))
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed('the member "stream_options" must be an object')
  return { ...value }
}
