import type { ServerResponse } from 'node:http'
import { answerEvents, type EventFilter } from './answer-events.ts'
import { followAgent, type Following } from './follow-agent.ts'

const CHECK_MS = 1_000 // a stream is open for hours; a revoked token ends it within a second
const BEAT_CHECKS = 15 // of silence; proxies close what is silent for a minute. The agent's own beat comes every 10 s

export interface EventStream extends Pick<Following, 'first' | 'hasEnded' | 'onLost'>, EventFilter {
  /** Whether the client may still listen. */
  readonly isStillValid: () => boolean
  /** Aborts when the gateway stops: streams end, so that clients look for another one. */
  readonly stopping: AbortSignal
}

/** Serves a stream that is one client's own until its client leaves, its token is void, its session ends or the gateway stops. */
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
  const filter: EventFilter = { owner: stream.owner, secrets: stream.secrets, onRecord () { silent = 0; stream.onRecord() } }
  try {
    // Not asked for again when it drops: that would repeat events.
    await followAgent({ ...stream, again: null, pass: (answer) => answerEvents(answer, response, filter, leave.signal) }, leave.signal)
  } finally {
    clearInterval(watch)
    stream.stopping.removeEventListener('abort', onStopping)
    // Cut, not ended, when the token is void: an end would say that all was told.
    if (leave.signal.aborted && !stream.stopping.aborted) response.destroy()
    else response.end()
  }
}
