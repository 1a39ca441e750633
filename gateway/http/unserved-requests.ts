import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody, GatewayError } from '../core/errors.ts'
import { sendError } from './forward/raw-answer.ts'
import { isUnreadable } from './refused-connections.ts'

/** Told of a request that nothing of the application saw, with the connection it came on. */
export type OnUnserved = (socket: Duplex) => void

const NO_METHOD = 'HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\n\r\n'

const LINES: Readonly<Record<string, string>> = { ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout', HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large' }

/** What is said of a doubtful request. */
export const DOUBTFUL = 'Another server could read this request in another way.'

/** Answers what Node's server would refuse by itself, telling nobody: `CONNECT` and expectations of a server that it does not know. */
export function answerUnserved (server: Server, onUnserved: OnUnserved): void {
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy())
    onUnserved(socket)
    socket.end(NO_METHOD)
  })
  server.on('checkExpectation', ({ socket }, response) => {
    onUnserved(socket)
    response.writeHead(417, { connection: 'close' }).end()
  })
}

/**
 * Answers bytes that are no request and ends their connection. In the middle of an answer it only ends it: the words of
 * another answer would be read as that one's.
 */
export function answerUnreadable (server: Server, onUnserved: OnUnserved): void {
  const last = new WeakMap<Duplex, ServerResponse>() // answers go out in the order of their requests
  server.prependListener('request', ({ socket }, response) => last.set(socket, response))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (isUnreadable(error)) onUnserved(socket)
    if (socket.writable && !isAnswered(last.get(socket))) socket.write(unreadable(error))
    socket.destroy(error)
  })
}

// One without a socket waits for an answer before it; behind one that closes the connection nobody reads on.
function isAnswered (last: ServerResponse | undefined): boolean {
  if (last === undefined) return false
  return last.writableFinished ? last.getHeader('connection') === 'close' : last.headersSent || last.socket === null
}

function unreadable ({ code = '' }: NodeJS.ErrnoException): string {
  const body = JSON.stringify(errorBody(new GatewayError('WEIR_ERR_DECODE_MALFORMED')))
  return `HTTP/1.1 ${LINES[code] ?? '400 Bad Request'}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/**
 * Refuses doubtful requests, and serves nothing that comes behind one: Node would, where it came in the same piece.
 * For servers that do not look for a host themselves (`requireHostHeader: false`).
 */
export function refuseDoubtful (listener: RequestListener, onUnserved: OnUnserved): RequestListener {
  const ending = new WeakSet<Duplex>()
  return (request, response) => {
    const { socket } = request
    if (ending.has(socket)) return
    if (!isDoubtful(request)) return listener(request, response)
    ending.add(socket)
    onUnserved(socket)
    response.setHeader('connection', 'close')
    sendError(response, new GatewayError('WEIR_ERR_DECODE_MALFORMED', DOUBTFUL))
  }
}

// Of several of these Node keeps the first and drops the others, where another server may go by the last.
const ONCE: readonly string[] = ['host', 'authorization', 'content-type']

/**
 * Whether a server in front may have read another request than Node did, which takes all of these: a version that is none, no host or two, two of
 * a header of which one counts, an end of the body told in a way that HTTP/1.0 has not, or in a coding that nobody undoes (RFC 9112, sections 2.3, 3.2, 6.1).
 */
export function isDoubtful ({ httpVersion, headers, rawHeaders }: IncomingMessage): boolean {
  const is11 = httpVersion === '1.1'
  if (!is11 && httpVersion !== '1.0') return true
  if (is11 && headers.host === undefined) return true
  const coding = headers['transfer-encoding']
  return (coding !== undefined && (!is11 || coding.toLowerCase() !== 'chunked')) || hasTwice(rawHeaders)
}

function hasTwice (rawHeaders: readonly string[]): boolean {
  let seen = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const place = ONCE.indexOf(rawHeaders[at]?.toLowerCase() ?? '')
    if (place === -1) continue
    if ((seen & 1 << place) !== 0) return true
    seen |= 1 << place
  }
  return false
}
