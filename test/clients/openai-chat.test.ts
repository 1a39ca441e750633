import OpenAI, { APIError, APIUserAbortError } from 'openai'
import t from 'tap'
import { sse } from '../support/wire.ts'
import { CALLS, openClientStage, PIXEL } from './client-stage.ts'

const stage = await openClientStage(t, 'openai-chat')
const clientOf = (role: string, token = stage.tokenFor(role)) => new OpenAI({ apiKey: token, baseURL: `${stage.base}/v1` })
const client = clientOf('author')
const messages = [{ role: 'user' as const, content: 'hello' }]
const tools = ['read', 'write'].map((name) => ({ type: 'function' as const, function: { name, parameters: {} } }))
const ask = { model: 'model-1', messages, tools }

await t.test('words come whole and as a stream, and the caller\'s token stays here', async (t) => {
  stage.say({ text: 'Grüße' })
  const whole = await client.chat.completions.create({ model: 'model-1', messages })
  t.equal(whole.choices[0]?.message.content, 'Grüße')
  let text = ''
  for await (const chunk of await client.chat.completions.create({ model: 'model-1', messages, stream: true })) text += chunk.choices[0]?.delta.content ?? ''
  t.equal(text, 'Grüße')
  t.notOk(stage.upstream.seen.some(({ headers }) => 'authorization' in headers || 'openai-organization' in headers))
})

await t.test('a picture and fields that nobody here knows reach the provider as they were sent', async (t) => {
  stage.say({ text: 'A dot.' })
  const content = [{ type: 'image_url' as const, image_url: { url: `data:image/png;base64,${PIXEL}` } }]
  await client.chat.completions.create({ model: 'model-1', messages: [{ role: 'user', content }], future_field: { a: [1] } } as never)
  t.same(JSON.parse(stage.upstream.seen.at(-1)?.body ?? ''), { model: 'model-1', messages: [{ role: 'user', content }], future_field: { a: [1] } })
})

await t.test('parallel calls: what policy allows comes, in place of the other stands its reason', async (t) => {
  stage.say({ calls: [CALLS.read, CALLS.denied] })
  const whole = (await client.chat.completions.create(ask)).choices[0]
  t.match(whole?.message.tool_calls, [{ function: { name: 'read', arguments: JSON.stringify(CALLS.read[1]) } }])
  t.equal(whole?.message.tool_calls?.length, 1)
  t.match(whole?.message.content, /write was not passed on/)
  const streamed = await client.chat.completions.stream(ask).finalChatCompletion()
  t.match(streamed.choices[0]?.message.tool_calls, [{ function: { name: 'read', arguments: JSON.stringify(CALLS.read[1]) } }])
  t.equal(streamed.choices[0]?.message.tool_calls?.length, 1)
  t.match(streamed.choices[0]?.message.content, /write was not passed on/)
  t.notMatch(JSON.stringify([whole, streamed]), 'SECRET')
})

await t.test('an answer whose only call is refused ends as one without calls', async (t) => {
  stage.say({ calls: [CALLS.denied] })
  const { choices } = await client.chat.completions.stream(ask).finalChatCompletion()
  t.match(choices, [{ finish_reason: 'stop', message: { content: /write was not passed on/ } }])
  t.notOk(choices[0]?.message.tool_calls)
})

await t.test('a call that policy leaves to a second person is answered with the approval\'s id', async (t) => {
  stage.say({ calls: [CALLS.held] })
  const { choices } = await clientOf('contributor').chat.completions.create(ask)
  t.match(choices[0]?.message.content, /approval apr_/)
})

await t.test('a provider\'s error keeps its status and words', async (t) => {
  stage.fail(400, { error: { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' } })
  await t.rejects(client.chat.completions.create(ask), { status: 400, code: 'context_length_exceeded', message: /too long/ })
})

await t.test('what the gateway refuses is asked once', async (t) => {
  stage.say({ text: 'x' })
  const before = stage.upstream.seen.length
  for (const stream of [false, true]) {
    for (const [role, model, status] of [['author', 'other', 404], ['nobody', 'model-1', 403]] as const) {
      let requests = 0
      const counting = new OpenAI({ apiKey: stage.tokenFor(role), baseURL: `${stage.base}/v1`, fetch: async (...args) => { requests += 1; return await fetch(...args) } })
      await t.rejects(counting.chat.completions.create({ model, messages, stream }), { status, message: /./ })
      t.equal(requests, 1)
    }
  }
  await t.rejects(clientOf('author', 'wrong').chat.completions.create(ask), { status: 401, message: /./ })
  t.equal(stage.upstream.seen.length, before)
})

await t.test('a client that leaves closes the provider\'s connection', async (t) => {
  const closed = stage.hang(sse({ choices: [{ index: 0, delta: { content: 'a' } }] }))
  const stream = await client.chat.completions.create({ model: 'model-1', messages, stream: true })
  const leaving = (async () => { for await (const { choices } of stream) if (choices.length > 0) stream.controller.abort() })()
  await leaving.catch((thrown: unknown) => t.ok(thrown instanceof APIUserAbortError || thrown instanceof APIError))
  await closed
})

await t.test('embeddings and the list of models come in the client\'s own shape', async (t) => {
  stage.fail(200, { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }], model: 'model-1', usage: { prompt_tokens: 1, total_tokens: 1 } })
  t.same((await client.embeddings.create({ model: 'model-1', input: 'x', encoding_format: 'float' })).data[0]?.embedding, [0.5, 0.25])
  t.match((await client.models.list()).data, [{ id: 'model-1', owned_by: 'upstream' }])
  t.match(await client.models.retrieve('model-1'), { id: 'model-1', object: 'model', owned_by: 'upstream' })
  await t.rejects(client.models.retrieve('model-2'), { status: 404, message: /no such model/ })
})

t.end()
