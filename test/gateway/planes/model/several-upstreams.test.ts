import t, { type Test } from 'tap'
import type { ProviderKey } from '../../../../gateway/vault/vault.ts'
import { startFakeUpstream, type FakeUpstream } from './fake-upstream.ts'
import { ask, chat, openGovernedPlane, type GovernedPlane, type PlaneOptions } from './governed-plane.ts'

const KEYS: readonly ProviderKey[] = ['one', 'two', 'three'].map((name) => ({ id: `key_${name}`, value: `sk-canary-${name}-0123456789`, weight: 1 }))
const ONCE = chat({ stream: false, stream_options: undefined })
const WHOLE = JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm1', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 1 } })

const well: FakeUpstream['answer'] = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(WHOLE)
}
const refuse = (status: number, headers = {}): FakeUpstream['answer'] => (response, request) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error: { message: `no: ${String(request.headers.authorization)}` } }))
}

interface World { readonly upstreams: readonly FakeUpstream[], readonly governed: GovernedPlane, readonly clock: { nowMs: number } }

async function world (t: Test, count: number, options: PlaneOptions = {}): Promise<World> {
  const upstreams = await Promise.all(Array.from({ length: count }, () => startFakeUpstream()))
  for (const upstream of upstreams) upstream.answer = well
  const clock = { nowMs: 1_000_000 }
  const governed = await openGovernedPlane('http://unused.test', {
    ...options,
    provider: { baseUrls: upstreams.map(({ baseUrl }) => ({ url: baseUrl, weight: 1 })), retries: { attempts: 3, deadlineMs: 30_000, maxWaitMs: 50 }, ...options.provider },
    nowMs: () => clock.nowMs,
  })
  t.teardown(async () => {
    await governed.close()
    for (const upstream of upstreams) upstream.close()
  })
  return { upstreams, governed, clock }
}

const used = (upstream: FakeUpstream | undefined): string[] => upstream?.seen.map(({ headers }) => String(headers.authorization).slice('Bearer sk-canary-'.length, -'-0123456789'.length)) ?? []

await t.test('a session keeps its key and its endpoint while they are well', async (t) => {
  const { upstreams, governed } = await world(t, 3, { keys: KEYS })
  for (let i = 0; i < 12; i += 1) t.equal((await ask(governed, ONCE)).status, 200)
  t.equal(upstreams.filter(({ seen }) => seen.length > 0).length, 1)
  t.equal(new Set(upstreams.flatMap(used)).size, 1)
})

await t.test('a refused key rests, the request goes on with another, and no answer or record holds either', async (t) => {
  for (const status of [401, 403, 429]) {
    const { upstreams: [upstream], governed, clock } = await world(t, 1, { keys: KEYS })
    t.equal((await ask(governed, ONCE)).status, 200)
    const [own = ''] = used(upstream)
    if (upstream === undefined) throw new Error('no upstream')
    upstream.answer = (response, request) => (String(request.headers.authorization).includes(`-${own}-`) ? refuse(status) : well)(response, request)
    const outcome = governed.nextOutcome()
    t.equal((await ask(governed, ONCE)).status, 200)
    const [, refused, other] = used(upstream)
    t.equal(refused, own)
    t.not(other, own)
    t.match((await outcome).detail, { keyId: `key_${other}`, attempts: [{ keyId: `key_${own}`, status }, { keyId: `key_${other}`, status: 200 }] })
    t.equal((await ask(governed, ONCE)).status, 200)
    t.equal(used(upstream).length, 4, 'the refused key is not tried while it rests')
    upstream.answer = well
    clock.nowMs += 3_600_001
    t.equal((await ask(governed, ONCE)).status, 200)
    t.equal(used(upstream).at(-1), own, 'after its rest the session has it back')
    t.notMatch(JSON.stringify([governed.entries, governed.settled, governed.warnings]), 'canary')
  }
})

await t.test('when every key is refused the client reads the refusal, without any of the keys', async (t) => {
  const { upstreams: [upstream], governed } = await world(t, 1, { keys: KEYS })
  if (upstream === undefined) throw new Error('no upstream')
  upstream.answer = refuse(401)
  const answer = await ask(governed, ONCE)
  t.equal(answer.status, 401)
  t.match(answer.text, 'no: Bearer [redacted]')
  t.equal(new Set(used(upstream)).size, 3)
  t.equal((await ask(governed, ONCE)).status, 401, 'resting keys are used rather than refusing')
})

await t.test('an endpoint that is down hands its sessions to another, and is found again when it is back', async (t) => {
  const { upstreams, governed, clock } = await world(t, 2)
  t.equal((await ask(governed, ONCE)).status, 200)
  const own = upstreams.find(({ seen }) => seen.length === 1)
  const other = upstreams.find(({ seen }) => seen.length === 0)
  if (own === undefined || other === undefined) throw new Error('both were asked')
  own.answer = (response) => response.destroy()
  for (let i = 0; i < 5; i += 1) t.equal((await ask(governed, ONCE)).status, 200)
  t.same([own.seen.length, other.seen.length], [6, 5])
  for (let i = 0; i < 5; i += 1) t.equal((await ask(governed, ONCE)).status, 200)
  t.same([own.seen.length, other.seen.length], [6, 10], 'it is out')
  clock.nowMs += 5_000
  t.equal((await ask(governed, ONCE)).status, 200)
  t.same([own.seen.length, other.seen.length], [7, 11], 'one request is the probe, and goes on elsewhere')
  own.answer = well
  clock.nowMs += 5_000
  t.equal((await ask(governed, ONCE)).status, 200)
  t.same([own.seen.length, other.seen.length], [7, 12], 'it rests longer after a failed probe')
  clock.nowMs += 5_000
  for (let i = 0; i < 3; i += 1) t.equal((await ask(governed, ONCE)).status, 200)
  t.same([own.seen.length, other.seen.length], [10, 12])
})

await t.test('while one request is the probe, the others stay away', async (t) => {
  const { upstreams, governed, clock } = await world(t, 2)
  await ask(governed, ONCE)
  const own = upstreams.find(({ seen }) => seen.length === 1)
  if (own === undefined) throw new Error('none was asked')
  own.answer = refuse(502)
  for (let i = 0; i < 5; i += 1) await ask(governed, ONCE)
  clock.nowMs += 5_000
  let release: () => void = () => undefined
  const probed = new Promise<void>((resolve) => {
    own.answer = (response, request) => {
      release = () => well(response, request)
      resolve()
    }
  })
  const probe = ask(governed, ONCE)
  await probed
  const before = own.seen.length
  t.equal((await ask(governed, ONCE)).status, 200)
  t.equal(own.seen.length, before)
  release()
  t.equal((await probe).status, 200)
})

await t.test('a provider that is out as a whole is still asked, but only once per request', async (t) => {
  const { upstreams, governed } = await world(t, 2)
  for (const upstream of upstreams) upstream.answer = refuse(503)
  for (let i = 0; i < 8; i += 1) await ask(governed, ONCE)
  const before = upstreams.reduce((sum, { seen }) => sum + seen.length, 0)
  t.equal((await ask(governed, ONCE)).status, 503)
  t.equal(upstreams.reduce((sum, { seen }) => sum + seen.length, 0), before + 1)
})

await t.test('a model whose price is not known is refused before the provider is asked', async (t) => {
  const { upstreams: [upstream], governed } = await world(t, 1, { isPriced: (_provider, model) => model !== 'm1' })
  const outcome = governed.nextOutcome()
  const answer = await ask(governed, ONCE)
  t.equal(answer.status, 403)
  t.equal(JSON.parse(answer.text).error.code, 'WEIR_ERR_PRICE_UNKNOWN')
  t.equal(upstream?.seen.length, 0)
  t.match(await outcome, { status: 'failed', detail: { code: 'WEIR_ERR_PRICE_UNKNOWN' } })
})

t.end()
