import fc from 'fast-check'
import t from 'tap'
import { tokenUsage } from '../../../gateway/core/usage.ts'
import { createPrices } from '../../../gateway/meter/prices.ts'
import { usageFromAnthropic } from '../../../adapters/anthropic/usage.ts'
import { usageFromGemini } from '../../../adapters/gemini/usage.ts'
import { usageFromOpenai } from '../../../adapters/openai-chat/usage.ts'
import { usageFromResponses } from '../../../adapters/openai-responses/usage.ts'

const sizes = { requestBytes: 400, answerChars: 10 }
const usage = usageFromOpenai({ prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 200 }, completion_tokens_details: { reasoning_tokens: 30 } }, sizes)

await t.test('the provider\'s figures are taken as they are', async (t) => {
  t.same(usage, { inputTokens: 1_000, outputTokens: 100, cachedTokens: 200, cacheWriteTokens: 0, reasoningTokens: 30, estimated: false })
})

await t.test('missing or impossible figures become an estimate that says so', async (t) => {
  for (const given of [null, {}, { prompt_tokens: 1 }, { prompt_tokens: -1, completion_tokens: 1 }, { prompt_tokens: 1.5, completion_tokens: 1 }, { prompt_tokens: '1', completion_tokens: 1 }]) {
    t.same(usageFromOpenai(given, sizes), { inputTokens: 100, outputTokens: 3, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true })
  }
})

await t.test('a part is never more than its whole', async (t) => {
  t.match(usageFromOpenai({ prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 9 }, completion_tokens_details: { reasoning_tokens: 9 } }, sizes), { cachedTokens: 5, reasoningTokens: 2 })
})

await t.test('a known model has its price in whole nano-dollars, cached tokens cheaper', async (t) => {
  const priceOf = createPrices({ openai: { baseUrl: 'https://api.openai.com/v1' }, corp: { baseUrl: 'https://api.openai.com/v1' } })
  // 800 fresh at 2.50 $, 200 cached at 1.25 $ and 100 out at 10 $ per million tokens
  t.match(priceOf('openai', 'gpt-4o', usage), { nanoUsd: 3_250_000, priced: true })
  t.match(priceOf('corp', 'gpt-4o', usage), { nanoUsd: 3_250_000, priced: true }, 'found by its address')
})

await t.test('audio has its own price where one is known, and is text elsewhere', async (t) => {
  const priceOf = createPrices({ openai: { baseUrl: 'https://api.openai.com/v1' }, google: { baseUrl: 'https://generativelanguage.googleapis.com' } })
  const spoken = usageFromOpenai({
    prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { audio_tokens: 500, cached_tokens: 0 }, completion_tokens_details: { audio_tokens: 60 },
  }, sizes)
  t.match(spoken, { audioInputTokens: 500, audioOutputTokens: 60, cachedAudioTokens: 0 })
  // 500 of text at 2.50 $, 500 of audio at 32 $; out 40 at 10 $ and 60 at 64 $ per million tokens
  t.match(priceOf('openai', 'gpt-audio', spoken), { nanoUsd: 1_250_000 + 16_000_000 + 400_000 + 3_840_000, priced: true })
  t.match(priceOf('openai', 'gpt-4o', spoken), { nanoUsd: 3_500_000, priced: true })
  const heard = usageFromGemini({
    promptTokenCount: 1_000,
    candidatesTokenCount: 100,
    cachedContentTokenCount: 400,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: 400 }, { modality: 'AUDIO', tokenCount: 500 }],
    toolUsePromptTokensDetails: [{ modality: 'AUDIO', tokenCount: 100 }],
    candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 100 }],
    cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 300 }, { modality: 'TEXT', tokenCount: 100 }],
  }, sizes)
  t.match(heard, { audioInputTokens: 600, audioOutputTokens: 0, cachedAudioTokens: 300 })
  // text: 300 at 0.30 $, 100 cached at 0.03 $; audio: 300 at 1 $, 300 cached at 0.10 $; 100 out at 2.50 $
  t.match(priceOf('google', 'gemini-2.5-flash', heard), { nanoUsd: 90_000 + 3_000 + 300_000 + 30_000 + 250_000, priced: true })
})

await t.test('what Anthropic\'s cache keeps for an hour costs more than what it keeps for five minutes, and thoughts are output', async (t) => {
  const priceOf = createPrices({ anthropic: { baseUrl: 'https://api.anthropic.com' } })
  const written = (split: object | null) => usageFromAnthropic({
    input_tokens: 100, cache_read_input_tokens: 200, cache_creation_input_tokens: 1_000, cache_creation: split, output_tokens: 100, output_tokens_details: { thinking_tokens: 60 },
  }, sizes)
  // 100 at 3 $, 200 read at 0.30 $, 400 written at 3.75 $ and 600 for an hour at 6 $; 100 out, 60 of them thoughts, at 15 $ per million tokens
  t.match(priceOf('anthropic', 'claude-sonnet-4-5', written({ ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 600 })), { nanoUsd: 300_000 + 60_000 + 1_500_000 + 3_600_000 + 1_500_000, priced: true })
  t.match(priceOf('anthropic', 'claude-sonnet-4-5', written(null)), { nanoUsd: 300_000 + 60_000 + 3_750_000 + 1_500_000, priced: true })
  // A card without a price for either takes both for input: 8 $ and 24 $
  t.match(priceOf('anthropic', 'claude-2', written({ ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 1_000 })), { nanoUsd: 1_300 * 8_000 + 2_400_000, priced: true })
})

await t.test('thoughts that are counted beside the answer, or in the total alone, are output and cost as much', async (t) => {
  const priceOf = createPrices({ xai: { baseUrl: 'https://api.x.ai/v1' } })
  const beside = usageFromOpenai({ prompt_tokens: 12, completion_tokens: 1, total_tokens: 399, prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 386 } }, sizes)
  t.match(beside, { inputTokens: 12, outputTokens: 387, reasoningTokens: 386, estimated: false })
  // 8 at 0.30 $, 4 cached at 0.075 $ and 387 out at 0.50 $ per million tokens
  t.match(priceOf('xai', 'grok-3-mini', beside), { nanoUsd: 2_400 + 300 + 193_500, priced: true })
  t.match(usageFromOpenai({ prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 }, sizes), { outputTokens: 603 }, 'in the total alone')
  t.match(usageFromResponses({ input_tokens: 20, output_tokens: 198, total_tokens: 623, output_tokens_details: { reasoning_tokens: 405 } }, sizes), { outputTokens: 603, reasoningTokens: 405 })
  for (const total of [218, 7, -1, null, '999']) t.match(usageFromOpenai({ prompt_tokens: 20, completion_tokens: 198, total_tokens: total }, sizes), { outputTokens: 198, estimated: false }, 'a total that says no more')
})

await t.test('what OpenAI\'s protocols say was written to a cache costs what writing costs', async (t) => {
  const priceOf = createPrices({ openrouter: { baseUrl: 'https://openrouter.ai/api/v1' } })
  const details = { cached_tokens: 100, cache_write_tokens: 600 }
  const written = usageFromOpenai({ prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100, prompt_tokens_details: details }, sizes)
  t.match(written, { inputTokens: 1_000, cachedTokens: 100, cacheWriteTokens: 600 })
  t.same(usageFromResponses({ input_tokens: 1_000, output_tokens: 100, input_tokens_details: details }, sizes), written)
  // 300 at 3 $, 100 read at 0.30 $, 600 written at 3.75 $ and 100 out at 15 $ per million tokens
  t.match(priceOf('openrouter', 'anthropic/claude-sonnet-4.5', written), { nanoUsd: 900_000 + 30_000 + 2_250_000 + 1_500_000, priced: true })
  const tooMuch = usageFromOpenai({ prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 600 } }, sizes)
  t.match(tooMuch, { cachedTokens: 600, cacheWriteTokens: 400 })
  t.match(priceOf('openrouter', 'anthropic/claude-sonnet-4.5', tooMuch), { priced: true })
})

await t.test('an answer of Anthropic\'s that took several samplings costs all of them', async (t) => {
  const priceOf = createPrices({ anthropic: { baseUrl: 'https://api.anthropic.com' } })
  const compacted = { type: 'compaction', input_tokens: 180_000, output_tokens: 3_500, cache_read_input_tokens: 5_000 }
  const answered = { type: 'message', input_tokens: 1_000, output_tokens: 100, cache_creation_input_tokens: 700, cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 400 } }
  const { type: _type, ...top } = answered
  const read = usageFromAnthropic({ ...top, iterations: [compacted, answered] }, sizes)
  t.match(read, { inputTokens: 181_000 + 5_000 + 700, outputTokens: 3_600, cachedTokens: 5_000, cacheWriteTokens: 700, cacheWrite1hTokens: 400, estimated: false })
  // 181,000 at 3 $, 5,000 read at 0.30 $, 300 written at 3.75 $ and 400 for an hour at 6 $; 3,600 out at 15 $ per million tokens
  t.match(priceOf('anthropic', 'claude-sonnet-4-0', read), { nanoUsd: 543_000_000 + 1_500_000 + 1_125_000 + 2_400_000 + 54_000_000, priced: true })
  t.match(usageFromAnthropic({ ...top, input_tokens: 181_000, output_tokens: 3_600, iterations: [compacted, answered] }, sizes), { inputTokens: 186_700, outputTokens: 3_600 }, 'counts at the top that are the sum already')
  t.match(usageFromAnthropic({ ...top, iterations: [answered, { ...answered }] }, sizes), { inputTokens: 2_000 + 1_400, outputTokens: 200, cacheWriteTokens: 1_400, cacheWrite1hTokens: 800 })
  for (const odd of [null, {}, 'x', [null, 'x', [], { input_tokens: -1, cache_creation: 'x' }]]) t.same(usageFromAnthropic({ ...top, iterations: odd }, sizes), usageFromAnthropic(top, sizes), JSON.stringify(odd))
})

await t.test('whatever parts a provider names, a price is found', async (t) => {
  const priceOf = createPrices({ openai: { baseUrl: 'https://api.openai.com/v1' }, google: { baseUrl: 'https://generativelanguage.googleapis.com' }, anthropic: { baseUrl: 'https://api.anthropic.com' } })
  const models = [['openai', 'gpt-audio'], ['openai', 'gpt-4o-realtime-preview'], ['openai', 'gpt-4o'], ['google', 'gemini-2.5-flash'], ['anthropic', 'claude-sonnet-4-5']] as const
  const count = fc.nat(50)
  const parts = fc.record({ input: count, output: count, cached: count, cacheWritten: count, cacheWritten1h: count, reasoning: count, audioInput: count, audioOutput: count, cachedAudio: count })
  fc.assert(fc.property(parts, (counted) => {
    const usage = tokenUsage(counted, sizes)
    for (const [provider, model] of models) if (!priceOf(provider, model, usage).priced) return false
    return true
  }), { numRuns: 500 })
  t.notOk('audioInputTokens' in usageFromGemini({ promptTokenCount: 9, promptTokensDetails: { modality: 'AUDIO', tokenCount: 9 } }, sizes), 'no list')
  t.notOk('audioInputTokens' in usageFromGemini({ promptTokenCount: 9, promptTokensDetails: [null, 'AUDIO', { modality: 'AUDIO', tokenCount: -1 }] }, sizes))
  t.match(usageFromGemini({ promptTokenCount: 9, promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 99 }] }, sizes), { audioInputTokens: 9 })
})

await t.test('what has no known price is not free', async (t) => {
  const priceOf = createPrices({ openai: { baseUrl: 'https://api.openai.com/v1' }, own: { baseUrl: 'http://127.0.0.1:1/v1' } })
  for (const [provider, model] of [['openai', 'no-such-model'], ['own', 'gpt-4o'], ['unknown', 'gpt-4o'], ['openai', 'no-such-model']] as const) {
    t.same(priceOf(provider, model, usage), { nanoUsd: null, priced: false })
  }
})

await t.test('a keyless provider costs nothing, and says so', async (t) => {
  t.match(createPrices({ local: { baseUrl: 'http://127.0.0.1:1/v1', keyless: true } })('local', 'any', usage), { nanoUsd: 0, priced: true })
})

await t.test('a price says what it is for each sort of token, wherever it is from', async (t) => {
  const stated = { perMillionInput: 3, perMillionOutput: 15, perMillionCached: 0.3 }
  const priceOf = createPrices({ google: { baseUrl: 'https://generativelanguage.googleapis.com' }, corp: { baseUrl: 'http://127.0.0.1:1', models: { m: { price: stated } } }, ollama: { baseUrl: 'http://127.0.0.1:2', keyless: true } }, { perMillionInput: 100, perMillionOutput: 200 })
  t.equal(priceOf('google', 'gemini-2.5-pro', usage).units, 'cache_read 0.125 (0.25 beyond 200000), input 1.25 (2.5 beyond 200000), output 10 (15 beyond 200000)')
  t.equal(priceOf('corp', 'm', usage).units, 'cache_read 0.3, input 3, output 15')
  t.equal(priceOf('corp', 'unknown', usage).units, 'input 100, output 200')
  t.equal(priceOf('ollama', 'm', usage).units, undefined)
})
