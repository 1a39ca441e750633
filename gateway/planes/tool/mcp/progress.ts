const MAX_SAID_CHARS = 4_096 // of output in one notification; the answer has more of it
const PAUSE_MS = 100 // between two notifications about output: a client shows them to people

/** Tells a client how its call goes. What it does not take in time is left out: the answer has it all the same. */
export interface TellProgress {
  output (text: string): void
  /** Said whatever was said before. */
  say (text: string): void
}

/** `progress` grows with each notification, as MCP demands. */
export interface ProgressPorts {
  send (progress: number, message: string): Promise<void>
  /** Whether the client has yet to read what it was sent. */
  isBehind (): boolean
  readonly nowMs: () => number
}

export function createProgress ({ send, isBehind, nowMs }: ProgressPorts): TellProgress {
  let progress = 0
  let saidMs = -Infinity
  function tell (text: string): void {
    saidMs = nowMs()
    progress += 1
    // Cutting can halve a surrogate pair, and UTF-8 has no form for one half.
    send(progress, Buffer.from(text.slice(-MAX_SAID_CHARS)).toString()).catch(() => undefined) // the client went away, which ends the call
  }
  return {
    output (text) {
      if (!isBehind() && nowMs() - saidMs >= PAUSE_MS) tell(text)
    },
    say: tell,
  }
}

/** For clients that did not ask for word. */
export const NO_PROGRESS: TellProgress = Object.freeze({ output () {}, say () {} })
