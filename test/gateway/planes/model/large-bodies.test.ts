import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { event, finishChunk, startFakeUpstream, streamHead, textChunk } from './fake-upstream.ts'
import { ask, chat, openGovernedPlane } from './governed-plane.ts'

const MIB = 1_048_576
const ANSWER = '{"choices":[]}'
const HEAD = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n`

/** A request of that many bytes, nearly all of them this letter. */
function filled (letter: string, bytes: number): string {
  return chat({ stream: false, stream_options: undefined, messages: [{ role: 'user', content: letter.repeat(bytes) }] })
}

await t.test('large requests arrive as they were sent, whatever was sent from the same memory before', async (t) => {
  const upstream = await startFakeUpstream()
  upstream.answer = (response) => response.end(ANSWER)
  const governed = await openGovernedPlane(upstream.baseUrl, { bodyBytes: 4 * MIB })
  t.teardown(() => upstream.close())
  t.teardown(() => governed.close())
  const sent: string[] = []
  for (const [round, letters] of ['abcd', 'efgh', 'ijkl'].entries()) {
    const bodies = [...letters].map((letter, i) => filled(letter, 300_000 + (round * 4 + i) * 77_777))
    sent.push(...bodies)
    const answers = await Promise.all(bodies.map((body) => ask(governed, body)))
    t.same(answers.map(({ status, text }) => [status, text]), bodies.map(() => [200, ANSWER]))
  }
  t.ok(upstream.seen.every(({ headers, body }) => Number(headers['content-length']) === Buffer.byteLength(body)))
  t.strictSame(new Set(upstream.seen.map(({ body }) => body)), new Set(sent))
})

await t.test('a large streamed request is asked for its usage, and every other byte arrives as it was sent', async (t) => {
  const upstream = await startFakeUpstream()
  upstream.answer = (response) => {
    streamHead(response)
    response.end(event(textChunk('fine')) + event(finishChunk('stop')) + event('[DONE]'))
  }
  const governed = await openGovernedPlane(upstream.baseUrl, { bodyBytes: 4 * MIB })
  t.teardown(() => upstream.close())
  t.teardown(() => governed.close())
  const messages = [{ role: 'user', content: 'long '.repeat(120_000) }]
  const usage = '"stream_options":{"include_usage":true}'
  const begin = JSON.stringify({ model: 'm1', stream: true, messages }).slice(1, -1)
  const cases: ReadonlyArray<readonly [sent: string, arrives: string]> = [
    [`{${begin}}`, `{${usage},${begin}}`],
    [`{"stream_options":{"include_usage":false},${begin}}`, `{${usage},${begin}}`],
    [`{${begin},"stream_options":{"include_usage":null}}`, `{${begin},${usage}}`],
    [`{${begin},"stream_options":null,"more":${JSON.stringify(messages)}}`, `{${begin},${usage},"more":${JSON.stringify(messages)}}`],
    [`{${begin},${usage}}`, `{${begin},${usage}}`],
  ]
  for (const [sent] of cases) t.match(await ask(governed, sent), { status: 200, text: /fine/ })
  t.ok(upstream.seen.every(({ body }, i) => body === cases[i]?.[1]))
  t.same(upstream.seen.map(({ headers }) => Number(headers['content-length'])), cases.map(([, arrives]) => arrives.length))
})

await t.test('a large request whose connection breaks while it is sent is sent again, from its beginning', async (t) => {
  const bodies: string[] = []
  let connections = 0
  const provider = createServer((socket) => {
    let breaks = false
    let text = ''
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      connections += 1 // a spare one brings nothing
      breaks = connections <= 2
    })
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
      if (breaks && text.length > 400_000) socket.resetAndDestroy()
      const [head = '', body = ''] = text.split('\r\n\r\n')
      if (body.length < Number(/content-length: (\d+)/.exec(head)?.[1])) return
      bodies.push(body)
      socket.end(HEAD + ANSWER)
    })
  })
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  t.teardown(() => provider.close())
  const governed = await openGovernedPlane(`http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`, { bodyBytes: 8 * MIB })
  t.teardown(() => governed.close())
  const body = filled('x', 3 * MIB)
  const { status, text } = await ask(governed, body)
  t.same([status, text, connections, bodies.length], [200, ANSWER, 3, 1])
  t.ok(bodies[0] === body)
})

await t.test('a provider that answers before it has read the request never reads another one from the same memory', async (t) => {
  const early: Socket[] = []
  const read: Buffer[] = []
  const provider = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    early.push(socket)
    socket.once('data', (head: Buffer) => {
      read.push(head)
      socket.pause()
      socket.write(HEAD + ANSWER)
    })
  })
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  t.teardown(() => provider.close())
  const reader = await startFakeUpstream()
  reader.answer = (response) => response.end(ANSWER)
  t.teardown(() => reader.close())
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  const other = { format: 'openai-chat' as const, baseUrl: reader.baseUrl, models: { m1: {} } }
  const governed = await openGovernedPlane(baseUrl, { bodyBytes: 8 * MIB, providers: { other } })
  t.teardown(() => governed.close())

  // As long as memory is set aside for, and longer than what both ends of the connection hold.
  const bytes = 4 * MIB - 1_000
  t.equal((await ask(governed, filled('A', bytes))).status, 200)
  for (const letter of ['B', 'C']) t.equal((await ask(governed, filled(letter, bytes), { provider: 'other' })).status, 200)
  for (const socket of early) {
    const closed = once(socket, 'close')
    socket.on('data', (piece: Buffer) => read.push(piece))
    socket.setTimeout(2_000, () => socket.destroy()) // a connection that the gateway keeps
    socket.resume()
    await closed
  }
  const text = Buffer.concat(read).toString('latin1')
  t.match(text, /A{1000}/)
  t.notMatch(text, /[BC]{10}/)
})
