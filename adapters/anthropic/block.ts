import { folded, listOf, notUnderstood, recordOf, refuseLookalikes, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { invalidCall, refusalText, type RefusalStyle } from '../model-format.ts'

const BLOCK_NAMES = folded(['type', 'name', 'input', 'text'])
const MESSAGE_NAMES = folded(['type', 'content', 'stop_reason', 'usage'])
const STOP_WITHOUT_CALLS = 'end_turn'
const KNOWN: readonly unknown[] = ['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'refusal', 'model_context_window_exceeded']

// What a client shows and does not run. The provider's own tools ran where the provider is: their blocks report it.
const PASSING: ReadonlySet<string> = new Set([
  'text', 'thinking', 'redacted_thinking', 'server_tool_use', 'mcp_tool_use', 'mcp_tool_result', 'web_search_tool_result', 'web_fetch_tool_result',
  'code_execution_tool_result', 'bash_code_execution_tool_result', 'text_editor_code_execution_tool_result', 'tool_search_tool_result', 'container_upload',
  'advisor_tool_result', 'mcp_tool_listing', 'compaction', 'fallback',
])

/** A content block. `call` is its name when a client could run it: blocks of types that are not known here count as calls. */
export interface Block { readonly raw: JsonRecord, readonly type: string, readonly call: BlockCall | null }

/** `fixed`: a kind of call that is not known here, whose arguments can stand anywhere. */
export interface BlockCall { readonly id: string, readonly name: string, readonly fixed: boolean }

/** @throws GatewayError WEIR_ERR_UPSTREAM when it is no content block */
export function readBlock (value: unknown): Block {
  const raw = recordOf(value, 'a content block')
  refuseLookalikes(raw, BLOCK_NAMES)
  const { type, id, name } = raw
  if (typeof type !== 'string') throw notUnderstood('a content block has no type')
  if (PASSING.has(type)) return { raw, type, call: null }
  if (typeof id !== 'string' || id === '' || typeof name !== 'string') throw notUnderstood('a tool call has no id or no name')
  return { raw, type, call: { id, name, fixed: type !== 'tool_use' } }
}

/** A message, whole or at the start of a stream. @throws GatewayError WEIR_ERR_UPSTREAM */
export function readMessage (value: unknown): { readonly raw: JsonRecord, readonly content: readonly unknown[] } {
  const raw = recordOf(value, 'a message')
  refuseLookalikes(raw, MESSAGE_NAMES)
  return { raw, content: listOf(raw['content'], 'content') }
}

/** What stands in the place of a refused call. */
export function refusedBlock (call: { readonly id: string, readonly name: string }, feedback: string, style: RefusalStyle): JsonRecord {
  if (style === 'text') return { type: 'text', text: refusalText(call.name, feedback) }
  const { name, argumentsText } = invalidCall(call.name, feedback)
  return { type: 'tool_use', id: call.id, name, input: JSON.parse(argumentsText) as JsonRecord }
}

/** The call with other arguments. */
export function changedBlock (call: { readonly id: string, readonly name: string }, argumentsText: string): JsonRecord {
  return { type: 'tool_use', id: call.id, name: call.name, input: JSON.parse(argumentsText) as JsonRecord }
}

/** The stop reason that fits what is left. A client that reads `tool_use` and finds no call asks again, without end. */
export function fittingStop (stop: unknown, calls: number): unknown {
  return stop === 'tool_use' && calls === 0 ? STOP_WITHOUT_CALLS : stop
}

/** The reason of an answer without calls, but for OpenCode a plain one in the place of those that it does not know (`compaction`): it takes them for no end, and asks again at once. */
export function knownStop (stop: unknown, style: RefusalStyle): unknown {
  return (stop ?? null) === null || style !== 'invalid-tool' || KNOWN.includes(stop) ? stop : STOP_WITHOUT_CALLS
}
