import { sseComment, SseJson, type SseEvent } from '../gateway/decode/sse-json.ts'

export interface EventPipePorts {
  /** Takes one event. `bytes` is null when only `value`, serialised again, may be passed on. Calls do not overlap. */
  readonly take: (value: unknown, bytes: Buffer | null) => Promise<void>
  readonly write: (bytes: Buffer) => void
}

/**
 * A stream's events in, one after the other, and what the client may see of them out: collected, so that one piece of the provider's is
 * one write, also when an event in it makes no sense. Comments pass.
 */
export class EventPipe {
  readonly #ports: EventPipePorts
  readonly #reader = new SseJson()
  #out: Buffer[] = []
  #isClosed = false

  constructor (ports: EventPipePorts) {
    this.#ports = ports
  }

  /** Whether the answer has ended for the client. What follows is not read. */
  get isClosed (): boolean {
    return this.#isClosed
  }

  /** @throws GatewayError WEIR_ERR_UPSTREAM, SseTooLarge, and what `take` throws */
  async push (bytes: Buffer): Promise<void> {
    await this.#read(this.#reader.push(bytes))
  }

  /** What was still open when the provider's bytes ended. @throws as `push` does */
  async end (): Promise<void> {
    await this.#read(this.#reader.end())
  }

  emit (event: Buffer): void {
    this.#out.push(event)
  }

  /** The last event. */
  close (event: Buffer): void {
    this.#isClosed = true
    this.#out.push(event)
  }

  /** Writes what was collected, now: before a wait, or from outside `take`. */
  flush (): void {
    if (this.#out.length === 0) return
    const bytes = Buffer.concat(this.#out)
    this.#out = []
    this.#ports.write(bytes)
  }

  async #read (events: Iterable<SseEvent>): Promise<void> {
    try {
      for (const event of events) {
        if (this.#isClosed) return
        if (event.kind === 'comment') this.emit(sseComment(event.text))
        else await this.#ports.take(event.value, event.bytes)
      }
    } finally {
      this.flush()
    }
  }
}
