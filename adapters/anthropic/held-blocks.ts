import { isRecord, notUnderstood } from '../../gateway/decode/answer-json.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import type { Block, BlockCall } from './block.ts'

/** A call as far as the provider has sent it: its events as they will be passed on, and the arguments they add up to. */
export interface HeldBlock { readonly index: number, readonly call: BlockCall, readonly events: Buffer[], readonly parts: string[] }

const MAX_CALLS = 256 // models make a handful
const MAX_HELD_BYTES = 33_554_432 // 32 MiB: one file of 8 MiB with every character escaped, in events of a few bytes each

/** The content blocks of a stream: which are open, and what is held of those that are calls. */
export class HeldBlocks {
  readonly #open = new Map<number, HeldBlock | null>()
  #calls = 0
  #bytes = 0

  /** Whether some call is not whole yet. */
  get holding (): boolean {
    return [...this.#open.values()].some((block) => block !== null)
  }

  /** Begins a block. @throws GatewayError WEIR_ERR_UPSTREAM when one of this index is open, or there are too many calls */
  start (index: number, { raw, call }: Block, event: Buffer): void {
    if (this.#open.has(index)) throw notUnderstood('a content block begins twice')
    if (call === null) {
      this.#open.set(index, null)
      return
    }
    this.#calls += 1
    if (this.#calls > MAX_CALLS) throw notUnderstood(`it has more than ${MAX_CALLS} tool calls`)
    this.#open.set(index, { index, call, events: [], parts: startingInput(raw['input']) })
    this.#hold(index, event, '')
  }

  /** Adds to a block. @returns whether the event is held. @throws GatewayError WEIR_ERR_UPSTREAM */
  add (index: number, delta: { readonly partial: string | null }, event: Buffer): boolean {
    const block = this.#open.get(index)
    if (block === undefined) throw notUnderstood('a piece belongs to no content block')
    if (block === null) return false
    if (delta.partial === null) throw notUnderstood('a tool call holds something else than its input')
    this.#hold(index, event, delta.partial)
    return true
  }

  /** Ends a block. @returns the call that is now whole, or null. @throws GatewayError WEIR_ERR_UPSTREAM */
  stop (index: number, event: Buffer): HeldBlock | null {
    const block = this.#open.get(index)
    if (block === undefined) throw notUnderstood('a content block ends that never began')
    this.#open.delete(index)
    block?.events.push(event)
    return block
  }

  drop (): readonly number[] {
    const passing = [...this.#open].filter(([, block]) => block === null).map(([index]) => index)
    this.#open.clear()
    return passing
  }

  #hold (index: number, event: Buffer, partial: string): void {
    this.#bytes += event.length
    if (this.#bytes > MAX_HELD_BYTES) throw notUnderstood('its tool calls are too large')
    const block = this.#open.get(index)
    block?.events.push(event)
    if (partial !== '') block?.parts.push(partial)
  }
}

/** What is held of a call. */
export function bytesOf ({ events }: HeldBlock): number {
  return events.reduce((sum, event) => sum + event.length, 0)
}

/** The arguments of a whole call. No pieces at all stand for an empty object. */
export function inputText ({ parts }: HeldBlock): string {
  const text = parts.join('')
  return text.trim() === '' ? '{}' : text
}

/** The events of a block that the gateway puts in the place of a call. */
export function blockEvents (index: number, block: Readonly<Record<string, unknown>>): readonly Buffer[] {
  const isCall = block['type'] === 'tool_use'
  const delta = isCall ? { type: 'input_json_delta', partial_json: JSON.stringify(block['input']) } : { type: 'text_delta', text: block['text'] }
  return [
    named('content_block_start', { type: 'content_block_start', index, content_block: { ...block, ...(isCall ? { input: {} } : { text: '' }) } }),
    named('content_block_delta', { type: 'content_block_delta', index, delta }),
    named('content_block_stop', { type: 'content_block_stop', index }),
  ]
}

export function named (name: string, value: Readonly<Record<string, unknown>>): Buffer {
  return sseEvent(name, JSON.stringify(value))
}

// Published streams begin with an empty input. A server that sends it whole instead must not have it run beside the pieces.
function startingInput (input: unknown): string[] {
  if (input === undefined || input === null || (isRecord(input) && Object.keys(input).length === 0)) return []
  return [JSON.stringify(input)]
}
