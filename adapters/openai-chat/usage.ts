import { countOf, tokenUsage, type Sizes, type TokenUsage } from '../../gateway/core/usage.ts'
import { member, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { besideIn } from '../billed-usage.ts'
import { openaiOutput, searchesIn } from '../openai.ts'

/** Token usage from the `usage` object of a chat completion, or an estimate when that is missing or makes no sense. */
export function usageFromOpenai (usage: JsonRecord | null, sizes: Sizes): TokenUsage {
  const input = countOf(usage?.['prompt_tokens'])
  // Embeddings have a total and nothing that was written.
  const output = countOf(usage?.['completion_tokens']) ?? (usage !== null && usage['total_tokens'] === usage['prompt_tokens'] ? 0 : null)
  return tokenUsage({
    input,
    output: openaiOutput(usage, input, output),
    cached: countOf(member(usage?.['prompt_tokens_details'], 'cached_tokens')) ?? countOf(usage?.['prompt_cache_hit_tokens']),
    cacheWritten: countOf(member(usage?.['prompt_tokens_details'], 'cache_write_tokens')),
    reasoning: countOf(member(usage?.['completion_tokens_details'], 'reasoning_tokens')),
    ...searchesIn(usage),
    tiers: besideIn(usage).tiers,
    audioInput: countOf(member(usage?.['prompt_tokens_details'], 'audio_tokens')),
    audioOutput: countOf(member(usage?.['completion_tokens_details'], 'audio_tokens')),
  }, sizes)
}
