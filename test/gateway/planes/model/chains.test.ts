import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../../../gateway/config.ts'
import { event, startFakeUpstream, streamHead, textChunk, type FakeUpstream } from './fake-upstream.ts'
import { ask, chat, KEY_CANARY, openGovernedPlane, TOKEN, type GovernedPlane, type PlaneOptions } from './governed-plane.ts'

const WHOLE = JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm1', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 1 } })
const RETRIES = { attempts: 1, deadlineMs: 30_000, maxWaitMs: 50 }
const MODELS = ['one', 'two', 'three'] as const

const well: FakeUpstream['answer'] = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(WHOLE)
}
const refuse = (status: number): FakeUpstream['answer'] => (response) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message: `no: ${status}` } }))
}

interface World { readonly upstreams: readonly [FakeUpstream, FakeUpstream, FakeUpstream], readonly governed: GovernedPlane, readonly clock: { nowMs: number } }

// A name `acme/fast` that stands for three models, each of a provider of its own.
async function world (t: Test, options: PlaneOptions & { readonly chain?: ReadonlyArray<{ provider: string, model: string }>, readonly member?: Partial<ProviderConfig> } = {}): Promise<World> {
  const upstreams = [await startFakeUpstream(), await startFakeUpstream(), await startFakeUpstream()] as const
  for (const upstream of upstreams) upstream.answer = well
  const clock = { nowMs: 1_000_000 }
  const chain = options.chain ?? MODELS.map((name) => ({ provider: name, model: `model-${name}` }))
  const member = (at: 0 | 1 | 2): ProviderConfig =>
    ({ format: 'openai-chat', baseUrl: upstreams[at].baseUrl, models: { [`model-${MODELS[at]}`]: {}, FORBIDDEN: {} }, retries: RETRIES, ...options.member })
  const governed = await openGovernedPlane('http://unused.test', {
    ...options,
    providers: { acme: { format: 'openai-chat', baseUrl: '', baseUrls: [], keyless: true, models: { fast: { chain } }, ...options.provider }, one: member(0), two: member(1), three: member(2) },
    nowMs: () => clock.nowMs,
  })
  t.teardown(async () => {
    await governed.close()
    for (const upstream of upstreams) upstream.close()
  })
  return { upstreams, governed, clock }
}

const FAST = chat({ model: 'fast', stream: false, stream_options: undefined })
const askFast = (governed: GovernedPlane, body = FAST) => ask(governed, body, { provider: 'acme' })
const seen = ({ upstreams }: World): number[] => upstreams.map(({ seen }) => seen.length)
const decided = ({ governed }: World): unknown[] => governed.entries.map((entry) => entry.kind === 'decision' ? entry.input.model?.id : null)

await t.test('the first member answers, under its own name, with every other byte as it came', async (t) => {
  const { governed, ...rest } = await world(t)
  const body = '{ "messages":[{"role":"user","content":"fast \\u0066ast"}] ,"model" : "fast", "stream":false,"x":1e2 }'
  t.equal((await askFast(governed, body)).status, 200)
  t.equal(rest.upstreams[0].seen[0]?.body, body.replace('"fast"', '"model-one"'))
  t.same(seen({ governed, ...rest }), [1, 0, 0])
  t.match(governed.settled, [{ status: 'done', detail: { alias: 'acme/fast', keyId: 'key_1', usage: { provider: 'one', model: 'model-one', inputTokens: 3 } } }])
  await askFast(governed, chat({ model: 'fast', stream_options: undefined }))
  t.match(JSON.parse(rest.upstreams[0].seen[1]?.body ?? ''), { model: 'model-one', stream: true, stream_options: { include_usage: true } })
})

await t.test('a member that fails before its answer gives way, and the ledger has each one\'s decision and attempt', async (t) => {
  for (const status of [401, 403, 408, 429, 502, 503, 504, 529]) {
    const all = await world(t)
    all.upstreams[0].answer = refuse(status)
    all.upstreams[1].answer = (response) => response.destroy()
    const answer = await askFast(all.governed)
    t.equal(answer.status, 200, String(status))
    t.equal(answer.text, WHOLE)
    t.same(seen(all), [1, 1, 1])
    t.same(decided(all), ['model-one', 'model-two', 'model-three'])
    t.match(all.governed.settled, [
      { entry: 0, status: 'failed', detail: { status, notes: ['gave-way'], alias: 'acme/fast', keyId: 'key_1' } },
      { entry: 1, status: 'failed', detail: { status: null, notes: ['gave-way'] } },
      { entry: 2, status: 'done', detail: { status: 200, usage: { model: 'model-three' } } },
    ])
    t.notOk('usage' in (all.governed.settled[0]?.detail ?? {}), 'what was not done costs nothing')
  }
})

await t.test('what may have been billed, and what would be refused again, is not asked of another', async (t) => {
  for (const status of [400, 404, 413, 500]) {
    const all = await world(t)
    all.upstreams[0].answer = refuse(status)
    const answer = await askFast(all.governed)
    t.equal(answer.status, status)
    t.match(answer.text, `no: ${status}`)
    t.same(seen(all), [1, 0, 0])
  }
  const all = await world(t, { headersMs: 200 })
  all.upstreams[0].answer = () => undefined
  t.equal((await askFast(all.governed)).status, 502)
  t.same(seen(all), [1, 0, 0], 'a model that is too slow may be at it still')
})

await t.test('after the first byte of an answer nobody else is asked', async (t) => {
  const all = await world(t)
  all.upstreams[0].answer = (response) => {
    streamHead(response)
    response.write(event(textChunk('half')), () => response.destroy())
  }
  t.ok((await askFast(all.governed, chat({ model: 'fast' }))).broke)
  t.same(seen(all), [1, 0, 0])
})

await t.test('a member is asked again as its provider says, before the next one is', async (t) => {
  const all = await world(t, { member: { retries: { attempts: 3, deadlineMs: 30_000, maxWaitMs: 5_000 } } })
  all.upstreams[0].answer = (response) => response.destroy()
  t.equal((await askFast(all.governed)).status, 200)
  t.same(seen(all), [3, 1, 0])
  t.match(all.governed.settled[0]?.detail, { attempts: [{ code: 'UND_ERR_SOCKET' }, {}, {}] })
})

await t.test('each member is decided by itself: what the caller may not ask is passed over, and never asked', async (t) => {
  const all = await world(t, { chain: [{ provider: 'one', model: 'FORBIDDEN' }, { provider: 'two', model: 'model-two' }] })
  t.equal((await askFast(all.governed)).status, 200)
  t.same(seen(all), [0, 1, 0])
  t.same(decided(all), ['FORBIDDEN', 'model-two'])
  t.same(all.governed.entries.map((entry) => entry.kind === 'decision' ? entry.decision.verdict : null), ['deny', 'allow'])
})

await t.test('when every member is denied the answer is the refusal of the first, and no provider is asked', async (t) => {
  const all = await world(t, { chain: [{ provider: 'one', model: 'FORBIDDEN' }, { provider: 'two', model: 'FORBIDDEN' }] })
  const answer = await askFast(all.governed)
  t.equal(answer.status, 403)
  t.match(JSON.parse(answer.text), { error: { code: 'WEIR_ERR_DENIED', rule: 'test.deny', decision: 0 } })
  t.same(seen(all), [0, 0, 0])
  t.same(decided(all), ['FORBIDDEN', 'FORBIDDEN'])
})

await t.test('what is not one member\'s matter ends the request: no other member is decided or asked', async (t) => {
  const evaluated: unknown[] = []
  const at = await world(t, { decide: ({ model }) => { evaluated.push(model?.id); return null } })
  at.governed.failLedger = true
  t.equal((await askFast(at.governed)).status, 500)
  t.same(evaluated, ['model-one'])
  t.same(seen(at), [0, 0, 0])
})

await t.test('nor is a configuration that cannot be', async (t) => {
  const at = await world(t, { member: { baseUrls: [] } })
  t.match(await askFast(at.governed), { status: 500, text: /WEIR_ERR_CONFIG_INVALID/ })
  t.same(decided(at), ['model-one'])
})

await t.test('a member that gives way to one that is then refused leaves a failure, and no refusal', async (t) => {
  const asked = { two: 0 }
  const denied = { verdict: 'deny' as const, rule: 'test.deny', reason: 'deny', feedback: 'not this one', also: [], obligations: {}, revision: 'r1' }
  const at = await world(t, {
    chain: [{ provider: 'one', model: 'model-one' }, { provider: 'two', model: 'model-two' }],
    decide: ({ model }) => model?.id === 'model-two' && (asked.two += 1) > 1 ? denied : null, // allowed when it is asked whether one may give way
  })
  at.upstreams[0].answer = refuse(503)
  t.match(await askFast(at.governed), { status: 502, text: /None of the models/ })
  t.same(decided(at), ['model-one', 'model-two'])
  t.same(seen(at), [1, 0, 0])
})

await t.test('a failure is the client\'s to read when nobody may take over', async (t) => {
  const all = await world(t, { chain: [{ provider: 'one', model: 'model-one' }, { provider: 'two', model: 'FORBIDDEN' }, { provider: 'nokey', model: 'm1' }] })
  all.upstreams[0].answer = refuse(503)
  const answer = await askFast(all.governed)
  t.equal(answer.status, 503)
  t.match(answer.text, 'no: 503')
  t.same(decided(all), ['model-one'])
})

await t.test('when it cannot be told whether another member may be asked, the failure is passed on and the gateway lives', async (t) => {
  const closedVault = new Set<string>()
  const all = await world(t, { closedVault })
  for (const fail of [refuse(503), (response) => response.destroy()] satisfies Array<FakeUpstream['answer']>) {
    closedVault.clear()
    all.upstreams[0].answer = (response, ...rest) => {
      closedVault.add('two').add('three') // another process moved their keys to a master key that is not here
      fail(response, ...rest)
    }
    t.ok((await askFast(all.governed)).status >= 500)
    t.same(seen(all).slice(1), [0, 0])
    t.match(all.governed.settled.at(-1), { status: 'failed' })
  }
})

await t.test('a member without a key or a price gives way', async (t) => {
  const keyless = await world(t, { chain: [{ provider: 'nokey', model: 'm1' }, { provider: 'two', model: 'model-two' }] })
  t.equal((await askFast(keyless.governed)).status, 200)
  t.same(seen(keyless), [0, 1, 0])
  const unpriced = await world(t, { isPriced: (_provider, model) => model !== 'model-one' })
  t.equal((await askFast(unpriced.governed)).status, 200)
  t.same(seen(unpriced), [0, 1, 0])
  t.match(unpriced.governed.settled[0], { status: 'failed', detail: { code: 'WEIR_ERR_PRICE_UNKNOWN' } })
})

await t.test('a session stays with the member that worked, until that is not well or the session was long silent', async (t) => {
  const all = await world(t)
  all.upstreams[0].answer = refuse(503)
  await askFast(all.governed)
  all.upstreams[0].answer = well
  for (let i = 0; i < 3; i += 1) await askFast(all.governed)
  t.same(seen(all), [1, 4, 0], 'the prompt is in the second one\'s cache')
  all.upstreams[1].answer = refuse(503)
  await askFast(all.governed)
  t.same(seen(all), [2, 5, 0])
  all.upstreams[1].answer = well
  await askFast(all.governed)
  t.same(seen(all), [3, 5, 0])
  all.upstreams[0].answer = refuse(503)
  await askFast(all.governed)
  all.upstreams[0].answer = well
  all.clock.nowMs += 300_000
  await askFast(all.governed)
  t.same(seen(all), [5, 6, 0], 'the cache is cold: the first choice is the first again')
})

await t.test('a member whose breaker is open is passed over, and found again when it is back', async (t) => {
  const all = await world(t)
  const anew = (): void => { all.clock.nowMs += 300_000 } // so that the session is with no other member
  all.upstreams[0].answer = refuse(503)
  for (let i = 0; i < 5; i += 1) {
    anew()
    await askFast(all.governed)
  }
  t.same(seen(all), [5, 5, 0])
  all.upstreams[1].answer = refuse(503)
  t.equal((await askFast(all.governed)).status, 200)
  t.same(seen(all), [5, 6, 1], 'the first one rests')
  all.upstreams[2].answer = refuse(503)
  t.equal((await askFast(all.governed)).status, 503)
  t.same(seen(all), [6, 7, 2], 'it is asked when nobody else can be')
  all.upstreams[0].answer = well
  anew()
  t.equal((await askFast(all.governed)).status, 200)
  t.same(seen(all), [7, 7, 2])
})

await t.test('a member that is out again by the time its request would go is passed over for one that is well', async (t) => {
  let onDecided = (): void => {}
  const all = await world(t, {
    decide () {
      onDecided()
      return null
    },
  })
  all.upstreams[0].answer = refuse(503)
  for (let failure = 0; failure < 5; failure += 1) {
    all.clock.nowMs += 300_000 // so that the session is with no other member
    await askFast(all.governed)
  }
  all.clock.nowMs += 300_000
  const before = seen(all)
  // As when another request became the probe: the member looked well when it was chosen.
  onDecided = () => {
    all.clock.nowMs -= 300_000
    onDecided = () => {}
  }
  t.equal((await askFast(all.governed)).status, 200)
  t.same(seen(all).map((count, at) => count - (before[at] ?? 0)), [0, 1, 0])
  t.match(all.governed.settled.at(-2), { status: 'failed', detail: { code: 'WEIR_ERR_UPSTREAM' } })
  t.match(all.governed.settled.at(-1), { status: 'done', detail: { alias: 'acme/fast', usage: { model: 'model-two' } } })
})

await t.test('a client that leaves ends it at once: no further member is decided or asked', async (t) => {
  const all = await world(t)
  let closed: Promise<unknown> = Promise.resolve()
  const reached = new Promise<void>((resolve) => {
    all.upstreams[0].answer = (response) => {
      closed = once(response, 'close')
      resolve()
    }
  })
  const outcome = all.governed.nextOutcome()
  const client = httpRequest({ socketPath: all.governed.socketPath, method: 'POST', path: '/weir/model/acme/v1/chat/completions', headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' } })
  client.on('error', () => undefined) // leaving is an error to Node
  client.end(chat({ model: 'fast' }))
  await reached
  client.destroy()
  await closed
  t.match((await outcome).detail, { notes: ['client-left'], usage: { provider: 'one', model: 'model-one' } })
  t.same(decided(all), ['model-one'])
  t.same(seen(all), [1, 0, 0])
})

await t.test('the name is in the lists of models while one of its members is allowed', async (t) => {
  const path = '/weir/model/acme/v1/models'
  const some = await world(t, { chain: [{ provider: 'one', model: 'FORBIDDEN' }, { provider: 'two', model: 'model-two' }] })
  t.match(JSON.parse((await ask(some.governed, '', { method: 'GET', path })).text), { data: [{ id: 'fast' }] })
  const none = await world(t, { chain: [{ provider: 'one', model: 'FORBIDDEN' }] })
  t.same(JSON.parse((await ask(none.governed, '', { method: 'GET', path })).text).data, [])
  t.equal((await ask(none.governed, '', { method: 'GET', path: `${path}/fast` })).status, 404)
})

await t.test('no key is in an address, an answer or a record of all of this', async (t) => {
  const all = await world(t)
  all.upstreams[0].answer = (response, request) => {
    response.writeHead(503, { 'x-request-id': String(request.headers.authorization) })
    response.end(String(request.headers.authorization))
  }
  const answer = await askFast(all.governed)
  t.notMatch(JSON.stringify([answer, all.governed.entries, all.governed.settled, all.governed.warnings]), KEY_CANARY)
})
