import { folded, isRecord, listOf, notUnderstood, recordOf, refuseLookalikes, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { readFunctionCall, readToolCalls, type ToolCallDelta } from './tool-call-delta.ts'

/** One choice of one streamed chunk. `rest` is its delta without the calls. */
export interface ChunkChoice {
  readonly index: number
  readonly calls: readonly ToolCallDelta[]
  readonly legacy: ToolCallDelta | null
  readonly rest: JsonRecord
  readonly finish: string | null
  /** Characters of text in it, thoughts included. */
  readonly chars: number
  readonly raw: JsonRecord
}

export interface Chunk { readonly choices: readonly ChunkChoice[], readonly usage: JsonRecord | null, readonly error: boolean, readonly raw: JsonRecord }

const CHUNK_NAMES = folded(['choices'])
const CHOICE_NAMES = folded(['delta', 'message'])
const DELTA_NAMES = folded(['tool_calls', 'function_call'])

/** @throws GatewayError WEIR_ERR_UPSTREAM when it is no chunk of a chat completion */
export function readChunk (value: unknown): Chunk {
  const raw = recordOf(value, 'an event')
  refuseLookalikes(raw, CHUNK_NAMES)
  return {
    choices: listOf(raw['choices'], 'choices').map(readChoice),
    usage: isRecord(raw['usage']) ? raw['usage'] : null,
    error: raw['error'] !== undefined && raw['error'] !== null,
    raw,
  }
}

/** Whether every byte of the chunk may pass at once: text only, no call and no end of a choice. */
export function isPlain (chunk: Chunk): boolean {
  return chunk.choices.every((choice) => choice.calls.length === 0 && choice.legacy === null && choice.finish === null)
}

/** Whether the chunk is a piece of one call and says nothing else, but perhaps who speaks. */
export function isCallPiece (chunk: Chunk): boolean {
  const [part] = chunk.choices
  return part !== undefined && chunk.choices.length === 1 && !chunk.error && part.calls.length === 1 && part.legacy === null && part.finish === null && isWordless(part)
}

/** Whether the chunk ends its choices and says nothing else of them. */
export function isEnd (chunk: Chunk): boolean {
  return chunk.choices.every((part) => part.finish !== null && part.calls.length === 0 && part.legacy === null && isWordless(part))
}

function isWordless ({ rest }: ChunkChoice): boolean {
  return Object.entries(rest).every(([name, value]) => value === null || value === '' || (name === 'role' && typeof value === 'string'))
}

function readChoice (value: unknown): ChunkChoice {
  const raw = recordOf(value, 'a choice')
  refuseLookalikes(raw, CHOICE_NAMES)
  refuseMessage(raw['message'])
  const delta = raw['delta'] === undefined || raw['delta'] === null ? {} : recordOf(raw['delta'], 'a delta')
  refuseLookalikes(delta, DELTA_NAMES)
  const { tool_calls: calls, function_call: legacy, ...rest } = delta
  const finish = raw['finish_reason'] ?? null
  if (finish !== null && typeof finish !== 'string') throw notUnderstood('finish_reason is not text')
  return {
    index: indexOf(raw['index']),
    calls: readToolCalls(calls),
    legacy: readFunctionCall(legacy),
    rest,
    finish,
    chars: textChars(rest),
    raw,
  }
}

// A whole message has no place in a stream; a client that read one would get calls past the gateway.
function refuseMessage (message: unknown): void {
  if (message === undefined || message === null) return
  const { tool_calls: calls, function_call: legacy } = recordOf(message, 'a message')
  if ((calls ?? null) !== null || (legacy ?? null) !== null) throw notUnderstood('a streamed choice holds a whole message')
}

function indexOf (index: unknown): number {
  if (index === undefined || index === null) return 0
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 || index > 127) throw notUnderstood('a choice has no usable index')
  return index
}

function textChars (delta: JsonRecord): number {
  let chars = 0
  for (const name of ['content', 'reasoning', 'reasoning_content', 'reasoning_text', 'refusal']) {
    const text = delta[name]
    if (typeof text === 'string') chars += text.length
  }
  return chars
}
