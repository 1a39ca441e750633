import type { FastifyInstance } from 'fastify'

const LOOK_MS = 50

/**
 * Lets requests that run come to their end before the application closes, for at most this long (ms). New ones are answered 503 meanwhile.
 * Registered last: what stands open by itself, such as event streams, is ended by the parts before it.
 */
export async function drainAtClose (app: FastifyInstance, longestMs: number): Promise<void> {
  app.addHook('preClose', async () => {
    const { server } = app
    if (!server.listening) return
    const deadline = performance.now() + longestMs
    // Looked at, not counted: a count would cost every request something, and this is asked once in the life of a gateway.
    while (await openConnections(server) > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  })
}

function openConnections (server: FastifyInstance['server']): Promise<number> {
  server.closeIdleConnections()
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => error === null ? resolve(count) : reject(error))
  })
}
