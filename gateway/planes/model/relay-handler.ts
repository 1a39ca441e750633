import type { Socket } from 'node:net'
import { GatewayError } from '../../core/errors.ts'
import { sendJson } from '../../http/forward/raw-answer.ts'
import { codeOf, upstreamFailure } from '../../http/forward/upstream-pools.ts'
import { passHeaders, type HeadersOfProvider } from './answer-headers.ts'
import type { Redact } from './key-redactor.ts'
import { MAX_ERROR_BYTES } from './model-ports.ts'
import { createErrorRelay } from './relay-error.ts'
import { createStreamRelay } from './relay-stream.ts'
import { createWholeRelay } from './relay-whole.ts'
import type { AnswerExchange, AnswerNote, AnswerRelay, Exchange, FailureKind, Relayed } from './relay.ts'
import type { AnswerReader, AnswerSource } from './unpack-answer.ts'

/** How an attempt ends: with what became of the exchange, or with another attempt after so many milliseconds. */
export interface AttemptEnds {
  resolve (relayed: Relayed): void
  again (waitMs: number): void
}

export const NOTHING_RELAYED: Relayed = Object.freeze({ status: null, sent: false, usage: null, chars: 0, firstMs: null, released: 0, refused: 0, notes: [], cause: null })
const MAX_QUEUED_BYTES = 262_144 // beyond this the provider is paused: decisions or the client are slower than it is

/** One attempt: reads the provider's answer and hands it to what relays it. Resolves once, or asks for another attempt. */
export class RelayHandler implements AnswerReader {
  readonly #exchange: Exchange
  readonly #redact: Redact
  readonly #ends: AttemptEnds
  readonly #clientSocket: Socket | null
  readonly #onClientGone = (): void => this.#clientGone()
  readonly #readUnread = (): void => this.#read()
  #controller: AnswerSource | null = null
  #answer: AnswerRelay | null = null
  #status: number | null = null
  #queue: Promise<void> = Promise.resolve()
  #unread: Buffer[] = []
  #queued = 0
  #queuedBytes = 0
  #isPaused = false
  #isSettled = false
  #isSent = false
  #isRetried = false

  constructor (exchange: Exchange, redact: Redact, ends: AttemptEnds) {
    this.#exchange = exchange
    this.#redact = redact
    this.#ends = ends
    exchange.response.once('close', this.#onClientGone)
    this.#clientSocket = exchange.response.socket
    // Node ends its side of such a connection too, so nothing reaches the client any more; the close comes some turns of the event loop later.
    this.#clientSocket?.once('end', this.#onClientGone)
  }

  #forgetClient (): void {
    this.#exchange.response.off('close', this.#onClientGone)
    this.#clientSocket?.off('end', this.#onClientGone)
  }

  onRequestStart (controller: AnswerSource): void {
    this.#controller = controller
    this.#isSent = true
    if (this.#isSettled) controller.abort(new Error('the client left'))
  }

  onResponseStart (controller: AnswerSource, status: number, headers: HeadersOfProvider): void {
    if (status < 200) return
    this.#controller = controller
    if (this.#isSettled) return controller.abort(new Error('the client left'))
    if (this.#again(status, null, headers)) return
    this.#status = status
    try {
      this.#answer = this.#relayFor(status, headers)
    } catch (thrown) {
      this.#fail(thrown, 'not-understood')
    }
  }

  onResponseData (controller: AnswerSource, chunk: Buffer): void {
    // The refusal that is tried again is read to its end if that is near, to keep the connection.
    if (this.#isRetried && (this.#queuedBytes += chunk.length) <= MAX_ERROR_BYTES) return
    // The answer is over for the client. Its end is waited for, to keep the connection; more of it is not.
    if (this.#isSettled) return controller.abort(new Error('the answer is over'))
    if (this.#answer?.hasText?.() !== true) return this.#receive(chunk)
    this.#queuedBytes += chunk.length
    if (this.#unread.push(chunk) === 1) this.#exchange.turns.later(this.#readUnread)
    this.#updatePause()
  }

  /** Reads what waited for its turn. */
  #read (): void {
    const [first, ...more] = this.#unread
    if (first === undefined) return
    const chunk = more.length === 0 ? first : Buffer.concat(this.#unread)
    this.#unread = []
    this.#queuedBytes -= chunk.length
    if (this.#isSettled) this.#controller?.abort(new Error('the answer is over'))
    else this.#receive(chunk)
  }

  #receive (chunk: Buffer): void {
    // Most pieces are text that passes at once; a promise for each would cost as much as reading it.
    const taking = this.#queued === 0 ? this.#take(chunk) : () => this.#take(chunk)
    if (taking !== undefined) this.#enqueue(chunk.length, taking)
    this.#updatePause()
  }

  onResponseEnd (): void {
    this.#read()
    this.#queue = this.#queue.then(async () => {
      if (this.#isSettled) return
      try {
        await this.#answer?.end()
      } catch (thrown) {
        this.#fail(thrown, 'not-understood')
        return
      }
      this.#settle([], null)
    })
  }

  onResponseError (_controller: AnswerSource, error: Error): void {
    if (this.#isSettled) return // it was broken off here
    if (this.#status === null && this.#again(null, codeOf(error), {})) return
    this.#read()
    const failure = error instanceof GatewayError ? error : upstreamFailure(error)
    const why = failure === error ? 'not-understood' : failure.code === 'WEIR_ERR_UPSTREAM_TIMEOUT' ? 'upstream-slow' : 'upstream-broke'
    this.#queue = this.#queue.then(() => this.#broke(failure, why))
  }

  // Calls that came before are still being decided. After one of them was released the client must not see a broken stream.
  async #broke (failure: GatewayError, why: FailureKind): Promise<void> {
    try {
      await this.#answer?.settled?.()
    } catch (thrown) {
      this.#fail(thrown, 'not-understood')
      return
    }
    this.#fail(failure, why)
  }

  /** Tells the attempts how this one went. @returns whether another one was started, or somebody else takes over */
  #again (status: number | null, code: string | null, headers: HeadersOfProvider): boolean {
    const { attempts, givesWay } = this.#exchange
    if (status === 200) {
      attempts.answered(status)
      return false
    }
    const retryAfter = headers['retry-after']
    const failure = { status, code, retryAfter: typeof retryAfter === 'string' ? retryAfter : null }
    const waitMs = attempts.failed(failure)
    if (waitMs === null && givesWay?.(failure) !== true) return false
    this.#isSettled = true
    this.#isRetried = true
    this.#forgetClient()
    if (waitMs !== null) this.#ends.again(waitMs)
    else this.#ends.resolve({ ...NOTHING_RELAYED, status, sent: this.#isSent, notes: ['gave-way'] })
    return true
  }

  #relayFor (status: number, headers: HeadersOfProvider): AnswerRelay {
    const { response, format, asked, rule, refusalStyle, keepAliveMs } = this.#exchange
    const redact = this.#redact
    passHeaders(response, headers, { known: format.answerHeaders, redact })
    if (status !== 200) return createErrorRelay({ response, redact, status, headers })
    if (headers['content-encoding'] !== undefined) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The provider compressed its answer in a way that is not read here.')
    const type = String(headers['content-type'] ?? '').toLowerCase()
    // What the provider says it sends decides how it is read; both ways decide every call, and neither can read the other's form.
    const streams = asked.generates && (type.includes('text/event-stream') || (asked.stream && !type.includes('json')))
    // By name: here and in `#settle`, a spread of it took more of a request's time than deciding it.
    const exchange: AnswerExchange = { response, format, asked, rule, refusalStyle, keepAliveMs, redact }
    return streams ? createStreamRelay(exchange, () => this.#updatePause()) : createWholeRelay(exchange)
  }

  /** What comes meanwhile waits until the chunk has been taken. */
  #enqueue (bytes: number, taking: Promise<void> | (() => Promise<void> | undefined)): void {
    this.#queued += 1
    this.#queuedBytes += bytes
    this.#queue = this.#queue.then(async () => {
      await (typeof taking === 'function' ? taking() : taking)
      this.#queued -= 1
      this.#queuedBytes -= bytes
      this.#updatePause()
    })
  }

  /** @returns undefined when it was taken at once; a promise that never rejects when not */
  #take (chunk: Buffer): Promise<void> | undefined {
    if (this.#isSettled) return undefined
    try {
      const reading = this.#answer?.data(chunk)
      if (reading !== undefined) return this.#taken(reading)
      this.#settleIfOver()
    } catch (thrown) {
      this.#fail(thrown, 'not-understood')
    }
    return undefined
  }

  async #taken (reading: Promise<void>): Promise<void> {
    try {
      await reading
      this.#settleIfOver()
    } catch (thrown) {
      this.#fail(thrown, 'not-understood')
    }
  }

  #settleIfOver (): void {
    if (this.#answer?.isOver() === true) this.#settle([], null)
  }

  #updatePause (): void {
    const shouldPause = this.#queuedBytes > MAX_QUEUED_BYTES || this.#exchange.response.writableNeedDrain
    if (shouldPause === this.#isPaused || this.#isSettled) return
    this.#isPaused = shouldPause
    if (shouldPause) this.#controller?.pause()
    else this.#controller?.resume()
  }

  #clientGone (): void {
    const { response, attempts } = this.#exchange
    if (response.writableFinished) return
    if (this.#status === null) attempts.abandoned()
    this.#settle(['client-left'], null)
    response.destroy() // whoever waits for this client sees by it that nobody does
  }

  #fail (thrown: unknown, why: FailureKind): void {
    if (this.#isSettled) return
    const error = thrown instanceof GatewayError ? thrown : new GatewayError('WEIR_ERR_UPSTREAM', 'The provider\'s answer was not understood.', { cause: thrown })
    // The listener would take the cut below for the client's own.
    this.#forgetClient()
    const { response, format } = this.#exchange
    if (this.#answer === null) sendJson(response, error.statusCode, format.errorBody(error))
    else this.#answer.fail(error, why)
    this.#settle([why], error)
  }

  #settle (notes: readonly AnswerNote[], cause: unknown): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#forgetClient()
    this.#answer?.stop()
    // Frees the provider, which would go on and bill.
    if (notes.length > 0) this.#controller?.abort(new Error('the answer is over'))
    else if (this.#isPaused) this.#controller?.resume()
    const { usage, chars, firstMs, released, refused, notes: ofAnswer } = this.#answer?.result() ?? NOTHING_RELAYED
    const all = notes.length === 0 ? ofAnswer : [...ofAnswer, ...notes]
    this.#ends.resolve({ status: this.#status, sent: this.#isSent, usage, chars, firstMs, released, refused, notes: all, cause })
  }
}
