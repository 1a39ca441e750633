import type { ModelPrice } from '@pydantic/genai-prices'
import type { Rate } from './rate.ts'

const PER_MILLION = '_mtok'

/** Unit prices in words, in US dollars for a million tokens: `input 3 (6 beyond 200000), output 15`. A price for each request is said with them; searches where they are charged: `fees.ts`. */
export function cardUnitPrices (prices: ModelPrice): string {
  const parts: string[] = []
  for (const [name, price] of Object.entries(prices)) {
    if (name === 'requests_kcount' && typeof price === 'number') parts.push(`request ${price} a thousand`)
    if (!name.endsWith(PER_MILLION) || price === undefined) continue
    const unit = name.slice(0, -PER_MILLION.length)
    if (typeof price === 'number') parts.push(`${unit} ${price}`)
    else parts.push(`${unit} ${price.base}${price.tiers.map((tier) => ` (${tier.price} beyond ${tier.start})`).join('')}`)
  }
  return parts.sort().join(', ')
}

/** The same of a price that the operator stated. */
export function rateUnitPrices ({ perMillionInput, perMillionOutput, perMillionCached, perMillionCacheWrite, perMillionCacheWrite1h }: Rate): string {
  return cardUnitPrices({ input_mtok: perMillionInput, output_mtok: perMillionOutput, cache_read_mtok: perMillionCached, cache_write_mtok: perMillionCacheWrite, cache_write_1h_mtok: perMillionCacheWrite1h })
}
