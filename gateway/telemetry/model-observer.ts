import type { Context } from '../core/actor.ts'
import type { Decision } from '../core/decision.ts'
import type { TokenUsage } from '../core/usage.ts'

/** How a model request ended. */
export const MODEL_OUTCOMES = ['done', 'denied', 'failed', 'client-left', 'upstream-refused', 'upstream-broken'] as const
export type ModelOutcome = typeof MODEL_OUTCOMES[number]

/** A model request as it begins. `provider` is a configured one; `model` is what the client wrote. */
export interface ModelAsked {
  readonly provider: string
  readonly model: string
  readonly operation: 'chat' | 'embeddings' | 'count_tokens'
  /** Whether the client asked for a stream. */
  readonly stream: boolean
  /** The agent's own session, shaped like an id; null when it names none. */
  readonly conversation: string | null
  readonly context: Context
  /** The client's own trace, as it sent it. */
  readonly traceparent: string | undefined
}

/** What became of it. Times are those of `performance.now()`, ms. */
export interface ModelEnd {
  readonly outcome: ModelOutcome
  /** A word for what went wrong: an error's code, a status; null for nothing. */
  readonly error: string | null
  /** When the first bytes of a streamed answer were passed on; null when none were. */
  readonly firstMs: number | null
  readonly usage: (TokenUsage & { readonly costNanoUsd: number | null }) | null
  /** Attempts that failed; the last of them ended the request unless `outcome` says otherwise. */
  readonly failedAttempts: number
  /** Place of the address that was asked last, in the provider's configuration. */
  readonly endpoint: string | null
}

/** Hears of one request. None of its methods throws or takes time that a request would notice. */
export interface ModelObservation {
  /** Names and values, alternating, that the provider is sent so that its own spans join ours; usually none. */
  readonly traceHeaders: readonly string[]
  decided (decision: Decision, entry: number): void
  /** A tool call in the answer was decided. @param startedMs when it was whole */
  called (native: string, startedMs: number, governed: { readonly decision: Decision, readonly entry: number }): void
  /** Called once. */
  ended (end: ModelEnd): void
}

export interface ModelObserver { begin (asked: ModelAsked): ModelObservation }
