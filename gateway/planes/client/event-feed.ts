import type { ServerResponse } from 'node:http'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { beginEvents, shownEvents, type EventFilter } from './answer-events.ts'
import { followAgent, type Following } from './follow-agent.ts'

const CHECK_MS = 1_000 // a stream is open for hours; a revoked token ends it within a second
const BEAT_CHECKS = 15 // of silence; proxies close what is silent for a minute. The agent's own beat comes every 10 s
const MAX_BEHIND_BYTES = 4_194_304 // a client that reads nothing must not keep the others' events in memory
const CONNECTED = '"server.connected"'

/** One client of a feed. What it rests on is its own: its decision and entry, its token, and its leave to look on. */
export interface Listener {
  readonly response: ServerResponse
  /** Asked before each piece that it is sent, and each second: whether its token is good and policy still lets it hear this session. */
  readonly mayHear: () => boolean
  /** Whether what it hears keeps the session running: who looks on at another's does not. */
  readonly keepsRunning: boolean
  /** Asks the agent for the stream, by this client's permit. */
  readonly ask: (signal: AbortSignal) => Promise<AgentResponse>
}

export interface FeedSource extends Pick<Following, 'first' | 'hasEnded' | 'onLost'>, Pick<EventFilter, 'owner' | 'secrets'> {
  /** Puts off the session's idle stop. */
  readonly touch: () => void
  /** Aborts when the gateway stops: streams end, so that clients look for another one. */
  readonly stopping: AbortSignal
  /** The feed is over; the next client opens another. */
  readonly onOver: () => void
}

/** One stream of an agent's events for all clients that listen on the same route: each of 5,000 would cost a connection to the agent, and one more reading of each event. */
export interface EventFeed {
  /** Adds a client whose own question was allowed. It hears first what a stream begins with, then what comes. */
  add (listener: Listener): void
}

/** @param stop ends the connection to the agent; aborted when the last client has left */
export function openEventFeed (source: FeedSource, stop: AbortController): EventFeed {
  const listeners = new Map<ServerResponse, Listener>()
  let hello: string | null = null
  let silent = 0

  function leave (response: ServerResponse): void {
    listeners.delete(response)
    if (listeners.size > 0) return
    source.onOver() // at once: whoever comes now must not join a feed that ends
    stop.abort()
  }

  function tell (text: string): void {
    const bytes = Buffer.from(text)
    for (const listener of listeners.values()) {
      const { response } = listener
      // Cut, not ended: an end would say that all was told. Who reads too little opens another stream, and reads anew at that one's beginning.
      if (!mayHear(listener) || response.writableLength > MAX_BEHIND_BYTES) response.destroy()
      else response.write(bytes)
    }
  }

  function onRecord (): void {
    for (const { keepsRunning } of listeners.values()) if (keepsRunning) return source.touch()
  }

  async function pass (answer: AgentResponse, onAny: () => void): Promise<void> {
    const filter: EventFilter = { owner: source.owner, secrets: source.secrets, onRecord () { onAny(); onRecord() } }
    let isFirst = true
    try {
      for await (const records of shownEvents(answer, filter)) {
        silent = 0
        const [greeting] = records
        if (isFirst && greeting?.includes(CONNECTED) === true) hello = greeting
        isFirst = false
        tell(records.join(''))
      }
    } finally {
      hello = null // who comes now is greeted by the next answer, like everyone
    }
  }

  async function again (signal: AbortSignal): Promise<AgentResponse> {
    for (const listener of listeners.values()) if (mayHear(listener)) return await listener.ask(signal)
    throw new Error('nobody listens')
  }

  const watch = setInterval(() => {
    silent += 1
    for (const listener of listeners.values()) {
      if (!mayHear(listener)) listener.response.destroy()
      else if (silent % BEAT_CHECKS === 0 && !listener.response.writableNeedDrain) listener.response.write(': heartbeat\n\n')
    }
  }, CHECK_MS)
  const onStopping = (): void => stop.abort()
  source.stopping.addEventListener('abort', onStopping)
  if (source.stopping.aborted) stop.abort()

  followAgent({ ...source, again, pass }, stop.signal).catch(source.onLost).finally(() => {
    clearInterval(watch)
    source.stopping.removeEventListener('abort', onStopping)
    source.onOver()
    for (const { response } of listeners.values()) response.end()
  })

  return {
    add (listener) {
      const { response } = listener
      listeners.set(response, listener)
      response.once('close', () => leave(response))
      response.on('error', () => response.destroy()) // it left while it was written to
      if (response.destroyed) return leave(response)
      beginEvents(response)
      if (hello !== null) response.write(hello)
    },
  }
}

// What cannot be decided is not shown. An exception here would end the process, or the others' stream.
function mayHear (listener: Listener): boolean {
  try {
    return !listener.response.destroyed && listener.mayHear()
  } catch {
    return false
  }
}
