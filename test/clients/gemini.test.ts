import { GoogleGenAI } from '@google/genai'
import t from 'tap'
import { WIRES } from '../support/scripted-provider.ts'
import { CALLS, openClientStage, PIXEL } from './client-stage.ts'

const stage = await openClientStage(t, 'gemini')
const clientOf = (role: string) => new GoogleGenAI({ apiKey: stage.tokenFor(role), httpOptions: { baseUrl: stage.base, apiVersion: 'v1beta' } })
const { models } = clientOf('author')
const config = { tools: [{ functionDeclarations: [{ name: 'read' }, { name: 'write' }] }] }
const ask = { model: 'model-1', contents: 'hello', config }

await t.test('words come whole and as a stream, and the caller\'s token stays here', async (t) => {
  stage.say({ text: 'Grüße' })
  t.equal((await models.generateContent(ask)).text, 'Grüße')
  t.equal((await everything()).text, 'Grüße')
  t.notOk(stage.upstream.seen.some(({ headers }) => 'x-goog-api-key' in headers || 'authorization' in headers))
})

await t.test('a picture reaches the provider as it was sent', async (t) => {
  await models.generateContent({ model: 'model-1', contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: PIXEL } }] }] })
  t.match(JSON.parse(stage.upstream.seen.at(-1)?.body ?? ''), { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: PIXEL } }] }] })
})

await t.test('parallel calls: what policy allows comes, in place of the other stands its reason', async (t) => {
  stage.say({ calls: [CALLS.read, CALLS.denied] })
  const whole = await models.generateContent(ask)
  t.match(whole.functionCalls, [{ name: 'read', args: CALLS.read[1] }])
  t.equal(whole.functionCalls?.length, 1)
  t.match(whole.candidates?.[0]?.content?.parts?.[1]?.text, /write was not passed on/)
  const streamed = await everything()
  t.match(streamed.calls, [{ name: 'read', args: CALLS.read[1] }])
  t.equal(streamed.calls.length, 1)
  t.match(streamed.text, /write was not passed on/)
  t.notMatch(JSON.stringify([whole, streamed]), 'SECRET')
})

await t.test('a call that policy leaves to a second person is answered with the approval\'s id', async (t) => {
  stage.say({ calls: [CALLS.held] })
  t.match((await clientOf('contributor').models.generateContent(ask)).text, /approval apr_/)
})

await t.test('a provider\'s error keeps its status and words', async (t) => {
  stage.fail(400, { error: { code: 400, message: 'too long', status: 'INVALID_ARGUMENT' } })
  await t.rejects(models.generateContent(ask), { status: 400, message: /too long/ })
})

await t.test('what the gateway refuses is asked once, also by a client that was told to try again', async (t) => {
  const before = stage.upstream.seen.length
  for (const retryOptions of [undefined, { attempts: 3 }]) {
    let requests = 0
    const counting = async (...args: Parameters<typeof fetch>): Promise<Response> => { requests += 1; return await fetch(...args) }
    const client = new GoogleGenAI({ apiKey: stage.tokenFor('nobody'), httpOptions: { baseUrl: stage.base, apiVersion: 'v1beta', fetch: counting, ...(retryOptions === undefined ? {} : { retryOptions }) } })
    await t.rejects(client.models.generateContent(ask), { status: 403, message: /PERMISSION_DENIED/ })
    t.equal(requests, 1)
  }
  t.equal(stage.upstream.seen.length, before)
})

await t.test('a client that was told to try again does so when the gateway has given up', async (t) => {
  const gatewayAttempts = 3 // of one request, before the client reads the provider's refusal
  stage.say({ text: 'at last' })
  const { answer } = stage.upstream
  const until = stage.upstream.seen.length + gatewayAttempts
  stage.upstream.answer = (response, request) => {
    if (stage.upstream.seen.length > until) return answer(response, request)
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '0' })
    response.end('{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"busy"}}')
  }
  const seen: number[] = []
  const counting = async (...args: Parameters<typeof fetch>): Promise<Response> => {
    const response = await fetch(...args)
    seen.push(response.status)
    return response
  }
  const client = new GoogleGenAI({ apiKey: stage.tokenFor('author'), httpOptions: { baseUrl: stage.base, apiVersion: 'v1beta', fetch: counting, retryOptions: { attempts: 2 } } })
  t.equal((await client.models.generateContent(ask)).text, 'at last')
  t.same(seen, [429, 200])
})

await t.test('a client that leaves closes the provider\'s connection', async (t) => {
  const closed = stage.hang(...WIRES.gemini.events({ text: 'a' }, 1).slice(0, 1))
  const leaving = new AbortController()
  const stream = await models.generateContentStream({ ...ask, config: { ...config, abortSignal: leaving.signal } })
  await (async () => { for await (const chunk of stream) if (chunk.text !== '') leaving.abort() })().catch((thrown: unknown) => t.ok(thrown instanceof Error))
  await closed
})

await t.test('embeddings, token counts and the list of models come in the client\'s own shape', async (t) => {
  stage.fail(200, { totalTokens: 7 })
  t.equal((await models.countTokens({ model: 'model-1', contents: 'x' })).totalTokens, 7)
  stage.fail(200, { embeddings: [{ values: [0.5, 0.25] }] })
  t.match((await models.embedContent({ model: 'model-1', contents: 'x' })).embeddings, [{ values: [0.5, 0.25] }])
  const listed: unknown[] = []
  for await (const model of await models.list()) listed.push(model)
  t.match(listed, [{ name: 'models/model-1', displayName: 'Model One' }])
  t.match(await models.get({ model: 'model-1' }), { name: 'models/model-1', displayName: 'Model One' })
  await t.rejects(models.get({ model: 'model-2' }), { status: 404, message: /NOT_FOUND/ })
})

async function everything (): Promise<{ text: string, calls: unknown[] }> {
  const seen = { text: '', calls: [] as unknown[] }
  for await (const chunk of await models.generateContentStream(ask)) {
    seen.text += chunk.text ?? ''
    seen.calls.push(...chunk.functionCalls ?? [])
  }
  return seen
}

t.end()
