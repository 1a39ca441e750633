import { countOf, tokenUsage, type Sizes, type TokenUsage } from '../../gateway/core/usage.ts'
import { isRecord, member, type JsonRecord } from '../../gateway/decode/answer-json.ts'

const COUNTS = ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const
const SPLIT_COUNTS = ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'] as const

/** Token usage of a message. Anthropic counts what came from and went to its prompt cache beside `input_tokens`, not in it. */
export function usageFromAnthropic (given: JsonRecord | null, sizes: Sizes): TokenUsage {
  const usage = given === null ? null : withIterations(given)
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
    webSearches: countOf(member(usage?.['server_tool_use'], 'web_search_requests')),
    tiers: [usage?.['service_tier'], usage?.['speed'], regionIn(usage)],
  }, sizes)
}

// Inference that is kept in one region has a price of its own.
function regionIn (usage: JsonRecord | null): string | null {
  const region = usage?.['inference_geo'] ?? 'global'
  return region === 'global' || region === 'not_available' ? null : `geo-${String(region)}`
}

/** The usage of a stream: its start counts the request, its end what was written since; a later figure replaces an earlier one. */
export function mergedUsage (known: JsonRecord | null, later: JsonRecord): JsonRecord {
  const given = Object.entries(later).filter(([, value]) => value !== null && value !== undefined)
  return { ...known, ...Object.fromEntries(given) }
}

// Where an answer took several samplings (a long conversation that was compacted first, advice of another model), the counts at the top may be
// those of the answer alone: all that is billed is the sum over `iterations`.
function withIterations (usage: JsonRecord): JsonRecord {
  const { iterations } = usage
  if (!Array.isArray(iterations)) return usage
  const split = usage['cache_creation']
  return {
    ...largerSums(usage, iterations, COUNTS),
    cache_creation: isRecord(split) ? largerSums(split, iterations.map((one: unknown) => member(one, 'cache_creation')), SPLIT_COUNTS) : split,
  }
}

/** The counts, each at least the sum of those of the parts. */
function largerSums (whole: JsonRecord, parts: readonly unknown[], names: readonly string[]): JsonRecord {
  const sums = names.map((name) => {
    const sum = parts.reduce<number>((sum, part) => sum + (countOf(member(part, name)) ?? 0), 0)
    return [name, sum > (countOf(whole[name]) ?? 0) ? sum : whole[name]] as const
  })
  return { ...whole, ...Object.fromEntries(sums) }
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
