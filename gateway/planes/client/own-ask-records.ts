import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { OwnAskChange, OwnAsks } from '../../approvals/own-asks.ts'
import type { AgentSession } from '../../sessions/session.ts'

const GLOBAL = '/global/event'
const MAX_BEHIND_BYTES = 4_194_304 // as for the agent's own events: a client that reads nothing is cut off

export interface Told {
  readonly response: ServerResponse
  /** Whether the client may still listen. */
  readonly mayHear: () => boolean
}

/**
 * Tells a client of its own session which asks it may answer, until it leaves: in the form of the agent's events, on the streams that have such.
 * Streams are written to in whole records, so that one of these never falls into another.
 */
export function tellOwnAsks ({ response, mayHear }: Told, template: string, { id, endpoint }: Pick<AgentSession, 'id' | 'endpoint'>, asks: OwnAsks): void {
  const unwatch = asks.watch(id, (change) => {
    if (!response.headersSent || !response.writable) return
    const event = eventOf(change)
    if (!isAllowed(mayHear) || response.writableLength > MAX_BEHIND_BYTES) response.destroy()
    else response.write(record(template === GLOBAL ? { directory: endpoint.directory, payload: event } : event))
  })
  response.once('close', unwatch)
}

// What cannot be decided is not shown. An exception here would refuse the call that is asked about.
function isAllowed (mayHear: Told['mayHear']): boolean {
  try {
    return mayHear()
  } catch {
    return false
  }
}

function eventOf (change: OwnAskChange): object {
  const { type, ask } = change
  const properties = change.type === 'permission.asked' ? ask.request : { sessionID: ask.agentSession, requestID: ask.id, reply: change.reply }
  return { id: `evt_${randomBytes(12).toString('hex')}`, type, properties }
}

function record (value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
