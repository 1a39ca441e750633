import { randomBytes } from 'node:crypto'
import { notUnderstood, readAnswerJson, type AnswerJson, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { isPlain, readChunk, type Chunk, type ChunkChoice } from './chunk.ts'
import { HeldCalls, type HeldCall } from './held-calls.ts'
import { fittingFinish, promisesCalls } from './finish.ts'
import { PlainSkeleton } from './plain-skeleton.ts'
import { onOneLine, sseComment } from '../../gateway/decode/sse-json.ts'
import { SseReader, type SseItem } from '../../gateway/decode/sse-reader.ts'
import { OrderedOutput } from '../ordered-output.ts'
import { invalidCall, refusalText, type AnswerStream, type AnswerStreamPorts, type Ruling, type StreamFacts } from '../model-format.ts'
import { toolCallEntry } from './tool-call-delta.ts'

interface Choice { readonly held: HeldCalls, calls: number, chars: number, finish: string | null, nextIndex: number }

/** A call that is put to the rule, and what stood around it when it came: its place in the stream, whenever it is decided. */
interface WholeCall extends HeldCall { readonly id: string, readonly envelope: JsonRecord }

interface ChoiceEnd { readonly finish?: string | null, readonly usage?: JsonRecord | null, readonly envelope?: JsonRecord }

const MAX_EVENT_BYTES = 1_048_576 // 1 MiB: providers send arguments in pieces of some bytes, at most one file at a time
const EMPTY_ANSWER = 'The model gave an empty answer.'
const DONE = '[DONE]'
const DATA = Buffer.from('data: ')
const EVENT_END = Buffer.from('\n\n')

/** The stream of a chat completion. */
export class ChatStream implements AnswerStream {
  readonly #ports: AnswerStreamPorts
  readonly #reader = new SseReader(MAX_EVENT_BYTES)
  readonly #choices = new Map<number, Choice>()
  readonly #output: OrderedOutput
  readonly #skeleton = new PlainSkeleton()
  #plainChoice: Choice | null = null // the one that the events of the skeleton are of
  #plainEnvelope: JsonRecord = {}
  #envelope: JsonRecord = {}
  #usage: JsonRecord | null = null
  #released = 0
  #refused = 0
  #sawError = false
  #empty = false
  #promised = false
  #done = false

  constructor (ports: AnswerStreamPorts) {
    this.#ports = ports
    this.#output = new OrderedOutput(ports.write)
  }

  get done (): boolean {
    return this.#done
  }

  get holding (): boolean {
    return this.#output.isWaiting || [...this.#choices.values()].some((choice) => choice.held.size > 0)
  }

  facts (): StreamFacts {
    const chars = [...this.#choices.values()].reduce((sum, choice) => sum + choice.chars, 0)
    return { usage: this.#usage, chars, released: this.#released, refused: this.#refused, empty: this.#empty, promised: this.#promised, dropped: 0 }
  }

  async push (bytes: Buffer): Promise<void> {
    await this.#read(this.#reader.push(bytes))
  }

  async end (): Promise<void> {
    await this.#read(this.#reader.end(), { isEnd: true })
  }

  async settled (): Promise<void> {
    await this.#output.settled()
  }

  broken (): boolean {
    if (this.#done) return true
    if (this.#released === 0) return false
    for (const [index, choice] of this.#choices) {
      choice.held.drop()
      this.#finishChoice(index, choice, choice.finish)
    }
    this.#close()
    this.#output.flush()
    return true
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
    for (const item of items) {
      if (this.#done) return
      if (item.kind === 'comment') this.#output.emit(sseComment(item.text))
      else if (!this.#passAlike(item.lines)) await this.#data(item.lines)
      if (this.#output.isFull) await this.#output.room()
    }
  }

  /** Passes on an event that is like one before in everything but its words. @returns whether it was one */
  #passAlike (lines: readonly Buffer[]): boolean {
    const [payload] = lines
    const choice = this.#plainChoice
    if (choice === null || payload === undefined || lines.length !== 1) return false
    const chars = this.#skeleton.charsOf(payload)
    if (chars === -1) return false
    choice.chars += chars
    this.#envelope = this.#plainEnvelope
    this.#emitLine(payload)
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
    this.#envelope = envelope
    this.#usage = chunk.usage ?? this.#usage
    this.#sawError ||= chunk.error
    for (const part of chunk.choices) this.#choice(part.index).chars += part.chars
  }

  #plain (chunk: Chunk, json: AnswerJson, bytes: Buffer | null): void {
    if (this.#ports.hidesUsage && chunk.usage !== null && chunk.choices.length === 0) return
    this.#emit(bytes ?? json.value)
    if (bytes !== null) this.#learn(chunk, bytes)
  }

  #learn (chunk: Chunk, bytes: Buffer): void {
    const [part] = chunk.choices
    if (part === undefined || chunk.choices.length > 1 || chunk.usage !== null || chunk.error) return
    const { content } = part.rest
    if (typeof content !== 'string' || part.chars !== content.length) return
    if (!this.#skeleton.learn(bytes, chunk.raw, content)) return
    this.#plainChoice = this.#choice(part.index)
    this.#plainEnvelope = this.#envelope
  }

  async #mixed (chunk: Chunk, bytes: Buffer | null): Promise<void> {
    const ending = chunk.choices.some(({ finish }) => finish !== null)
    const callless = chunk.choices.every((part) => part.calls.length === 0 && part.legacy === null && this.#choice(part.index).held.size === 0)
    if (callless && ending && this.#output.isWaiting) await this.#output.settled()
    if (bytes !== null && callless && this.#mayPassWhole(chunk)) {
      for (const { index, finish } of chunk.choices) this.#choice(index).finish = finish
      return this.#emit(bytes)
    }
    this.#emitRest(chunk, ending)
    for (const part of chunk.choices) this.#takeCalls(part, chunk.choices.length === 1 ? bytes : null)
    if (ending) await this.#endChoices(chunk.choices.filter(({ finish }) => finish !== null), chunk.usage)
  }

  /** Whether it is the plain end of choices that have text and no calls: its bytes are right as they are. */
  #mayPassWhole (chunk: Chunk): boolean {
    return chunk.choices.every(({ index, finish }) => this.#choice(index).calls === 0 && (finish === null || fittingFinish(finish, 0) === finish))
  }

  #emitRest (chunk: Chunk, ending: boolean): void {
    const choices = chunk.choices.filter(({ rest }) => Object.values(rest).some((value) => value !== null && value !== ''))
    if (choices.length === 0) return
    const { usage, ...raw } = chunk.raw
    this.#emit({
      ...raw,
      choices: choices.map((part) => ({ ...part.raw, delta: part.rest, finish_reason: null })),
      ...(usage === undefined || ending ? {} : { usage }),
    })
  }

  #takeCalls (part: ChunkChoice, bytes: Buffer | null): void {
    const { held } = this.#choice(part.index)
    const alone = bytes !== null && part.calls.length === 1 && part.legacy === null && part.finish === null &&
      Object.entries(part.rest).every(([name, value]) => value === null || name === 'role')
    for (const delta of part.calls) this.#release(part.index, held.add(delta, alone ? bytes : null))
    if (part.legacy !== null) this.#release(part.index, held.addLegacy(part.legacy))
  }

  // How a choice ends goes by what became of its calls.
  async #endChoices (parts: ReadonlyArray<{ readonly index: number, readonly finish: string | null }>, usage: JsonRecord | null): Promise<void> {
    for (const { index } of parts) this.#release(index, this.#choice(index).held.close())
    if (this.#output.isWaiting) await this.#output.settled()
    for (const { index, finish } of parts) this.#finishChoice(index, this.#choice(index), finish, usage)
  }

  #finishChoice (index: number, choice: Choice, finish: string | null, usage: JsonRecord | null = null): void {
    const fitting = fittingFinish(finish, choice.calls)
    if (choice.finish === fitting) return
    // An answer without a word and without a call makes OpenCode ask again at once, some twenty times a second.
    if (choice.calls === 0 && choice.chars === 0 && fitting !== finish) this.#sayNothing(index)
    // Calls that were all refused as text were there.
    this.#promised ||= promisesCalls(finish) && choice.calls === 0 && this.#refused === 0
    choice.finish = fitting
    this.#emitChoice(index, {}, { finish: fitting, usage })
  }

  #sayNothing (index: number): void {
    this.#empty = true
    this.#emitChoice(index, { role: 'assistant', content: EMPTY_ANSWER })
  }

  async #finish (): Promise<void> {
    if (this.#done) return
    await this.#output.settled()
    if (this.#sawError) for (const choice of this.#choices.values()) choice.held.drop()
    else await this.#finishAll()
    this.#close()
  }

  async #finishAll (): Promise<void> {
    if (this.#choices.size === 0) this.#choice(0)
    const open = [...this.#choices].filter(([, { finish, held }]) => finish === null || held.size > 0)
    await this.#endChoices(open.map(([index, { finish }]) => ({ index, finish })), null)
  }

  #close (): void {
    this.#done = true
    this.#output.emit(Buffer.from(`data: ${DONE}\n\n`))
  }

  // Decided side by side, so that parallel calls cost one wait for the disk; released in the model's order.
  #release (index: number, calls: readonly HeldCall[]): void {
    const envelope = this.#envelope
    for (const held of calls) {
      const call: WholeCall = { ...held, ...endedArguments(held), id: held.id ?? `call_${randomBytes(12).toString('hex')}`, envelope }
      const ruling = this.#ports.rule({
        id: call.id, native: call.name, argumentsText: call.argumentsText, problem: call.conflict ? 'its pieces name different tools' : null,
      })
      this.#output.after(ruling, call.argumentsText.length, (ruled) => this.#emitCall(index, call, ruled))
    }
  }

  #emitCall (index: number, call: WholeCall, ruling: Ruling): void {
    const choice = this.#choice(index)
    const { envelope } = call
    if (ruling.allowed) {
      this.#released += 1
      choice.calls += 1
      const argumentsText = ruling.argumentsText ?? call.argumentsText
      if (call.legacy) return this.#emitChoice(index, { function_call: { name: call.name, arguments: argumentsText } }, { envelope })
      const outIndex = choice.nextIndex++
      const isExact = call.exact !== null && call.index === outIndex && ruling.argumentsText === undefined
      if (isExact && call.exact !== null) return this.#emit(call.exact)
      return this.#emitEntry({ index, outIndex, envelope }, toolCallEntry({ ...call, argumentsText }))
    }
    this.#refused += 1
    if (this.#ports.refusalStyle === 'text') {
      const content = refusalText(call.name, ruling.feedback)
      choice.chars += content.length
      return this.#emitChoice(index, { content }, { envelope })
    }
    choice.calls += 1
    this.#emitEntry({ index, outIndex: choice.nextIndex++, envelope }, toolCallEntry({ id: call.id, extra: call.extra, ...invalidCall(call.name, ruling.feedback) }))
  }

  #emitEntry ({ index, outIndex, envelope }: { readonly index: number, readonly outIndex: number, readonly envelope: JsonRecord }, entry: JsonRecord): void {
    this.#emitChoice(index, { tool_calls: [{ index: outIndex, ...entry }] }, { envelope })
  }

  #emitChoice (index: number, delta: JsonRecord, { finish = null, usage = null, envelope = this.#envelope }: ChoiceEnd = {}): void {
    this.#emit({ ...envelope, choices: [{ index, delta, finish_reason: finish }], ...(usage === null ? {} : { usage }) })
  }

  #emit (payload: unknown): void {
    this.#emitLine(onOneLine(Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))))
  }

  #emitLine (bytes: Buffer): void {
    this.#output.emit(DATA)
    this.#output.emit(bytes)
    this.#output.emit(EVENT_END)
  }

  #choice (index: number): Choice {
    const known = this.#choices.get(index)
    if (known !== undefined) return known
    if (this.#choices.size >= 128) throw notUnderstood('it has too many choices')
    const choice: Choice = { held: new HeldCalls(), calls: 0, chars: 0, finish: null, nextIndex: 0 }
    this.#choices.set(index, choice)
    return choice
  }
}

// A client that finds no arguments waits for more and takes those of the next call with this index, which can come from
// another choice: clients read only the first choice of a chunk, whatever its index.
function endedArguments ({ argumentsText, exact }: HeldCall): Pick<HeldCall, 'argumentsText' | 'exact'> {
  return argumentsText.trim() === '' ? { argumentsText: '{}', exact: null } : { argumentsText, exact }
}
