import type { ServerResponse } from 'node:http'
import type { ModelFormat, ModelRequest, RefusalStyle, Rule } from '../../../adapters/model-format.ts'
import type { GatewayError } from '../../core/errors.ts'
import type { Upstream } from '../../http/forward/upstream-pools.ts'
import type { Attempts } from './attempts.ts'
import type { AttemptFailure } from './retry-rules.ts'
import type { Redact } from './key-redactor.ts'
import { NOTHING_RELAYED, RelayHandler } from './relay-handler.ts'
import type { StreamTurns } from './stream-turns.ts'
import { unpackAnswer } from './unpack-answer.ts'

/** Where one attempt goes. */
export interface Target {
  readonly upstream: Upstream
  /** Header names and values, alternating. Nothing of the client's own is among them. */
  readonly headers: readonly string[]
  /** The request's, whole or in parts, whose length is then among the headers. */
  readonly body: Buffer | Iterable<Buffer>
  readonly redact: Redact
}

/** One request to a provider and the client that waits for its answer. */
export interface Exchange {
  readonly attempts: Pick<Attempts, 'answered' | 'failed' | 'abandoned'>
  /** Whether somebody else takes over after this failure, the last of the attempts; nothing is then sent to the client. Null for nobody. */
  readonly givesWay: ((failure: AttemptFailure) => boolean) | null
  /** The target of the current attempt. */
  readonly target: () => Target
  readonly format: ModelFormat
  readonly asked: ModelRequest
  readonly response: ServerResponse
  readonly rule: Rule
  readonly refusalStyle: RefusalStyle
  readonly keepAliveMs: number
  readonly turns: StreamTurns
}

/** What reads one answer. */
export interface AnswerExchange extends Omit<Exchange, 'attempts' | 'target' | 'givesWay' | 'turns'> { readonly redact: Redact }

/**
 * What was not as usual about an exchange: the provider refused, broke off, was silent for too long, made no sense, sent nothing, sent events
 * of unknown types, promised calls and sent none, or ended for a reason that the client does not know; the client left; or another provider took over before the client was sent anything.
 */
export const ANSWER_NOTES = [
  'upstream-refused', 'upstream-broke', 'upstream-slow', 'not-understood', 'empty', 'dropped-events', 'promised-no-call', 'unknown-end', 'client-left', 'gave-way',
] as const
export type AnswerNote = typeof ANSWER_NOTES[number]

/** What became of the exchange. `usage` is the provider's own object; `chars` counts the answer's text and what it says in arguments of calls. */
export interface Relayed {
  readonly status: number | null
  /** Whether the last attempt got as far as a connection: from then on the provider may bill it. */
  readonly sent: boolean
  readonly usage: Readonly<Record<string, unknown>> | null
  readonly chars: number
  /** When the first bytes of a stream were passed on, as `performance.now()` tells it; null when none were. */
  readonly firstMs: number | null
  readonly released: number
  readonly refused: number
  readonly notes: readonly AnswerNote[]
  readonly cause: unknown
}

/** Whether the provider's connection broke or was silent for too long (trying again may help), or its answer made no sense (it will not). */
export type FailureKind = 'upstream-broke' | 'upstream-slow' | 'not-understood'

/** Reads one kind of answer. `data` returns undefined when it has read all of it; calls never overlap. */
export interface AnswerRelay {
  data (bytes: Buffer): Promise<void> | undefined
  /** The provider's answer is complete. */
  end (): Promise<void>
  /** Whether text of it has come. From then on what comes may wait a little for what is more urgent. Default: it never has. */
  hasText? (): boolean
  /** Resolves when every call of what came is decided. */
  settled? (): Promise<void>
  /** The rest of it will not come. Only when it is settled, as it is when `data` or `end` threw. */
  fail (error: GatewayError, why: FailureKind): void
  /** Whether the client has all it will get. */
  isOver (): boolean
  result (): Omit<Relayed, 'status' | 'sent' | 'cause'>
  stop (): void
}

/** Sends the request, as often as the attempts say, and relays the answer. Resolves when both sides are done; rejects only when an attempt cannot be made. */
export async function relay (exchange: Exchange): Promise<Relayed> {
  return new Promise((resolve, reject) => dispatch(exchange, { resolve, reject }))
}

interface Ends { resolve (relayed: Relayed): void, reject (thrown: unknown): void }

function dispatch (exchange: Exchange, ends: Ends): void {
  if (exchange.response.destroyed) return leave(exchange, ends)
  const { upstream: { pool, basePath }, headers, body, redact } = exchange.target()
  pool.dispatch(
    // Its types do not name iterables, its documentation does.
    { method: 'POST', path: `${basePath}/${exchange.asked.path}`, headers: [...headers], body: body as Buffer },
    unpackAnswer(new RelayHandler(exchange, redact, { resolve: ends.resolve, again: (waitMs) => dispatchLater(exchange, waitMs, ends) }))
  )
}

function dispatchLater (exchange: Exchange, waitMs: number, ends: Ends): void {
  if (waitMs === 0) return dispatchAgain(exchange, ends)
  const { response } = exchange
  const onClientGone = (): void => {
    clearTimeout(timer)
    leave(exchange, ends)
  }
  const timer = setTimeout(() => {
    response.off('close', onClientGone)
    dispatchAgain(exchange, ends)
  }, waitMs)
  response.once('close', onClientGone)
}

// Called by a timer or by the last attempt's connection: neither is a place to throw to.
function dispatchAgain (exchange: Exchange, ends: Ends): void {
  try {
    dispatch(exchange, ends)
  } catch (thrown) {
    ends.reject(thrown)
  }
}

function leave ({ attempts }: Exchange, { resolve }: Ends): void {
  attempts.abandoned()
  resolve({ ...NOTHING_RELAYED, notes: ['client-left'] })
}
