import { errorBody } from '../../gateway/core/errors.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import { flagAt, listAt, modelName, readTopLevel } from '../../gateway/decode/top-level.ts'
import type { ModelFormat, ModelRequest } from '../model-format.ts'
import { OPENAI_ANSWER_HEADERS, openaiModel, openaiModelList } from '../openai.ts'
import { governAnswer } from './answer.ts'
import { ResponseStream } from './stream.ts'
import { usageFromResponses } from './usage.ts'

const READ_NAMES: readonly string[] = ['model', 'stream', 'tools']

/** OpenAI responses. */
export const openaiResponses: ModelFormat = Object.freeze({
  name: 'openai-responses',
  serves: (operation) => operation === 'responses' || operation === 'responses/input_tokens',
  read,
  headers: (key) => key === null ? [] : ['authorization', `Bearer ${key}`],
  answerHeaders: OPENAI_ANSWER_HEADERS,
  governAnswer,
  openStream: (ports) => new ResponseStream(ports),
  usage: usageFromResponses,
  errorBody,
  errorEvent: (error) => sseEvent('error', JSON.stringify({ type: 'error', ...errorBody(error).error, param: null })),
  modelList: openaiModelList,
  modelEntry: openaiModel,
} satisfies ModelFormat)

function read (operation: string, body: Buffer): ModelRequest {
  const { members } = readTopLevel(body, READ_NAMES)
  const generates = operation === 'responses'
  return {
    model: modelName(body, members.get('model')),
    stream: generates && flagAt(body, members.get('stream'), 'stream'),
    generates,
    tools: listAt(body, members.get('tools')),
    path: operation,
    body,
    hidesUsage: false,
  }
}
