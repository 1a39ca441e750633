import type { Io } from './io.ts'

const SHOWN_EVERY_MS = 200

/** How far a long command is, on standard error. */
export interface Progress {
  /** Says how many there are so far, in one line that the next takes the place of; not oftener than five times a second. */
  show (count: number): void
  /** Takes the line away. */
  clear (): void
}

/** @param what behind the count, e.g. `entries read` @param isAsked for, also where nobody reads as it comes: then a line each time. Default: only on a terminal */
export function progressOf (io: Io, what: string, isAsked = false): Progress {
  if (io.hasTerminal !== true && !isAsked) return { show: () => {}, clear: () => {} }
  const [before, after] = io.hasTerminal === true ? ['\r', ''] : ['', '\n']
  let shownMs = -Infinity
  return {
    show (count) {
      if (performance.now() - shownMs < SHOWN_EVERY_MS) return
      shownMs = performance.now()
      io.stderr(`${before}${count.toLocaleString('en-US')} ${what}${after}`)
    },
    clear () {
      if (io.hasTerminal === true) io.stderr('\r\u001b[K')
    },
  }
}
