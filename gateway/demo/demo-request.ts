import { parseStrictJson } from '../decode/strict-json.ts'
import type { DemoCall, DemoMessage } from './demo-script.ts'

export interface DemoRequest { readonly model: string, readonly streams: boolean, readonly hasTools: boolean, readonly directory: string, readonly messages: readonly DemoMessage[] }

type Fields = Readonly<Record<string, unknown>>

const DEFAULT_DIRECTORY = '/workspace'

/** Reads a chat request as leniently as a model would. @throws GatewayError WEIR_ERR_DECODE_MALFORMED, WEIR_ERR_DECODE_TOO_LARGE */
export function readDemoRequest (text: string, maxBytes: number): DemoRequest {
  const body = fieldsOf(parseStrictJson(text, { maxBytes, maxDepth: 128 }))
  const messages = listOf(body['messages']).map(readMessage)
  return {
    model: typeof body['model'] === 'string' ? body['model'] : 'demo',
    streams: body['stream'] === true,
    hasTools: listOf(body['tools']).length > 0,
    directory: directoryOf(messages),
    messages,
  }
}

function readMessage (value: unknown): DemoMessage {
  const { role, content, tool_calls: calls, tool_call_id: callId } = fieldsOf(value)
  return {
    role: typeof role === 'string' ? role : '',
    text: textOf(content),
    calls: listOf(calls).map(readCall),
    callId: typeof callId === 'string' ? callId : null,
  }
}

function readCall (value: unknown): DemoCall {
  const call = fieldsOf(value)
  return { id: String(call['id']), name: String(fieldsOf(call['function'])['name']) }
}

function textOf (content: unknown): string {
  if (typeof content === 'string') return content
  return listOf(content).map((part) => fieldsOf(part)['text']).filter((text) => typeof text === 'string').join('')
}

// OpenCode names its directory in the system prompt and nowhere else.
function directoryOf (messages: readonly DemoMessage[]): string {
  const system = messages.find(({ role }) => role === 'system' || role === 'developer')
  return /^\s*Working directory: (\/\S*?)\/?\s*$/m.exec(system?.text ?? '')?.[1] ?? DEFAULT_DIRECTORY
}

function fieldsOf (value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function listOf (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
