import { notUnderstood, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import type { ToolCallDelta } from './tool-call-delta.ts'

/** An event that holds one piece of a call and nothing else, but for what stands `beside` it in its delta: who speaks. */
export interface PieceEvent { readonly payload: Buffer, readonly beside: JsonRecord }

/**
 * A tool call as the provider has sent it. `events` are the payloads of its events, when nothing else is in them and every client reads the
 * same call from them; `bytes` is what is kept of it. `beside` stood next to its first piece and has not been passed on. `conflict` says that
 * its pieces disagree about which tool is called.
 */
export interface HeldCall {
  readonly index: number | null
  readonly id: string | null
  readonly name: string
  readonly argumentsText: string
  readonly extra: JsonRecord | null
  readonly conflict: boolean
  readonly legacy: boolean
  readonly events: readonly Buffer[] | null
  readonly bytes: number
  readonly beside: JsonRecord
}

interface Building { index: number | null, id: string | null, name: string | null, parts: string[], extra: JsonRecord | null, conflict: boolean, events: Buffer[] | null, beside: JsonRecord, bytes: number, chars: number, endsInBrace: boolean }

const MAX_CALLS = 256 // per choice; models make a handful
const MAX_ARGUMENT_CHARS = 16_777_216 // 16 Mi characters per choice: one file of 8 MiB with every character escaped
const MAX_EVENT_BYTES = 33_554_432 // 32 MiB per choice, as other formats hold; beyond it calls are released in one event each
const MAX_CHECKED_CHARS = 268_435_456 // a second or two of parsing; without it a provider could have the same 16 Mi parsed for each of its events
const LEGACY = 'function_call'
const NOTHING: JsonRecord = Object.freeze({})

/** The calls of one choice that are not whole yet. Nothing of a call leaves here before it is closed. */
export class HeldCalls {
  readonly #open = new Map<number | string, Building>()
  readonly #closedIds = new Map<number | string, string | null>()
  #last: number | string = 0
  #calls = 0
  #chars = 0
  #eventBytes = 0
  #checkedChars = 0

  get size (): number {
    return this.#open.size
  }

  /**
   * Adds a piece.
   *
   * @param event the event that it came in when it holds nothing else
   * @returns the calls that are now known to be whole
   * @throws GatewayError WEIR_ERR_UPSTREAM over the limits
   */
  add (delta: ToolCallDelta, event: PieceEvent | null): readonly HeldCall[] {
    const key = delta.index ?? this.#keyWithoutIndex(delta)
    return this.#addTo(key, delta, event)
  }

  /** Adds a piece of the older `function_call`, of which a choice has at most one. */
  addLegacy (delta: ToolCallDelta): readonly HeldCall[] {
    return this.#addTo(LEGACY, delta, null)
  }

  /** Closes all, in the order in which they began. */
  close (): readonly HeldCall[] {
    return [...this.#open.keys()].map((key) => this.#close(key))
  }

  drop (): void {
    this.#open.clear()
  }

  #addTo (key: number | string, delta: ToolCallDelta, event: PieceEvent | null): readonly HeldCall[] {
    const closed: HeldCall[] = []
    const known = this.#open.get(key)
    if (known !== undefined && this.#isAnotherCall(known, delta)) closed.push(this.#close(key))
    if (!this.#open.has(key)) {
      if (this.#isLate(key, delta)) return closed
      closed.push(...this.#closeComplete())
      this.#start(key, delta)
    }
    const call = this.#open.get(key)
    if (call === undefined) throw notUnderstood('a tool call was lost') // cannot be: it was just started
    this.#last = key
    this.#append(call, delta, event)
    return closed
  }

  // A client has already taken this call as whole; what comes after it belongs to nothing.
  #isLate (key: number | string, delta: ToolCallDelta): boolean {
    return this.#closedIds.has(key) && (delta.id === null || delta.id === this.#closedIds.get(key))
  }

  #start (key: number | string, delta: ToolCallDelta): void {
    this.#calls += 1
    if (this.#calls > MAX_CALLS) throw notUnderstood(`it has more than ${MAX_CALLS} tool calls`)
    this.#open.set(key, { index: delta.index, id: null, name: null, parts: [], extra: null, conflict: false, events: [], beside: NOTHING, bytes: 0, chars: 0, endsInBrace: false })
  }

  #append (call: Building, delta: ToolCallDelta, event: PieceEvent | null): void {
    this.#chars += delta.argumentsText.length
    if (this.#chars > MAX_ARGUMENT_CHARS) throw notUnderstood('the arguments of its tool calls are too large')
    this.#keepEvent(call, delta, event)
    call.parts.push(delta.argumentsText)
    call.chars += delta.argumentsText.length
    const ending = delta.argumentsText.trimEnd()
    if (ending !== '') call.endsInBrace = ending.endsWith('}')
    call.id ??= delta.id
    call.extra ??= delta.extra
    // Clients disagree about a name that comes twice: some keep the first, some join them.
    if (call.name !== null && delta.name !== null && delta.name !== call.name) call.conflict = true
    call.name ??= delta.name
  }

  // Clients agree about a call that begins with its id and its name and goes on with nothing but arguments; about others the one form in which
  // it was decided says more than the provider's own.
  #keepEvent (call: Building, delta: ToolCallDelta, event: PieceEvent | null): void {
    const isFirst = call.parts.length === 0
    if (isFirst && event !== null) call.beside = event.beside
    const isPlain = delta.plain && delta.index === call.index &&
      (isFirst ? delta.id !== null && delta.name !== null : delta.id === null && delta.name === null)
    if (event === null || call.events === null || !isPlain || this.#eventBytes + event.payload.length > MAX_EVENT_BYTES) {
      call.events = null
      return
    }
    this.#eventBytes += event.payload.length
    call.bytes += event.payload.length
    call.events.push(Buffer.from(event.payload)) // a copy: the provider's bytes around it need not be kept
  }

  #keyWithoutIndex (delta: ToolCallDelta): number | string {
    if (delta.id === null) return this.#last
    return `id ${delta.id}`
  }

  #closeComplete (): readonly HeldCall[] {
    return [...this.#open].filter(([, call]) => this.#isComplete(call)).map(([key]) => this.#close(key))
  }

  #close (key: number | string): HeldCall {
    const call = this.#open.get(key)
    if (call === undefined) throw notUnderstood('a tool call was lost')
    this.#open.delete(key)
    this.#closedIds.set(key, call.id)
    const argumentsText = call.parts.join('')
    return Object.freeze({
      index: call.index,
      id: call.id,
      name: call.name ?? '',
      argumentsText,
      extra: call.extra,
      conflict: call.conflict,
      legacy: key === LEGACY,
      // Of anything but an object a part can be JSON too, and clients take a call as whole as soon as its arguments are.
      events: argumentsText.trimStart().startsWith('{') ? call.events : null,
      bytes: call.bytes + argumentsText.length,
      beside: call.beside,
    })
  }

  // Some servers give every parallel call the index 0, others a new id to every piece of one call: a piece with an id
  // of its own begins another call only if it names a tool, or if the call before it is complete.
  #isAnotherCall (known: Building, delta: ToolCallDelta): boolean {
    if (known.id === null || delta.id === null || delta.id === known.id) return false
    return delta.name !== null || this.#isComplete(known)
  }

  #isComplete (call: Building): boolean {
    if (!call.endsInBrace) return false
    this.#checkedChars += call.chars
    if (this.#checkedChars > MAX_CHECKED_CHARS) throw notUnderstood('its tool calls begin again and again')
    return isJson(call.parts.join(''))
  }
}

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // more is to come, or the call is broken: the end of the stream will tell
  }
}
