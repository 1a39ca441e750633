import type { ServerResponse } from 'node:http'
import { sendBytes, sendError } from '../../http/forward/raw-answer.ts'
import { GatewayError } from '../../core/errors.ts'
import type { HeadersOfProvider } from './answer-headers.ts'
import type { Redact } from './key-redactor.ts'
import { MAX_ERROR_BYTES } from './model-ports.ts'
import type { AnswerRelay } from './relay.ts'

export interface ErrorRelayOptions {
  readonly response: ServerResponse
  readonly redact: Redact
  readonly status: number
  readonly headers: HeadersOfProvider
}

/** Passes on a provider's own refusal: its status, and its body without the key. */
export function createErrorRelay ({ response, redact, status, headers }: ErrorRelayOptions): AnswerRelay {
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  const refuse = (): void => {
    over = true
    sendError(response, new GatewayError('WEIR_ERR_UPSTREAM', `The provider answered with status ${status}.`))
  }
  return {
    data (chunk) {
      size += chunk.length
      if (size <= MAX_ERROR_BYTES) chunks.push(chunk)
      else refuse() // no more of it is waited for: packed, it could be gigabytes
      return undefined
    },
    async end () {
      // A redirect is never followed: it would carry the key to another address. It is nothing a client could use either.
      if (status < 400 || headers['content-encoding'] !== undefined) return refuse()
      over = true
      sendBytes(response, status, redact(Buffer.concat(chunks)), { 'content-type': typeOf(headers) })
    },
    fail (error) {
      over = true
      sendError(response, error)
    },
    isOver: () => over,
    stop () {},
    result: () => ({ usage: null, chars: 0, firstMs: null, released: 0, refused: 0, notes: ['upstream-refused'] }),
  }
}

function typeOf (headers: HeadersOfProvider): string {
  const isJson = String(headers['content-type'] ?? '').toLowerCase().includes('json')
  return isJson ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8'
}
