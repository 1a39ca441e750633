import type { RequestListener, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** Told of a request that nothing of the application saw, with the connection it came on. */
export type OnUnserved = (socket: Duplex) => void

const NO_METHOD = 'HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\n\r\n'

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

/** Refuses requests of HTTP/1.1 that name no host (RFC 9112, section 3.2). For servers that do not look themselves (`requireHostHeader: false`). */
export function requireHost (listener: RequestListener, onUnserved: OnUnserved): RequestListener {
  return (request, response) => {
    if (request.headers.host !== undefined || request.httpVersion !== '1.1') return listener(request, response)
    onUnserved(request.socket)
    response.writeHead(400, { connection: 'close' }).end()
  }
}
