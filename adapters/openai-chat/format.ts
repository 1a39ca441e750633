import { errorBody } from '../../gateway/core/errors.ts'
import { bodyRequestOf } from '../body-request.ts'
import type { ModelFormat, ModelRequest } from '../model-format.ts'
import { OPENAI_ANSWER_HEADERS, OPENAI_QUERY, openaiHeaders, openaiModel, openaiModelList } from '../openai.ts'
import { governAnswer } from './answer.ts'
import { scanRequest, usageSplice } from './request-scan.ts'
import { ChatStream } from './stream.ts'
import { usageFromOpenai } from './usage.ts'

/** OpenAI chat completions, as OpenAI and the many servers that imitate it speak it. */
export const openaiChat: ModelFormat = Object.freeze({
  name: 'openai-chat',
  serves: (operation) => operation === 'chat/completions' || operation === 'embeddings',
  read: (operation, body) => operation === 'embeddings' ? embedding(operation, body) : completion(operation, body),
  withModel: bodyRequestOf,
  auth: 'bearer',
  headers: openaiHeaders,
  query: OPENAI_QUERY,
  answerHeaders: OPENAI_ANSWER_HEADERS,
  governAnswer,
  openStream: (ports) => new ChatStream(ports),
  usage: usageFromOpenai,
  errorBody,
  errorEvent: (error) => Buffer.from(`data: ${JSON.stringify(errorBody(error))}\n\n`),
  modelList: openaiModelList,
  modelEntry: openaiModel,
} satisfies ModelFormat)

function completion (path: string, body: Buffer): ModelRequest {
  const scan = scanRequest(body)
  return {
    model: scan.model,
    stream: scan.stream,
    generates: true,
    countsTokens: false,
    tools: scan.tools,
    path,
    body,
    splice: usageSplice(body, scan),
    hidesUsage: !scan.includesUsage,
  }
}

function embedding (path: string, body: Buffer): ModelRequest {
  const { model } = scanRequest(body)
  return { model, stream: false, generates: false, countsTokens: false, tools: null, path, body, splice: null, hidesUsage: false }
}
