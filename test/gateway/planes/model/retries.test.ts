import { once } from 'node:events'
import { request as httpRequest, type ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { event, finishChunk, startFakeUpstream, streamHead, textChunk, type FakeUpstream } from './fake-upstream.ts'
import { ask, chat, openGovernedPlane, TOKEN, type GovernedPlane, type PlaneOptions } from './governed-plane.ts'

const RETRIES = { attempts: 3, deadlineMs: 30_000, maxWaitMs: 2_000 }

async function world (t: Test, options: PlaneOptions = {}): Promise<{ upstream: FakeUpstream, governed: GovernedPlane }> {
  const upstream = await startFakeUpstream()
  const governed = await openGovernedPlane(upstream.baseUrl, { ...options, provider: { retries: RETRIES, ...options.provider } })
  t.teardown(async () => {
    await governed.close()
    upstream.close()
  })
  return { upstream, governed }
}

/** Fails as often as it is told, then answers. */
function failing (upstream: FakeUpstream, times: number, fail: FakeUpstream['answer']): void {
  let left = times
  upstream.answer = (response, request) => {
    left -= 1
    if (left >= 0) return fail(response, request)
    streamHead(response)
    response.end(event(textChunk('here I am')) + event(finishChunk('stop')) + event('[DONE]'))
  }
}

const refuse = (status: number, headers = {}): FakeUpstream['answer'] => (response) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error: { message: `status ${status}` } }))
}

/** A request whose client may leave before any answer. */
function start (governed: GovernedPlane): ClientRequest {
  const request = httpRequest({ socketPath: governed.socketPath, method: 'POST', path: '/weir/model/p/v1/chat/completions', headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' } })
  request.on('error', () => undefined) // leaving is an error to Node
  request.end(chat())
  return request
}

await t.test('what the provider says it did not do is asked again, and every attempt is in the outcome', async (t) => {
  const { upstream, governed } = await world(t)
  for (const status of [408, 429, 502, 503, 504, 529]) {
    failing(upstream, 1, refuse(status, { 'retry-after': '0' }))
    const before = upstream.seen.length
    const outcome = governed.nextOutcome()
    const answer = await ask(governed, chat())
    t.equal(answer.status, 200)
    t.match(answer.text, 'here I am')
    t.equal(upstream.seen.length, before + 2, `${status}`)
    t.equal(upstream.seen.at(-1)?.body, upstream.seen.at(-2)?.body)
    const { status: done, detail } = await outcome
    t.equal(done, 'done')
    t.same(detail['attempts'], [{ endpoint: '0', keyId: 'key_1', status, code: null }, { endpoint: '0', keyId: 'key_1', status: 200, code: null }])
  }
})

await t.test('connections that a provider closes while they are used again, many at once, cost no client its answer', async (t) => {
  const many = 12 // more than the failures in a row after which a provider counts as out
  const sockets = new WeakMap<Socket, number>()
  const waiting: Array<() => void> = []
  const upstream = await startFakeUpstream()
  upstream.answer = (response) => {
    const { socket } = response
    if (socket === null) return
    sockets.set(socket, (sockets.get(socket) ?? 0) + 1)
    // Each time all wait for each other, so that each is on a connection of its own; a connection's second request is cut.
    const isSecond = sockets.get(socket) === 2
    waiting.push(() => { if (isSecond) socket.destroy(); else response.end('{"choices":[]}') })
    if (waiting.length === many) for (const end of waiting.splice(0)) end()
  }
  const governed = await openGovernedPlane(upstream.baseUrl, { provider: { retries: RETRIES } })
  t.teardown(async () => {
    await governed.close()
    upstream.close()
  })
  const whole = chat({ stream: false, stream_options: undefined })
  for (const round of ['first', 'again']) {
    const answers = await Promise.all(Array.from({ length: many }, () => ask(governed, whole)))
    t.same(answers.map(({ status }) => status), Array.from({ length: many }, () => 200), round)
  }
  t.equal(upstream.seen.length, 3 * many)
})

await t.test('a provider that cuts every connection is soon sent what clients send, and nothing on top of it', async (t) => {
  const { upstream, governed } = await world(t)
  upstream.answer = (response) => { response.socket?.destroy() }
  for (let sent = 0; sent < 3; sent += 1) t.equal((await ask(governed, chat())).status, 502)
  const before = upstream.seen.length
  t.equal((await ask(governed, chat())).status, 502)
  t.equal(upstream.seen.length, before + 1)
})

await t.test('what may have been billed, and what would be refused again, is asked once', async (t) => {
  const { upstream, governed } = await world(t)
  for (const status of [400, 401, 403, 404, 422, 500]) {
    failing(upstream, 1, refuse(status))
    const before = upstream.seen.length
    const outcome = governed.nextOutcome()
    t.equal((await ask(governed, chat())).status, status)
    t.equal(upstream.seen.length, before + 1, `${status}`)
    const { detail } = await outcome
    t.notOk('attempts' in detail || 'usage' in detail)
  }
})

await t.test('a connection that is cut before the answer begins is made again', async (t) => {
  const { upstream, governed } = await world(t)
  failing(upstream, 2, (response) => response.destroy())
  const outcome = governed.nextOutcome()
  t.equal((await ask(governed, chat())).status, 200)
  t.match((await outcome).detail, { attempts: [{ status: null, code: 'UND_ERR_SOCKET' }, { status: null }, { status: 200 }] })
})

await t.test('after the first byte of the answer nothing is asked again', async (t) => {
  const { upstream, governed } = await world(t)
  failing(upstream, 1, (response) => {
    streamHead(response)
    response.write(event(textChunk('I was say')), () => response.destroy())
  })
  t.ok((await ask(governed, chat())).broke)
  failing(upstream, 1, (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
    response.write('{"id"', () => response.destroy())
  })
  t.equal((await ask(governed, chat({ stream: false, stream_options: undefined }))).status, 502)
  t.equal(upstream.seen.length, 2)
})

await t.test('a provider that is too slow is not asked again, and what it may bill is estimated', async (t) => {
  const { upstream, governed } = await world(t, { headersMs: 300 })
  failing(upstream, 1, () => undefined)
  const outcome = governed.nextOutcome()
  t.equal((await ask(governed, chat())).status, 502)
  t.equal(upstream.seen.length, 1)
  t.match((await outcome), { status: 'failed', detail: { status: null, notes: ['upstream-slow'], usage: { estimated: true, outputTokens: 0 } } })
})

await t.test('the attempts have an end, and the client then reads the provider\'s own refusal', async (t) => {
  const { upstream, governed } = await world(t)
  failing(upstream, 99, refuse(503, { 'retry-after': '0' }))
  const outcome = governed.nextOutcome()
  const answer = await ask(governed, chat())
  t.equal(answer.status, 503)
  t.match(answer.text, 'status 503')
  t.equal(upstream.seen.length, 3)
  t.equal(((await outcome).detail['attempts'] as unknown[]).length, 3)
})

await t.test('a provider that asks for more time than is left is not waited for', async (t) => {
  const { upstream, governed } = await world(t)
  failing(upstream, 1, refuse(429, { 'retry-after': '7' }))
  const answer = await ask(governed, chat())
  t.equal(answer.status, 429)
  t.equal(answer.headers['retry-after'], '7')
  const hurried = await world(t, { provider: { retries: { ...RETRIES, deadlineMs: 0 } } })
  failing(hurried.upstream, 1, refuse(503))
  t.equal((await ask(hurried.governed, chat())).status, 503)
  t.same([upstream.seen.length, hurried.upstream.seen.length], [1, 1])
})

await t.test('a client that leaves during the wait ends it', async (t) => {
  const { upstream, governed } = await world(t, { provider: { retries: { ...RETRIES, maxWaitMs: 60_000, deadlineMs: 120_000 } } })
  let refused: () => void = () => undefined
  const wasRefused = new Promise<void>((resolve) => { refused = resolve })
  failing(upstream, 1, (response, request) => {
    refuse(503, { 'retry-after': '30' })(response, request)
    response.on('finish', refused)
  })
  const outcome = governed.nextOutcome()
  const client = start(governed)
  await wasRefused
  client.destroy()
  t.match(await outcome, { status: 'failed', detail: { status: null, notes: ['client-left'] } })
  t.equal(upstream.seen.length, 1)
})

await t.test('when the client leaves before the answer begins, the provider is stopped and the input is counted', async (t) => {
  const { upstream, governed } = await world(t)
  let closed: Promise<unknown> = Promise.resolve()
  const arrived = new Promise<void>((resolve) => {
    upstream.answer = (response) => {
      closed = once(response, 'close')
      resolve()
    }
  })
  const outcome = governed.nextOutcome()
  const client = start(governed)
  await arrived
  client.destroy()
  await closed
  t.match((await outcome).detail, { status: null, notes: ['client-left'], usage: { estimated: true, outputTokens: 0, provider: 'p', model: 'm1' } })
})

await t.test('two hundred clients that leave are two hundred records of usage, and no connection to the provider stays', async (t) => {
  const { upstream, governed } = await world(t)
  const ended: Array<Promise<unknown>> = []
  upstream.answer = (response) => {
    ended.push(once(response, 'close'))
    streamHead(response)
    response.write(event(textChunk('a long answer')))
  }
  const outcomes = Array.from({ length: 200 }, () => governed.nextOutcome())
  for (let i = 0; i < 200; i += 1) {
    const client = start(governed)
    client.on('response', (response) => response.once('data', () => client.destroy()))
  }
  for (const { detail } of await Promise.all(outcomes)) t.match(detail, { notes: ['client-left'], usage: { estimated: true, outputTokens: 4 } })
  await Promise.all(ended)
  t.equal(ended.length, 200)
})

await t.test('an attempt that cannot be made ends the request with an error, not the gateway', async (t) => {
  // A line break in a key is refused by the vault; here it stands for whatever undici does not send.
  for (const status of [401, 429]) {
    const { upstream, governed } = await world(t, { keys: [{ id: 'good', value: 'sk-good-0123456789', weight: 1_000 }, { id: 'bad', value: 'sk-bad\r\nx: y', weight: 1 }] })
    failing(upstream, 1, refuse(status))
    const outcome = governed.nextOutcome()
    const answer = await ask(governed, chat())
    t.equal(answer.status, 502)
    t.notMatch(answer.text, 'sk-')
    t.match(await outcome, { status: 'failed' })
    t.equal(upstream.seen.length, 1)
  }
})

t.end()
