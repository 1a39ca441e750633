import { once } from 'node:events'
import { statSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import t from 'tap'
import { modelCredential } from '../../../../gateway/planes/model/model-credential.ts'
import { serveSessionModel } from '../../../../gateway/planes/model/session-door.ts'
import { startFakeUpstream } from './fake-upstream.ts'
import { ask, chat, KEY_CANARY, openGovernedPlane, TOKEN } from './governed-plane.ts'
import { openPublicDoor } from './public-door.ts'

const upstream = await startFakeUpstream()
const governed = await openGovernedPlane(upstream.baseUrl, { bodyBytes: 2_000 })
t.after(async () => {
  await governed.close()
  upstream.close()
})

const whole = { id: 'x', object: 'chat.completion', model: 'm1', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 1 } }
const answerWith = (value: unknown): void => {
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(typeof value === 'string' ? value : JSON.stringify(value))
  }
}
const calls = (command: string) => ({ ...whole, choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'bash', arguments: JSON.stringify({ command, description: 'x' }) } }] }, finish_reason: 'tool_calls' }] })
const ONCE = chat({ stream: false, stream_options: undefined })

await t.test('the socket is for its owner, and only for the session\'s token', async (t) => {
  t.equal(statSync(governed.socketPath).mode & 0o777, 0o600)
  answerWith(whole)
  const before = upstream.seen.length
  for (const token of ['', 'x', TOKEN.slice(0, -1), `${TOKEN} `.repeat(2)]) t.equal((await ask(governed, ONCE, { token })).status, 401)
  t.equal(upstream.seen.length, before)
  t.equal((await ask(governed, ONCE)).status, 200)
})

await t.test('a session tells of what its socket refused, a hundred times at most', async (t) => {
  const told: unknown[] = []
  const socketPath = `${governed.socketPath}.told`
  const door = await serveSessionModel(governed.plane, governed.session, socketPath, { onRefused: (refused) => told.push(refused) })
  t.teardown(() => door.close())
  const at = { ...governed, socketPath }
  t.equal((await ask(at, '', { method: 'GET', path: '/weir/model/p/v1/models' })).status, 200)
  t.same(told, [])
  t.equal((await ask(at, ONCE, { path: '/session' })).status, 404)
  for (let i = 0; i < 104; i++) t.equal((await ask(at, ONCE, { token: 'another' })).status, 401)
  t.equal(told.length, 100)
  t.match(told.slice(0, 2), [{ code: 'WEIR_ERR_ROUTE_UNKNOWN', request: /^req_/ }, { code: 'WEIR_ERR_AUTH_INVALID' }])
})

await t.test('only the operations of the provider\'s format exist', async (t) => {
  for (const path of ['/', '/weir/model/p/v1/chat/completions/', '/weir/model/p/v1/audio/speech', '/weir/model/p/v1/messages', '/weir/model/p/v2/chat/completions', '/weir/model/p/v1/./chat/completions', '/weir/model/../p/v1/chat/completions', '/weir/model/%70/v1/chat/completions', '/weir/health']) {
    t.equal((await ask(governed, ONCE, { path })).status, 404, path)
  }
  t.equal((await ask(governed, ONCE, { provider: 'unknown' })).status, 404)
  t.equal((await ask(governed, ONCE, { provider: 'constructor' })).status, 404)
  t.equal((await ask(governed, ONCE, { method: 'PUT' })).status, 404)
})

await t.test('an answer with a model\'s words does not pass as numbers', async (t) => {
  answerWith(whole)
  t.equal((await ask(governed, ONCE, { path: '/weir/model/p/v1/embeddings' })).status, 502)
  answerWith({ object: 'list', data: [{ index: 0, embedding: [0.1] }], usage: { prompt_tokens: 3, total_tokens: 3 } })
  t.equal((await ask(governed, ONCE, { path: '/weir/model/p/v1/embeddings' })).status, 200)
})

await t.test('embeddings that the provider does not count are charged by what was sent, and marked as estimated', async (t) => {
  answerWith({ object: 'list', data: [] })
  t.equal((await ask(governed, ONCE, { path: '/weir/model/p/v1/embeddings' })).status, 200)
  t.match(governed.settled.at(-1)?.detail, { usage: { inputTokens: Math.ceil(ONCE.length / 4), outputTokens: 0, estimated: true } })
  answerWith({ object: 'list', data: [], usage: { prompt_tokens: 3, total_tokens: 3 } })
  t.equal((await ask(governed, ONCE, { path: '/weir/model/p/v1/embeddings' })).status, 200)
  t.match(governed.settled.at(-1)?.detail, { usage: { inputTokens: 3, estimated: false } })
})

await t.test('the key headers of other clients carry the token, and two different ones are refused', async (t) => {
  t.equal(modelCredential({}), undefined)
  t.equal(modelCredential({ 'x-api-key': 'a' }), 'Bearer a')
  t.equal(modelCredential({ 'x-goog-api-key': 'a', authorization: 'Bearer a' }), 'Bearer a')
  t.throws(() => modelCredential({ 'x-goog-api-key': 'a', authorization: 'Bearer b' }), { code: 'WEIR_ERR_AUTH_INVALID' })
})

await t.test('the list of models holds what policy allows', async (t) => {
  const answer = await ask(governed, '', { method: 'GET', path: '/weir/model/p/v1/models' })
  t.same(JSON.parse(answer.text).data.map(({ id }: { id: string }) => id), ['m1'])
})

await t.test('one model is answered by its name, and one that is not allowed as one that is not there', async (t) => {
  const before = upstream.seen.length
  const model = async (id: string) => await ask(governed, '', { method: 'GET', path: `/weir/model/p/v1/models/${id}` })
  t.same(JSON.parse((await model('m1')).text), { id: 'm1', object: 'model', created: 0, owned_by: 'p' })
  const [denied, missing, inherited] = [await model('FORBIDDEN'), await model('other'), await model('constructor')]
  t.same([denied.status, missing.status, inherited.status], [404, 404, 404])
  t.equal(denied.text, missing.text)
  t.equal((await model('%zz')).status, 404)
  t.equal(upstream.seen.length, before)
})

await t.test('the provider gets the held key and nothing of the client\'s headers', async (t) => {
  answerWith(whole)
  await ask(governed, ONCE, { headers: { cookie: 'a=b', 'x-session-id': 'ses_1', 'x-forwarded-for': '1.2.3.4', 'openai-organization': 'org' } })
  const { headers, body, url } = upstream.seen.at(-1) ?? { headers: {}, body: '', url: '' }
  t.equal(headers.authorization, `Bearer ${KEY_CANARY}`)
  t.same(Object.keys(headers).sort(), ['accept', 'accept-encoding', 'authorization', 'connection', 'content-length', 'content-type', 'host', 'user-agent'])
  t.equal(body, ONCE)
  t.equal(url, '/v1/chat/completions')
  await ask(governed, ONCE, { provider: 'free' })
  t.notOk(upstream.seen.at(-1)?.headers.authorization)
})

await t.test('a denied model, an unknown model and a missing key are refused with 403 or 404 and reach no provider', async (t) => {
  const before = upstream.seen.length
  const denied = await ask(governed, chat({ model: 'FORBIDDEN' }))
  t.equal(denied.status, 403)
  t.match(JSON.parse(denied.text).error, { code: 'WEIR_ERR_DENIED', rule: 'test.deny', message: 'the rule says deny' })
  t.equal((await ask(governed, chat({ model: 'other' }))).status, 404)
  t.match(JSON.parse((await ask(governed, chat(), { provider: 'nokey' })).text).error, { code: 'WEIR_ERR_KEY_MISSING' })
  t.equal(upstream.seen.length, before)
})

await t.test('what cannot be recorded is not forwarded', async (t) => {
  governed.failLedger = true
  const before = upstream.seen.length
  const answer = await ask(governed, ONCE)
  governed.failLedger = false
  t.ok(answer.status >= 500)
  t.equal(upstream.seen.length, before)
})

await t.test('malformed and oversized requests are refused before anything is asked', async (t) => {
  const before = governed.entries.length
  t.equal((await ask(governed, '{"model":"m1","model":"m1"}')).status, 400)
  t.equal((await ask(governed, '')).status, 400)
  t.equal((await ask(governed, ONCE, { headers: { 'content-encoding': 'gzip' } })).status, 400)
  t.equal((await ask(governed, chat({ pad: 'x'.repeat(3_000) }))).status, 413)
  t.equal(governed.entries.length, before)
})

await t.test('a whole answer keeps its bytes when nothing had to change', async (t) => {
  for (const text of [JSON.stringify(whole, null, 2), JSON.stringify(calls('ls'))]) {
    answerWith(text)
    t.equal((await ask(governed, ONCE)).text, text)
  }
})

await t.test('a refused call of a whole answer becomes the invalid tool', async (t) => {
  answerWith(calls('FORBID'))
  const answer = await ask(governed, ONCE)
  t.notMatch(answer.text, 'FORBID')
  const [choice] = JSON.parse(answer.text).choices
  t.equal(choice.message.tool_calls[0].function.name, 'invalid')
  t.equal(choice.finish_reason, 'tool_calls')
})

await t.test('usage and the agent\'s session ids are recorded with the outcome', async (t) => {
  answerWith(whole)
  const outcome = governed.nextOutcome()
  await ask(governed, ONCE, { provider: 'free', headers: { 'x-session-id': 'ses_abc', 'x-parent-session-id': 'no good id!' } })
  t.match(await outcome, { status: 'done', detail: { status: 200, keyId: null, usage: { provider: 'free', model: 'm1', inputTokens: 3, outputTokens: 1, cachedTokens: 0, reasoningTokens: 0, costNanoUsd: 0, priced: true, agentSession: 'ses_abc', parentSession: null, estimated: false } } })
})

await t.test('on the public listener a foreign client reads a refusal as text, and an allowed call is settled', async (t) => {
  const { port, close } = await openPublicDoor(governed.plane, { ...governed.session.context, plane: 'client', session: null })
  t.after(close)
  const post = async (token: string) => {
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/weir/model/p/v1/chat/completions', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } })
    request.end(ONCE)
    const [response] = await once(request, 'response')
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return { status: response.statusCode, text }
  }
  answerWith(calls('FORBID'))
  t.equal((await post('bad')).status, 401)
  const refused = JSON.parse((await post('good')).text).choices[0]
  t.match(refused, { message: { content: /the rule says deny/ }, finish_reason: 'stop' })
  t.notOk(refused.message.tool_calls)
  answerWith(calls('ls'))
  const before = governed.settled.length
  t.equal((await post('good')).status, 200)
  t.match(governed.settled.slice(before), [{ status: 'done', detail: { released: true } }, { status: 'done', detail: { status: 200, released: 1 } }])
})

t.end()
