import type { TokenUsage } from '../core/usage.ts'

/** US dollars per million tokens. Cached tokens cost as input unless it is said, those written for an hour as other writes. */
export interface Rate {
  readonly perMillionInput: number
  readonly perMillionOutput: number
  readonly perMillionCached?: number
  readonly perMillionCacheWrite?: number
  readonly perMillionCacheWrite1h?: number
}

const ROUNDING = 1e-14 // 0.1 + 0.2 must not round up to one more
const NANO_PER_TOKEN = 1_000 // one dollar per million tokens, in 10⁻⁹ dollars per token

/** The cost in whole 10⁻⁹ US dollars, rounded up: what is not free never counts as nothing. */
export function costAt (rate: Rate, usage: TokenUsage): number {
  const { perMillionInput, perMillionOutput, perMillionCached = perMillionInput, perMillionCacheWrite = perMillionInput, perMillionCacheWrite1h = perMillionCacheWrite } = rate
  const { inputTokens, cachedTokens, cacheWriteTokens, cacheWrite1hTokens = 0 } = usage
  // Both are parts of the input; a provider that counts more of them than of the whole is not paid for the excess twice.
  const plain = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens)
  const written = (cacheWriteTokens - cacheWrite1hTokens) * perMillionCacheWrite + cacheWrite1hTokens * perMillionCacheWrite1h
  const dollarsPerMillion = plain * perMillionInput + cachedTokens * perMillionCached + written + usage.outputTokens * perMillionOutput
  const nano = dollarsPerMillion * NANO_PER_TOKEN
  const whole = Math.round(nano)
  return Math.abs(nano - whole) < nano * ROUNDING ? whole : Math.ceil(nano)
}
