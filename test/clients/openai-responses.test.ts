import OpenAI from 'openai'
import t from 'tap'
import { WIRES } from '../support/scripted-provider.ts'
import { CALLS, openClientStage, PIXEL } from './client-stage.ts'

const stage = await openClientStage(t, 'openai-responses')
const clientOf = (role: string) => new OpenAI({ apiKey: stage.tokenFor(role), baseURL: `${stage.base}/v1` })
const client = clientOf('author')
const tools = ['read', 'write'].map((name) => ({ type: 'function' as const, name, parameters: {}, strict: false }))
const ask = { model: 'model-1', input: 'hello', tools }

await t.test('words come whole and as a stream', async (t) => {
  stage.say({ text: 'Grüße' })
  t.equal((await client.responses.create(ask)).output_text, 'Grüße')
  let text = ''
  for await (const event of await client.responses.create({ ...ask, stream: true })) text += event.type === 'response.output_text.delta' ? event.delta : ''
  t.equal(text, 'Grüße')
})

await t.test('a picture reaches the provider as it was sent', async (t) => {
  const input = [{ role: 'user' as const, content: [{ type: 'input_image' as const, image_url: `data:image/png;base64,${PIXEL}`, detail: 'auto' as const }] }]
  await client.responses.create({ model: 'model-1', input })
  t.same(JSON.parse(stage.upstream.seen.at(-1)?.body ?? ''), { model: 'model-1', input })
})

await t.test('parallel calls: what policy allows comes, in place of the other stands its reason', async (t) => {
  stage.say({ calls: [CALLS.read, CALLS.denied] })
  const whole = await client.responses.create(ask)
  const streamed = await client.responses.stream(ask).finalResponse()
  for (const { output } of [whole, streamed]) {
    t.match(output, [{ type: 'function_call', name: 'read', arguments: JSON.stringify(CALLS.read[1]) }, { type: 'message', content: [{ text: /write was not passed on/ }] }])
    t.notMatch(JSON.stringify(output), 'SECRET')
  }
})

await t.test('a call that policy leaves to a second person is answered with the approval\'s id', async (t) => {
  stage.say({ calls: [CALLS.held] })
  t.match((await clientOf('contributor').responses.create(ask)).output_text, /approval apr_/)
})

await t.test('no event that the client sees holds arguments that were not decided', async (t) => {
  stage.say({ calls: [CALLS.denied] })
  const seen: unknown[] = []
  for await (const event of await client.responses.create({ ...ask, stream: true })) seen.push(event)
  t.notMatch(JSON.stringify(seen), 'SECRET')
  t.match(seen.at(-1), { type: 'response.completed' })
})

await t.test('what the gateway refuses is asked once, and a provider\'s error keeps its words', async (t) => {
  let requests = 0
  const counting = new OpenAI({ apiKey: stage.tokenFor('nobody'), baseURL: `${stage.base}/v1`, fetch: async (...args) => { requests += 1; return await fetch(...args) } })
  await t.rejects(counting.responses.create({ ...ask, stream: true }), { status: 403, message: /./ })
  t.equal(requests, 1)
  stage.fail(400, { error: { message: 'no such tool', type: 'invalid_request_error' } })
  await t.rejects(client.responses.create(ask), { status: 400, message: /no such tool/ })
})

await t.test('a client that leaves closes the provider\'s connection', async (t) => {
  const closed = stage.hang(...WIRES['openai-responses'].events({ text: 'a' }, 1).slice(0, 3))
  const stream = await client.responses.create({ ...ask, stream: true })
  await (async () => { for await (const { type } of stream) if (type !== 'error') stream.controller.abort() })().catch((thrown: unknown) => t.ok(thrown instanceof Error))
  await closed
})

await t.test('who speaks this protocol speaks the older one too', async (t) => {
  t.match((await client.models.list()).data, [{ id: 'model-1' }])
  stage.fail(200, { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5] }], usage: { prompt_tokens: 1, total_tokens: 1 } })
  t.same((await client.embeddings.create({ model: 'model-1', input: 'x', encoding_format: 'float' })).data[0]?.embedding, [0.5])
})

t.end()
