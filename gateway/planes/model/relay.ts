import type { ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import type { ModelFormat, ModelRequest, RefusalStyle, Rule } from '../../../adapters/model-format.ts'
import { GatewayError } from '../../core/errors.ts'
import { codeOf, upstreamFailure, type Upstream } from '../../http/forward/upstream-pools.ts'
import { sendJson } from '../../http/forward/raw-answer.ts'
import type { Attempts } from './attempts.ts'
import type { Redact } from './key-redactor.ts'
import { MAX_ERROR_BYTES } from './model-ports.ts'
import { createErrorRelay } from './relay-error.ts'
import { createStreamRelay } from './relay-stream.ts'
import { createWholeRelay } from './relay-whole.ts'

/** Where one attempt goes. */
export interface Target {
  readonly upstream: Upstream
  /** Header names and values, alternating. Nothing of the client's own is among them. */
  readonly headers: readonly string[]
  readonly redact: Redact
}

/** One request to a provider and the client that waits for its answer. */
export interface Exchange {
  readonly attempts: Pick<Attempts, 'answered' | 'failed' | 'abandoned'>
  /** The target of the current attempt. */
  readonly target: () => Target
  readonly format: ModelFormat
  readonly asked: ModelRequest
  readonly response: ServerResponse
  readonly rule: Rule
  readonly refusalStyle: RefusalStyle
  readonly keepAliveMs: number
}

/** What reads one answer. `packed`: the provider compressed it. */
export interface AnswerExchange extends Exchange { readonly packed: boolean, readonly redact: Redact }

/** What became of the exchange. `usage` is the provider's own object; `chars` counts the answer's text. */
export interface Relayed {
  readonly status: number | null
  /** Whether the last attempt got as far as a connection: from then on the provider may bill it. */
  readonly sent: boolean
  readonly usage: Readonly<Record<string, unknown>> | null
  readonly chars: number
  readonly released: number
  readonly refused: number
  /** Short words for what was not as usual: `client-left`, `upstream-broke`, `not-understood`, `empty`, … */
  readonly notes: readonly string[]
  readonly cause: unknown
}

/** Whether the provider's connection broke (trying again may help) or its answer made no sense (it will not). */
export type FailureKind = 'upstream-broke' | 'upstream-slow' | 'not-understood'

/** Reads one kind of answer. `data` may be asynchronous; calls never overlap. */
export interface AnswerRelay {
  data (bytes: Buffer): void | Promise<void>
  /** The provider's answer is complete. */
  end (): Promise<void>
  /** The rest of it will not come. */
  fail (error: GatewayError, why: FailureKind): void
  /** Whether the client has all it will get. */
  isOver (): boolean
  result (): Omit<Relayed, 'status' | 'sent' | 'cause'>
  stop (): void
}

const NOTHING: Relayed = Object.freeze({ status: null, sent: false, usage: null, chars: 0, released: 0, refused: 0, notes: [], cause: null })
const MAX_QUEUED_BYTES = 262_144 // beyond this the provider is paused: decisions or the client are slower than it is

/** Sends the request, as often as the attempts say, and relays the answer. Resolves when both sides are done; never rejects. */
export async function relay (exchange: Exchange): Promise<Relayed> {
  return new Promise((resolve) => dispatch(exchange, resolve))
}

type Resolve = (relayed: Relayed) => void

function dispatch (exchange: Exchange, resolve: Resolve): void {
  if (exchange.response.destroyed) return leave(exchange, resolve)
  const { upstream: { pool, basePath }, headers, redact } = exchange.target()
  const { path, body } = exchange.asked
  pool.dispatch(
    { method: 'POST', path: `${basePath}/${path}`, headers: [...headers], body },
    new RelayHandler(exchange, redact, resolve)
  )
}

function dispatchLater (exchange: Exchange, waitMs: number, resolve: Resolve): void {
  if (waitMs === 0) return dispatch(exchange, resolve)
  const { response } = exchange
  const onClientGone = (): void => {
    clearTimeout(timer)
    leave(exchange, resolve)
  }
  const timer = setTimeout(() => {
    response.off('close', onClientGone)
    dispatch(exchange, resolve)
  }, waitMs)
  response.once('close', onClientGone)
}

function leave ({ attempts }: Exchange, resolve: Resolve): void {
  attempts.abandoned()
  resolve({ ...NOTHING, notes: ['client-left'] })
}

class RelayHandler implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange
  readonly #redact: Redact
  readonly #resolve: Resolve
  readonly #onClientGone = (): void => this.#clientGone()
  #controller: Dispatcher.DispatchController | null = null
  #answer: AnswerRelay | null = null
  #status: number | null = null
  #queue: Promise<void> = Promise.resolve()
  #queuedBytes = 0
  #isPaused = false
  #isSettled = false
  #isSent = false
  #isRetried = false

  constructor (exchange: Exchange, redact: Redact, resolve: Resolve) {
    this.#exchange = exchange
    this.#redact = redact
    this.#resolve = resolve
    exchange.response.once('close', this.#onClientGone)
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#isSent = true
    if (this.#isSettled) controller.abort(new Error('the client left'))
  }

  onResponseStart (controller: Dispatcher.DispatchController, status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
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

  onResponseData (controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // The refusal that is tried again is read to its end if that is near, to keep the connection.
    if (this.#isRetried && (this.#queuedBytes += chunk.length) <= MAX_ERROR_BYTES) return
    // The answer is over for the client. Its end is waited for, to keep the connection; more of it is not.
    if (this.#isSettled) return controller.abort(new Error('the answer is over'))
    this.#queuedBytes += chunk.length
    this.#updatePause()
    this.#queue = this.#queue.then(() => this.#take(chunk))
  }

  onResponseEnd (): void {
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

  onResponseError (_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#status === null && !this.#isSettled && this.#again(null, codeOf(error), {})) return
    const failure = upstreamFailure(error)
    const why = failure.code === 'WEIR_ERR_UPSTREAM_TIMEOUT' ? 'upstream-slow' : 'upstream-broke'
    this.#queue = this.#queue.then(() => this.#fail(failure, why))
  }

  /** Tells the attempts how this one went. @returns whether another one was started */
  #again (status: number | null, code: string | null, headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
    const { attempts, response } = this.#exchange
    if (status === 200) {
      attempts.answered(status)
      return false
    }
    const retryAfter = headers['retry-after']
    const waitMs = attempts.failed({ status, code, retryAfter: typeof retryAfter === 'string' ? retryAfter : null })
    if (waitMs === null) return false
    this.#isSettled = true
    this.#isRetried = true
    response.off('close', this.#onClientGone)
    dispatchLater(this.#exchange, waitMs, this.#resolve)
    return true
  }

  #relayFor (status: number, headers: Readonly<Record<string, string | string[] | undefined>>): AnswerRelay {
    const { response } = this.#exchange
    const redact = this.#redact
    if (status !== 200) return createErrorRelay({ response, redact, status, headers })
    const type = String(headers['content-type'] ?? '').toLowerCase()
    // What the provider says it sends decides how it is read; both ways decide every call, and neither can read the other's form.
    const { stream, generates } = this.#exchange.asked
    const streams = generates && (type.includes('text/event-stream') || (stream && !type.includes('json')))
    const packed = headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity'
    const shared: AnswerExchange = { ...this.#exchange, redact, packed }
    return streams ? createStreamRelay(shared, () => this.#updatePause()) : createWholeRelay(shared)
  }

  async #take (chunk: Buffer): Promise<void> {
    if (this.#isSettled) return
    try {
      await this.#answer?.data(chunk)
      if (this.#answer?.isOver() === true) this.#settle([], null)
    } catch (thrown) {
      this.#fail(thrown, 'not-understood')
    } finally {
      this.#queuedBytes -= chunk.length
      this.#updatePause()
    }
  }

  #updatePause (): void {
    const shouldPause = this.#queuedBytes > MAX_QUEUED_BYTES || this.#exchange.response.writableNeedDrain
    if (shouldPause === this.#isPaused || this.#isSettled) return
    this.#isPaused = shouldPause
    if (shouldPause) this.#controller?.pause()
    else this.#controller?.resume()
  }

  #clientGone (): void {
    if (this.#exchange.response.writableFinished) return
    if (this.#status === null) this.#exchange.attempts.abandoned()
    this.#settle(['client-left'], null)
  }

  #fail (thrown: unknown, why: FailureKind): void {
    if (this.#isSettled) return
    const error = thrown instanceof GatewayError ? thrown : new GatewayError('WEIR_ERR_UPSTREAM', 'The provider\'s answer was not understood.', { cause: thrown })
    // The listener would take the cut below for the client's own.
    this.#exchange.response.off('close', this.#onClientGone)
    const { response, format } = this.#exchange
    if (this.#answer === null) sendJson(response, error.statusCode, format.errorBody(error))
    else this.#answer.fail(error, why)
    this.#settle([why], error)
  }

  #settle (notes: readonly string[], cause: unknown): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#exchange.response.off('close', this.#onClientGone)
    this.#answer?.stop()
    // Frees the provider, which would go on and bill.
    if (notes.length > 0) this.#controller?.abort(new Error('the answer is over'))
    else if (this.#isPaused) this.#controller?.resume()
    const result = this.#answer?.result() ?? NOTHING
    this.#resolve({ ...result, status: this.#status, sent: this.#isSent, notes: [...result.notes, ...notes], cause })
  }
}
