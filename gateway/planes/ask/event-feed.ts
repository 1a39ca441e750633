import { setTimeout as delay } from 'node:timers/promises'
import type { AgentHttp } from '../../../adapters/opencode/agent-http.ts'
import { createEventReader } from '../../../adapters/opencode/event-records.ts'
import { eventOf, type AgentEvent } from '../../../adapters/opencode/events.ts'
import { GatewayError } from '../../core/errors.ts'

const SILENCE_MS = 45_000 // the agent sends a heartbeat every 10 s; four missed ones mean that the stream is dead
const FIRST_BACKOFF_MS = 50
const LAST_BACKOFF_MS = 2_000

export interface FeedHandlers {
  /** A new stream is open; what happened before it must be asked for, since there is no replay. */
  onConnected (): void
  onEvent (event: AgentEvent): void
  onLost (cause: unknown): void
}

/** Follows the agent's events until the signal aborts, reconnecting with growing pauses. Never rejects. */
export async function followEvents (agent: AgentHttp, handlers: FeedHandlers, signal: AbortSignal): Promise<void> {
  let backoffMs = FIRST_BACKOFF_MS
  while (!signal.aborted) {
    try {
      await followOnce(agent, { ...handlers, onConnected: () => { backoffMs = FIRST_BACKOFF_MS; handlers.onConnected() } }, signal)
    } catch (cause) {
      if (signal.aborted) return
      handlers.onLost(cause)
    }
    await pause(backoffMs, signal)
    backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)
  }
}

async function followOnce (agent: AgentHttp, handlers: FeedHandlers, signal: AbortSignal): Promise<void> {
  // `/global/event` shows every folder and survives the disposal of an instance; `/event` does neither.
  const { statusCode, body } = await agent.request({
    method: 'GET', path: '/global/event', headers: { accept: 'text/event-stream' }, signal, bodyTimeoutMs: SILENCE_MS,
  })
  if (statusCode !== 200) {
    await body.dump()
    throw new GatewayError('WEIR_ERR_UPSTREAM', `The agent answered ${statusCode} to the event stream.`)
  }
  const reader = createEventReader()
  for await (const chunk of body) {
    for (const { data } of reader.push(chunk as Buffer)) {
      const event = data === null ? null : eventOf(data)
      if (event?.type === 'server.connected') handlers.onConnected()
      if (event !== null) handlers.onEvent(event)
    }
  }
}

async function pause (ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal, ref: false })
  } catch (cause) {
    if (!signal.aborted) throw cause
  }
}
