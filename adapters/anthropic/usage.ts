import { countOf, tokenUsage, type Sizes, type TokenUsage } from '../../gateway/core/usage.ts'
import type { JsonRecord } from '../../gateway/decode/answer-json.ts'

/** Token usage of a message. Anthropic counts what came from and went to its prompt cache beside `input_tokens`, not in it. */
export function usageFromAnthropic (usage: JsonRecord | null, sizes: Sizes): TokenUsage {
  const fresh = countOf(usage?.['input_tokens'])
  const cached = countOf(usage?.['cache_read_input_tokens']) ?? 0
  const written = countOf(usage?.['cache_creation_input_tokens']) ?? 0
  return tokenUsage({
    input: fresh === null ? null : fresh + cached + written,
    output: countOf(usage?.['output_tokens']),
    cached,
    cacheWritten: written,
    reasoning: null,
  }, sizes)
}

/** The usage of a stream: its start counts the request, its end what was written since; a later figure replaces an earlier one. */
export function mergedUsage (known: JsonRecord | null, later: JsonRecord): JsonRecord {
  const given = Object.entries(later).filter(([, value]) => value !== null && value !== undefined)
  return { ...known, ...Object.fromEntries(given) }
}
