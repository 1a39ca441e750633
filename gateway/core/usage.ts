import { billedBeside, type BilledBeside, type SaidBeside } from './billed-beside.ts'

/** Tokens of one model request, and what is billed beside them. `cachedTokens` (read from the provider's cache) and `cacheWriteTokens` are parts of `inputTokens`, `reasoningTokens` of `outputTokens`. */
export interface TokenUsage extends BilledBeside {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  readonly cacheWriteTokens: number
  /** Those of `cacheWriteTokens` that are kept for an hour instead of five minutes, which is dearer; absent when there are none. */
  readonly cacheWrite1hTokens?: number
  readonly reasoningTokens: number
  /** Spoken or played parts of the input and of the output, and of `cachedTokens`; the three are absent when there are none. */
  readonly audioInputTokens?: number
  readonly audioOutputTokens?: number
  readonly cachedAudioTokens?: number
  /** Whether the provider gave no usable figures, so that these are guesses from sizes. */
  readonly estimated: boolean
}

/** What is known when the provider counts nothing: bytes of the request and characters of the answer. */
export interface Sizes { readonly requestBytes: number, readonly answerChars: number }

/** Counts as a provider gave them; null where it gave none that makes sense. */
export interface CountedTokens extends SaidBeside {
  readonly input: number | null
  readonly output: number | null
  readonly cached: number | null
  readonly cacheWritten?: number | null
  readonly cacheWritten1h?: number | null
  readonly reasoning: number | null
  readonly audioInput?: number | null
  readonly audioOutput?: number | null
  readonly cachedAudio?: number | null
}

const CHARS_PER_TOKEN = 4 // the common rule of thumb for English and code; it only stands in for a missing count

/** The provider's figures, or an estimate when one of the two that matter is missing. */
export function tokenUsage (counted: CountedTokens, { requestBytes, answerChars }: Sizes): TokenUsage {
  const { input, output, cached, cacheWritten, cacheWritten1h, reasoning } = counted
  if (input === null || output === null) {
    const [inputTokens, outputTokens] = [Math.ceil(requestBytes / CHARS_PER_TOKEN), Math.ceil(answerChars / CHARS_PER_TOKEN)]
    return { inputTokens, outputTokens, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, ...billedBeside(counted), estimated: true }
  }
  // A part cannot be more than its whole; a provider that says so would be billed below nothing.
  const cachedTokens = Math.min(cached ?? 0, input)
  // What is read is not written: price cards throw at parts that are more than their whole, and what has no price would be free.
  const cacheWriteTokens = Math.min(cacheWritten ?? 0, input - cachedTokens)
  const cacheWrite1hTokens = Math.min(cacheWritten1h ?? 0, cacheWriteTokens)
  return withAudio({
    inputTokens: input,
    outputTokens: output,
    cachedTokens,
    cacheWriteTokens,
    ...(cacheWrite1hTokens > 0 ? { cacheWrite1hTokens } : {}),
    reasoningTokens: Math.min(reasoning ?? 0, output),
    ...billedBeside(counted),
    estimated: false,
  }, counted)
}

function withAudio (usage: TokenUsage, { audioInput, audioOutput, cachedAudio }: CountedTokens): TokenUsage {
  const audioInputTokens = Math.min(audioInput ?? 0, usage.inputTokens)
  const audioOutputTokens = Math.min(audioOutput ?? 0, usage.outputTokens)
  // Providers write zeros into the usage of every text request: those are not worth three numbers each in the ledger.
  if (audioInputTokens === 0 && audioOutputTokens === 0) return usage
  return { ...usage, audioInputTokens, audioOutputTokens, cachedAudioTokens: Math.min(cachedAudio ?? 0, audioInputTokens, usage.cachedTokens) }
}

/**
 * What is known of an answer that was cut off, by its client or its provider. Some providers count from the start on: the input is known then,
 * and of the output at least what has come.
 */
export function cutOffUsage (usage: TokenUsage, { answerChars }: Sizes): TokenUsage {
  return { ...usage, outputTokens: Math.max(usage.outputTokens, Math.ceil(answerChars / CHARS_PER_TOKEN)), estimated: true }
}

/** A count as JSON gives it, or null when it is none. */
export function countOf (value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}
