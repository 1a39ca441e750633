import { isRecord, listOf, recordOf, type JsonRecord } from '../../gateway/decode/answer-json.ts'

/**
 * One piece of a tool call as a provider sends it, whole or in part. `index` is null when the provider gives none.
 * `plain` means that the fields read here are all there is to it, in their published types.
 */
export interface ToolCallDelta {
  readonly index: number | null
  readonly id: string | null
  readonly name: string | null
  readonly argumentsText: string
  /** Provider data that must come back with the call (Gemini's thought signatures), or null. */
  readonly extra: JsonRecord | null
  readonly plain: boolean
}

/** The calls in a `tool_calls` list. @throws GatewayError WEIR_ERR_UPSTREAM */
export function readToolCalls (value: unknown): readonly ToolCallDelta[] {
  return listOf(value, 'tool_calls').filter((entry) => entry !== null).map((entry) => readToolCall(recordOf(entry, 'a tool call')))
}

/** The call in the older `function_call` member, or null. @throws GatewayError WEIR_ERR_UPSTREAM */
export function readFunctionCall (value: unknown): ToolCallDelta | null {
  if (value === undefined || value === null) return null
  const { name, argumentsText } = readFunction(recordOf(value, 'function_call'))
  return { index: null, id: null, name, argumentsText, extra: null, plain: false }
}

/** The merged form of a whole call: one entry that says exactly what was decided. */
export function toolCallEntry (call: { readonly id: string, readonly name: string, readonly argumentsText: string, readonly extra: JsonRecord | null }): JsonRecord {
  return {
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.argumentsText },
    ...(call.extra === null ? {} : { extra_content: call.extra }),
  }
}

function readToolCall (entry: JsonRecord): ToolCallDelta {
  const { index, id, type, function: called, custom } = entry
  const read = readFunction(isRecord(called) ? called : isRecord(custom) ? { name: custom['name'], arguments: custom['input'] } : {})
  return {
    index: typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : null,
    id: typeof id === 'string' && id !== '' ? id : null,
    name: read.name,
    argumentsText: read.argumentsText,
    extra: isRecord(entry['extra_content']) ? entry['extra_content'] : null,
    plain: isRecord(called) && read.plain && (type === undefined || type === 'function') &&
      hasOnly(entry, ['index', 'id', 'type', 'function']) && hasOnly(called, ['name', 'arguments']),
  }
}

function readFunction (called: JsonRecord): { name: string | null, argumentsText: string, plain: boolean } {
  const { name, arguments: given } = called
  return {
    name: typeof name === 'string' && name !== '' ? name : null,
    // Some local servers send the arguments as JSON instead of text; a number or a list becomes text that is refused.
    argumentsText: given === undefined || given === null ? '' : typeof given === 'string' ? given : JSON.stringify(given),
    plain: typeof given === 'string',
  }
}

function hasOnly (record: JsonRecord, keys: readonly string[]): boolean {
  return Object.keys(record).every((key) => keys.includes(key))
}
