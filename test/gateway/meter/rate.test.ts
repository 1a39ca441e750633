import fc from 'fast-check'
import t from 'tap'
import { createPricedModels } from '../../../gateway/meter/priced-models.ts'
import { createPrices } from '../../../gateway/meter/prices.ts'
import { costAt } from '../../../gateway/meter/rate.ts'

const usage = { inputTokens: 1_000, outputTokens: 100, cachedTokens: 200, cacheWriteTokens: 100, reasoningTokens: 30, estimated: false }
const OPENAI = { baseUrl: 'https://api.openai.com/v1' }

await t.test('a rate is dollars per million tokens; cached tokens cost as input unless it is said', async (t) => {
  t.equal(costAt({ perMillionInput: 2, perMillionOutput: 10 }, usage), 3_000_000)
  t.equal(costAt({ perMillionInput: 2, perMillionOutput: 10, perMillionCached: 0.5, perMillionCacheWrite: 3 }, usage), 700 * 2_000 + 200 * 500 + 100 * 3_000 + 100 * 10_000)
  const kept = { ...usage, cacheWrite1hTokens: 40 }
  t.equal(costAt({ perMillionInput: 2, perMillionOutput: 10, perMillionCacheWrite: 3, perMillionCacheWrite1h: 5 }, kept), 900 * 2_000 + 60 * 3_000 + 40 * 5_000 + 100 * 10_000)
  t.equal(costAt({ perMillionInput: 2, perMillionOutput: 10, perMillionCacheWrite: 3 }, kept), 900 * 2_000 + 100 * 3_000 + 100 * 10_000)
})

await t.test('a cost is whole, never less than it is, and nothing only when the rate is', async () => {
  const tokens = fc.nat(1_000_000)
  const dollars = fc.integer({ min: 1, max: 100_000 }).map((cents) => cents / 1_000)
  fc.assert(fc.property(tokens, tokens, dollars, dollars, (inputTokens, outputTokens, perMillionInput, perMillionOutput) => {
    const cost = costAt({ perMillionInput, perMillionOutput }, { ...usage, inputTokens, outputTokens, cachedTokens: 0, cacheWriteTokens: 0 })
    const exact = inputTokens * Math.round(perMillionInput * 1_000) + outputTokens * Math.round(perMillionOutput * 1_000)
    return cost === exact
  }))
})

await t.test('a stated price wins over the published one and over free', async (t) => {
  const price = { perMillionInput: 1, perMillionOutput: 1 }
  const priceOf = createPrices({ openai: { ...OPENAI, models: { 'gpt-4o': { price } } }, local: { baseUrl: 'http://127.0.0.1:1/v1', keyless: true, models: { m: { price }, free: {} } } })
  t.same(priceOf('openai', 'gpt-4o', usage), { nanoUsd: 1_100_000, priced: true, source: 'weir.yaml', units: 'input 1, output 1' })
  t.same(priceOf('local', 'm', usage), { nanoUsd: 1_100_000, priced: true, source: 'weir.yaml', units: 'input 1, output 1' })
  t.same(priceOf('local', 'free', usage), { nanoUsd: 0, priced: true, source: 'keyless provider' })
  t.same(priceOf('openai', 'constructor', usage), { nanoUsd: null, priced: false })
})

await t.test('what has no price costs the configured worst, and is marked as a guess', async (t) => {
  const priceOf = createPrices({ openai: OPENAI }, { perMillionInput: 100, perMillionOutput: 100 })
  for (let i = 0; i < 2; i += 1) t.same(priceOf('openai', 'no-such-model', usage), { nanoUsd: 110_000_000, priced: false, source: 'weir.yaml: unpriced', units: 'input 100, output 100' })
  t.match(priceOf('openai', 'gpt-4o', usage), { priced: true, source: /^@pydantic\/genai-prices \d+\.\d+\.\d+$/ })
})

await t.test('whether a model has a price is known before it is asked', async (t) => {
  const providers = { openai: OPENAI, local: { baseUrl: 'http://127.0.0.1:1/v1', keyless: true } }
  const strict = createPricedModels(createPrices(providers))
  for (let i = 0; i < 2; i += 1) t.same([strict('openai', 'gpt-4o'), strict('local', 'any'), strict('openai', 'no-such-model'), strict('unknown', 'gpt-4o')], [true, true, false, false])
  t.equal(createPricedModels(createPrices(providers, { perMillionInput: 1, perMillionOutput: 1 }))('openai', 'no-such-model'), true)
})
