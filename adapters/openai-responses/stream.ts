import { folded, member, notUnderstood, recordOf, refuseLookalikes, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import { EventPipe } from '../event-pipe.ts'
import { billedUsage } from '../billed-usage.ts'
import type { AnswerStream, AnswerStreamPorts, Ruling, StreamFacts } from '../model-format.ts'
import { bytesOf, HeldItems, itemEvents, named, type HeldItem } from './held-items.ts'
import { answeredCall, NOT_RULED, readItem, readResponse, replacementOf, searchesOf, type Item, type ItemCall } from './item.ts'

const EVENT_NAMES = folded(['type', 'output_index', 'item', 'item_id', 'response', 'delta', 'arguments', 'input'])
const MAX_INDEX = 4_095
const MAX_CALLS = 256
const MAX_KEPT_BYTES = 67_108_864 // 64 MiB of items, pictures among them
const MIN_ITEM_BYTES = 1_024 // what an item of a few bytes takes up in memory

// Words about what is shown, and about the provider's own tools, which ran where the provider is.
const PASSING = new RegExp(`^(?:keepalive|response\\.(?:${[
  'content_part\\.(?:added|done)', 'output_text\\.(?:delta|done|annotation\\.added)', 'refusal\\.(?:delta|done)',
  'reasoning(?:_text|_summary_text)?\\.(?:delta|done)', 'reasoning_summary_part\\.(?:added|done)', 'audio(?:\\.transcript)?\\.(?:delta|done)',
  '(?:web_search|file_search|code_interpreter|image_generation|mcp)_call(?:_code|_arguments)?\\.[a-z_]{1,32}', 'mcp_list_tools\\.[a-z_]{1,32}', 'compaction\\.[a-z_]{1,32}',
].join('|')}))$`)
const RESPONSE_EVENTS: readonly string[] = [
  'response.created', 'response.queued', 'response.in_progress', 'response.completed', 'response.incomplete', 'response.failed', 'error',
]
const BLANK: readonly string[] = ['{}', '{"input":""}']
const ARGUMENTS = /^response\.(?:function_call_arguments|custom_tool_call_input)\.(delta|done)$/

/** A call and what is, or will be, said of it. */
interface Asked { readonly call: ItemCall, readonly ruling: Promise<Ruling> }

/** The stream of a response. */
export class ResponseStream implements AnswerStream {
  readonly #ports: AnswerStreamPorts
  readonly #pipe: EventPipe
  readonly #held = new HeldItems()
  readonly #asked: Asked[] = []
  readonly #output: Array<JsonRecord | null> = []
  #released = 0
  #refused = 0
  #keptBytes = 0
  #response: JsonRecord = {}
  #usage: JsonRecord | null = null
  readonly #searched = { webSearches: 0, fileSearches: 0 } // for an answer whose end, with its usage, does not come
  #number = 0
  #chars = 0
  #callChars = 0
  #dropped = 0
  #unknownEnd = false

  constructor (ports: AnswerStreamPorts) {
    this.#ports = ports
    this.#pipe = new EventPipe({ take: (value, bytes) => this.#event(value, bytes), write: ports.write })
  }

  get done (): boolean {
    return this.#pipe.isClosed
  }

  get holding (): boolean {
    return this.#pipe.isWaiting || this.#held.holding
  }

  facts (): StreamFacts {
    return { usage: this.#usage ?? billedUsage(null, this.#searched), chars: this.#chars, callChars: this.#callChars, released: this.#released, refused: this.#refused, empty: false, promised: false, unknownEnd: this.#unknownEnd, dropped: this.#dropped }
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
    this.#held.drop()
    this.#pipe.close(named({ type: 'response.completed', sequence_number: this.#number + 1, response: { ...this.#response, status: 'completed', output: this.#output.filter((item) => item !== null) } }))
    this.#pipe.flush()
    return true
  }

  #event (value: unknown, bytes: Buffer | null): Promise<void> | undefined {
    const raw = recordOf(value, 'an event')
    refuseLookalikes(raw, EVENT_NAMES)
    const type = raw['type']
    if (typeof type !== 'string') throw notUnderstood('an event has no type')
    const number = raw['sequence_number']
    if (typeof number === 'number' && Number.isSafeInteger(number)) this.#number = number
    refuseStowaway(raw, type)
    const event = (): Buffer => sseEvent(type, bytes ?? JSON.stringify(raw))
    const pieces = ARGUMENTS.exec(type)
    switch (type) {
      case 'response.created': case 'response.queued': case 'response.in_progress': this.#begin(raw, event()); break
      case 'response.output_item.added': this.#added(raw, event()); break
      case 'response.output_item.done': this.#itemDone(raw, event()); break
      case 'response.completed': case 'response.incomplete': return this.#completed(raw, event())
      case 'response.failed': case 'error': return this.#failed(raw, event())
      default:
        if (pieces !== null) this.#arguments(raw, event(), { isDelta: pieces[1] === 'delta' })
        else if (PASSING.test(type)) this.#passing(raw, event())
        // A type that is not published could carry anything; clients pass over what does not come.
        else this.#dropped += 1
    }
    return undefined
  }

  #begin (raw: JsonRecord, event: Buffer): void {
    const { raw: response, items } = readResponse(raw['response'])
    if (items.length > 0) throw notUnderstood('it begins with output')
    this.#response = response
    this.#pipe.emit(event)
  }

  #added (raw: JsonRecord, event: Buffer): void {
    if (!this.#held.begin(indexOf(raw), readItem(raw['item']), event, this.#number)) this.#pipe.emit(event)
  }

  #arguments (raw: JsonRecord, event: Buffer, { isDelta }: { readonly isDelta: boolean }): void {
    const index = indexOf(raw)
    const held = this.#held.at(index) ?? null
    if (held === null) throw notUnderstood('arguments belong to no tool call')
    // Some clients put pieces together by the item's id, others by its index.
    if (this.#held.isOther(index, raw['item_id'] ?? null)) throw notUnderstood('arguments belong to two tool calls')
    const part = raw['delta']
    if (isDelta && typeof part !== 'string') throw notUnderstood('a piece of arguments is not text')
    if (!isDelta) held.wholes.push({ name: textOrNull(raw['name']), text: textOrNull(raw['arguments'] ?? raw['input']) })
    if (typeof part === 'string') this.#callChars += part.length
    this.#held.hold(index, event, { number: this.#number, part: isDelta ? part as string : null })
  }

  #passing (raw: JsonRecord, event: Buffer): void {
    const index = raw['output_index']
    if (typeof index === 'number' && (this.#held.at(index) ?? null) !== null) throw notUnderstood('a tool call holds something else than its arguments')
    if (typeof raw['delta'] === 'string') this.#chars += raw['delta'].length
    this.#pipe.emit(event)
  }

  #itemDone (raw: JsonRecord, event: Buffer): void {
    const index = indexOf(raw)
    const item = readItem(raw['item'])
    const open = this.#held.at(index)
    if (item.call === null) {
      if ((open ?? null) !== null) throw notUnderstood('a tool call ends as something else')
      this.#held.close(index)
      this.#output[this.#place(event.length)] = item.raw
      const { webSearches, fileSearches } = searchesOf([item.raw])
      this.#searched.webSearches += webSearches
      this.#searched.fileSearches += fileSearches
      this.#pipe.emit(event)
      return
    }
    if (open === null) throw notUnderstood('something else ends as a tool call')
    if (open === undefined) this.#held.begin(index, item, Buffer.alloc(0), this.#number)
    this.#held.hold(index, event, { number: this.#number, part: null })
    const held = this.#held.at(index)
    this.#held.close(index)
    if (held !== undefined && held !== null) this.#decide(held, item, item.call)
  }

  #decide (held: HeldItem, item: Item, call: ItemCall): void {
    if (held.parts.length === 0) this.#callChars += call.argumentsText.length
    const place = this.#place(held.events.at(-1)?.length ?? 0)
    this.#pipe.after(this.#rule(call, conflictIn(held, call)), bytesOf(held), (ruling) => this.#ruled({ held, item, place }, ruling))
  }

  #ruled ({ held, item, place }: { readonly held: HeldItem, readonly item: Item, readonly place: number }, ruling: Ruling): void {
    this.#count(ruling)
    const replacement = replacementOf(item, ruling, this.#ports.refusalStyle)
    this.#output[place] = replacement ?? item.raw
    const events = replacement === null ? held.events.filter((one) => one.length > 0) : itemEvents(held, replacement)
    for (const event of events) this.#pipe.emit(event)
  }

  // What the closing event repeats is held to what was decided; what it brings for the first time is decided now.
  async #completed (raw: JsonRecord, event: Buffer): Promise<void> {
    if (this.#held.holding) throw notUnderstood('it ends inside a tool call')
    await this.#pipe.settled()
    const { raw: response, items, usage } = readResponse(raw['response'])
    this.#usage = usage
    const rulings = await Promise.all(items.map(({ call }) => call === null ? null : this.#known(call) ?? this.#counted(call)))
    const output = items.map((item, at) => replacementOf(item, rulings[at] ?? NOT_RULED, this.#ports.refusalStyle) ?? item.raw)
    this.#unknownEnd = this.#ports.refusalStyle === 'invalid-tool' && this.#asked.length === 0 && !isEnd(response['incomplete_details'])
    const isSame = !this.#unknownEnd && output.every((item, at) => item === items[at]?.raw)
    this.#pipe.close(isSame ? event : named({ ...raw, response: { ...response, output, ...(this.#unknownEnd ? { incomplete_details: null } : {}) } }))
  }

  async #failed (raw: JsonRecord, event: Buffer): Promise<void> {
    await this.#pipe.settled()
    // After a released call an error would have the agent ask, and the call run, once more.
    if (this.broken()) return
    if (raw['response'] !== undefined && readResponse(raw['response']).items.some(({ call }) => call !== null)) throw notUnderstood('it fails with tool calls')
    this.#held.drop()
    this.#pipe.close(event)
  }

  // A place among what is kept for the end that the gateway writes when the provider's does not come.
  #place (bytes: number): number {
    this.#keptBytes += bytes + MIN_ITEM_BYTES
    if (this.#keptBytes > MAX_KEPT_BYTES) throw notUnderstood('its output is too large')
    return this.#output.push(null) - 1
  }

  #known (call: ItemCall): Promise<Ruling> | null {
    return this.#asked.find((one) => one.call.id === call.id && one.call.native === call.native && one.call.argumentsText === call.argumentsText)?.ruling ?? null
  }

  #rule (call: ItemCall, problem: string | null): Promise<Ruling> {
    if (this.#asked.length >= MAX_CALLS) throw notUnderstood(`it has more than ${MAX_CALLS} tool calls`)
    const ruling = this.#ports.rule(answeredCall(call, problem))
    this.#asked.push({ call, ruling })
    return ruling
  }

  async #counted (call: ItemCall): Promise<Ruling> {
    const ruling = await this.#rule(call, null)
    this.#count(ruling)
    return ruling
  }

  #count ({ allowed }: Ruling): void {
    if (allowed) this.#released += 1
    else this.#refused += 1
  }
}

// A response that is incomplete for a reason that OpenCode does not know is no end to it: it asks again at once, without end.
function isEnd (details: unknown): boolean {
  const reason = member(details, 'reason') ?? null
  return reason === null || reason === 'max_output_tokens' || reason === 'content_filter'
}

// Clients differ in which of these they run: the pieces, what closes them, the beginning's name, or the item at its end.
function conflictIn ({ begun, parts, wholes }: HeldItem, { native, argumentsText }: ItemCall): string | null {
  if (begun.call === null || begun.call.native !== native) return 'its pieces name different tools'
  if (!BLANK.includes(begun.call.argumentsText) && begun.call.argumentsText !== argumentsText) return 'it does not end as it began'
  if (wholes.some(({ name }) => name !== null && name !== native)) return 'its pieces name different tools'
  const texts = [parts.join(''), ...wholes.map(({ text }) => text ?? '')]
  return texts.every((text) => text === '' || text === argumentsText || JSON.stringify({ input: text }) === argumentsText) ? null : 'its pieces are not what it ends with'
}

// An item or a response in an event that has no place for it would pass unread. Events of unknown types do not pass at all.
function refuseStowaway (raw: JsonRecord, type: string): void {
  const isAboutItem = type.startsWith('response.output_item.')
  const isAboutPart = PASSING.test(type) || ARGUMENTS.test(type)
  const holdsItem = (raw['item'] ?? null) !== null && (isAboutPart || RESPONSE_EVENTS.includes(type))
  const holdsResponse = (raw['response'] ?? null) !== null && (isAboutPart || isAboutItem)
  if (holdsItem || holdsResponse) throw notUnderstood('an event holds what belongs to another')
}

function indexOf (raw: JsonRecord): number {
  const index = raw['output_index']
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 || index > MAX_INDEX) throw notUnderstood('an output item has no usable index')
  return index
}

function textOrNull (value: unknown): string | null {
  if ((value ?? null) === null) return null
  if (typeof value !== 'string') throw notUnderstood('the arguments of a tool call are not text')
  return value
}
