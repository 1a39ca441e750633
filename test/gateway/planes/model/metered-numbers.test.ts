import t from 'tap'
import { Compile } from 'typebox/schema'
import { OUTCOME_DETAIL } from '../../../../gateway/ledger/event-details.ts'
import { startFakeUpstream } from './fake-upstream.ts'
import { ask, openGovernedPlane } from './governed-plane.ts'

const upstream = await startFakeUpstream()
const models = { m1: { price: { perMillionInput: 2, perMillionOutput: 10, perMillionCacheWrite: 3, perMillionCacheWrite1h: 5 } } }
const { baseUrl } = upstream
const governed = await openGovernedPlane(baseUrl, {
  providers: {
    chat: { format: 'openai-chat', baseUrl, models },
    responses: { format: 'openai-responses', baseUrl, models },
    messages: { format: 'anthropic', baseUrl, models },
    google: { format: 'gemini', baseUrl, models },
  },
})
t.after(async () => {
  await governed.close()
  upstream.close()
})

const answerWith = (status: number, value: unknown): void => {
  upstream.answer = (response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
}

// What each format calls the operation, and an answer as its provider gives it.
const EMBEDDINGS = {
  'chat/v1/embeddings': { object: 'list', data: [{ index: 0, embedding: [0.5] }], usage: { prompt_tokens: 7, total_tokens: 7 } },
  'google/v1beta/models/m1:embedContent': { embedding: { values: [0.5] }, usageMetadata: { promptTokenCount: 7 } },
  'google/v1beta/models/m1:batchEmbedContents': { embeddings: [{ values: [0.5] }], usageMetadata: { promptTokenCount: 7 } },
}
const COUNTS = {
  'responses/v1/responses/input_tokens': { object: 'response.input_tokens', input_tokens: 7 },
  'messages/v1/messages/count_tokens': { input_tokens: 7 },
  'google/v1beta/models/m1:countTokens': { totalTokens: 7, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 7 }] },
}
// A model's words and calls, as each format has them.
const WORDS = [
  { choices: [{ index: 0, message: { role: 'assistant', content: 'FORBID' }, finish_reason: 'stop' }] },
  { output: [{ type: 'function_call', call_id: 'a', name: 'bash', arguments: '{"command":"FORBID"}' }] },
  { content: [{ type: 'text', text: 'FORBID' }] },
  { candidates: [{ content: { role: 'model', parts: [{ text: 'FORBID' }] } }] },
]
const BODY = JSON.stringify({ model: 'm1', input: 'x' })

async function asked (operation: string, body = BODY): Promise<{ status: number, text: string, detail: Readonly<Record<string, unknown>> }> {
  const outcome = governed.nextOutcome()
  const { status, text } = await ask(governed, body, { path: `/weir/model/${operation}` })
  return { status, text, detail: (await outcome).detail }
}

await t.test('embeddings reach the client unchanged and cost their input, in every format that has them', async (t) => {
  for (const [operation, answer] of Object.entries(EMBEDDINGS)) {
    answerWith(200, answer)
    const { status, text, detail } = await asked(operation)
    t.same([status, text], [200, JSON.stringify(answer)], operation)
    t.match(detail, { status: 200, keyId: 'key_1', usage: { model: 'm1', inputTokens: 7, outputTokens: 0, estimated: false, priced: true, costNanoUsd: 14_000 } }, operation)
  }
})

await t.test('counting tokens reaches the client unchanged and costs nothing', async (t) => {
  for (const [operation, answer] of Object.entries(COUNTS)) {
    answerWith(200, answer)
    const { status, text, detail } = await asked(operation)
    t.same([status, text], [200, JSON.stringify(answer)], operation)
    t.match(detail, { status: 200, keyId: 'key_1' }, operation)
    t.notOk('usage' in detail, operation)
  }
})

const MESSAGE = { id: 'm', type: 'message', role: 'assistant', content: [{ type: 'text', text: 'hi' }], stop_reason: 'end_turn' }
const WRITTEN = { input_tokens: 10, cache_creation_input_tokens: 100, cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 70 } }

await t.test('what is written to the cache for an hour is recorded and billed at its own price', async (t) => {
  const outcomes = Compile(OUTCOME_DETAIL)
  answerWith(200, { ...MESSAGE, usage: { ...WRITTEN, output_tokens: 20, output_tokens_details: { thinking_tokens: 12 } } })
  const { status, detail } = await asked('messages/v1/messages')
  t.equal(status, 200)
  t.match(detail, { usage: { inputTokens: 110, cacheWriteTokens: 100, cacheWrite1hTokens: 70, outputTokens: 20, reasoningTokens: 12, estimated: false, costNanoUsd: 10 * 2_000 + 30 * 3_000 + 70 * 5_000 + 20 * 10_000 } })
  t.ok(outcomes.Check(detail), 'the published schema has all of it')

  // The end of a stream counts the whole again, without the split of its start.
  const events = [
    { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...WRITTEN, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'hi' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { cache_creation_input_tokens: 110, output_tokens: 20, output_tokens_details: { thinking_tokens: 12 } } },
    { type: 'message_stop' },
  ]
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
  }
  const streamed = await asked('messages/v1/messages', JSON.stringify({ model: 'm1', stream: true, messages: [] }))
  t.match(streamed.detail, { usage: { inputTokens: 120, cacheWriteTokens: 110, cacheWrite1hTokens: 80, outputTokens: 20, reasoningTokens: 12, estimated: false, costNanoUsd: 10 * 2_000 + 30 * 3_000 + 80 * 5_000 + 20 * 10_000 } })
  t.ok(outcomes.Check(streamed.detail))
})

await t.test('words and calls in place of numbers do not get through in any format', async (t) => {
  for (const operation of [...Object.keys(EMBEDDINGS), ...Object.keys(COUNTS)]) {
    for (const words of WORDS) {
      answerWith(200, words)
      const { status, text } = await asked(operation)
      t.equal(status, 502, operation)
      t.notMatch(text, 'FORBID')
    }
  }
})

await t.test('what a provider refuses is not billed', async (t) => {
  for (const operation of [...Object.keys(EMBEDDINGS), ...Object.keys(COUNTS)]) {
    answerWith(400, { error: { message: 'no', type: 'invalid_request_error' } })
    const { status, detail } = await asked(operation)
    t.equal(status, 400, operation)
    t.notOk('usage' in detail, operation)
  }
})

t.end()
