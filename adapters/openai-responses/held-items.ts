import { notUnderstood, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import type { Item } from './item.ts'

/** An item that is not whole yet: its events as they will be passed on, the pieces of its arguments, and what else was said of the whole. */
export interface HeldItem { readonly outputIndex: number, readonly begun: Item, readonly events: Buffer[], readonly parts: string[], readonly wholes: Whole[], readonly numbers: number[] }

/** What an event that closes the arguments repeats of them; null for what it leaves out. */
export interface Whole { readonly name: string | null, readonly text: string | null }

const MAX_CALLS = 256
const MAX_HELD_BYTES = 33_554_432 // 32 MiB: one file of 8 MiB with every character escaped, in events of a few bytes each

/** The output items of a stream that have begun and not ended; of calls, everything that came of them. */
export class HeldItems {
  readonly #open = new Map<number, HeldItem | null>()
  #calls = 0
  #bytes = 0

  get holding (): boolean {
    return [...this.#open.values()].some((item) => item !== null)
  }

  /** Begins an item. @returns whether its event is held. @throws GatewayError WEIR_ERR_UPSTREAM */
  begin (outputIndex: number, item: Item, event: Buffer, number: number): boolean {
    if (this.#open.has(outputIndex)) throw notUnderstood('an output item begins twice')
    if (item.call === null) {
      this.#open.set(outputIndex, null)
      return false
    }
    this.#calls += 1
    if (this.#calls > MAX_CALLS) throw notUnderstood(`it has more than ${MAX_CALLS} tool calls`)
    this.#open.set(outputIndex, { outputIndex, begun: item, events: [], parts: [], wholes: [], numbers: [] })
    this.hold(outputIndex, event, { number, part: null })
    return true
  }

  /** The open call of this index; null when something that passes is open there, undefined when nothing is. */
  at (outputIndex: number): HeldItem | null | undefined {
    return this.#open.get(outputIndex)
  }

  /** @throws GatewayError WEIR_ERR_UPSTREAM over the limit */
  hold (outputIndex: number, event: Buffer, { number, part }: { readonly number: number, readonly part: string | null }): void {
    this.#bytes += event.length
    if (this.#bytes > MAX_HELD_BYTES) throw notUnderstood('its tool calls are too large')
    const item = this.#open.get(outputIndex)
    item?.events.push(event)
    item?.numbers.push(number)
    if (part !== null) item?.parts.push(part)
  }

  /** Whether a call other than the one of this index goes by this id. */
  isOther (outputIndex: number, id: unknown): boolean {
    return [...this.#open].some(([index, item]) => index !== outputIndex && item !== null && item.begun.raw['id'] === id)
  }

  close (outputIndex: number): void {
    this.#open.delete(outputIndex)
  }

  drop (): void {
    this.#open.clear()
  }
}

/** What is held of an item. */
export function bytesOf ({ events }: HeldItem): number {
  return events.reduce((sum, event) => sum + event.length, 0)
}

/** The events of an item that the gateway puts in the place of a call, numbered like the held ones. */
export function itemEvents ({ outputIndex, numbers }: HeldItem, item: JsonRecord): readonly Buffer[] {
  const id = item['id'] ?? null
  const at = { output_index: outputIndex, ...(id === null ? {} : { item_id: id }) }
  const isCall = item['type'] === 'function_call'
  const [part] = isCall ? [] : item['content'] as readonly JsonRecord[]
  const events: JsonRecord[] = isCall
    ? [
        { type: 'response.output_item.added', output_index: outputIndex, item: { ...item, arguments: '', status: 'in_progress' } },
        { type: 'response.function_call_arguments.delta', ...at, delta: item['arguments'] },
        { type: 'response.function_call_arguments.done', ...at, arguments: item['arguments'] },
        { type: 'response.output_item.done', output_index: outputIndex, item },
      ]
    : [
        { type: 'response.output_item.added', output_index: outputIndex, item: { ...item, content: [], status: 'in_progress' } },
        { type: 'response.content_part.added', ...at, content_index: 0, part: { ...part, text: '' } },
        { type: 'response.output_text.delta', ...at, content_index: 0, delta: part?.['text'] },
        { type: 'response.output_text.done', ...at, content_index: 0, text: part?.['text'] },
        { type: 'response.content_part.done', ...at, content_index: 0, part },
        { type: 'response.output_item.done', output_index: outputIndex, item },
      ]
  const first = numbers[0] ?? 0
  const last = numbers.at(-1) ?? first
  return events.map((event, nth) => named({ ...event, sequence_number: Math.min(first + nth, last) }))
}

export function named (value: JsonRecord): Buffer {
  return sseEvent(String(value['type']), JSON.stringify(value))
}
