import { setTimeout as delay } from 'node:timers/promises'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'

const FIRST_BACKOFF_MS = 50
const LAST_BACKOFF_MS = 2_000

export interface Following {
  readonly first: AgentResponse
  /** Asks the agent for the stream again; null where that would repeat events. */
  readonly again: ((signal: AbortSignal) => Promise<AgentResponse>) | null
  /** Passes one answer on, to its end, and calls `onRecord` for what came. */
  readonly pass: (answer: AgentResponse, onRecord: () => void) => Promise<void>
  /** Whether the session is gone, and its agent with it. */
  readonly hasEnded: () => boolean
  readonly onLost: (cause: unknown) => void
}

/** The agent's stream may drop while its session goes on: it is asked for again, and begins with `server.connected`, at which clients read anew. */
export async function followAgent ({ first, again, pass, hasEnded, onLost }: Following, signal: AbortSignal): Promise<void> {
  let answer: AgentResponse | null = first
  let backoffMs = FIRST_BACKOFF_MS
  while (!signal.aborted) {
    if (answer !== null) {
      try {
        await pass(answer, () => { backoffMs = FIRST_BACKOFF_MS })
      } catch (cause) {
        if (signal.aborted) return
        onLost(cause)
      }
    }
    if (again === null) return
    if (!await pause(backoffMs, signal) || hasEnded()) return
    backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)
    answer = await attempt(again, onLost, signal)
  }
}

async function attempt (again: (signal: AbortSignal) => Promise<AgentResponse>, onLost: Following['onLost'], signal: AbortSignal): Promise<AgentResponse | null> {
  try {
    const answer = await again(signal)
    if (answer.statusCode === 200) return answer
    await answer.body.dump()
  } catch (cause) {
    if (!signal.aborted) onLost(cause)
  }
  return null
}

/** @returns whether the time went by; false when the signal aborted */
async function pause (ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal })
    return true
  } catch (cause) {
    if (signal.aborted) return false
    throw cause
  }
}
