import Anthropic from '@anthropic-ai/sdk'
import t from 'tap'
import { WIRES } from '../support/scripted-provider.ts'
import { CALLS, openClientStage, PIXEL } from './client-stage.ts'

const stage = await openClientStage(t, 'anthropic')
const clientOf = (role: string) => new Anthropic({ apiKey: stage.tokenFor(role), authToken: null, baseURL: stage.base })
const client = clientOf('author')
const tools = ['read', 'write'].map((name) => ({ name, input_schema: { type: 'object' as const } }))
const ask = { model: 'model-1', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }], tools }

await t.test('words come whole and as a stream, beta flags go on, and the caller\'s token stays here', async (t) => {
  stage.say({ text: 'Grüße' })
  t.match((await client.beta.messages.create({ ...ask, betas: ['context-management-2025-06-27'] })).content, [{ type: 'text', text: 'Grüße' }])
  const { headers, body } = stage.upstream.seen.at(-1) ?? { headers: {}, body: '' }
  t.match(headers, { 'anthropic-beta': 'context-management-2025-06-27', 'anthropic-version': /^20\d\d-\d\d-\d\d$/ })
  t.notOk('x-api-key' in headers || 'authorization' in headers)
  t.same(JSON.parse(body), ask)
  t.equal(await client.messages.stream(ask).finalText(), 'Grüße')
})

await t.test('a picture and a cache mark reach the provider as they were sent', async (t) => {
  const messages = [{ role: 'user' as const, content: [{ type: 'image' as const, source: { type: 'base64' as const, media_type: 'image/png' as const, data: PIXEL }, cache_control: { type: 'ephemeral' as const } }] }]
  await client.messages.create({ ...ask, messages })
  t.same(JSON.parse(stage.upstream.seen.at(-1)?.body ?? ''), { ...ask, messages })
})

await t.test('parallel calls: what policy allows comes, in place of the other stands its reason', async (t) => {
  stage.say({ calls: [CALLS.read, CALLS.denied] })
  const whole = await client.messages.create(ask)
  const streamed = await client.messages.stream(ask).finalMessage()
  for (const { content, stop_reason: stop } of [whole, streamed]) {
    t.match(content, [{ type: 'tool_use', name: 'read', input: CALLS.read[1] }, { type: 'text', text: /write was not passed on/ }])
    t.equal(stop, 'tool_use')
    t.notMatch(JSON.stringify(content), 'SECRET')
  }
})

await t.test('an answer whose only call is refused ends as one without calls', async (t) => {
  stage.say({ calls: [CALLS.denied] })
  t.match(await client.messages.stream(ask).finalMessage(), { stop_reason: 'end_turn', content: [{ type: 'text', text: /write was not passed on/ }] })
})

await t.test('a call that policy leaves to a second person is answered with the approval\'s id', async (t) => {
  stage.say({ calls: [CALLS.held] })
  t.match((await clientOf('contributor').messages.create(ask)).content, [{ text: /approval apr_/ }])
})

await t.test('a provider\'s error keeps its status and words, whole and in a stream', async (t) => {
  stage.fail(400, { type: 'error', error: { type: 'invalid_request_error', message: 'too long' } })
  await t.rejects(client.messages.create(ask), { status: 400, message: /too long/ })
  stage.upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n')
  }
  await t.rejects(client.messages.stream(ask).finalMessage(), { message: /busy/ })
})

await t.test('what the gateway refuses is asked once and read by the client as a refusal', async (t) => {
  let requests = 0
  const counting = new Anthropic({ apiKey: stage.tokenFor('nobody'), authToken: null, baseURL: stage.base, fetch: async (...args) => { requests += 1; return await fetch(...args) } })
  await t.rejects(counting.messages.create({ ...ask, stream: true }), { status: 403, message: /permission_error/ })
  t.equal(requests, 1)
})

await t.test('a client that leaves closes the provider\'s connection', async (t) => {
  const closed = stage.hang(...WIRES.anthropic.events({ text: 'a' }, 1).slice(0, 4))
  const stream = client.messages.stream(ask)
  stream.on('text', () => stream.abort())
  await t.rejects(stream.finalMessage())
  await closed
})

await t.test('token counts and the list of models come in the client\'s own shape', async (t) => {
  stage.fail(200, { input_tokens: 12 })
  t.same(await client.messages.countTokens({ model: 'model-1', messages: ask.messages }), { input_tokens: 12 })
  const listed: unknown[] = []
  for await (const model of client.models.list()) listed.push(model)
  t.match(listed, [{ type: 'model', id: 'model-1', display_name: 'Model One' }])
  t.match(await client.models.retrieve('model-1'), { type: 'model', id: 'model-1', display_name: 'Model One' })
  await t.rejects(client.models.retrieve('model-2'), { status: 404, message: /not_found_error/ })
})

t.end()
