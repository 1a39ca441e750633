import type { JsonRecord } from '../../gateway/decode/answer-json.ts'
import { notUnderstood } from '../../gateway/decode/answer-json.ts'
import { sseComment, sseEvent, SseJson, type SseEvent } from '../../gateway/decode/sse-json.ts'
import type { AnswerStream, AnswerStreamPorts, StreamFacts } from '../model-format.ts'
import { governChunk, readChunk } from './chunk.ts'

const MAX_CALLS = 256
const EMPTY_ANSWER = 'The model gave an empty answer.'

/** The stream of `streamGenerateContent?alt=sse`: every event is a whole answer in small, and its calls are whole. It ends when the connection does. */
export class ContentStream implements AnswerStream {
  readonly #ports: AnswerStreamPorts
  readonly #reader = new SseJson()
  #usage: JsonRecord | null = null
  #chars = 0
  #calls = 0
  #released = 0
  #refused = 0
  #deciding = false
  #finished = false
  #empty = false
  #done = false

  constructor (ports: AnswerStreamPorts) {
    this.#ports = ports
  }

  get done (): boolean {
    return this.#done
  }

  get holding (): boolean {
    return this.#deciding
  }

  facts (): StreamFacts {
    return { usage: this.#usage, chars: this.#chars, released: this.#released, refused: this.#refused, empty: this.#empty, promised: false, dropped: 0 }
  }

  async push (bytes: Buffer): Promise<void> {
    await this.#take(this.#reader.push(bytes))
  }

  async end (): Promise<void> {
    await this.#take(this.#reader.end())
    if (this.#done) return
    this.#done = true
    if (this.#finished) return
    if (this.#chars === 0 && this.#calls === 0) {
      this.#empty = true
      this.#finish([{ text: EMPTY_ANSWER }])
    } else this.#finish([])
  }

  broken (): boolean {
    if (this.#done) return true
    if (this.#released === 0) return false
    this.#done = true
    if (!this.#finished) this.#finish([])
    return true
  }

  async #take (events: Iterable<SseEvent>): Promise<void> {
    for (const event of events) {
      if (this.#done) return
      if (event.kind === 'comment') this.#ports.write(sseComment(event.text))
      else await this.#event(event.value, event.bytes)
    }
  }

  async #event (value: unknown, bytes: Buffer | null): Promise<void> {
    const chunk = readChunk(value)
    // After a released call an error would have the agent ask, and the call run, once more.
    if (chunk.error && this.#released > 0) {
      this.broken()
      return
    }
    this.#usage = chunk.usage ?? this.#usage
    for (const { chars, calls, finish } of chunk.candidates) {
      this.#chars += chars
      this.#calls += calls
      this.#finished ||= finish !== null
    }
    if (this.#calls > MAX_CALLS) throw notUnderstood(`it has more than ${MAX_CALLS} function calls`)
    this.#deciding = true
    const governed = await governChunk(chunk, this.#ports.rule, this.#ports.refusalStyle)
    this.#deciding = false
    this.#released += governed.released
    this.#refused += governed.refused
    this.#ports.write(sseEvent(null, governed.value === null && bytes !== null ? bytes : JSON.stringify(governed.value ?? chunk.raw)))
    if (chunk.error) this.#done = true
  }

  #finish (parts: readonly JsonRecord[]): void {
    this.#finished = true
    this.#ports.write(sseEvent(null, JSON.stringify({ candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }] })))
  }
}
