import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { createEventReader } from '../../../adapters/opencode/event-records.ts'
import { recordValue, speaksOfAsks } from '../../../adapters/opencode/events.ts'
import { blankText } from './blank-secrets.ts'
import type { SessionOwner } from './session-owner.ts'

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no', // nginx would hold events back otherwise
  'x-content-type-options': 'nosniff',
}

export interface EventFilter {
  readonly owner: Pick<SessionOwner, 'isOwn'>
  /** Blanked wherever they stand. */
  readonly secrets: readonly string[]
  /** Called for what the agent sends, shown or not. */
  readonly onRecord: () => void
}

/** Begins an event stream, unless it has begun. */
export function beginEvents (response: ServerResponse): void {
  if (response.headersSent) return
  response.writeHead(200, HEADERS)
  response.flushHeaders()
}

/**
 * The records of an event stream that clients of its session may see, in their written form, as they come: those about permission asks
 * and about sessions that are not of this sandbox are left out. Ends when the agent ends the stream; what ends it otherwise is thrown.
 */
export async function * shownEvents (answer: AgentResponse, filter: EventFilter): AsyncGenerator<readonly string[]> {
  const reader = createEventReader()
  for await (const chunk of answer.body) {
    filter.onRecord()
    const shown: string[] = []
    for (const { data, text } of reader.push(chunk as Buffer)) {
      if (data === null || await isShown(data, filter)) shown.push(blankText(text, filter.secrets))
    }
    if (shown.length > 0) yield shown
  }
}

/** Passes an event stream on to one client, no faster than it reads. @param signal aborts when the client is gone */
export async function answerEvents (answer: AgentResponse, response: ServerResponse, filter: EventFilter, signal: AbortSignal): Promise<void> {
  beginEvents(response)
  for await (const records of shownEvents(answer, filter)) {
    if (!response.write(records.join(''))) await once(response, 'drain', { signal })
  }
}

async function isShown (data: string, { owner }: EventFilter): Promise<boolean> {
  const value = recordValue(data)
  return value !== null && !speaksOfAsks(value) && await owner.isOwn(value)
}
