import { calcPrice, findProvider, type ModelPrice, type Provider } from '@pydantic/genai-prices'
import type { TokenUsage } from '../core/usage.ts'
import { cardUsage } from './card-usage.ts'
import { feesOf, type SearchRate } from './fees.ts'
import { PRICE_SOURCES, publishedPrices } from './price-source.ts'
import { costAt, type Rate } from './rate.ts'
import { tierFactor } from './service-tiers.ts'
import { cardUnitPrices, rateUnitPrices } from './unit-prices.ts'

/**
 * `nanoUsd` is a whole number of 10⁻⁹ US dollars, or null when no price is known: that is not the same as free. `priced` is false also for a
 * guess, and for one in part: of a tier or a search whose price is not known. `source` says where the price is from and `units` what it is, in words, for reports; absent when there is none.
 */
export interface Price { readonly nanoUsd: number | null, readonly priced: boolean, readonly source?: string, readonly units?: string }

/** Where a model's price is looked up. `keyless` providers are the operator's own machines and cost nothing unless a price is stated. */
export interface PricedProvider { readonly baseUrl: string, readonly keyless?: boolean, readonly models?: Readonly<Record<string, { readonly price?: Rate }>>, /** By name of the tier, what it costs of the plain price. */ readonly serviceTiers?: Readonly<Record<string, number>>, readonly searches?: SearchRate }

export type PriceOf = (provider: string, model: string, usage: TokenUsage) => Price

const NANO = 1_000_000_000
const ROUNDING = 1e-3 // of 10⁻⁹ dollars: 1.1 times a price must not round up to one more
const MAX_UNPRICED = 1_024 // remembered misses: a look-up that finds nothing costs as much as one that does

/** A price for tokens alone, at the plain tier. `card` is what the rate card has of the model. */
interface Plain extends Price { readonly card: ModelPrice | null }

const FREE: Price = Object.freeze({ nanoUsd: 0, priced: true, source: PRICE_SOURCES.keyless })
const UNKNOWN: Price = Object.freeze({ nanoUsd: null, priced: false })

/**
 * Prices as the operator states them, else by the published rate cards that come with the package; no network. A provider is found by name,
 * then by address.
 *
 * @param unpriced the rate of what has no price; null when such a price is unknown
 */
export function createPrices (providers: Readonly<Record<string, PricedProvider>>, unpriced: Rate | null = null): PriceOf {
  const cards = new Map(Object.entries(providers).map(([name, { baseUrl }]) => [name, cardOf(name, baseUrl)]))
  const misses = new Set<string>()
  const published = publishedPrices()
  const inWords = remembered(rateUnitPrices)
  const onCard = remembered(cardUnitPrices)
  const guess = (usage: TokenUsage): Plain | null => unpriced === null ? null : { nanoUsd: costAt(unpriced, usage), priced: false, source: PRICE_SOURCES.worst, units: inWords(unpriced), card: null }
  function onCardOf (provider: string, model: string, usage: TokenUsage): Plain | null {
    const card = cards.get(provider)
    const key = `${provider}\n${model}`
    if (card === undefined || misses.has(key)) return guess(usage)
    const price = priceOn(card, model, usage)
    if (price === null && misses.size < MAX_UNPRICED) misses.add(key)
    return price === null ? guess(usage) : { nanoUsd: price.nanoUsd, priced: true, source: published, units: onCard(price.card), card: price.card }
  }
  return (provider, model, usage) => {
    const stated = statedPrice(providers, provider, model)
    if (stated === undefined && providers[provider]?.keyless === true) return FREE
    const plain: Plain | null = stated === undefined
      ? onCardOf(provider, model, usage)
      : { nanoUsd: costAt(stated, usage), priced: true, source: PRICE_SOURCES.stated, units: inWords(stated), card: null }
    return plain === null ? UNKNOWN : withBeside(plain, { model, usage, provider: providers[provider], cardId: cards.get(provider)?.id })
  }
}

interface Beside { readonly model: string, readonly usage: TokenUsage, readonly provider: PricedProvider | undefined, readonly cardId: string | undefined }

// Most requests are of the plain tier and cost their tokens alone.
function withBeside ({ card, ...plain }: Plain, { model, usage, provider, cardId }: Beside): Price {
  const fees = feesOf(model, usage, provider?.searches, card)
  const { serviceTier } = usage
  if (serviceTier === undefined && fees.words.length === 0) return plain
  const tier = serviceTier === undefined ? null : tierFactor(serviceTier, provider?.serviceTiers, cardId)
  const { factor, isKnown } = tier ?? { factor: 1, isKnown: true }
  const words = [...(plain.units === undefined ? [] : [plain.units]), ...(tier === null ? [] : [`${serviceTier} × ${factor}${isKnown ? '' : ' (guessed)'}`]), ...fees.words]
  return { ...plain, nanoUsd: Math.ceil((plain.nanoUsd ?? 0) * factor - ROUNDING) + fees.nanoUsd, priced: plain.priced && isKnown && fees.isKnown, units: words.join(', ') }
}

function statedPrice (providers: Readonly<Record<string, PricedProvider>>, provider: string, model: string): Rate | undefined {
  const models = providers[provider]?.models
  return models !== undefined && Object.hasOwn(models, model) ? models[model]?.price : undefined
}

function cardOf (name: string, baseUrl: string): Provider | undefined {
  return findProvider({ providerId: name }) ?? findProvider({ providerApiUrl: baseUrl })
}

function priceOn (provider: Provider, model: string, usage: TokenUsage): { readonly nanoUsd: number, readonly card: ModelPrice } | null {
  const price = calcPrice(cardUsage(usage), model, { provider })
  return price === null ? null : { nanoUsd: Math.round(price.total_price * NANO), card: price.model_price }
}

// Prices are looked up several times in each request, and there are few of them.
function remembered<T extends object> (wordsFor: (price: T) => string): (price: T) => string {
  const known = new WeakMap<T, string>()
  return (price) => {
    const words = known.get(price) ?? wordsFor(price)
    known.set(price, words)
    return words
  }
}
