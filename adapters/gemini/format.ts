import { errorBody as weirError, type GatewayError } from '../../gateway/core/errors.ts'
import { malformed } from '../../gateway/decode/json-span.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import { checkedModelName, listAt, readTopLevel } from '../../gateway/decode/top-level.ts'
import { withModelName } from '../body-request.ts'
import { clientHeaders } from '../client-headers.ts'
import type { KnownQuery } from '../client-query.ts'
import type { KnownHeaders, ListedModel, ModelFormat, ModelRequest } from '../model-format.ts'
import { governAnswer } from './answer.ts'
import { ContentStream } from './stream.ts'
import { usageFromGemini } from './usage.ts'

const METHODS = ['generateContent', 'streamGenerateContent', 'countTokens', 'embedContent', 'batchEmbedContents']
const MODEL = '[A-Za-z0-9][A-Za-z0-9._@-]{0,255}'
const MODEL_SHAPE = new RegExp(`^${MODEL}$`)
const OPERATION = new RegExp(`^models/(${MODEL}):(${METHODS.join('|')})$`)
const READ_NAMES: readonly string[] = ['tools', 'model']
// By name: Google's other headers of this kind choose accounts, credentials, and which fields an answer has.
const CLIENT_HEADERS: KnownHeaders = Object.freeze({ names: new Set(['x-goog-api-client', 'x-server-timeout']), prefixes: Object.freeze([]) })
const NO_QUERY: KnownQuery = Object.freeze({}) // whether it is a stream stands in the path, and `alt` is the gateway's: it reads one form
const ANSWER_HEADERS: KnownHeaders = Object.freeze({
  names: new Set(['x-request-id', 'retry-after', 'retry-after-ms']),
  prefixes: Object.freeze([]),
})

/** Google Gemini `generateContent`. A stream is always asked for as server-sent events, which is what its clients do. */
export const gemini: ModelFormat = Object.freeze({
  name: 'gemini',
  serves: (operation) => OPERATION.test(operation),
  read,
  withModel,
  auth: 'x-goog-api-key',
  headers: (client) => clientHeaders(client, CLIENT_HEADERS),
  query: NO_QUERY,
  answerHeaders: ANSWER_HEADERS,
  governAnswer,
  openStream: (ports) => new ContentStream(ports),
  usage: usageFromGemini,
  errorBody,
  errorEvent: (error) => sseEvent(null, JSON.stringify(errorBody(error))),
  modelList,
  modelEntry: (_provider, model) => entryOf(model),
} satisfies ModelFormat)

function read (operation: string, body: Buffer): ModelRequest {
  const [, model, method] = OPERATION.exec(operation) ?? []
  if (model === undefined) throw malformed('its address names no model')
  const { members } = readTopLevel(body, READ_NAMES)
  const stream = method === 'streamGenerateContent'
  return {
    model: checkedModelName(model),
    stream,
    generates: stream || method === 'generateContent',
    countsTokens: method === 'countTokens',
    tools: listAt(body, members.get('tools')),
    path: stream ? `${operation}?alt=sse` : operation,
    body,
    splice: null,
    hidesUsage: false,
  }
}

// Its address names the model; where its body does so too, it is with the folder of the address.
function withModel (asked: ModelRequest, model: string): ModelRequest {
  if (!MODEL_SHAPE.test(model)) throw malformed('its address cannot name that model')
  return { ...asked, model, path: `models/${model}${asked.path.slice(asked.path.indexOf(':'))}`, body: withModelName(asked.body, `models/${model}`) }
}

function modelList (_provider: string, models: readonly ListedModel[]): object {
  return { models: models.map(entryOf) }
}

function entryOf ({ id, name }: ListedModel): object {
  return { name: `models/${id}`, displayName: name, supportedGenerationMethods: METHODS }
}

function errorBody (error: GatewayError): object {
  const { error: own } = weirError(error)
  return { error: { ...own, code: error.statusCode, status: statusOf(error.statusCode), reason: own.code } }
}

function statusOf (status: number): string {
  switch (status) {
    case 400: case 413: return 'INVALID_ARGUMENT'
    case 401: return 'UNAUTHENTICATED'
    case 403: return 'PERMISSION_DENIED'
    case 404: return 'NOT_FOUND'
    case 429: return 'RESOURCE_EXHAUSTED'
    case 503: return 'UNAVAILABLE'
    default: return 'INTERNAL'
  }
}
