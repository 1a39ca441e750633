import type { IncomingHttpHeaders } from 'node:http'
import type { GatewayError } from '../gateway/core/errors.ts'
import type { Sizes, TokenUsage } from '../gateway/core/usage.ts'
import type { JsonRecord } from '../gateway/decode/answer-json.ts'
import type { Splice } from '../gateway/decode/splice.ts'
import type { Span } from '../gateway/decode/top-level.ts'
import type { KnownQuery } from './client-query.ts'

/**
 * A whole tool call of a model's answer, as the gateway must decide it. `problem` is set when its pieces contradict each other, `fixed`
 * when its kind has no way to carry other arguments.
 */
export interface AnsweredCall { readonly id: string, readonly native: string, readonly argumentsText: string, readonly problem: string | null, readonly fixed?: boolean }

/** What became of it: passed on, with these arguments instead of its own if there are any, or refused with words for the model. */
export type Ruling = { readonly allowed: true, readonly argumentsText?: string } | { readonly allowed: false, readonly feedback: string }

/**
 * Decides one call and records the answer. Never throws: what could not be decided is refused. `mayHold`: whether the client can be kept
 * waiting for minutes, while a second person is asked. Default false.
 */
export type Rule = (call: AnsweredCall, mayHold?: boolean) => Promise<Ruling>

/**
 * How a refused call looks to the client. OpenCode runs its built-in tool `invalid`, which does nothing and gives the
 * model the reason; another client would not know that tool, so it gets the reason as text.
 */
export const REFUSAL_STYLES = ['invalid-tool', 'text'] as const
export type RefusalStyle = typeof REFUSAL_STYLES[number]

/** The wire formats of model providers that this gateway speaks. */
export const MODEL_FORMATS = ['openai-chat', 'openai-responses', 'anthropic', 'gemini'] as const
export type ModelFormatName = typeof MODEL_FORMATS[number]

/** How a provider takes its key: in which header, or not at all. Never in the address, which ends up in logs. */
export const AUTH_STYLES = ['bearer', 'x-api-key', 'x-goog-api-key', 'api-key', 'none'] as const
export type AuthStyle = typeof AUTH_STYLES[number]

/** What a client asks of a provider, read without parsing the whole body. */
export interface ModelRequest {
  readonly model: string
  readonly stream: boolean
  /** Whether the answer is a model's own words and calls. If not (embeddings, token counts), it is passed on as it comes. */
  readonly generates: boolean
  /** Whether it only counts tokens, which providers do for nothing. */
  readonly countsTokens: boolean
  /** The `tools` value in the client's own body, or null when there is none. */
  readonly tools: Span | null
  /** Below the provider's base URL, with its query. */
  readonly path: string
  /** The client's body, changed only where policy or another model's name does. */
  readonly body: Buffer
  /** What is put into the body when it is sent, so that the provider counts its tokens: made of constants and of what stands there. Null for nothing. */
  readonly splice: Splice | null
  /** Whether the gateway, not the client, asked for the usage event of the stream: it is read and not passed on. */
  readonly hidesUsage: boolean
}

export interface AnswerStreamPorts {
  readonly rule: Rule
  /** Receives whole events only. */
  readonly write: (bytes: Buffer) => void
  readonly refusalStyle: RefusalStyle
  readonly hidesUsage: boolean
}

/**
 * What is known about a stream's cost and content so far. `chars` counts its text, `callChars` what it says in arguments of calls, for when the
 * provider gives no usage; `dropped` the
 * events of unknown types, which are not passed on. `empty`: it had neither a word nor a call, and the client was told so; `promised`: its
 * finish promised calls, and there were none; `unknownEnd`: it ended for a reason that OpenCode does not know, and OpenCode was told of a plain
 * end. Each would have an agent ask again at once, without end.
 */
export interface StreamFacts { readonly usage: JsonRecord | null, readonly chars: number, readonly callChars: number, readonly released: number, readonly refused: number, readonly empty: boolean, readonly promised: boolean, readonly unknownEnd: boolean, readonly dropped: number }

/**
 * Turns a provider's stream into the one the client may see. Text passes at once, but for what stands behind a call that is being decided;
 * not a byte of a tool call passes before the whole call is decided. Calls are decided side by side. Uses of `push`, `end`, `settled` and
 * `broken` must not overlap.
 */
export interface AnswerStream {
  /** Whether the answer has ended for the client; whatever the provider still sends is not part of it. */
  readonly done: boolean
  /** Whether calls are being held or decided, so that the client may be waiting. */
  readonly holding: boolean
  facts (): StreamFacts
  /**
   * Reads more of the provider's stream. Never throws: a promise rejects with GatewayError WEIR_ERR_UPSTREAM or SseTooLarge; then call `broken`.
   *
   * @returns undefined when all of it was read and passed on at once, as most text is
   */
  push (bytes: Buffer): Promise<void> | undefined
  /** The provider's stream ended as it should. @throws as `push` does */
  end (): Promise<void>
  /** Resolves when every call that is whole is decided, and has passed or was refused. @throws what deciding one threw */
  settled (): Promise<void>
  /**
   * The provider's stream broke; only when it is settled, as it is when `push` or `end` threw. After a released call the client must not see that, or it runs the call again when it
   * retries: the answer is then ended properly.
   *
   * @returns whether it was; if not, the client's stream should break too, so that the client may retry
   */
  broken (): boolean
}

/** A whole answer as the client may see it. */
export interface GovernedAnswer { readonly body: Buffer, readonly usage: JsonRecord | null, readonly chars: number, readonly callChars: number, readonly released: number, readonly refused: number }

/** A model that the caller may ask for. */
export interface ListedModel { readonly id: string, readonly name: string }

/** Headers that a protocol gives a meaning: names and beginnings of names, in lower case. */
export interface KnownHeaders { readonly names: ReadonlySet<string>, readonly prefixes: readonly string[] }

const HEADER_NAME = /^[a-z0-9-]{1,64}$/

export function isKnownHeader (name: string, { names, prefixes }: KnownHeaders): boolean {
  return names.has(name) || (prefixes.some((prefix) => name.startsWith(prefix)) && HEADER_NAME.test(name))
}

/** One provider protocol, in and out. Pure: no sockets, no clock, no state but a stream's own. */
export interface ModelFormat {
  readonly name: ModelFormatName
  /** Whether this is a request of the format: the path behind provider and version, as the client wrote it, without its query: `chat/completions`. */
  serves (operation: string): boolean
  /** Reads a request that it serves. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
  read (operation: string, body: Buffer): ModelRequest
  /** The same request of another model, with every other byte as it is. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
  withModel (asked: ModelRequest, model: string): ModelRequest
  /** How the protocol's own provider takes a key; others that speak it may differ. */
  readonly auth: AuthStyle
  /**
   * Headers for the provider, names and values alternating: what of the client's the protocol itself needs (beta flags, versions). Nothing
   * else of the client's, neither its token nor its session ids; and no key. @throws GatewayError WEIR_ERR_DECODE_MALFORMED as `clientHeaders` does
   */
  headers (client: IncomingHttpHeaders): readonly string[]
  /** What of the query of the client's address goes on; nothing else of it does. */
  readonly query: KnownQuery
  /** What of the answer's headers is passed on; no other is. */
  readonly answerHeaders: KnownHeaders
  /** Decides every tool call of a whole answer. One in which nothing had to change keeps its bytes. @throws GatewayError WEIR_ERR_UPSTREAM */
  governAnswer (bytes: Buffer, rule: Rule, style: RefusalStyle): Promise<GovernedAnswer>
  openStream (ports: AnswerStreamPorts): AnswerStream
  /** The usage object of an answer as tokens; an estimate, marked as such, when there is none. */
  usage (usage: JsonRecord | null, sizes: Sizes): TokenUsage
  /** A refusal of the gateway's own in the shape in which this protocol's clients read errors. */
  errorBody (error: GatewayError): object
  /** The same as the last event of a stream. */
  errorEvent (error: GatewayError): Buffer
  /** The answer to `GET models`, in the shape in which this protocol's clients read it. */
  modelList (provider: string, models: readonly ListedModel[]): object
  /** The answer to `GET models/ID`. */
  modelEntry (provider: string, model: ListedModel): object
}

/** What a refused call becomes for OpenCode. */
export function invalidCall (native: string, feedback: string): { readonly name: string, readonly argumentsText: string } {
  return { name: 'invalid', argumentsText: JSON.stringify({ tool: native, error: feedback }) }
}

/** What a refused call becomes for other clients. */
export function refusalText (native: string, feedback: string): string {
  return `\n[The tool call ${native} was not passed on. ${feedback}]\n`
}

/** Whether the request's tools name this one. A plain search: it only chooses how a refusal is worded. */
export function declaresTool (body: Buffer, tools: Span | null, name: string): boolean {
  return tools !== null && body.subarray(tools.start, tools.end).includes(JSON.stringify(name))
}
