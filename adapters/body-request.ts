import { spliced } from '../gateway/decode/splice.ts'
import { flagAt, listAt, modelName, readTopLevel } from '../gateway/decode/top-level.ts'
import type { ModelRequest } from './model-format.ts'

const MODEL_NAME: readonly string[] = ['model']
const READ_NAMES: readonly string[] = ['model', 'stream', 'tools']

/**
 * Reads a request of a protocol whose body says what is asked, and whether as a stream. It is forwarded as it came.
 *
 * @param generates whether the operation has a model speak; one that only counts is never a stream
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED
 */
export function readBodyRequest (path: string, body: Buffer, { generates }: { readonly generates: boolean }): ModelRequest {
  const { members } = readTopLevel(body, READ_NAMES)
  return {
    model: modelName(body, members.get('model')),
    stream: generates && flagAt(body, members.get('stream'), 'stream'),
    generates,
    countsTokens: !generates,
    tools: listAt(body, members.get('tools')),
    path,
    body,
    splice: null,
    hidesUsage: false,
  }
}

/** A request whose body names its model, of another one. Every other byte stays. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function bodyRequestOf (asked: ModelRequest, model: string): ModelRequest {
  return { ...asked, model, body: withModelName(spliced(asked.body, asked.splice), model), splice: null }
}

/** The body with this text as its `model`; as it is when it has none. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function withModelName (body: Buffer, model: string): Buffer {
  const span = readTopLevel(body, MODEL_NAME).members.get('model')
  if (span === undefined) return body
  return Buffer.concat([body.subarray(0, span.start), Buffer.from(JSON.stringify(model)), body.subarray(span.end)])
}
