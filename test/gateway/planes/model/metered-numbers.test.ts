import t from 'tap'
import { startFakeUpstream } from './fake-upstream.ts'
import { ask, openGovernedPlane } from './governed-plane.ts'

const upstream = await startFakeUpstream()
const models = { m1: { price: { perMillionInput: 2, perMillionOutput: 10 } } }
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

async function asked (operation: string): Promise<{ status: number, text: string, detail: Readonly<Record<string, unknown>> }> {
  const outcome = governed.nextOutcome()
  const { status, text } = await ask(governed, BODY, { path: `/weir/model/${operation}` })
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
