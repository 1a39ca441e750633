import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'

/** Connects to one origin, and has the next connection ready before it is asked for. */
export interface SpareConnector {
  readonly connect: buildConnector.connector
  /** Ends the spare connection and makes no more. */
  close (): void
}

// Less than servers allow a connection on which nothing is asked.
const SPARE_MS = 10_000

interface Spare {
  readonly servername: string | undefined
  /** Null while it is being connected. */
  socket: Socket | null
  /** Who waits for it while it is being connected. */
  taker: buildConnector.Callback | null
  /** Stops watching over it. */
  release (): void
}

/**
 * A new connection costs a request turns of the event loop, and with TLS round trips to the provider. So when one was asked for since none was
 * free, another is opened behind it: requests come in lots, and streams keep theirs for long. Nothing of a request goes over it
 * before it is handed out. It is given up when anything is heard on it by then: no answer can be due.
 *
 * @param connectAnew makes a connection to the one origin; only the server name may differ
 * @param keptMs longest that a spare connection is kept
 */
export function createSpareConnector (connectAnew: buildConnector.connector, keptMs = SPARE_MS): SpareConnector {
  let spare: Spare | null = null
  let isClosed = false

  function open (target: buildConnector.Options): void {
    if (isClosed || spare !== null) return
    const opened: Spare = { servername: target.servername, socket: null, taker: null, release () {} }
    spare = opened
    connectAnew(target, (...ends) => {
      if (opened.taker !== null) return opened.taker(...ends)
      if (ends[0] === null) keep(opened, ends[1])
      else if (spare === opened) spare = null // who needs a connection is told himself why there is none
    })
  }

  function keep (opened: Spare, socket: Socket): void {
    opened.socket = socket
    const giveUp = (): void => {
      if (spare === opened) spare = null
      clearTimeout(timer)
      socket.destroy() // its listeners stay: an error of it has nobody else
    }
    const timer = setTimeout(giveUp, keptMs)
    timer.unref()
    socket.unref()
    const heard = ['readable', 'end', 'close', 'error'] as const
    for (const event of heard) socket.on(event, giveUp)
    opened.release = () => {
      clearTimeout(timer)
      socket.ref()
      for (const event of heard) socket.off(event, giveUp)
    }
    if (isClosed || socket.destroyed) giveUp()
  }

  function take (servername: string | undefined, callback: buildConnector.Callback): boolean {
    const taken = spare
    if (taken === null || taken.servername !== servername) return false
    spare = null
    const { socket } = taken
    taken.release()
    if (socket === null) taken.taker = callback
    else queueMicrotask(() => { callback(null, socket) }) // whoever asks expects to be called later
    return true
  }

  return {
    connect (target, callback) {
      if (!take(target.servername, callback)) connectAnew(target, callback)
      setImmediate(open, target) // behind the request that is to go out now
    },
    close () {
      isClosed = true
      spare?.socket?.destroy()
    },
  }
}
