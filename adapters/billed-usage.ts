import { isPlainTier, type SaidBeside } from '../gateway/core/billed-beside.ts'
import { countOf } from '../gateway/core/usage.ts'
import { isRecord, type JsonRecord } from '../gateway/decode/answer-json.ts'

// Beside the provider's own members, none of which has this name.
const BESIDE = 'weir:beside'

interface Beside { readonly tier?: unknown, readonly webSearches?: number, readonly fileSearches?: number }

/** The usage of an answer together with what is billed and stands elsewhere in it; as it is when that is nothing, as for most. */
export function billedUsage (usage: JsonRecord | null, { tier = null, webSearches = 0, fileSearches = 0 }: Beside): JsonRecord | null {
  if (isPlainTier(tier) && webSearches === 0 && fileSearches === 0) return usage
  return { ...usage, [BESIDE]: { tier, webSearches, fileSearches } }
}

/** What was put there. */
export function besideIn (usage: JsonRecord | null): Required<Pick<SaidBeside, 'tiers'>> & { readonly webSearches: number, readonly fileSearches: number } {
  const beside = usage?.[BESIDE]
  if (!isRecord(beside)) return { tiers: [], webSearches: 0, fileSearches: 0 }
  return { tiers: [beside['tier']], webSearches: countOf(beside['webSearches']) ?? 0, fileSearches: countOf(beside['fileSearches']) ?? 0 }
}
