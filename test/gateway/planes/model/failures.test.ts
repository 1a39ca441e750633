import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { callChunk, event, finishChunk, startFakeUpstream, streamHead, textChunk } from './fake-upstream.ts'
import { ask, callsOf, chat, finishOf, KEY_CANARY, open, openGovernedPlane, payloads } from './governed-plane.ts'

const upstream = await startFakeUpstream()
const governed = await openGovernedPlane(upstream.baseUrl, { keepAliveMs: 20 })
const impatient = await openGovernedPlane(upstream.baseUrl, { headersMs: 300, idleMs: 300 })
t.after(async () => {
  await governed.close()
  await impatient.close()
  upstream.close()
})

const call = (id: string, index: number, command = 'ls') => callChunk([{ index, id, name: 'bash', args: JSON.stringify({ command, description: 'x' }) }])

await t.test('a provider that breaks before a call is released breaks the client\'s stream, so that it may try again', async (t) => {
  upstream.answer = (response) => {
    streamHead(response)
    response.write(event(textChunk('I will')) + event(callChunk([{ index: 0, id: 'a', name: 'bash', args: '{"command":"half' }])), () => response.destroy())
  }
  const outcome = governed.nextOutcome()
  const answer = await ask(governed, chat())
  t.ok(answer.broke)
  t.notMatch(answer.text, 'half')
  t.match((await outcome).detail, { status: 200, notes: ['upstream-broke'], usage: { estimated: true } })
})

await t.test('a provider that breaks after a call was released does not break the client\'s stream', async (t) => {
  upstream.answer = (response) => {
    streamHead(response)
    response.write(event(call('a', 0)) + event(callChunk([{ index: 1, id: 'b', name: 'bash', args: '{"command":"half' }])), () => response.destroy())
  }
  const answer = await ask(governed, chat())
  t.notOk(answer.broke)
  t.same(callsOf(answer.text).map(({ id }) => id), ['a'])
  t.same(finishOf(answer.text), ['tool_calls'])
  t.equal(payloads(answer.text).at(-1), '[DONE]')
  t.notMatch(answer.text, 'half')
})

await t.test('a provider that falls silent inside a stream counts as broken', async (t) => {
  upstream.answer = (response) => {
    streamHead(response)
    response.write(event(textChunk('and then')))
  }
  t.ok((await ask(impatient, chat())).broke)
})

await t.test('a comment keeps a client awake while a call is held', async (t) => {
  let finish = (): void => undefined
  upstream.answer = (response) => {
    streamHead(response)
    response.write(event(callChunk([{ index: 0, id: 'a', name: 'bash', args: '{"comm' }])))
    finish = () => response.end(event(callChunk([{ index: 0, args: 'and":"x","description":"y"}' }])) + event(finishChunk('tool_calls')) + event('[DONE]'))
  }
  const { response } = await open(governed, chat())
  const [first] = await once(response, 'data') as [Buffer]
  t.match(first.toString(), /^: /)
  finish()
  let text = first.toString()
  for await (const chunk of response) text += String(chunk)
  t.equal(callsOf(text)[0]?.function.name, 'bash')
})

await t.test('a provider that never answers is a clean 502', async (t) => {
  upstream.answer = () => undefined
  const answer = await ask(impatient, chat())
  t.equal(answer.status, 502)
  t.equal(JSON.parse(answer.text).error.code, 'WEIR_ERR_UPSTREAM_TIMEOUT')
})

await t.test('a provider with which no connection comes about in time is a clean 502, and is billed nothing', async (t) => {
  const silent = createServer() // takes the connection, and never says a word of TLS
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const other = await openGovernedPlane(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/v1`, { connectMs: 100, provider: { retries: { attempts: 1, deadlineMs: 1_000, maxWaitMs: 10 } } })
  t.after(async () => {
    await other.close()
    silent.close()
  })
  const outcome = other.nextOutcome()
  const answer = await ask(other, chat())
  t.equal(answer.status, 502)
  t.equal(JSON.parse(answer.text).error.code, 'WEIR_ERR_UPSTREAM_TIMEOUT')
  const { status, detail } = await outcome
  t.equal(status, 'failed')
  t.notOk('usage' in detail)
})

await t.test('a provider that is not there is a clean 502 that names no address', async (t) => {
  const gone = await startFakeUpstream()
  gone.close()
  const other = await openGovernedPlane(gone.baseUrl)
  t.after(() => other.close())
  const outcome = other.nextOutcome()
  const answer = await ask(other, chat())
  t.equal(answer.status, 502)
  t.equal(JSON.parse(answer.text).error.code, 'WEIR_ERR_UPSTREAM')
  t.notMatch(answer.text, /127\.0\.0\.1|ECONN/)
  t.match(await outcome, { status: 'failed', detail: { status: null } })
})

await t.test('a provider\'s own refusal passes with its status, without the key and without its headers', async (t) => {
  for (const status of [400, 401, 429, 500]) {
    upstream.answer = (response, request) => {
      response.writeHead(status, { 'content-type': 'application/json', 'set-cookie': 'a=b', 'retry-after': '7', 'x-echo': String(request.headers.authorization) })
      response.end(JSON.stringify({ error: { message: `bad key ${String(request.headers.authorization)}` } }))
    }
    const answer = await ask(governed, chat())
    t.equal(answer.status, status)
    t.match(answer.text, 'bad key Bearer [redacted]')
    t.notMatch(JSON.stringify(answer), KEY_CANARY)
    t.equal(answer.headers['retry-after'], '7')
    t.notOk(answer.headers['set-cookie'])
    t.notOk(answer.headers['x-echo'])
  }
})

await t.test('a redirect is not followed', async (t) => {
  upstream.answer = (response) => {
    response.writeHead(307, { location: `${upstream.baseUrl}/elsewhere` })
    response.end()
  }
  const before = upstream.seen.length
  t.equal((await ask(governed, chat())).status, 502)
  t.equal(upstream.seen.length, before + 1)
})

await t.test('an answer that is no chat completion is not passed on', async (t) => {
  for (const [type, body] of [['application/json', 'data: {}\n\n'], ['application/json', '[]'], ['text/event-stream', 'data: <html>\n\n'], ['application/json', '{"choices":5}']] as const) {
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': type })
      response.end(body)
    }
    const answer = await ask(governed, chat())
    t.match(answer.text, 'WEIR_ERR_UPSTREAM', body)
  }
})

await t.test('what is called compressed and is not counts as broken', async (t) => {
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    response.end('x')
  }
  const outcome = governed.nextOutcome()
  t.match(await ask(governed, chat()), { status: 200, text: '', broke: true })
  t.match((await outcome).detail, { notes: ['upstream-broke'] })
})

await t.test('when the client leaves, the provider is stopped at once and what it did is recorded', async (t) => {
  let closed: Promise<unknown> = Promise.resolve()
  upstream.answer = (response) => {
    closed = once(response, 'close')
    streamHead(response)
    response.write(event(textChunk('a long answer')))
  }
  const outcome = governed.nextOutcome()
  const { request, response } = await open(governed, chat())
  await once(response, 'data')
  request.destroy()
  await closed
  t.match((await outcome).detail, { status: 200, notes: ['client-left'], usage: { estimated: true, outputTokens: 4 } })
})

await t.test('a client that does not read stops its provider, and nobody else', async (t) => {
  const count = 1_000
  let written = 0
  upstream.answer = (response, request) => {
    streamHead(response)
    if (!request.body.includes('greedy')) {
      response.end(event(textChunk('hi')) + event(finishChunk('stop')) + event('[DONE]'))
      return
    }
    const next = (): void => {
      if (written === count) return
      response.write(event(textChunk('x'.repeat(64_000))), () => {
        written += 1
        next()
      })
    }
    next()
  }
  const { request, response } = await open(governed, chat({ user: 'greedy' }))
  response.pause()
  // A clock without time: what is not held up would be through long before all of these.
  for (let i = 0; i < 150; i += 1) t.equal((await ask(governed, chat())).status, 200)
  t.ok(written < count / 2, `${written} of ${count} pieces were taken`)
  request.destroy()
})

await t.test('a client that reads slowly gets every byte', async (t) => {
  const text = 'x'.repeat(16_000)
  const count = 1_000
  const expected = event(textChunk(text)).repeat(count) + event(finishChunk('stop')) + event('[DONE]')
  upstream.answer = (response) => {
    streamHead(response)
    for (let sent = 0; sent < count; sent += 1) response.write(event(textChunk(text)))
    response.end(event(finishChunk('stop')) + event('[DONE]'))
  }
  const { response } = await open(governed, chat())
  let got = ''
  for await (const chunk of response) {
    got += String(chunk)
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(got === expected)
})

await t.test('a request that ends before it reaches a provider gives its budget hold back', async (t) => {
  const ends: string[] = []
  const held = await openGovernedPlane(upstream.baseUrl, {
    holds: {
      begin: ({ provider, model }) => ({
        asking: null, key: null, hasRoom: () => true, useKey: () => {}, usage: [], onDecided: () => {}, allowed: () => {}, streamed: () => {}, settled: () => {}, free: () => { ends.push(`${provider}/${model}`) },
      }),
    },
  })
  t.teardown(() => held.close())
  await ask(held, chat(), { provider: 'nokey' })
  t.same(ends, ['nokey/m1'])
  await ask(held, chat({ model: 'FORBIDDEN' }))
  held.failLedger = true
  await ask(held, chat())
  t.same(ends, ['nokey/m1', 'p/FORBIDDEN', 'p/m1'])
})

await t.test('the key is in no entry, no outcome and no warning', async (t) => {
  t.notMatch(JSON.stringify([governed.entries, governed.settled, governed.warnings]), KEY_CANARY)
  t.match(upstream.seen.at(-1)?.headers, { authorization: `Bearer ${KEY_CANARY}` })
})

t.end()
