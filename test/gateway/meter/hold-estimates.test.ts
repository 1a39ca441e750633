import fc from 'fast-check'
import t from 'tap'
import type { TokenUsage } from '../../../gateway/core/usage.ts'
import { createHoldEstimates, mostExpensive } from '../../../gateway/meter/hold-estimates.ts'
import { createPrices } from '../../../gateway/meter/prices.ts'

const REQUEST = { provider: 'p', model: 'm', generates: true, bytes: 40_000 }
const dear = { perMillionInput: 3, perMillionOutput: 15, perMillionCached: 0.3, perMillionCacheWrite: 3.75, perMillionCacheWrite1h: 6 }
const priceOf = createPrices({
  stated: { baseUrl: 'http://x', models: { dear: { price: dear }, cheap: { price: { ...dear, perMillionCacheWrite: 1, perMillionCacheWrite1h: 0.5 } }, brief: { price: { ...dear, perMillionCacheWrite1h: 1 } } } },
  anthropic: { baseUrl: 'https://api.anthropic.com' },
  openrouter: { baseUrl: 'https://openrouter.ai/api/v1' },
  openai: { baseUrl: 'https://api.openai.com/v1' },
  google: { baseUrl: 'https://generativelanguage.googleapis.com' },
})
const MODELS = [['stated', 'dear'], ['stated', 'cheap'], ['stated', 'brief'], ['anthropic', 'claude-sonnet-4-0'], ['openrouter', 'google/gemini-2.5-flash-lite'], ['openai', 'gpt-4o'], ['openai', 'gpt-audio'], ['google', 'gemini-2.5-flash']] as const

// Cards have prices for audio or for writes; none has both so far.
const costOfBoth = ({ inputTokens, cacheWriteTokens: written, cacheWrite1hTokens: forAnHour = 0, audioInputTokens: heard = 0 }: TokenUsage): number =>
  heard * 32 + forAnHour * 6 + (written - forAnHour) * 4 + (inputTokens - written - heard) * 3

const share = fc.double({ min: 0, max: 1, noNaN: true })

/** Usage of at most so many tokens, each part of it up to its whole. */
const usageOf = (most: { readonly fresh: number, readonly cached: number, readonly written: number, readonly hour: number, readonly output: number, readonly heard: number, readonly spoken: number }): fc.Arbitrary<TokenUsage> =>
  fc.tuple(fc.nat(most.fresh), fc.nat(most.cached), fc.nat(most.output), share, share, fc.option(share, { nil: 0 }), fc.option(share, { nil: 0 })).map(([fresh, cachedTokens, outputTokens, written, hour, heard, spoken]) => {
    const cacheWriteTokens = Math.floor(Math.min(fresh, most.written) * written)
    return {
      inputTokens: fresh + cachedTokens,
      outputTokens,
      cachedTokens,
      cacheWriteTokens,
      reasoningTokens: 0,
      estimated: false,
      cacheWrite1hTokens: Math.floor(Math.min(cacheWriteTokens, most.hour) * hour),
      audioInputTokens: Math.floor(Math.min(fresh + cachedTokens, most.heard) * heard),
      audioOutputTokens: Math.floor(Math.min(outputTokens, most.spoken) * spoken),
    }
  })
const anyUsage = usageOf({ fresh: 20_000, cached: 50_000, written: 20_000, hour: 20_000, output: 4_000, heard: 70_000, spoken: 4_000 })

await t.test('whatever was seen before, a hold is at least the cost of what stays within its estimate, however that is split', async (t) => {
  const within = ({ inputTokens, outputTokens, cachedTokens, cacheWriteTokens, cacheWrite1hTokens = 0, audioInputTokens = 0, audioOutputTokens = 0 }: TokenUsage): fc.Arbitrary<TokenUsage> =>
    usageOf({ fresh: inputTokens - cachedTokens, cached: cachedTokens, written: cacheWriteTokens, hour: cacheWrite1hTokens, output: outputTokens, heard: audioInputTokens, spoken: audioOutputTokens })
  for (const [provider, model] of MODELS) {
    const costOf = (usage: TokenUsage): number | null => priceOf(provider, model, usage).nanoUsd
    t.doesNotThrow(() => fc.assert(fc.property(fc.array(anyUsage, { maxLength: 12 }).chain((seen) => {
      const estimates = createHoldEstimates(1_000)
      for (const usage of seen) estimates.observe(REQUEST, usage)
      const estimate = estimates.estimate(REQUEST)
      return fc.tuple(fc.constant(estimate), within(estimate))
    }), ([estimate, used]) => (mostExpensive(estimate, costOf) ?? -1) >= (costOf(used) ?? Infinity)), { numRuns: 300 }), `${provider}/${model}`)
  }
})

await t.test('what has not answered yet may write all of its input for an hour; what never writes soon holds none of it', async (t) => {
  const estimates = createHoldEstimates(1_000)
  const first = estimates.estimate(REQUEST)
  t.match(first, { inputTokens: 10_000, cachedTokens: 0, cacheWriteTokens: 10_000, cacheWrite1hTokens: 10_000 })
  t.equal(mostExpensive(first, (usage) => priceOf('stated', 'dear', usage).nanoUsd), 10_000 * 6_000 + 1_000 * 15_000)
  const plain: TokenUsage = { inputTokens: 10_000, outputTokens: 100, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false }
  for (let answer = 0; answer < 40; answer += 1) estimates.observe(REQUEST, plain)
  t.match(estimates.estimate(REQUEST), { cachedTokens: 0, cacheWriteTokens: 0, cacheWrite1hTokens: 0 })
})

await t.test('what has not answered yet may be audio, all of it; what never hears or speaks soon holds as text', async (t) => {
  const estimates = createHoldEstimates(1_000)
  const first = estimates.estimate(REQUEST)
  // In at 32 $ and out at 64 $ per million tokens, where text is 2.50 $ and 10 $.
  t.equal(mostExpensive(first, (usage) => priceOf('openai', 'gpt-audio', usage).nanoUsd), 10_000 * 32_000 + 1_000 * 64_000)
  t.equal(mostExpensive(first, (usage) => priceOf('openai', 'gpt-4o', usage).nanoUsd), 10_000 * 2_500 + 1_000 * 10_000, 'a model that has no price for it holds as text')
  for (let answer = 0; answer < 40; answer += 1) estimates.observe(REQUEST, { inputTokens: 10_000, outputTokens: 100, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false })
  t.match(estimates.estimate(REQUEST), { audioInputTokens: 0, audioOutputTokens: 0 })
  estimates.observe(REQUEST, { inputTokens: 10_000, outputTokens: 100, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, audioInputTokens: 10_000, audioOutputTokens: 100, estimated: false })
  t.ok((estimates.estimate(REQUEST).audioInputTokens ?? 0) > 3_000, 'one that did says that the next one may')
})

await t.test('when much may be audio and much be written, as much is held as fits side by side', (t) => {
  const usage: TokenUsage = { inputTokens: 10_000, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 7_000, cacheWrite1hTokens: 7_000, audioInputTokens: 6_000, reasoningTokens: 0, estimated: true }
  t.equal(mostExpensive(usage, costOfBoth), 6_000 * 32 + 4_000 * 6)
  t.end()
})

await t.test('an agent\'s steady use of a cache is learned: what it reads is held as read, what it adds as written', async (t) => {
  const estimates = createHoldEstimates(1_000)
  for (let answer = 0; answer < 40; answer += 1) estimates.observe(REQUEST, { inputTokens: 10_000, outputTokens: 100, cachedTokens: 9_000, cacheWriteTokens: 1_000, reasoningTokens: 0, estimated: false })
  const { inputTokens, cachedTokens, cacheWriteTokens, cacheWrite1hTokens } = estimates.estimate(REQUEST)
  t.ok(cachedTokens > inputTokens * 0.89)
  t.same([cacheWriteTokens, cacheWrite1hTokens], [inputTokens - cachedTokens, 0])
})

await t.test('one answer out of the cache does not say that the next one is', (t) => {
  const estimates = createHoldEstimates(1_000)
  estimates.observe(REQUEST, { inputTokens: 10_000, outputTokens: 100, cachedTokens: 10_000, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false })
  const { inputTokens, cachedTokens } = estimates.estimate(REQUEST)
  t.equal(cachedTokens, inputTokens / 2)
  t.end()
})

await t.test('where no price is known nothing is made up', (t) => {
  t.equal(mostExpensive({ inputTokens: 1, outputTokens: 1, cachedTokens: 0, cacheWriteTokens: 1, reasoningTokens: 0, estimated: true }, () => null), null)
  t.end()
})

await t.test('the next hold counts the tier and the searches of the answers before', (t) => {
  const estimates = createHoldEstimates(100)
  const request = { provider: 'p', model: 'm', generates: true, bytes: 400 }
  const answer = { inputTokens: 100, outputTokens: 10, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false }
  t.match(estimates.estimate(request), { serviceTier: undefined, webSearches: undefined, fileSearches: undefined })
  for (let i = 0; i < 30; i++) estimates.observe(request, { ...answer, webSearches: 4, fileSearches: 1, serviceTier: 'priority+geo-us' })
  t.match(estimates.estimate(request), { serviceTier: 'priority+geo-us', webSearches: 4, fileSearches: 1 })
  for (let i = 0; i < 30; i++) estimates.observe(request, answer)
  t.match(estimates.estimate(request), { serviceTier: undefined, webSearches: undefined, fileSearches: undefined })
  t.end()
})
