import t from 'tap'
import { anthropic } from '../../adapters/anthropic/format.ts'
import { gemini } from '../../adapters/gemini/format.ts'
import type { ModelFormat } from '../../adapters/model-format.ts'
import { openaiChat } from '../../adapters/openai-chat/format.ts'
import { openaiResponses } from '../../adapters/openai-responses/format.ts'
import type { TokenUsage } from '../../gateway/core/usage.ts'
import { createPrices } from '../../gateway/meter/prices.ts'
import { allow } from './run-stream.ts'

// What providers bill beside tokens, as they write it: as what a request was served, and what they searched for it.

const SIZES = { requestBytes: 400, answerChars: 10 }
const priceOf = createPrices({
  openai: { baseUrl: 'https://api.openai.com/v1' },
  anthropic: { baseUrl: 'https://api.anthropic.com' },
  google: { baseUrl: 'https://generativelanguage.googleapis.com' },
  perplexity: { baseUrl: 'https://api.perplexity.ai' },
  corp: { baseUrl: 'http://127.0.0.1:1/v1', models: { m: { price: { perMillionInput: 1, perMillionOutput: 2 } } }, serviceTiers: { priority: 3, gold: 0.2 }, searches: { perThousandWeb: 14, perThousandFile: 4 } },
  bare: { baseUrl: 'http://127.0.0.1:2/v1', models: { m: { price: { perMillionInput: 1, perMillionOutput: 2 } } } },
  local: { baseUrl: 'http://127.0.0.1:3/v1', keyless: true },
})

async function whole (format: ModelFormat, answer: object): Promise<TokenUsage> {
  const { usage } = await format.governAnswer(Buffer.from(JSON.stringify(answer)), async () => allow(), 'invalid-tool')
  return format.usage(usage, SIZES)
}

async function streamed (format: ModelFormat, events: readonly object[], { breaks = false } = {}): Promise<TokenUsage> {
  const stream = format.openStream({ refusalStyle: 'invalid-tool', hidesUsage: true, write: () => {}, rule: async () => allow() })
  for (const event of events) await stream.push(Buffer.from(`${'type' in event ? `event: ${String(event.type)}\n` : ''}data: ${JSON.stringify(event)}\n\n`))
  if (!breaks) await stream.end()
  return format.usage(stream.facts().usage, SIZES)
}

const chatUsage = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100, prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } }
const chatAnswer = (more: object) => ({ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4o', choices: [{ index: 0, message: { role: 'assistant', content: 'hi', refusal: null, annotations: [] }, finish_reason: 'stop' }], usage: chatUsage, ...more })
const chatChunks = (tier: unknown, usage: object | null = chatUsage) => {
  const chunk = (choices: readonly object[], more: object) => ({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', service_tier: tier, system_fingerprint: 'fp_1', choices, ...more })
  return [
    chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }], { usage: null }),
    ...['a ', 'few ', 'words ', 'that ', 'are ', 'alike'].map((content) => chunk([{ index: 0, delta: { content }, finish_reason: null }], { usage: null })),
    chunk([{ index: 0, delta: {}, finish_reason: 'stop' }], { usage: null }),
    ...(usage === null ? [] : [chunk([], { usage })]),
  ]
}

const search = (action: object) => ({ id: 'ws_1', type: 'web_search_call', status: 'completed', action })
const ITEMS = [
  search({ type: 'search', query: 'a', sources: [] }), search({ type: 'open_page', url: 'https://example.com' }), search({ type: 'find_in_page', pattern: 'x', url: 'https://example.com' }), search({ type: 'search', query: 'b' }),
  { id: 'fs_1', type: 'file_search_call', status: 'completed', queries: ['c'], results: null },
  { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'found', annotations: [] }] },
]
const response = (more: object) => ({ id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-5', service_tier: 'default', output: ITEMS, usage: { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100, input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } }, ...more })
const responseEvents = [
  { type: 'response.created', sequence_number: 0, response: response({ status: 'in_progress', output: [], usage: null, service_tier: 'auto' }) },
  ...ITEMS.flatMap((item, at) => [{ type: 'response.output_item.added', sequence_number: at * 2 + 1, output_index: at, item: { ...item, status: 'in_progress' } }, { type: 'response.output_item.done', sequence_number: at * 2 + 2, output_index: at, item }]),
]

const anthropicUsage = { input_tokens: 1_000, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 }, output_tokens: 100, service_tier: 'standard', inference_geo: 'global' }
const message = (more: object) => ({ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [{ type: 'text', text: 'hi' }], stop_reason: 'end_turn', stop_sequence: null, usage: { ...anthropicUsage, ...more } })
const messageEvents = [
  { type: 'message_start', message: { ...message({ output_tokens: 1, service_tier: 'priority' }), content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 100, server_tool_use: { web_search_requests: 3, web_fetch_requests: 7 } } },
  { type: 'message_stop' },
]

const grounded = (text: string, queries: readonly string[], more: object) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0, groundingMetadata: { webSearchQueries: queries, groundingChunks: [{ web: { uri: 'https://example.com', title: 'x' } }], searchEntryPoint: { renderedContent: '<div></div>' } }, ...more }],
  usageMetadata: { promptTokenCount: 1_000, candidatesTokenCount: 100, totalTokenCount: 1_100, trafficType: 'ON_DEMAND' },
  modelVersion: 'gemini-2.5-flash',
})

const PLAIN = { webSearches: undefined, fileSearches: undefined, serviceTier: undefined, estimated: false }

await t.test('what is served as everything is, and searched nothing, is as before', async (t) => {
  for (const tier of [undefined, null, 'default', 'auto', 'standard', 'DEFAULT', 'on_demand', 'scale', '']) {
    t.match(await whole(openaiChat, chatAnswer({ service_tier: tier })), PLAIN, `chat ${String(tier)}`)
    t.match(await streamed(openaiChat, chatChunks(tier)), PLAIN, `chat stream ${String(tier)}`)
    t.match(await whole(openaiResponses, response({ service_tier: tier, output: [] })), PLAIN, `response ${String(tier)}`)
  }
  t.match(await whole(anthropic, message({})), PLAIN)
  t.match(await whole(anthropic, message({ service_tier: null, speed: 'standard', inference_geo: 'not_available', server_tool_use: { web_search_requests: 0, web_fetch_requests: 2 } })), PLAIN)
  t.match(await whole(gemini, { candidates: [{ content: { parts: [{ text: 'hi' }], role: 'model' } }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, trafficType: 'PROVISIONED_THROUGHPUT' } }), PLAIN)
})

await t.test('as what a request was served is read of every answer', async (t) => {
  for (const tier of ['flex', 'priority']) {
    t.match(await whole(openaiChat, chatAnswer({ service_tier: tier })), { serviceTier: tier, inputTokens: 1_000 })
    t.match(await streamed(openaiChat, chatChunks(tier)), { serviceTier: tier, inputTokens: 1_000 })
    t.match(await whole(openaiResponses, response({ service_tier: tier })), { serviceTier: tier, inputTokens: 1_000 })
    t.match(await streamed(openaiResponses, [...responseEvents, { type: 'response.completed', sequence_number: 99, response: response({ service_tier: tier }) }]), { serviceTier: tier, inputTokens: 1_000 })
  }
  t.match(await streamed(openaiChat, chatChunks('priority', null), { breaks: true }), { serviceTier: 'priority', estimated: true }, 'also of one that is cut off')
  t.match(await streamed(anthropic, messageEvents), { serviceTier: 'priority', inputTokens: 1_000, outputTokens: 100 })
  t.match(await whole(anthropic, message({ service_tier: 'batch' })), { serviceTier: 'batch' })
  t.match(await whole(anthropic, message({ speed: 'fast', inference_geo: 'us' })), { serviceTier: 'fast+geo-us' })
  t.match(await whole(gemini, { usageMetadata: { promptTokenCount: 1, trafficType: 'ON_DEMAND_PRIORITY' }, candidates: [] }), { serviceTier: 'priority' })
  t.match(await whole(gemini, { usageMetadata: { promptTokenCount: 1, serviceTier: 'flex' }, candidates: [] }), { serviceTier: 'flex' })
})

await t.test('a tier that is no name is unknown, and never the plain one', async (t) => {
  for (const odd of [7, {}, ['flex'], true, 'a b', 'x'.repeat(33), '=1+1', '\n']) t.match(await whole(openaiChat, chatAnswer({ service_tier: odd })), { serviceTier: 'unknown' }, JSON.stringify(odd))
})

await t.test('searches that the provider made are counted, as it bills them', async (t) => {
  t.match(await whole(openaiResponses, response({})), { webSearches: 2, fileSearches: 1, inputTokens: 1_000 }, 'opening a page is not billed')
  t.match(await streamed(openaiResponses, [...responseEvents, { type: 'response.completed', sequence_number: 99, response: response({}) }]), { webSearches: 2, fileSearches: 1, inputTokens: 1_000 })
  t.match(await streamed(openaiResponses, responseEvents, { breaks: true }), { webSearches: 2, fileSearches: 1, estimated: true }, 'also of one that is cut off')
  t.match(await whole(openaiResponses, response({ output: [search({})] })), { webSearches: 1 }, 'an action without a type')
  t.match(await streamed(anthropic, messageEvents), { webSearches: 3 })
  t.match(await whole(anthropic, message({ server_tool_use: { web_search_requests: 2 } })), { webSearches: 2 })
  t.match(await whole(gemini, grounded('a', ['x', 'y'], { finishReason: 'STOP' })), { webSearches: 2 })
  t.match(await streamed(gemini, [grounded('a', ['x'], {}), grounded('b', ['x', 'y'], {}), grounded('c', ['y'], { finishReason: 'STOP' })]), { webSearches: 2 }, 'each query once')
  t.match(await whole(gemini, { candidates: [{ content: { parts: [{ text: 'a' }] }, groundingMetadata: { retrievalQueries: ['x'] } }], usageMetadata: { promptTokenCount: 1 } }), { fileSearches: 1 })
  for (const [usage, webSearches] of [[{ num_search_queries: 4 }, 4], [{ num_sources_used: 5 }, 5], [{ server_tool_use: { web_search_requests: 6 } }, 6], [{ server_side_tool_usage_details: { web_search_calls: 2, x_search_calls: 3 } }, 5]] as const) {
    t.match(await whole(openaiChat, chatAnswer({ usage: { ...chatUsage, ...usage } })), { webSearches, inputTokens: 1_000 }, JSON.stringify(usage))
  }
})

await t.test('counts that are none do no harm', async (t) => {
  for (const odd of [-1, 1.5, '3', null, [], {}, 2 ** 60]) {
    t.match(await whole(anthropic, message({ server_tool_use: { web_search_requests: odd } })), PLAIN, JSON.stringify(odd))
    t.match(await whole(openaiChat, chatAnswer({ usage: { ...chatUsage, num_search_queries: odd, server_side_tool_usage_details: odd } })), PLAIN)
  }
  const many = Array.from({ length: 5_000 }, (_, at) => `query ${at}`)
  t.match(await whole(gemini, grounded('a', many, {})), { webSearches: 1_024 })
})

const tokens: TokenUsage = { inputTokens: 1_000, outputTokens: 100, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false }

await t.test('a tier costs what is published or stated of it, else the most that it may, and is said to be a guess', (t) => {
  const cost = (provider: string, model: string, serviceTier: string) => priceOf(provider, model, { ...tokens, serviceTier })
  const plain = 3_500_000 // gpt-4o: 1,000 at 2.50 $ and 100 at 10 $ for a million
  t.match(priceOf('openai', 'gpt-4o', tokens), { nanoUsd: plain, priced: true, units: /^cache_read .*output 10$/ })
  t.match(cost('openai', 'gpt-4o', 'flex'), { nanoUsd: plain / 2, priced: true, units: /, flex × 0\.5$/ })
  t.match(cost('openai', 'gpt-4o', 'priority'), { nanoUsd: plain * 2.5, priced: false, units: /, priority × 2\.5 \(guessed\)$/ })
  t.match(cost('openai', 'gpt-4o', 'diamond'), { nanoUsd: plain * 2.5, priced: false })
  t.match(cost('openai', 'gpt-4o', 'constructor'), { nanoUsd: plain * 2.5, priced: false })
  t.match(cost('anthropic', 'claude-sonnet-4-5', 'batch'), { nanoUsd: 2_250_000, priced: true })
  t.match(cost('anthropic', 'claude-sonnet-4-5', 'geo-us'), { nanoUsd: 4_950_000, priced: true })
  t.match(cost('anthropic', 'claude-sonnet-4-5', 'batch+geo-us'), { nanoUsd: 2_475_000, priced: true })
  t.match(cost('anthropic', 'claude-sonnet-4-5', 'fast'), { nanoUsd: 27_000_000, priced: false })
  t.match(cost('corp', 'm', 'priority'), { nanoUsd: 3_600_000, priced: true, units: 'input 1, output 2, priority × 3' })
  t.match(cost('corp', 'm', 'gold'), { nanoUsd: 240_000, priced: true })
  t.match(cost('bare', 'm', 'flex'), { nanoUsd: 1_200_000, priced: false }, 'a discount that nobody stated is not given')
  t.same(cost('openai', 'no-such-model', 'flex'), { nanoUsd: null, priced: false })
  t.match(cost('local', 'm', 'priority'), { nanoUsd: 0, priced: true })
  t.end()
})

await t.test('searches cost what the card or the operator says, else more than any, and are never free', (t) => {
  const cost = (provider: string, model: string, searches: object) => priceOf(provider, model, { ...tokens, ...searches })
  t.match(cost('openai', 'gpt-5', { webSearches: 2, fileSearches: 1 }), { nanoUsd: 2_250_000 + 20_000_000 + 2_500_000, priced: true, units: /web search 10 a thousand, file search 2\.5 a thousand$/ })
  t.match(cost('anthropic', 'claude-sonnet-4-5', { webSearches: 3 }), { nanoUsd: 4_500_000 + 30_000_000, priced: true })
  t.match(cost('google', 'gemini-2.5-flash', { webSearches: 2 }), { nanoUsd: 550_000 + 100_000_000, priced: false, units: /web search 50 a thousand \(guessed\)$/ })
  t.match(cost('corp', 'm', { webSearches: 1, fileSearches: 2 }), { nanoUsd: 1_200_000 + 14_000_000 + 8_000_000, priced: true })
  t.match(cost('bare', 'm', { webSearches: 1 }), { nanoUsd: 1_200_000 + 50_000_000, priced: false })
  t.match(cost('openai', 'gpt-5', { webSearches: 1, serviceTier: 'flex' }), { nanoUsd: 1_125_000 + 10_000_000, priced: true }, 'a tier is of tokens')
  t.match(priceOf('openai', 'gpt-4o-mini-search-preview', tokens), { nanoUsd: 210_000 + 10_000_000, priced: true }, 'models that search for each answer and do not count it')
  t.match(priceOf('perplexity', 'sonar', tokens), { nanoUsd: 1_100_000 + 12_000_000, priced: true, units: /request 12 a thousand/ }, 'a price for each request')
  t.match(cost('local', 'm', { webSearches: 1 }), { nanoUsd: 0 })
  t.end()
})

t.end()
