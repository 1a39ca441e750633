import { isRecord, recordIn, valueIn } from './fields.ts'
import type { Params } from './message.ts'

const MAX_CALLS = 1_024
const MAX_ID_CHARS = 256

/** What an agent has shown of a tool call so far. */
export interface ShownCall { readonly name: string | null, readonly rawInput: Params }

/** The tool calls an agent has told the editor of: a permission that it asks for names one, and often little more. */
export interface ShownCalls {
  hear (sessionId: string, update: Params): void
  of (sessionId: string, toolCallId: string): ShownCall | null
}

export function createShownCalls (): ShownCalls {
  const calls = new Map<string, ShownCall>()
  const keyOf = (sessionId: string, toolCallId: string): string => JSON.stringify([sessionId, toolCallId])
  return {
    hear (sessionId, update) {
      const kind = valueIn(update, 'sessionUpdate')
      const id = valueIn(update, 'toolCallId')
      if ((kind !== 'tool_call' && kind !== 'tool_call_update') || typeof id !== 'string' || id.length > MAX_ID_CHARS) return
      const key = keyOf(sessionId, id)
      const status = valueIn(update, 'status')
      const known = calls.get(key)
      calls.delete(key)
      if (status === 'completed' || status === 'failed') return
      const title = valueIn(update, 'title')
      const input = valueIn(update, 'rawInput')
      // The first title of OpenCode is the name of its tool; later ones are for people.
      calls.set(key, {
        name: known === undefined ? (typeof title === 'string' ? title : null) : known.name,
        rawInput: isRecord(input) ? { ...known?.rawInput, ...recordIn(update, 'rawInput') } : known?.rawInput ?? {},
      })
      const [oldest] = calls.keys()
      if (calls.size > MAX_CALLS && oldest !== undefined) calls.delete(oldest)
    },
    of: (sessionId, toolCallId) => calls.get(keyOf(sessionId, toolCallId)) ?? null,
  }
}
