import type { TokenUsage } from '../core/usage.ts'
import type { PriceOf } from './prices.ts'

const SAMPLE: TokenUsage = Object.freeze({ inputTokens: 1_000, outputTokens: 1_000, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true })
const MAX_REMEMBERED = 4_096

/** Whether a request to this model will have a cost, known or guessed: asked before it is sent. A look-up is made once per model. */
export function createPricedModels (priceOf: PriceOf): (provider: string, model: string) => boolean {
  const known = new Map<string, boolean>()
  return (provider, model) => {
    const key = `${provider}\n${model}`
    const remembered = known.get(key)
    if (remembered !== undefined) return remembered
    const isPriced = priceOf(provider, model, SAMPLE).nanoUsd !== null
    if (known.size < MAX_REMEMBERED) known.set(key, isPriced)
    return isPriced
  }
}
