/** Tokens of one model request. `cachedTokens` are part of `inputTokens`, `reasoningTokens` part of `outputTokens`. */
export interface TokenUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  readonly reasoningTokens: number
  /** Whether the provider gave no usable figures, so that these are guesses from sizes. */
  readonly estimated: boolean
}

/** What is known when the provider counts nothing: bytes of the request and characters of the answer. */
export interface Sizes { readonly requestBytes: number, readonly answerChars: number }

const CHARS_PER_TOKEN = 4 // the common rule of thumb for English and code; it only stands in for a missing count

/** Token usage from the `usage` object of a chat completion, or an estimate when that is missing or makes no sense. */
export function usageFromOpenai (usage: Readonly<Record<string, unknown>> | null, sizes: Sizes): TokenUsage {
  const inputTokens = count(usage?.['prompt_tokens'])
  const outputTokens = count(usage?.['completion_tokens'])
  if (usage === null || inputTokens === null || outputTokens === null) return estimate(sizes)
  const cached = count(member(usage['prompt_tokens_details'], 'cached_tokens')) ?? count(usage['prompt_cache_hit_tokens']) ?? 0
  const reasoning = count(member(usage['completion_tokens_details'], 'reasoning_tokens')) ?? 0
  return {
    inputTokens,
    outputTokens,
    // A part cannot be more than its whole; a provider that says so would be billed below nothing.
    cachedTokens: Math.min(cached, inputTokens),
    reasoningTokens: Math.min(reasoning, outputTokens),
    estimated: false,
  }
}

function estimate ({ requestBytes, answerChars }: Sizes): TokenUsage {
  return {
    inputTokens: Math.ceil(requestBytes / CHARS_PER_TOKEN),
    outputTokens: Math.ceil(answerChars / CHARS_PER_TOKEN),
    cachedTokens: 0,
    reasoningTokens: 0,
    estimated: true,
  }
}

function count (value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

function member (value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
