import { countOf, tokenUsage, type Sizes, type TokenUsage } from '../../gateway/core/usage.ts'
import { member, type JsonRecord } from '../../gateway/decode/answer-json.ts'

/** Token usage of a message. Anthropic counts what came from and went to its prompt cache beside `input_tokens`, not in it. */
export function usageFromAnthropic (usage: JsonRecord | null, sizes: Sizes): TokenUsage {
  const fresh = countOf(usage?.['input_tokens'])
  const cached = countOf(usage?.['cache_read_input_tokens']) ?? 0
  const { written, forAnHour } = cacheWrites(usage)
  return tokenUsage({
    input: fresh === null ? null : fresh + cached + written,
    output: countOf(usage?.['output_tokens']),
    cached,
    cacheWritten: written,
    cacheWritten1h: forAnHour,
    reasoning: countOf(member(usage?.['output_tokens_details'], 'thinking_tokens')),
  }, sizes)
}

/** The usage of a stream: its start counts the request, its end what was written since; a later figure replaces an earlier one. */
export function mergedUsage (known: JsonRecord | null, later: JsonRecord): JsonRecord {
  const given = Object.entries(later).filter(([, value]) => value !== null && value !== undefined)
  return { ...known, ...Object.fromEntries(given) }
}

// `cache_creation` splits what was written by how long it is kept. A stream's last event counts the whole again, but not its split; and a part may be
// more than the whole, or no count at all. Where an hour is in play, the larger whole is taken and all that is not known to be of five minutes is dear.
function cacheWrites (usage: JsonRecord | null): { readonly written: number, readonly forAnHour: number } {
  const counted = countOf(usage?.['cache_creation_input_tokens']) ?? 0
  const split = usage?.['cache_creation']
  const fiveMinutes = countOf(member(split, 'ephemeral_5m_input_tokens')) ?? 0
  const hour = countOf(member(split, 'ephemeral_1h_input_tokens') ?? 0)
  const written = Math.max(counted, fiveMinutes + (hour ?? 0))
  return { written, forAnHour: hour === 0 ? 0 : written - fiveMinutes }
}
