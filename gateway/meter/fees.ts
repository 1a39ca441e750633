import type { ModelPrice } from '@pydantic/genai-prices'
import type { TokenUsage } from '../core/usage.ts'

/** US dollars for a thousand searches that a provider made for answers. */
export interface SearchRate { readonly perThousandWeb?: number, readonly perThousandFile?: number }

/** What searches cost beside tokens, in whole 10⁻⁹ dollars. `words` say each price, `isKnown` whether none of them is a guess. */
export interface Fees { readonly nanoUsd: number, readonly isKnown: boolean, readonly words: readonly string[] }

const NO_FEES: Fees = Object.freeze({ nanoUsd: 0, isKnown: true, words: Object.freeze([]) })
const WORST_PER_THOUSAND = 50 // no provider has published more for a search
const NANO_PER_THOUSANDTH = 1_000_000 // one dollar for a thousand, in 10⁻⁹ dollars each
const ALWAYS_SEARCHES = /-search-(?:preview|api)\b/ // models of OpenAI's that search for each answer, and do not count it

/** @param card what the rate card says of the model; null when there is none */
export function feesOf (model: string, usage: TokenUsage, rate: SearchRate | undefined, card: ModelPrice | null): Fees {
  const web = usage.webSearches ?? (ALWAYS_SEARCHES.test(model) ? 1 : 0)
  const files = usage.fileSearches ?? 0
  if (web === 0 && files === 0) return NO_FEES
  const parts = [
    ...(web === 0 ? [] : [fee('web search', web, rate?.perThousandWeb ?? numberIn(card, 'web_searches_kcount'))]),
    ...(files === 0 ? [] : [fee('file search', files, rate?.perThousandFile ?? numberIn(card, 'storage_searches_kcount'))]),
  ]
  return {
    nanoUsd: parts.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0),
    isKnown: parts.every(({ isKnown }) => isKnown),
    words: parts.map(({ words }) => words),
  }
}

function fee (name: string, count: number, perThousand: number | undefined): { readonly nanoUsd: number, readonly isKnown: boolean, readonly words: string } {
  const each = perThousand ?? WORST_PER_THOUSAND
  return { nanoUsd: Math.ceil(count * Math.round(each * NANO_PER_THOUSANDTH)), isKnown: perThousand !== undefined, words: `${name} ${each} a thousand${perThousand === undefined ? ' (guessed)' : ''}` }
}

// Tiers of these prices are none that a rate card has.
function numberIn (card: ModelPrice | null, name: string): number | undefined {
  const price = card?.[name]
  return typeof price === 'number' ? price : price?.base
}
