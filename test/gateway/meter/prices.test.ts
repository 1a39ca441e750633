import t from 'tap'
import { createPrices } from '../../../gateway/meter/prices.ts'
import { usageFromOpenai } from '../../../adapters/openai-chat/usage.ts'

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
  t.same(priceOf('openai', 'gpt-4o', usage), { nanoUsd: 3_250_000, priced: true })
  t.same(priceOf('corp', 'gpt-4o', usage), { nanoUsd: 3_250_000, priced: true }, 'found by its address')
})

await t.test('what has no known price is not free', async (t) => {
  const priceOf = createPrices({ openai: { baseUrl: 'https://api.openai.com/v1' }, own: { baseUrl: 'http://127.0.0.1:1/v1' } })
  for (const [provider, model] of [['openai', 'no-such-model'], ['own', 'gpt-4o'], ['unknown', 'gpt-4o'], ['openai', 'no-such-model']] as const) {
    t.same(priceOf(provider, model, usage), { nanoUsd: null, priced: false })
  }
})

await t.test('a keyless provider costs nothing, and says so', async (t) => {
  t.same(createPrices({ local: { baseUrl: 'http://127.0.0.1:1/v1', keyless: true } })('local', 'any', usage), { nanoUsd: 0, priced: true })
})
