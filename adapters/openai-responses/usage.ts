import { countOf, tokenUsage, type Sizes, type TokenUsage } from '../../gateway/core/usage.ts'
import { member, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { besideIn } from '../billed-usage.ts'
import { openaiOutput, searchesIn } from '../openai.ts'

/** Token usage from the `usage` object of a response. */
export function usageFromResponses (usage: JsonRecord | null, sizes: Sizes): TokenUsage {
  const input = countOf(usage?.['input_tokens'])
  return tokenUsage({
    input,
    output: openaiOutput(usage, input, countOf(usage?.['output_tokens'])),
    cached: countOf(member(usage?.['input_tokens_details'], 'cached_tokens')),
    cacheWritten: countOf(member(usage?.['input_tokens_details'], 'cache_write_tokens')),
    reasoning: countOf(member(usage?.['output_tokens_details'], 'reasoning_tokens')),
    ...searchesIn(usage),
    tiers: besideIn(usage).tiers,
  }, sizes)
}
