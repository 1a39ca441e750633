import type { ServerResponse } from 'node:http'
import type { Caller } from '../identity/caller.ts'

/** The open connections, who was let in on each last, and what they are being answered. */
export interface CallerConnections {
  serve (response: ServerResponse, caller: Caller): void
  /** Cuts those on which somebody is being answered who is no longer let in. */
  cut (isRevoked: (caller: Caller) => boolean): void
}

interface Served { caller: Caller, response: ServerResponse }

/** Kept by connection: to note the beginning and end of each request would cost every one of them something. */
export function createCallerConnections (): CallerConnections {
  const connections = new Map<unknown, Served>()
  return {
    serve (response, caller) {
      const { socket } = response
      if (socket === null) return // the client is gone
      const served = connections.get(socket)
      if (served === undefined) {
        connections.set(socket, { caller, response })
        socket.once('close', () => connections.delete(socket))
        return
      }
      served.caller = caller
      served.response = response
    },
    cut (isRevoked) {
      for (const { caller, response } of connections.values()) {
        // An idle one is left: who asks again on it is told why not. Destroyed, not ended: an end would say that all was told.
        if (!response.writableFinished && isRevoked(caller)) response.destroy()
      }
    },
  }
}
