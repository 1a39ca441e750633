/** When requests go on. */
export interface RequestTurns {
  /** Null when it may go on at once; else what to wait for, in order. Never rejects. */
  next (): Promise<void> | null
  /** Counts a stream as open as long as it is relayed. */
  streaming <T> (relayed: Promise<T>): Promise<T>
}

// Longest time of one turn of the event loop that goes to new requests while streams are open, ms.
const SLICE_MS = 2

/**
 * Requests come in lots, since a group of durable entries lets all its requests go on at once, and a hundred of them are tens of milliseconds
 * in which no client is heard that leaves, and no event passes. While streams are open they go on a slice at a time.
 * Without streams nobody waits for that, and smaller lots would only cost whole answers some of their throughput.
 *
 * @param nowMs a clock that does not go back, ms
 */
export function createRequestTurns (nowMs: () => number = () => performance.now()): RequestTurns {
  const waiting: Array<() => void> = []
  let streams = 0
  let untilMs: number | null = null // null before the first request of a turn

  function mayGo (): boolean {
    if (untilMs === null) {
      untilMs = nowMs() + SLICE_MS
      setImmediate(() => { untilMs = null })
    }
    return nowMs() < untilMs
  }

  function run (): void {
    if (!mayGo()) {
      setImmediate(run)
      return
    }
    waiting.shift()?.()
    if (waiting.length > 0) queueMicrotask(run) // behind what the request does now
  }

  return {
    next () {
      if (waiting.length === 0 && (streams === 0 || mayGo())) return null
      return new Promise((resolve) => {
        if (waiting.push(resolve) === 1) setImmediate(run)
      })
    },
    async streaming (relayed) {
      streams += 1
      try {
        return await relayed
      } finally {
        streams -= 1
      }
    },
  }
}
