import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t from 'tap'
import { openClientStage, type ClientStage } from './client-stage.ts'

const RATE_LIMITS = { openai: 'x-ratelimit-remaining-tokens', anthropic: 'anthropic-ratelimit-tokens-remaining' }
const GATEWAY_ATTEMPTS = 3 // of one request, before the client reads the provider's refusal
const openai = await openClientStage(t, 'openai-responses')
const anthropic = await openClientStage(t, 'anthropic')
const messages = [{ role: 'user' as const, content: 'hello' }]

// What each answer said about asking again, in order.
function counting (): { readonly fetch: typeof fetch, readonly seen: Array<readonly [number, string | null]> } {
  const seen: Array<readonly [number, string | null]> = []
  return {
    seen,
    async fetch (...args) {
      const response = await fetch(...args)
      seen.push([response.status, response.headers.get('retry-after')])
      return response
    },
  }
}

const openaiClient = (fetcher: typeof fetch = fetch): OpenAI => new OpenAI({ apiKey: openai.tokenFor('author'), baseURL: `${openai.base}/v1`, fetch: fetcher })
const anthropicClient = (fetcher: typeof fetch = fetch): Anthropic => new Anthropic({ apiKey: anthropic.tokenFor('author'), authToken: null, baseURL: anthropic.base, fetch: fetcher })

// Every attempt of the gateway's for one request is refused, then words come.
function refuseOnce (stage: ClientStage): void {
  stage.say({ text: 'at last' })
  const { answer } = stage.upstream
  const until = stage.upstream.seen.length + GATEWAY_ATTEMPTS
  stage.upstream.answer = (response, request) => {
    if (stage.upstream.seen.length > until) return answer(response, request)
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '0' })
    response.end('{"error":{"type":"rate_limit_error","message":"busy"}}')
  }
}

await t.test('the client of OpenAI asks again when the gateway has given up', async (t) => {
  for (const once of [
    async (client: OpenAI) => (await client.responses.create({ model: 'model-1', input: 'hello' })).output_text,
    async (client: OpenAI) => (await client.responses.stream({ model: 'model-1', input: 'hello' }).finalResponse()).output_text,
  ]) {
    refuseOnce(openai)
    const counted = counting()
    t.equal(await once(openaiClient(counted.fetch)), 'at last')
    t.same(counted.seen, [[429, '0'], [200, null]])
  }
})

await t.test('the client of Anthropic asks again when the gateway has given up', async (t) => {
  refuseOnce(anthropic)
  const counted = counting()
  const { content } = await anthropicClient(counted.fetch).messages.create({ model: 'model-1', max_tokens: 9, messages })
  t.match(content, [{ text: 'at last' }])
  t.same(counted.seen, [[429, '0'], [200, null]])
})

await t.test('the provider\'s request id and rate limits reach the client of OpenAI', async (t) => {
  withHeaders(openai, { 'x-request-id': 'req_1', [RATE_LIMITS.openai]: '42' })
  const whole = await openaiClient().responses.create({ model: 'model-1', input: 'hello' })
  t.equal(whole._request_id, 'req_1')
  const streamed = await openaiClient().responses.create({ model: 'model-1', input: 'hello', stream: true }).withResponse()
  t.equal(streamed.request_id, 'req_1')
  t.equal(streamed.response.headers.get(RATE_LIMITS.openai), '42')
  streamed.data.controller.abort()
  openai.fail(400, { error: { message: 'too long' } }, { 'x-request-id': 'req_2' })
  await t.rejects(openaiClient().responses.create({ model: 'model-1', input: 'hello' }), { status: 400, requestID: 'req_2', message: /too long/ })
})

await t.test('the provider\'s request id and rate limits reach the client of Anthropic', async (t) => {
  withHeaders(anthropic, { 'request-id': 'req_1', [RATE_LIMITS.anthropic]: '42' })
  const ask = { model: 'model-1', max_tokens: 9, messages }
  t.equal((await anthropicClient().messages.create(ask))._request_id, 'req_1')
  const streamed = await anthropicClient().messages.create({ ...ask, stream: true }).withResponse()
  t.equal(streamed.request_id, 'req_1')
  t.equal(streamed.response.headers.get(RATE_LIMITS.anthropic), '42')
  streamed.data.controller.abort()
  anthropic.fail(400, { type: 'error', error: { type: 'invalid_request_error', message: 'too long' } }, { 'request-id': 'req_2' })
  await t.rejects(anthropicClient().messages.create(ask), { status: 400, requestID: 'req_2', message: /too long/ })
})

// The next answers: words, with these headers.
function withHeaders (stage: ClientStage, headers: Readonly<Record<string, string>>): void {
  stage.say({ text: 'hi' })
  const { answer } = stage.upstream
  stage.upstream.answer = (response, request) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    answer(response, request)
  }
}

t.end()
