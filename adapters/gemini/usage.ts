import { countOf, tokenUsage, type Sizes, type TokenUsage } from '../../gateway/core/usage.ts'
import { isRecord, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { besideIn } from '../billed-usage.ts'

/** Token usage from `usageMetadata`. Gemini counts thoughts beside the candidates' tokens; here they are part of the output. */
export function usageFromGemini (usage: JsonRecord | null, sizes: Sizes): TokenUsage {
  const prompt = countOf(usage?.['promptTokenCount'])
  const thoughts = countOf(usage?.['thoughtsTokenCount']) ?? 0
  const beside = besideIn(usage)
  // Members that are zero are left out of Google's JSON.
  const answered = prompt === null ? null : countOf(usage?.['candidatesTokenCount']) ?? 0
  return tokenUsage({
    input: prompt === null ? null : prompt + (countOf(usage?.['toolUsePromptTokenCount']) ?? 0),
    output: answered === null ? null : answered + thoughts,
    cached: countOf(usage?.['cachedContentTokenCount']),
    reasoning: thoughts,
    webSearches: beside.webSearches,
    fileSearches: beside.fileSearches,
    tiers: [usage?.['serviceTier'] ?? usage?.['trafficType']],
    audioInput: audioIn(usage?.['promptTokensDetails']) + audioIn(usage?.['toolUsePromptTokensDetails']),
    audioOutput: audioIn(usage?.['candidatesTokensDetails']),
    cachedAudio: audioIn(usage?.['cacheTokensDetails']),
  }, sizes)
}

// `[{ "modality": "AUDIO", "tokenCount": 7 }, …]`
function audioIn (details: unknown): number {
  if (!Array.isArray(details)) return 0
  return details.reduce<number>((sum, one: unknown) => isRecord(one) && one['modality'] === 'AUDIO' ? sum + (countOf(one['tokenCount']) ?? 0) : sum, 0)
}
