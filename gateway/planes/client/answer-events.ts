import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { createEventReader } from '../../../adapters/opencode/event-records.ts'
import { isAboutAsks } from '../../../adapters/opencode/events.ts'

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no', // nginx would hold events back otherwise
  'x-content-type-options': 'nosniff',
}

/**
 * Passes an event stream on, record by record as it comes, without the records about permission asks. Returns when
 * the agent ends the stream or the client leaves.
 *
 * @param leave aborts when the client is gone
 */
export async function answerEvents (answer: AgentResponse, response: ServerResponse, leave: AbortSignal, onRecord: () => void): Promise<void> {
  response.writeHead(200, HEADERS)
  response.flushHeaders()
  const reader = createEventReader()
  try {
    for await (const chunk of answer.body) {
      onRecord()
      const shown = reader.push(chunk as Buffer).filter(({ data }) => data === null || !isAboutAsks(data)).map(({ text }) => text).join('')
      if (shown !== '' && !response.write(shown)) await once(response, 'drain', { signal: leave })
    }
    response.end()
  } catch (cause) {
    response.destroy()
    if (!leave.aborted) throw cause
  }
}
