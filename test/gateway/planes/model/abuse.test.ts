import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'
import t from 'tap'
import { shortDir, startGateway, writeConfig } from '../../../support/gateway-process.ts'
import { chat, openGovernedPlane, TOKEN } from './governed-plane.ts'
import { event, textChunk } from './fake-upstream.ts'

const PRELOAD = `--import ${new URL('../../../support/count-unhandled.js', import.meta.url).href}`
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

/** What a provider says before it resets the connection. */
const WORDS = [
  '', 'HTTP/1.1 200', 'garbage\r\n\r\n', HEAD, `${HEAD}zz\r\n`, HEAD + chunked(event(textChunk('hi'))), HEAD + chunked('data: {"choices":[{"del'),
  'HTTP/1.1 429 Too Many\r\nretry-after: 0\r\ncontent-length: 100\r\n\r\n{', 'HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"a":', `HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{"}${'x'.repeat(100)}`,
] as const

let turn = 0
const provider = createServer((socket) => {
  const said = WORDS[turn++ % WORDS.length] ?? ''
  socket.on('error', () => socket.destroy())
  if (said === '') socket.resetAndDestroy()
  socket.once('data', () => socket.write(said, () => socket.resetAndDestroy()))
})
provider.listen(0, '127.0.0.1')
await once(provider, 'listening')
t.teardown(() => provider.close())
const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`

function requestTo (path: string, token: string, body: string, more = `content-length: ${Buffer.byteLength(body)}`): string {
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n${more}\r\n\r\n${body}`
}

type Leave = (socket: Socket) => void
const LEAVES: readonly Leave[] = [(socket) => socket.destroy(), (socket) => socket.end()]
const RESET: Leave = (socket) => socket.resetAndDestroy() // of TCP alone

/** Sends the text and leaves: at once, or with the first bytes of an answer. Resolves when the connection is gone. */
async function sent (to: NetConnectOpts, text: string, leave: Leave, hears: boolean): Promise<void> {
  const socket = connect(to)
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => socket.destroy())
  socket.on('data', () => { if (hears) leave(socket) })
  socket.on('end', () => socket.end())
  socket.write(text, () => { if (!hears) leave(socket) })
  await gone
}

async function abuse (to: NetConnectOpts, path: string, token: string, leaves: readonly Leave[] = LEAVES): Promise<void> {
  const stream = requestTo(path, token, chat())
  const whole = requestTo(path, token, chat({ stream: false, stream_options: undefined }))
  const cuts = Array.from({ length: 10 }, (_, i) => stream.slice(0, Math.ceil(stream.length * (i + 1) / 10)))
  const broken = [
    requestTo(path, token, '{"model":'), requestTo(path, token, 'null'), requestTo(path, token, '['.repeat(5_000)), requestTo(path, token, '{}', 'content-length: x'),
    requestTo(path, token, 'zz\r\n', 'transfer-encoding: chunked'), requestTo(path, 'wrong', chat()), requestTo(path, token, chat(), 'expect: 100-continue'), '\0'.repeat(100),
  ]
  for (const leave of leaves) {
    await Promise.all(cuts.map((text) => sent(to, text, leave, false)))
    await Promise.all(broken.map((text) => sent(to, text, leave, true)))
    for (const text of [stream, whole]) await Promise.all(WORDS.map((_, i) => sent(to, text, leave, i % 4 !== 0)))
  }
}

await t.test('what nobody catches would be seen', (t) => {
  const { stderr } = spawnSync(process.execPath, [...PRELOAD.split(' '), '-e', 'Promise.reject(new Error("lost")); setImmediate(() => { throw new Error("thrown") })'], { encoding: 'utf8' })
  t.match(stderr, /UNHANDLED rejection: Error: lost/)
  t.match(stderr, /UNHANDLED exception: Error: thrown/)
  t.end()
})

await t.test('no abuse of the public listener, by clients and providers at once, leaves anything uncaught', async (t) => {
  const retries = { attempts: 2, maxWait: '1ms' }
  const file = writeConfig(shortDir(t), { dataDir: 'data', providers: { p: { format: 'openai-chat', baseUrl, keyless: true, models: { m1: {} }, retries } } })
  const gateway = await startGateway(file, { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${PRELOAD}` })
  t.teardown(() => gateway.end('SIGKILL'))
  const { hostname: host, port } = new URL(gateway.url)
  const before = turn
  for (const path of ['/weir/model/p/v1/chat/completions', '/weir/api/v1/decisions']) await abuse({ host, port: Number(port) }, path, gateway.token, [...LEAVES, RESET])
  t.ok(turn - before > 20, 'the provider was met')
  t.equal((await fetch(`${gateway.url}/weir/health`)).status, 200)
  await gateway.end('SIGTERM')
  t.notMatch(gateway.log(), /UNHANDLED/)
  t.equal(gateway.child.exitCode, 0)
})

// The runner itself fails a test in whose process anything stays uncaught.
await t.test('nor does that of a session\'s model socket', async (t) => {
  const governed = await openGovernedPlane(baseUrl, { provider: { retries: { attempts: 2, deadlineMs: 1_000, maxWaitMs: 1 } } })
  t.teardown(() => governed.close())
  const before = turn
  await abuse({ path: governed.socketPath }, '/weir/model/p/v1/chat/completions', TOKEN)
  t.ok(turn - before > 20, 'the provider was met')
})
