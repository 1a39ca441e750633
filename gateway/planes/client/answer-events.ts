import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { createEventReader, type EventRecord } from '../../../adapters/opencode/event-records.ts'
import { recordValue, speaksOfAsks } from '../../../adapters/opencode/events.ts'
import { blankText } from './blank-secrets.ts'
import type { AgentLink } from './agent-links.ts'

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no', // nginx would hold events back otherwise
  'x-content-type-options': 'nosniff',
}

export interface EventFilter {
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
  readonly link: AgentLink
  /** Blanked wherever they stand. */
  readonly secrets: readonly string[]
  readonly onRecord: () => void
}

/**
 * Passes an event stream on, record by record as it comes, without the records about permission asks and about sessions that are not
 * of this sandbox. Returns when the agent ends the stream; what ends it otherwise is thrown.
 */
export async function answerEvents (answer: AgentResponse, response: ServerResponse, filter: EventFilter): Promise<void> {
  if (!response.headersSent) {
    response.writeHead(200, HEADERS)
    response.flushHeaders()
  }
  const reader = createEventReader()
  for await (const chunk of answer.body) {
    filter.onRecord()
    const shown = await shownText(reader.push(chunk as Buffer), filter)
    if (shown !== '' && !response.write(shown)) await once(response, 'drain', { signal: filter.signal })
  }
}

async function shownText (records: readonly EventRecord[], { link, secrets }: EventFilter): Promise<string> {
  let shown = ''
  for (const { data, text } of records) {
    if (data === null || await isShown(data, link)) shown += blankText(text, secrets)
  }
  return shown
}

async function isShown (data: string, { owner }: AgentLink): Promise<boolean> {
  const value = recordValue(data)
  return value !== null && !speaksOfAsks(value) && await owner.isOwn(value)
}
