import { setTimeout as delay } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { answerEvents } from './answer-events.ts'
import type { AgentLink } from './agent-links.ts'

const CHECK_MS = 1_000 // a stream is open for hours; a revoked token ends it within a second
const BEAT_CHECKS = 15 // of silence; proxies close what is silent for a minute. The agent's own beat comes every 10 s
const FIRST_BACKOFF_MS = 50
const LAST_BACKOFF_MS = 2_000

export interface EventStream {
  readonly first: AgentResponse
  readonly link: AgentLink
  readonly secrets: readonly string[]
  /** Asks the agent for the stream again; null where that would repeat events. */
  readonly again: ((signal: AbortSignal) => Promise<AgentResponse>) | null
  /** Whether the client may still listen. */
  readonly isStillValid: () => boolean
  readonly onRecord: () => void
  /** Aborts when the gateway stops: streams end, so that clients look for another one. */
  readonly stopping: AbortSignal
  readonly onLost: (cause: unknown) => void
}

/** Serves one event stream until its client leaves, its token is void, its session ends or the gateway stops. */
export async function serveEvents (stream: EventStream, response: ServerResponse, leave: AbortController): Promise<void> {
  let silent = 0
  const watch = setInterval(() => {
    if (!stream.isStillValid()) return leave.abort()
    silent += 1
    if (silent % BEAT_CHECKS === 0 && !response.writableNeedDrain) response.write(': heartbeat\n\n')
  }, CHECK_MS)
  const onStopping = (): void => leave.abort()
  stream.stopping.addEventListener('abort', onStopping)
  if (stream.stopping.aborted) leave.abort()
  const onRecord = (): void => {
    silent = 0
    stream.onRecord()
  }
  try {
    await followAgent({ ...stream, onRecord }, response, leave.signal)
  } finally {
    clearInterval(watch)
    stream.stopping.removeEventListener('abort', onStopping)
    // Cut, not ended, when the token is void: an end would say that all was told.
    if (leave.signal.aborted && !stream.stopping.aborted) response.destroy()
    else response.end()
  }
}

/** The agent's stream may drop while its session goes on: it is asked for again, and begins with `server.connected`, at which clients read anew. */
async function followAgent (stream: EventStream, response: ServerResponse, signal: AbortSignal): Promise<void> {
  let answer: AgentResponse | null = stream.first
  let backoffMs = FIRST_BACKOFF_MS
  while (!signal.aborted) {
    if (answer !== null) {
      try {
        await answerEvents(answer, response, { signal, link: stream.link, secrets: stream.secrets, onRecord: () => { backoffMs = FIRST_BACKOFF_MS; stream.onRecord() } })
      } catch (cause) {
        if (signal.aborted) return
        stream.onLost(cause)
      }
    }
    if (stream.again === null) return
    if (!await pause(backoffMs, signal) || stream.link.hasEnded()) return
    backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)
    answer = await attempt(stream.again, stream, signal)
  }
}

async function attempt (again: (signal: AbortSignal) => Promise<AgentResponse>, { onLost }: EventStream, signal: AbortSignal): Promise<AgentResponse | null> {
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
