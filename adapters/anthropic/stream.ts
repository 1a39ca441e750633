import { folded, isRecord, notUnderstood, recordOf, refuseLookalikes, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import { EventPipe } from '../event-pipe.ts'
import type { AnswerStream, AnswerStreamPorts, Ruling, StreamFacts } from '../model-format.ts'
import { changedBlock, fittingStop, knownStop, readBlock, readMessage, refusedBlock } from './block.ts'
import { blockEvents, bytesOf, HeldBlocks, inputText, named, type HeldBlock } from './held-blocks.ts'
import { mergedUsage } from './usage.ts'

const EVENT_NAMES = folded(['type', 'index', 'content_block', 'delta', 'message', 'usage'])
const DELTA_NAMES = folded(['type', 'partial_json', 'text', 'stop_reason'])
const EVENT_NAME = /^[a-z_]{1,64}$/
const MAX_INDEX = 4_095
const EMPTY_ANSWER = 'The model gave an empty answer.'

/** The stream of a message. */
export class MessageStream implements AnswerStream {
  readonly #ports: AnswerStreamPorts
  readonly #pipe: EventPipe
  readonly #blocks = new HeldBlocks()
  #usage: JsonRecord | null = null
  #chars = 0
  #callChars = 0
  #blockCount = 0
  #calls = 0
  #released = 0
  #refused = 0
  #nextIndex = 0
  #started = false
  #stopped = false
  #empty = false
  #promised = false
  #unknownEnd = false
  #dropped = 0

  constructor (ports: AnswerStreamPorts) {
    this.#ports = ports
    this.#pipe = new EventPipe({ take: (value, bytes) => this.#event(value, bytes), write: ports.write })
  }

  get done (): boolean {
    return this.#pipe.isClosed
  }

  get holding (): boolean {
    return this.#pipe.isWaiting || this.#blocks.holding
  }

  facts (): StreamFacts {
    return { usage: this.#usage, chars: this.#chars, callChars: this.#callChars, released: this.#released, refused: this.#refused, empty: this.#empty, promised: this.#promised, unknownEnd: this.#unknownEnd, dropped: this.#dropped }
  }

  push (bytes: Buffer): Promise<void> | undefined {
    return this.#pipe.push(bytes)
  }

  async end (): Promise<void> {
    await this.#pipe.end()
    if (!this.#pipe.isClosed && !this.broken()) throw notUnderstood('it ended before its end')
  }

  async settled (): Promise<void> {
    await this.#pipe.settled()
  }

  broken (): boolean {
    if (this.#pipe.isClosed) return true
    if (this.#released === 0) return false
    for (const index of this.#blocks.drop()) this.#pipe.emit(named('content_block_stop', { type: 'content_block_stop', index }))
    if (!this.#stopped) this.#stop({ type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 0 } })
    this.#pipe.close(named('message_stop', { type: 'message_stop' }))
    this.#pipe.flush()
    return true
  }

  #event (value: unknown, bytes: Buffer | null): Promise<void> | undefined {
    const raw = recordOf(value, 'an event')
    refuseLookalikes(raw, EVENT_NAMES)
    const type = raw['type']
    if (typeof type !== 'string' || !EVENT_NAME.test(type)) throw notUnderstood('an event has no type')
    const event = sseEvent(type, bytes ?? JSON.stringify(raw))
    switch (type) {
      case 'message_start': this.#start(raw, event); break
      case 'content_block_start': this.#blockStart(raw, event); break
      case 'content_block_delta': this.#blockDelta(raw, event); break
      case 'content_block_stop': this.#blockStop(indexOf(raw), event); break
      case 'message_delta': case 'message_stop': case 'error': return this.#ending(type, raw, event)
      case 'ping': this.#pipe.emit(event); break
      // A type that is not published could carry anything; clients pass over what does not come.
      default: this.#dropped += 1
    }
    return undefined
  }

  // How it ends goes by what became of its calls.
  async #ending (type: 'message_delta' | 'message_stop' | 'error', raw: JsonRecord, event: Buffer): Promise<void> {
    await this.#pipe.settled()
    if (type === 'message_delta') this.#messageDelta(raw, event)
    else if (type === 'message_stop') this.#messageStop(event)
    else this.#error(event)
  }

  #start (raw: JsonRecord, event: Buffer): void {
    if (this.#started) throw notUnderstood('it begins twice')
    this.#started = true
    const message = readMessage(raw['message'])
    if (message.content.length > 0) throw notUnderstood('it begins with content')
    this.#count(message.raw['usage'])
    this.#pipe.emit(event)
  }

  #blockStart (raw: JsonRecord, event: Buffer): void {
    if (this.#stopped) throw notUnderstood('content follows its end')
    const index = indexOf(raw)
    const block = readBlock(raw['content_block'])
    this.#blocks.start(index, block, event)
    this.#nextIndex = Math.max(this.#nextIndex, index + 1)
    this.#chars += typeof block.raw['text'] === 'string' ? block.raw['text'].length : 0
    if (block.call !== null) return
    this.#blockCount += 1
    this.#pipe.emit(event)
  }

  #blockDelta (raw: JsonRecord, event: Buffer): void {
    const delta = recordOf(raw['delta'], 'a delta')
    refuseLookalikes(delta, DELTA_NAMES)
    const partial = delta['type'] === 'input_json_delta' && typeof delta['partial_json'] === 'string' ? delta['partial_json'] : null
    this.#callChars += partial?.length ?? 0
    if (this.#blocks.add(indexOf(raw), { partial }, event)) return
    for (const name of ['text', 'thinking']) this.#chars += typeof delta[name] === 'string' ? delta[name].length : 0
    this.#pipe.emit(event)
  }

  #blockStop (index: number, event: Buffer): void {
    const held = this.#blocks.stop(index, event)
    if (held === null) return this.#pipe.emit(event)
    const ruling = this.#ports.rule({ id: held.call.id, native: held.call.name, argumentsText: inputText(held), problem: null, fixed: held.call.fixed })
    this.#pipe.after(ruling, bytesOf(held), (ruled) => this.#ruled(held, ruled))
  }

  #ruled (held: HeldBlock, ruling: Ruling): void {
    this.#blockCount += 1
    if (ruling.allowed) {
      this.#released += 1
      this.#calls += 1
      const events = ruling.argumentsText === undefined ? held.events : blockEvents(held.index, changedBlock(held.call, ruling.argumentsText))
      for (const event of events) this.#pipe.emit(event)
      return
    }
    this.#refused += 1
    const block = refusedBlock(held.call, ruling.feedback, this.#ports.refusalStyle)
    if (block['type'] === 'tool_use') this.#calls += 1
    for (const event of blockEvents(held.index, block)) this.#pipe.emit(event)
  }

  #messageDelta (raw: JsonRecord, event: Buffer): void {
    this.#count(raw['usage'])
    const delta = recordOf(raw['delta'], 'a delta')
    refuseLookalikes(delta, DELTA_NAMES)
    if (this.#blocks.holding) throw notUnderstood('it ends inside a tool call')
    const stop = delta['stop_reason']
    const fitting = this.#calls > 0 ? stop : fittingStop(knownStop(stop, this.#ports.refusalStyle), 0)
    if (fitting === stop) {
      this.#stopped ||= (fitting ?? null) !== null
      return this.#pipe.emit(event)
    }
    if (stop === 'tool_use') this.#promised ||= this.#refused === 0
    else this.#unknownEnd = true
    this.#stop({ ...raw, delta: { ...delta, stop_reason: fitting } })
  }

  #stop (messageDelta: JsonRecord): void {
    // An answer without a word and without a call makes OpenCode ask again at once, some twenty times a second.
    if (this.#blockCount === 0) {
      this.#empty = true
      for (const event of blockEvents(this.#nextIndex, { type: 'text', text: EMPTY_ANSWER })) this.#pipe.emit(event)
    }
    this.#stopped = true
    this.#pipe.emit(named('message_delta', messageDelta))
  }

  #messageStop (event: Buffer): void {
    if (this.#blocks.holding) throw notUnderstood('it ends inside a tool call')
    // Without a reason to stop OpenCode takes the turn for unfinished, and asks again.
    if (!this.#stopped) this.#stop({ type: 'message_delta', delta: { stop_reason: this.#calls > 0 ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: this.#usage?.['output_tokens'] ?? 0 } })
    this.#pipe.close(event)
  }

  #error (event: Buffer): void {
    if (this.#released > 0) {
      this.broken()
      return
    }
    this.#blocks.drop()
    this.#pipe.close(event)
  }

  #count (usage: unknown): void {
    if (isRecord(usage)) this.#usage = mergedUsage(this.#usage, usage)
  }
}

function indexOf (raw: JsonRecord): number {
  const index = raw['index']
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 || index > MAX_INDEX) throw notUnderstood('a content block has no usable index')
  return index
}
