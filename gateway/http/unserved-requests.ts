import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { GatewayError } from '../core/errors.ts'
import { sendError } from './forward/raw-answer.ts'

/** Told of a request that nothing of the application saw, with the connection it came on. */
export type OnUnserved = (socket: Duplex) => void

const NO_METHOD = 'HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\n\r\n'

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
