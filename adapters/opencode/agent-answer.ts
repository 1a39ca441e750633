import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

const MAX_SHORT_BYTES = 262_144

interface Answered {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** An answer of the agent: in one piece when it says that it is at most 256 KiB long, else its body as it comes. */
export type AgentAnswer = Answered & ({ readonly bytes: Buffer, readonly body: null } | { readonly bytes: null, readonly body: Readable })

/** Where the answer goes, or what went wrong before it began. */
export interface AnswerEnds {
  resolve (answer: AgentAnswer): void
  reject (error: Error): void
}

/** Reads one answer. A stream for each, which the client library would make, took a tenth of the time of a request that is answered with 30 KB. */
export class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #ends: AnswerEnds
  readonly #pieces: Buffer[] = []
  #answered: Answered | null = null
  #body: Readable | null = null

  constructor (ends: AnswerEnds) {
    this.#ends = ends
  }

  onRequestStart (): void {} // by which undici knows that this is a handler of its present form

  onResponseStart (controller: Dispatcher.DispatchController, statusCode: number, headers: Answered['headers']): void {
    if (statusCode < 200) return
    this.#answered = { statusCode, headers }
    if (Number(headers['content-length'] ?? Infinity) <= MAX_SHORT_BYTES) return
    const body = bodyOf(controller)
    this.#body = body
    this.#ends.resolve({ statusCode, headers, bytes: null, body })
  }

  onResponseData (controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#body === null) this.#pieces.push(piece)
    else if (!this.#body.push(piece)) controller.pause()
  }

  onResponseEnd (): void {
    if (this.#body !== null) {
      this.#body.push(null)
      return
    }
    if (this.#answered === null) return this.#ends.reject(new Error('the agent ended without an answer'))
    const { statusCode, headers } = this.#answered
    const [only] = this.#pieces
    const bytes = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces)
    this.#ends.resolve({ statusCode, headers, bytes, body: null })
  }

  onResponseError (_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#body === null) this.#ends.reject(error)
    else this.#body.destroy(error)
  }
}

function bodyOf (controller: Dispatcher.DispatchController): Readable {
  return new Readable({
    read: () => controller.resume(),
    destroy (error, done) {
      if (!this.readableEnded) controller.abort(error ?? new Error('nobody reads the rest of it'))
      done(error)
    },
  })
}
