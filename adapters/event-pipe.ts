import { sseComment, SseJson, type SseEvent } from '../gateway/decode/sse-json.ts'
import { OrderedOutput } from './ordered-output.ts'

export interface EventPipePorts {
  /** Takes one event, at once when it returns undefined. `bytes` is null when only `value`, serialised again, may be passed on. Calls do not overlap. */
  readonly take: (value: unknown, bytes: Buffer | null) => Promise<void> | undefined
  readonly write: (bytes: Buffer) => void
}

/**
 * A stream's events in, one after the other, and what the client may see of them out, in order: collected, so that one piece of the
 * provider's is one write, also when an event in it makes no sense. What comes behind a call that is not decided waits. Comments pass.
 */
export class EventPipe {
  readonly #take: EventPipePorts['take']
  readonly #reader = new SseJson()
  readonly #output: OrderedOutput
  #isClosed = false

  constructor ({ take, write }: EventPipePorts) {
    this.#take = take
    this.#output = new OrderedOutput(write)
  }

  /** Whether the answer has ended for the client. What follows is not read. */
  get isClosed (): boolean {
    return this.#isClosed
  }

  /** Whether something waits for a decision. */
  get isWaiting (): boolean {
    return this.#output.isWaiting
  }

  /**
   * Never throws: a promise rejects with GatewayError WEIR_ERR_UPSTREAM, SseTooLarge, or what `take` or a decision throws; then nothing waits any more.
   *
   * @returns undefined when every event was taken at once
   */
  push (bytes: Buffer): Promise<void> | undefined {
    try {
      const events = this.#reader.push(bytes)[Symbol.iterator]()
      const waiting = this.#output.isFull ? this.#output.room() : this.#takeNext(events)
      if (waiting !== undefined) return this.#read(events, waiting)
      this.flush()
      return undefined
    } catch (thrown) {
      return this.#broken(thrown)
    }
  }

  /** What was still open when the provider's bytes ended. Resolves when nothing waits. @throws as `push` does */
  async end (): Promise<void> {
    await this.#read(this.#reader.end()[Symbol.iterator]())
    await this.#output.settled()
  }

  emit (event: Buffer): void {
    this.#output.emit(event)
  }

  /** Keeps the place of what is being decided; see `OrderedOutput.after`. */
  after<T> (decision: Promise<T>, bytes: number, pass: (decided: T) => void): void {
    this.#output.after(decision, bytes, pass)
  }

  /** Resolves when nothing waits. @throws what a decision threw */
  async settled (): Promise<void> {
    await this.#output.settled()
  }

  /** The last event, if there is one more. Only when nothing waits. */
  close (event: Buffer | null): void {
    this.#isClosed = true
    if (event !== null) this.#output.emit(event)
  }

  /** Writes what was collected, now: from outside `take`. */
  flush (): void {
    this.#output.flush()
  }

  async #read (events: Iterator<SseEvent>, first: Promise<void> = Promise.resolve()): Promise<void> {
    try {
      for (let waiting: Promise<void> | undefined = first; waiting !== undefined; waiting = this.#takeNext(events)) {
        await waiting
        if (this.#output.isFull) await this.#output.room()
      }
      this.flush()
    } catch (thrown) {
      await this.#broken(thrown)
    }
  }

  /** @returns what has to be waited for before the next one is taken; undefined when there is none */
  #takeNext (events: Iterator<SseEvent>): Promise<void> | undefined {
    for (let next = events.next(); next.done !== true && !this.#isClosed; next = events.next()) {
      const event = next.value
      if (event.kind === 'comment') this.emit(sseComment(event.text))
      else {
        const taking = this.#take(event.value, event.bytes)
        if (taking !== undefined) return taking
      }
      if (this.#output.isFull) return this.#output.room()
    }
    return undefined
  }

  // How the client's stream can end goes by what was released of it.
  async #broken (thrown: unknown): Promise<never> {
    try {
      await this.#output.settled()
      throw thrown
    } finally {
      this.flush()
    }
  }
}
