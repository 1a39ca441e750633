/** What ends a request. To make a signal takes as long as to read a message, and most requests end before anybody listens: it is made on first use. */
export interface Stop {
  readonly signal: AbortSignal
  readonly isCancelled: () => boolean
  abort (): void
}

export function createStop (): Stop {
  const controller = new AbortController()
  let isCancelled = false
  return {
    get signal () { return controller.signal },
    isCancelled: () => isCancelled,
    abort () {
      isCancelled = true
      controller.abort()
    },
  }
}
