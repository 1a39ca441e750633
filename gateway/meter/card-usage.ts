import type { Usage } from '@pydantic/genai-prices'
import type { TokenUsage } from '../core/usage.ts'

/** Token counts under the names that rate cards have prices for. */
export function cardUsage (usage: TokenUsage): Usage {
  const { inputTokens: input, cachedTokens: cached, cacheWriteTokens: written, cacheWrite1hTokens = 0, audioInputTokens: heard = 0, audioOutputTokens: spoken = 0, cachedAudioTokens = 0 } = usage
  const text = { input_tokens: input, cache_read_tokens: cached, cache_write_tokens: written, cache_write_1h_tokens: cacheWrite1hTokens, output_tokens: usage.outputTokens }
  if (heard === 0 && spoken === 0) return text
  // Cards throw at parts that are more than their whole, and a provider that names no cached audio may still have more of both than fits side by
  // side. The least that fits is taken, since cached audio is the cheaper.
  const both = Math.max(cachedAudioTokens, heard + cached + written - input)
  if (both > Math.min(heard, cached)) return text
  return { ...text, input_audio_tokens: heard, output_audio_tokens: spoken, cache_audio_read_tokens: both }
}
