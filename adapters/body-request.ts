import { flagAt, listAt, modelName, readTopLevel } from '../gateway/decode/top-level.ts'
import type { ModelRequest } from './model-format.ts'

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
    tools: listAt(body, members.get('tools')),
    path,
    body,
    hidesUsage: false,
  }
}
