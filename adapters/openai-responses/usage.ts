import { countOf, tokenUsage, type Sizes, type TokenUsage } from '../../gateway/core/usage.ts'
import { member, type JsonRecord } from '../../gateway/decode/answer-json.ts'

/** Token usage from the `usage` object of a response. */
export function usageFromResponses (usage: JsonRecord | null, sizes: Sizes): TokenUsage {
  return tokenUsage({
    input: countOf(usage?.['input_tokens']),
    output: countOf(usage?.['output_tokens']),
    cached: countOf(member(usage?.['input_tokens_details'], 'cached_tokens')),
    reasoning: countOf(member(usage?.['output_tokens_details'], 'reasoning_tokens')),
  }, sizes)
}
