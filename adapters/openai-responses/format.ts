import { errorBody } from '../../gateway/core/errors.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import { bodyRequestOf, readBodyRequest } from '../body-request.ts'
import type { ModelFormat } from '../model-format.ts'
import { OPENAI_ANSWER_HEADERS, OPENAI_QUERY, openaiHeaders, openaiModel, openaiModelList } from '../openai.ts'
import { governAnswer } from './answer.ts'
import { ResponseStream } from './stream.ts'
import { usageFromResponses } from './usage.ts'

/** OpenAI responses. */
export const openaiResponses: ModelFormat = Object.freeze({
  name: 'openai-responses',
  serves: (operation) => operation === 'responses' || operation === 'responses/input_tokens',
  read: (operation, body) => readBodyRequest(operation, body, { generates: operation === 'responses' }),
  withModel: bodyRequestOf,
  auth: 'bearer',
  headers: openaiHeaders,
  query: OPENAI_QUERY,
  answerHeaders: OPENAI_ANSWER_HEADERS,
  governAnswer,
  openStream: (ports) => new ResponseStream(ports),
  usage: usageFromResponses,
  errorBody,
  errorEvent: (error) => sseEvent('error', JSON.stringify({ type: 'error', ...errorBody(error).error, param: null })),
  modelList: openaiModelList,
  modelEntry: openaiModel,
} satisfies ModelFormat)
