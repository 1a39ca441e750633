/** When streams are read that have begun. */
export interface StreamTurns {
  /** Has it read after everything else that this turn of the event loop brings, in order. @param read does not throw */
  later (read: () => void): void
}

// Longest time of one turn that goes to streams that have begun, ms: so long waits at most who comes meanwhile.
const SLICE_MS = 1
const READS_BETWEEN_LOOKS = 4

/**
 * Providers' events come in bursts: hundreds of streams are read in one turn of the event loop, and a request, a decision's durable entry or
 * the first text of another stream would wait until all of them are judged and written. A stream whose first text has passed is
 * judged and written behind these, a slice at a time; what it sent meanwhile goes out in the same write.
 */
export function createStreamTurns (): StreamTurns {
  let waiting: Array<() => void> = []
  let next = 0
  let isDue = false

  function due (): void {
    if (isDue) return
    isDue = true
    setImmediate(run)
  }

  function run (): void {
    isDue = false
    const untilMs = performance.now() + SLICE_MS
    while (next < waiting.length) {
      (waiting[next] as () => void)()
      next += 1
      if (next % READS_BETWEEN_LOOKS === 0 && performance.now() >= untilMs) break
    }
    if (next < waiting.length) return due()
    waiting = []
    next = 0
  }

  return {
    later (read) {
      waiting.push(read)
      due()
    },
  }
}
