import { calcPrice, findProvider, type Provider } from '@pydantic/genai-prices'
import type { TokenUsage } from '../core/usage.ts'

/** `nanoUsd` is a whole number of 10⁻⁹ US dollars, or null when no price is known: that is not the same as free. */
export interface Price { readonly nanoUsd: number | null, readonly priced: boolean }

/** Where a model's price is looked up. `keyless` providers are the operator's own machines and cost nothing. */
export interface PricedProvider { readonly baseUrl: string, readonly keyless?: boolean }

export type PriceOf = (provider: string, model: string, usage: TokenUsage) => Price

const NANO = 1_000_000_000
const MAX_UNPRICED = 1_024 // remembered misses: a look-up that finds nothing costs as much as one that does

const FREE: Price = Object.freeze({ nanoUsd: 0, priced: true })
const UNKNOWN: Price = Object.freeze({ nanoUsd: null, priced: false })

/** Prices by the published rate cards that come with the package; no network. A provider is found by name, then by address. */
export function createPrices (providers: Readonly<Record<string, PricedProvider>>): PriceOf {
  const cards = new Map(Object.entries(providers).map(([name, { baseUrl }]) => [name, cardOf(name, baseUrl)]))
  const unpriced = new Set<string>()
  return (provider, model, usage) => {
    if (providers[provider]?.keyless === true) return FREE
    const card = cards.get(provider)
    const key = `${provider}\n${model}`
    if (card === undefined || unpriced.has(key)) return UNKNOWN
    const price = priceOn(card, model, usage)
    if (price === null && unpriced.size < MAX_UNPRICED) unpriced.add(key)
    return price === null ? UNKNOWN : { nanoUsd: price, priced: true }
  }
}

function cardOf (name: string, baseUrl: string): Provider | undefined {
  return findProvider({ providerId: name }) ?? findProvider({ providerApiUrl: baseUrl })
}

function priceOn (provider: Provider, model: string, usage: TokenUsage): number | null {
  const counted = { input_tokens: usage.inputTokens, cache_read_tokens: usage.cachedTokens, cache_write_tokens: usage.cacheWriteTokens, output_tokens: usage.outputTokens }
  const price = calcPrice(counted, model, { provider })
  return price === null ? null : Math.round(price.total_price * NANO)
}
