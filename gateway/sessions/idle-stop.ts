/** Calls back once when nothing was touched for a time. */
export interface IdleStop { touch (): void, cancel (): void }

/**
 * @param idleMs time without a touch, ms
 * @param nowMs of a clock that only goes on: a session is not idle because the machine's was set
 */
export function createIdleStop (idleMs: number, nowMs: () => number, onIdle: () => void): IdleStop {
  let lastMs = nowMs()
  let timer = arm(idleMs)

  // One timer that looks at the last touch, not one per touch: streams touch a session thousands of times a second.
  function arm (waitMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      const leftMs = lastMs + idleMs - nowMs()
      if (leftMs <= 0) onIdle()
      else timer = arm(leftMs)
    }, waitMs).unref()
  }

  return { touch () { lastMs = nowMs() }, cancel () { clearTimeout(timer) } }
}
