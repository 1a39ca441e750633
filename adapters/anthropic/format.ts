import type { IncomingHttpHeaders } from 'node:http'
import { errorBody as weirError, type GatewayError } from '../../gateway/core/errors.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import { bodyRequestOf, readBodyRequest } from '../body-request.ts'
import { clientHeaders } from '../client-headers.ts'
import type { KnownQuery } from '../client-query.ts'
import type { KnownHeaders, ListedModel, ModelFormat } from '../model-format.ts'
import { governAnswer } from './answer.ts'
import { MessageStream } from './stream.ts'
import { usageFromAnthropic } from './usage.ts'

const VERSION = '2023-06-01' // for a client that names none
const UNKNOWN_DATE = '1970-01-01T00:00:00Z' // the protocol's own word for a date that is not known
const CLIENT_HEADERS: KnownHeaders = Object.freeze({ names: new Set(['anthropic-version', 'anthropic-beta']), prefixes: Object.freeze(['anthropic-']) })
const QUERY: KnownQuery = Object.freeze({ beta: /^true$/ }) // what its client adds to each request with a beta flag
// Without `anthropic-organization-id` and `anthropic-workspace-id`: they name the owner of the key.
const ANSWER_HEADERS: KnownHeaders = Object.freeze({
  names: new Set(['request-id', 'retry-after', 'retry-after-ms', 'x-should-retry']),
  prefixes: Object.freeze(['anthropic-ratelimit-', 'anthropic-priority-']),
})

/** Anthropic messages. */
export const anthropic: ModelFormat = Object.freeze({
  name: 'anthropic',
  serves: (operation) => operation === 'messages' || operation === 'messages/count_tokens',
  read: (operation, body) => readBodyRequest(operation, body, { generates: operation === 'messages' }),
  withModel: bodyRequestOf,
  auth: 'x-api-key',
  headers,
  query: QUERY,
  answerHeaders: ANSWER_HEADERS,
  governAnswer,
  openStream: (ports) => new MessageStream(ports),
  usage: usageFromAnthropic,
  errorBody,
  errorEvent: (error) => sseEvent('error', JSON.stringify(errorBody(error))),
  modelList,
  modelEntry: (_provider, model) => entryOf(model),
} satisfies ModelFormat)

function headers (client: IncomingHttpHeaders): readonly string[] {
  const passed = clientHeaders(client, CLIENT_HEADERS)
  return passed.includes('anthropic-version') ? passed : ['anthropic-version', VERSION, ...passed]
}

function modelList (_provider: string, models: readonly ListedModel[]): object {
  return {
    data: models.map(entryOf),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  }
}

function entryOf ({ id, name }: ListedModel): object {
  return { type: 'model', id, display_name: name, created_at: UNKNOWN_DATE }
}

function errorBody (error: GatewayError): object {
  const { error: own } = weirError(error)
  return { type: 'error', error: { ...own, type: typeOf(error.statusCode), message: error.message } }
}

function typeOf (status: number): string {
  switch (status) {
    case 400: return 'invalid_request_error'
    case 401: return 'authentication_error'
    case 403: return 'permission_error'
    case 404: return 'not_found_error'
    case 413: return 'request_too_large'
    case 429: return 'rate_limit_error'
    default: return 'api_error'
  }
}
