import type { JsonRecord } from '../../gateway/decode/answer-json.ts'
import { notUnderstood } from '../../gateway/decode/answer-json.ts'
import { sseEvent } from '../../gateway/decode/sse-json.ts'
import { EventPipe } from '../event-pipe.ts'
import type { AnswerStream, AnswerStreamPorts, StreamFacts } from '../model-format.ts'
import { gatherSearches, governChunk, plainlyEnded, readChunk, searchedUsage, type Chunk, type GovernedChunk, type Searched } from './chunk.ts'

const MAX_CALLS = 256
const EMPTY_ANSWER = 'The model gave an empty answer.'

/** The stream of `streamGenerateContent?alt=sse`: every event is a whole answer in small, and its calls are whole. It ends when the connection does. */
export class ContentStream implements AnswerStream {
  readonly #ports: AnswerStreamPorts
  readonly #pipe: EventPipe
  #usage: JsonRecord | null = null
  readonly #searched: Searched = { web: new Set(), files: new Set() }
  #chars = 0
  #callChars = 0
  #calls = 0
  #released = 0
  #refused = 0
  #finished = false
  #empty = false
  #unknownEnd = false

  constructor (ports: AnswerStreamPorts) {
    this.#ports = ports
    this.#pipe = new EventPipe({ take: (value, bytes) => this.#event(value, bytes), write: ports.write })
  }

  get done (): boolean {
    return this.#pipe.isClosed
  }

  get holding (): boolean {
    return this.#pipe.isWaiting
  }

  facts (): StreamFacts {
    return { usage: searchedUsage(this.#usage, this.#searched), chars: this.#chars, callChars: this.#callChars, released: this.#released, refused: this.#refused, empty: this.#empty, promised: false, unknownEnd: this.#unknownEnd, dropped: 0 }
  }

  push (bytes: Buffer): Promise<void> | undefined {
    return this.#pipe.push(bytes)
  }

  async end (): Promise<void> {
    await this.#pipe.end()
    if (this.#pipe.isClosed) return
    const isEmpty = !this.#finished && this.#chars === 0 && this.#calls === 0
    this.#empty ||= isEmpty
    this.#close(isEmpty ? [{ text: EMPTY_ANSWER }] : [])
  }

  async settled (): Promise<void> {
    await this.#pipe.settled()
  }

  broken (): boolean {
    if (this.#pipe.isClosed) return true
    if (this.#released === 0) return false
    this.#close([])
    return true
  }

  #event (value: unknown, bytes: Buffer | null): Promise<void> | undefined {
    const chunk = readChunk(value)
    if (chunk.error) return this.#error(chunk, bytes)
    this.#chunk(chunk, bytes)
    return undefined
  }

  // After a released call an error would have the agent ask, and the call run, once more.
  async #error (chunk: Chunk, bytes: Buffer | null): Promise<void> {
    await this.#pipe.settled()
    if (this.#released > 0) {
      this.broken()
      return
    }
    this.#chunk(chunk, bytes)
    await this.#pipe.settled()
    this.#pipe.close(null)
  }

  #chunk (chunk: Chunk, bytes: Buffer | null): void {
    this.#usage = chunk.usage ?? this.#usage
    gatherSearches(chunk, this.#searched)
    for (const { chars, callChars, calls, finish } of chunk.candidates) {
      this.#chars += chars
      this.#callChars += callChars
      this.#calls += calls
      this.#finished ||= finish !== null
    }
    if (this.#calls > MAX_CALLS) throw notUnderstood(`it has more than ${MAX_CALLS} function calls`)
    const event = sseEvent(null, bytes ?? JSON.stringify(chunk.raw))
    if (this.#calls === 0) this.#pipe.emit(this.#endedPlainly(chunk) ?? event)
    else if (chunk.candidates.every(({ calls }) => calls === 0)) this.#pipe.emit(event)
    else this.#pipe.after(governChunk(chunk, this.#ports.rule, this.#ports.refusalStyle), event.length, (governed) => this.#governed(governed, event))
  }

  #endedPlainly (chunk: Chunk): Buffer | null {
    const value = this.#ports.refusalStyle === 'invalid-tool' ? plainlyEnded(chunk) : null
    if (value === null) return null
    this.#unknownEnd = true
    if (this.#chars > 0) return sseEvent(null, JSON.stringify(value))
    this.#empty = true
    return Buffer.concat([sseEvent(null, JSON.stringify({ candidates: [{ content: { parts: [{ text: EMPTY_ANSWER }], role: 'model' }, index: 0 }] })), sseEvent(null, JSON.stringify(value))])
  }

  #governed ({ value, released, refused }: GovernedChunk, event: Buffer): void {
    this.#released += released
    this.#refused += refused
    this.#pipe.emit(value === null ? event : sseEvent(null, JSON.stringify(value)))
  }

  #close (parts: readonly JsonRecord[]): void {
    const last = { candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }] }
    this.#pipe.close(this.#finished ? null : sseEvent(null, JSON.stringify(last)))
    this.#pipe.flush()
  }
}
