import { readAnswerJson, type AnswerJson, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { sseComment } from '../../gateway/decode/sse-json.ts'
import { SseReader, type SseItem } from '../../gateway/decode/sse-reader.ts'
import { billedUsage } from '../billed-usage.ts'
import type { AnswerStream, AnswerStreamPorts, StreamFacts } from '../model-format.ts'
import { OrderedOutput } from '../ordered-output.ts'
import { ChatEvents } from './chat-events.ts'
import { ChoiceEnds } from './choice-ends.ts'
import { Choices, type Choice } from './choices.ts'
import { isCallPiece, isEnd, isPlain, readChunk, type Chunk, type ChunkChoice } from './chunk.ts'
import { fittingFinish, knownFinish } from './finish.ts'
import { PlainSkeleton } from './plain-skeleton.ts'
import { ReleasedCalls } from './released-calls.ts'

const MAX_EVENT_BYTES = 1_048_576 // 1 MiB: providers send arguments in pieces of some bytes, at most one file at a time
const DONE = '[DONE]'

/** The stream of a chat completion. */
export class ChatStream implements AnswerStream {
  readonly #ports: AnswerStreamPorts
  readonly #reader = new SseReader(MAX_EVENT_BYTES)
  readonly #choices = new Choices()
  readonly #output: OrderedOutput
  readonly #events: ChatEvents
  readonly #calls: ReleasedCalls
  readonly #ends: ChoiceEnds
  readonly #skeleton = new PlainSkeleton()
  #plainChoice: Choice | null = null // the one that the events of the skeleton are of
  #plainEnvelope: JsonRecord = {}
  #usage: JsonRecord | null = null
  #callChars = 0
  #sawError = false
  #done = false

  constructor (ports: AnswerStreamPorts) {
    this.#ports = ports
    this.#output = new OrderedOutput(ports.write)
    this.#events = new ChatEvents(this.#output)
    this.#calls = new ReleasedCalls({ ports, output: this.#output, events: this.#events, choices: this.#choices })
    this.#ends = new ChoiceEnds(this.#events, ports.refusalStyle)
  }

  get done (): boolean {
    return this.#done
  }

  get holding (): boolean {
    return this.#output.isWaiting || this.#choices.holding
  }

  facts (): StreamFacts {
    const { released, refused } = this.#calls
    const { empty, promised, unknownEnd } = this.#ends
    return { usage: billedUsage(this.#usage, { tier: this.#events.envelope['service_tier'] ?? null }), chars: this.#choices.chars, callChars: this.#callChars, released, refused, empty, promised, unknownEnd, dropped: 0 }
  }

  push (bytes: Buffer): Promise<void> | undefined {
    const passed = this.#passEvents(bytes)
    if (passed < bytes.length || bytes.length === 0) return this.#readMore(passed === 0 ? bytes : bytes.subarray(passed))
    this.#output.flush()
    return undefined
  }

  async end (): Promise<void> {
    await this.#read(this.#reader.end(), { isEnd: true })
  }

  async settled (): Promise<void> {
    await this.#output.settled()
  }

  broken (): boolean {
    if (this.#done) return true
    if (this.#calls.released === 0) return false
    for (const [index, choice] of this.#choices.entries()) {
      choice.held.drop()
      this.#ends.finish(index, choice, { finish: choice.finish, refused: this.#calls.refused })
    }
    this.#close()
    this.#output.flush()
    return true
  }

  async #readMore (bytes: Buffer): Promise<void> {
    await this.#read(this.#reader.push(bytes))
  }

  async #read (items: readonly SseItem[], { isEnd = false } = {}): Promise<void> {
    try {
      await this.#items(items)
      if (isEnd) await this.#finish()
    } catch (thrown) {
      // How the client's stream can end goes by what was released of it.
      await this.#output.settled()
      throw thrown
    } finally {
      this.#output.flush()
    }
  }

  async #items (items: readonly SseItem[]): Promise<void> {
    if (this.#output.isFull) await this.#output.room()
    for (const item of items) {
      if (this.#done) return
      if (item.kind === 'comment') this.#output.emit(sseComment(item.text))
      else if (!this.#passAlike(item.lines)) await this.#data(item.lines)
      if (this.#output.isFull) await this.#output.room()
    }
  }

  /** Passes on whole events that are like one before in everything but their words. @returns how many bytes these were */
  #passEvents (bytes: Buffer): number {
    const choice = this.#plainChoice
    if (choice === null || this.#done || this.#output.isWaiting || this.#output.isFull || !this.#reader.isBetweenEvents) return 0
    let passed = 0
    while (passed < bytes.length) {
      const chars = this.#skeleton.charsOfEvent(bytes, passed)
      if (chars === -1) break
      choice.chars += chars
      passed += this.#skeleton.eventBytes + chars
    }
    if (passed === 0) return 0
    this.#events.envelope = this.#plainEnvelope
    this.#output.emit(passed === bytes.length ? bytes : bytes.subarray(0, passed))
    return passed
  }

  /** The same of one event that came in pieces, or with other line ends. @returns whether it was one */
  #passAlike (lines: readonly Buffer[]): boolean {
    const [payload] = lines
    const choice = this.#plainChoice
    if (choice === null || payload === undefined || lines.length !== 1) return false
    const chars = this.#skeleton.charsOf(payload)
    if (chars === -1) return false
    choice.chars += chars
    this.#events.envelope = this.#plainEnvelope
    this.#events.emitLine(payload)
    return true
  }

  async #data (lines: readonly Buffer[]): Promise<void> {
    const [first] = lines
    const payload = lines.length === 1 && first !== undefined ? first : Buffer.from(lines.map((line) => line.toString()).join('\n'))
    if (payload.length < 16 && payload.toString().trim() === DONE) return this.#finish()
    const json = readAnswerJson(payload)
    const chunk = readChunk(json.value)
    this.#note(chunk)
    // A payload that came as several lines cannot be passed on as the one line it is checked as.
    const bytes = json.exact && lines.length === 1 ? payload : null
    if (isPlain(chunk)) this.#plain(chunk, json, bytes)
    else await this.#mixed(chunk, bytes)
  }

  #note (chunk: Chunk): void {
    const { choices: _choices, usage: _usage, error: _error, ...envelope } = chunk.raw
    this.#events.envelope = envelope
    this.#usage = chunk.usage ?? this.#usage
    this.#sawError ||= chunk.error
    for (const part of chunk.choices) this.#choices.at(part.index).chars += part.chars
  }

  #plain (chunk: Chunk, json: AnswerJson, bytes: Buffer | null): void {
    if (this.#ports.hidesUsage && chunk.usage !== null && chunk.choices.length === 0) return
    this.#events.emit(bytes ?? json.value)
    if (bytes !== null) this.#learn(chunk, bytes)
  }

  #learn (chunk: Chunk, bytes: Buffer): void {
    const [part] = chunk.choices
    if (part === undefined || chunk.choices.length > 1 || chunk.usage !== null || chunk.error) return
    const { content } = part.rest
    if (typeof content !== 'string' || part.chars !== content.length) return
    const choice = this.#choices.at(part.index)
    if (choice.chars === part.chars) return // the first text: it goes out before anything is done for later ones
    if (!this.#skeleton.learn(bytes, chunk.raw, content)) return
    this.#plainChoice = choice
    this.#plainEnvelope = this.#events.envelope
  }

  async #mixed (chunk: Chunk, bytes: Buffer | null): Promise<void> {
    const ending = chunk.choices.some(({ finish }) => finish !== null)
    const callless = chunk.choices.every((part) => part.calls.length === 0 && part.legacy === null && this.#choices.at(part.index).held.size === 0)
    if (callless && ending && this.#output.isWaiting) await this.#output.settled()
    if (bytes !== null && callless && this.#mayPassWhole(chunk)) {
      for (const { index, finish } of chunk.choices) this.#choices.at(index).finish = finish
      return this.#events.emit(bytes)
    }
    const piece = bytes !== null && isCallPiece(chunk) ? bytes : null
    const end = bytes !== null && isEnd(chunk) ? bytes : null
    if (piece === null && end === null) this.#emitRest(chunk, ending)
    for (const part of chunk.choices) this.#takeCalls(part, piece)
    if (ending) await this.#endChoices(chunk.choices.filter(({ finish }) => finish !== null), { usage: chunk.usage, bytes: end })
  }

  /** Whether it is the plain end of choices that have text and no calls: its bytes are right as they are. */
  #mayPassWhole (chunk: Chunk): boolean {
    return chunk.choices.every(({ index, finish }) => this.#choices.at(index).calls === 0 && (finish === null || fittingFinish(knownFinish(finish, this.#ports.refusalStyle), 0) === finish))
  }

  #emitRest (chunk: Chunk, ending: boolean): void {
    const choices = chunk.choices.filter(({ rest }) => Object.values(rest).some((value) => value !== null && value !== ''))
    if (choices.length === 0) return
    const { usage, ...raw } = chunk.raw
    this.#events.emit({
      ...raw,
      choices: choices.map((part) => ({ ...part.raw, delta: part.rest, finish_reason: null })),
      ...(usage === undefined || ending ? {} : { usage }),
    })
  }

  #takeCalls (part: ChunkChoice, bytes: Buffer | null): void {
    const { held } = this.#choices.at(part.index)
    const event = bytes === null ? null : { payload: bytes, beside: part.rest }
    for (const { argumentsText } of part.calls) this.#callChars += argumentsText.length
    this.#callChars += part.legacy?.argumentsText.length ?? 0
    for (const delta of part.calls) this.#calls.release(part.index, held.add(delta, event))
    if (part.legacy !== null) this.#calls.release(part.index, held.addLegacy(part.legacy))
  }

  // How a choice ends goes by what became of its calls. `bytes` of the provider's end pass when they say it already.
  async #endChoices (parts: ReadonlyArray<{ readonly index: number, readonly finish: string | null }>, { usage = null, bytes = null }: { readonly usage?: JsonRecord | null, readonly bytes?: Buffer | null } = {}): Promise<void> {
    for (const { index } of parts) this.#calls.release(index, this.#choices.at(index).held.close())
    if (this.#output.isWaiting) await this.#output.settled()
    if (bytes !== null && parts.every((part) => this.#isFitting(part))) {
      for (const { index, finish } of parts) this.#choices.at(index).finish = finish
      return this.#events.emit(bytes)
    }
    for (const { index, finish } of parts) this.#ends.finish(index, this.#choices.at(index), { finish, refused: this.#calls.refused, usage })
  }

  #isFitting ({ index, finish }: { readonly index: number, readonly finish: string | null }): boolean {
    const choice = this.#choices.at(index)
    return choice.finish === null && fittingFinish(knownFinish(finish, this.#ports.refusalStyle), choice.calls) === finish
  }

  async #finish (): Promise<void> {
    if (this.#done) return
    await this.#output.settled()
    if (this.#sawError) for (const [, choice] of this.#choices.entries()) choice.held.drop()
    else await this.#finishAll()
    this.#close()
  }

  async #finishAll (): Promise<void> {
    if (this.#choices.size === 0) this.#choices.at(0)
    const open = this.#choices.entries().filter(([, { finish, held }]) => finish === null || held.size > 0)
    await this.#endChoices(open.map(([index, { finish }]) => ({ index, finish })))
  }

  #close (): void {
    this.#done = true
    this.#events.emitDone()
  }
}
