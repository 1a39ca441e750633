import { folded, isRecord, listOf, member, notUnderstood, recordOf, refuseLookalikes, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { billedUsage } from '../billed-usage.ts'
import { invalidCall, refusalText, type AnsweredCall, type RefusalStyle, type Ruling } from '../model-format.ts'

/** One item of a response's output. `call` is set when a client could run it: items of types that are not known here count as calls. */
export interface Item { readonly raw: JsonRecord, readonly call: ItemCall | null, readonly chars: number }

/** `argumentsText` is what the tool of that name would be given. */
export interface ItemCall { readonly id: string, readonly native: string, readonly argumentsText: string, readonly fixed: boolean }

/** For a call that nothing was said of. */
export const NOT_RULED: Ruling = Object.freeze({ allowed: false, feedback: 'It was not decided.' })

const ITEM_NAMES = folded(['type', 'id', 'call_id', 'name', 'arguments', 'input', 'action', 'operation', 'content', 'status'])

// What a client shows. The provider's own tools ran where the provider is: their items report it.
const PASSING: ReadonlySet<string> = new Set([
  'message', 'reasoning', 'compaction', 'web_search_call', 'file_search_call', 'code_interpreter_call', 'image_generation_call', 'mcp_call', 'mcp_list_tools', 'mcp_approval_request',
  'function_call_output', 'custom_tool_call_output',
])

// The provider's names for tools that the client runs; decided by the tools they amount to.
const CLIENT_TOOLS: Readonly<Record<string, (item: JsonRecord) => Pick<ItemCall, 'native' | 'argumentsText'>>> = Object.freeze({
  function_call: (item) => ({ native: textOf(item['name'], 'name'), argumentsText: argumentsOf(item['arguments']) }),
  custom_tool_call: (item) => ({ native: textOf(item['name'], 'name'), argumentsText: JSON.stringify({ input: item['input'] ?? '' }) }),
})

/** @throws GatewayError WEIR_ERR_UPSTREAM when it is no output item */
export function readItem (value: unknown): Item {
  const raw = recordOf(value, 'an output item')
  refuseLookalikes(raw, ITEM_NAMES)
  const type = raw['type']
  if (typeof type !== 'string') throw notUnderstood('an output item has no type')
  if (PASSING.has(type)) return { raw, call: null, chars: charsOf(raw) }
  const id = raw['call_id'] ?? raw['id']
  if (typeof id !== 'string' || id === '') throw notUnderstood('a tool call has no id')
  const reader = Object.hasOwn(CLIENT_TOOLS, type) ? CLIENT_TOOLS[type] : undefined
  // A kind of call that is not known here is put to policy under its own name, which no rule permits.
  const call = reader === undefined ? { native: type, argumentsText: JSON.stringify(raw) } : reader(raw)
  return { raw, call: { id, ...call, fixed: type !== 'function_call' }, chars: 0 }
}

/** A response, whole or inside an event. @throws GatewayError WEIR_ERR_UPSTREAM */
export function readResponse (value: unknown): { readonly raw: JsonRecord, readonly items: readonly Item[], readonly usage: JsonRecord | null } {
  const raw = recordOf(value, 'a response')
  refuseLookalikes(raw, RESPONSE_NAMES)
  const items = listOf(raw['output'], 'output').map(readItem)
  const usage = isRecord(raw['usage']) ? raw['usage'] : null
  return { raw, items, usage: billedUsage(usage, { tier: raw['service_tier'] ?? null, ...searchesOf(items.map((item) => item.raw)) }) }
}

/** Searches that these items report, as far as they are billed: opening a page that was found is not. */
export function searchesOf (items: readonly JsonRecord[]): { readonly webSearches: number, readonly fileSearches: number } {
  const isSearch = (item: JsonRecord): boolean => item['type'] === 'web_search_call' && (member(item['action'], 'type') ?? 'search') === 'search'
  return { webSearches: items.filter(isSearch).length, fileSearches: items.filter(({ type }) => type === 'file_search_call').length }
}

/** The call as it is put to the rule. */
export function answeredCall (call: ItemCall, problem: string | null = null): AnsweredCall {
  return { ...call, problem }
}

/** What stands in the place of a refused or changed call, or null for the call itself. */
export function replacementOf ({ raw, call }: Item, ruling: Ruling, style: RefusalStyle): JsonRecord | null {
  if (call === null) return null
  if (ruling.allowed) return ruling.argumentsText === undefined ? null : { ...raw, arguments: ruling.argumentsText }
  const id = typeof raw['id'] === 'string' ? { id: raw['id'] } : {}
  if (style === 'text') {
    const text = refusalText(call.native, ruling.feedback)
    return { type: 'message', ...id, status: 'completed', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] }
  }
  const { name, argumentsText } = invalidCall(call.native, ruling.feedback)
  return { type: 'function_call', ...id, call_id: call.id, name, arguments: argumentsText, status: 'completed' }
}

const RESPONSE_NAMES = folded(['output', 'usage', 'status'])

function argumentsOf (given: unknown): string {
  if (given === undefined || given === null || given === '') return '{}'
  return typeof given === 'string' ? given : JSON.stringify(given)
}

function textOf (value: unknown, what: string): string {
  if (typeof value !== 'string') throw notUnderstood(`a tool call has no ${what}`)
  return value
}

function charsOf (raw: JsonRecord): number {
  let chars = 0
  for (const part of Array.isArray(raw['content']) ? raw['content'] as readonly unknown[] : []) {
    if (isRecord(part) && typeof part['text'] === 'string') chars += part['text'].length
  }
  return chars
}
