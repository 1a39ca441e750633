import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { serveSessionModel } from '../../../../gateway/planes/model/session-door.ts'
import { startFakeUpstream } from './fake-upstream.ts'
import { chat, openGovernedPlane, TOKEN } from './governed-plane.ts'

// Inside the sandbox anything that finds the socket writes what bytes it likes: what two servers could read differently is not asked about.
const upstream = await startFakeUpstream()
const ANSWER = JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm1', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 1 } })
upstream.answer = (response) => { response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER) }
const governed = await openGovernedPlane(upstream.baseUrl)
const told: string[] = []
const socketPath = `${governed.socketPath}.bytes`
const door = await serveSessionModel(governed.plane, governed.session, socketPath, { onRefused: ({ code }) => told.push(code) })
t.after(async () => {
  await door.close()
  await governed.close()
  upstream.close()
})

const PATH = '/weir/model/p/v1/chat/completions'
const BODY = chat({ stream: false, stream_options: undefined })
const TOKENED = `Authorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n`
const HOST = 'Host: weir\r\n'
const LENGTH = `Content-Length: ${BODY.length}\r\n`
const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`
const GOOD = `POST ${PATH} HTTP/1.1\r\n${HOST}${TOKENED}${LENGTH}Connection: close\r\n\r\n${BODY}`

interface Answered { readonly statuses: readonly number[], readonly reached: number, readonly entries: number, readonly told: readonly string[] }

/** Writes the bytes in one piece and reads to the end: the server ends every one of these connections. */
async function send (bytes: string): Promise<Answered> {
  const before = { reached: upstream.seen.length, entries: governed.entries.length, told: told.length }
  const socket = connect(socketPath)
  const answer = text(socket)
  socket.write(bytes)
  const statuses = [...(await answer.catch(() => '')).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  return { statuses, reached: upstream.seen.length - before.reached, entries: governed.entries.length - before.entries, told: told.slice(before.told) }
}

/** A request that is doubtful by its version, its headers or its body. */
function post ({ version = 'HTTP/1.1', host = HOST, more = LENGTH, body = BODY }: { version?: string, host?: string, more?: string, body?: string }): string {
  return `POST ${PATH} ${version}\r\n${host}${TOKENED}${more}\r\n${body}`
}

const DOUBTFUL: Readonly<Record<string, string>> = {
  'no host': post({ host: '' }),
  'two hosts': post({ host: 'Host: weir\r\nHost: evil\r\n' }),
  'two tokens': post({ more: `Authorization: Bearer another\r\n${LENGTH}` }),
  'two types of body': post({ more: `Content-Type: text/plain\r\n${LENGTH}` }),
  'a second token behind a thousand headers': post({ more: `${'a:\r\n'.repeat(1_200)}Authorization: Bearer another\r\n${LENGTH}` }),
  'a length and a coding': post({ more: `${LENGTH}Transfer-Encoding: chunked\r\n`, body: CHUNKED }),
  'two lengths': post({ more: `${LENGTH}Content-Length: 2\r\n` }),
  'a length with a sign': post({ more: `Content-Length: +${BODY.length}\r\n` }),
  'a coding that nobody undoes': post({ more: 'Transfer-Encoding: gzip, chunked\r\n', body: CHUNKED }),
  'a coding twice': post({ more: 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', body: CHUNKED }),
  'a coding under another name': post({ more: 'Transfer-Encoding: xchunked\r\n', body: CHUNKED }),
  'a coding in a version that has none': post({ version: 'HTTP/1.0', more: 'Transfer-Encoding: chunked\r\n', body: CHUNKED }),
  'a version that is none': post({ version: 'HTTP/1.7' }),
  'a version before headers': post({ version: 'HTTP/0.9' }),
  'a version in which bodies have frames': post({ version: 'HTTP/2.0' }),
}

await t.test('a request that two servers could read differently is refused once, and what comes behind it is not served', async (t) => {
  for (const [what, bytes] of Object.entries(DOUBTFUL)) {
    t.strictSame(await send(bytes + GOOD), { statuses: [400], reached: 0, entries: 0, told: ['WEIR_ERR_DECODE_MALFORMED'] }, what)
  }
})

await t.test('requests that are not doubtful are served, also two in one piece', async (t) => {
  const chunked = post({ more: 'Transfer-Encoding: Chunked\r\nConnection: close\r\n', body: CHUNKED })
  const old = post({ version: 'HTTP/1.0', host: '' })
  for (const bytes of [GOOD, chunked, old]) t.match(await send(bytes), { statuses: [200], reached: 1, told: [] }, bytes.slice(0, 80))
  t.match(await send(post({}) + GOOD), { statuses: [200, 200], reached: 2, told: [] })
})

await t.test('bytes that are no request, behind one whose answer runs, end it without a word in it', async (t) => {
  const closed = new Promise<void>((resolve) => {
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"id":"x","choices":[{"index":0,"delta":{"content":"begun"}}]}\n\n')
      response.once('close', resolve)
    }
  })
  const before = told.length
  const body = chat()
  const socket = connect(socketPath)
  let answer = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    const hadBegun = answer.includes('begun')
    answer += String(chunk)
    if (!hadBegun && answer.includes('begun')) socket.write('no request\r\n\r\n')
  })
  socket.write(post({ more: `Content-Length: ${body.length}\r\n`, body }))
  await once(socket, 'close')
  await closed
  t.match(answer, /^HTTP\/1\.1 200 /)
  t.equal(answer.split('HTTP/1.1').length, 2, answer)
  t.strictSame(told.slice(before), ['WEIR_ERR_DECODE_MALFORMED'])
})

t.end()
