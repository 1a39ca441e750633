import type { ServerResponse } from 'node:http'
import { errorBody, type GatewayError } from '../../core/errors.ts'

const SMALL_BODY_BYTES = 16_384

/** Answers with JSON, unless the answer has begun already; then the connection is cut. */
export function sendJson (response: ServerResponse, status: number, body: unknown): void {
  sendBytes(response, status, Buffer.from(JSON.stringify(body)), { 'content-type': 'application/json; charset=utf-8' })
}

/** The same with bytes. */
export function sendBytes (response: ServerResponse, status: number, body: Buffer, headers: Readonly<Record<string, string>>): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  response.writeHead(status, Object.assign({ 'content-length': body.length }, headers)) // spreading a shared object is many times slower
  // As latin1, which keeps every byte, a small body leaves with the headers in one write; a buffer takes a second one.
  if (body.length <= SMALL_BODY_BYTES) response.end(body.toString('latin1'), 'latin1')
  else response.end(body)
}

/** Answers with an error, in Weir's own body unless another is given. A request that was refused before it was read whole must not keep its connection. */
export function sendError (response: ServerResponse, error: GatewayError, body: object = errorBody(error)): void {
  if (error.code === 'WEIR_ERR_DECODE_TOO_LARGE' && !response.headersSent) response.setHeader('connection', 'close')
  sendJson(response, error.statusCode, body)
}
