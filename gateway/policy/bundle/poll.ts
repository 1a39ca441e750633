import { setTimeout as sleep } from 'node:timers/promises'

export interface PollOptions {
  /** Shortest and longest pause between two requests, ms. Backing off ends at the longest. */
  readonly minMs: number
  readonly maxMs: number
  /** How long the server may hold a request, seconds; 0 for not at all. */
  readonly longPollSeconds: number
  /** Asks the server and deals with what it says. Throws when it could not be asked. @returns whether the server holds requests */
  readonly ask: (waitSeconds: number, signal: AbortSignal) => Promise<boolean>
  /** From 0 up to, but not including, 1. */
  readonly random?: () => number
}

const FLOOR_MS = 100 // no answer, however quick or wrong, makes the loop spin

/** Asks again and again until it is ended. @returns a function that ends it, and the request under way with it */
export function pollBundles (options: PollOptions): () => void {
  const ending = new AbortController()
  void run(options, ending.signal)
  return () => ending.abort()
}

async function run (options: PollOptions, signal: AbortSignal): Promise<void> {
  let failures = 0
  let pauseMs = firstPause(options)
  while (await pause(pauseMs, signal)) {
    try {
      const holds = await options.ask(options.longPollSeconds, signal)
      failures = 0
      pauseMs = holds && options.longPollSeconds > 0 ? FLOOR_MS : between(options)
    } catch {
      // What failed is for `ask` to report. Full jitter: gateways that lost one server do not come back at one moment.
      failures += 1
      pauseMs = backOff(options, failures)
    }
  }
}

// The bundle was fetched a moment ago: only a server that holds requests is asked at once.
function firstPause (options: PollOptions): number {
  return options.longPollSeconds > 0 ? FLOOR_MS : between(options)
}

function between ({ minMs, maxMs, random = Math.random }: PollOptions): number {
  return Math.max(FLOOR_MS, minMs + random() * (maxMs - minMs))
}

/** Milliseconds before the next try after so many failures in a row. */
export function backOff ({ minMs, maxMs, random = Math.random }: Pick<PollOptions, 'minMs' | 'maxMs' | 'random'>, failures: number): number {
  return Math.max(FLOOR_MS, random() * Math.min(maxMs, minMs * 2 ** Math.min(failures, 30)))
}

async function pause (ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal, ref: false })
    return true
  } catch {
    return false // ended
  }
}
