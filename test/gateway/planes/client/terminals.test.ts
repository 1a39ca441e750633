import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import t, { type Test } from 'tap'
import { WebSocket } from 'undici'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import type { EventBody } from '../../../../gateway/core/ledger-entry.ts'
import type { Authenticator } from '../../../../gateway/identity/caller.ts'
import type { RecordingsOptions } from '../../../../gateway/recordings/recordings.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { until } from '../../../support/until.ts'
import { openClientGateway } from './client-gateway.ts'

const PASSWORD = 'the-agents-own-password'
const PTY = 'pty_1'
const VAULT_KEY = 'key-without-a-look-of-its-own'
const GITHUB = `ghp_${'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36)}`

/** One unmasked frame, as a server sends it. */
function frame (text: string | Buffer, opcode = 1): Buffer {
  const payload = Buffer.from(text)
  const head = payload.length < 126 ? Buffer.from([0x80 | opcode, payload.length]) : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([head, payload])
}

interface Stage {
  readonly url: string
  readonly events: (name: string) => readonly EventBody[]
  readonly closed: () => Promise<EventBody>
  readonly revoke: () => void
  /** Sends a change of the terminal; the agent refuses an empty one. @returns the status */
  readonly change: (body: object, name?: string) => Promise<number>
  /** Opens a terminal and gives the agent's end of it. */
  readonly open: () => Promise<{ client: WebSocket, agent: Duplex, shown: () => string }>
  readonly cast: () => { readonly path: string, readonly text: string }
  readonly settled: () => readonly unknown[]
  /** Codes of what was refused with nothing decided. */
  readonly undecided: readonly string[]
  /** The credentials that the agent's terminals were asked for with. */
  readonly credentials: readonly unknown[]
}

async function stage (t: Test, terminals: Partial<RecordingsOptions> = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-pty-'))
  const socketPath = join(folder, 'agent.sock')
  const accepted: Duplex[] = []
  const credentials: unknown[] = []
  let onAccepted: () => void = () => {}
  const agent = createServer((request, response) => { response.writeHead(request.headers['content-length'] === '2' ? 400 : 200, { 'content-type': 'application/json' }).end('{}') })
  agent.on('upgrade', (request, socket) => {
    credentials.push(request.headers.authorization)
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    socket.on('error', () => socket.destroy())
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${accept}\r\n\r\n`)
    socket.resume() // or its end is never seen
    accepted.push(socket)
    onAccepted()
  })
  agent.listen(socketPath)
  await once(agent, 'listening')
  t.teardown(() => {
    for (const socket of accepted) socket.destroy()
    agent.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let revoked = false
  const authenticator: Authenticator = {
    authenticate () {
      if (revoked) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
      return { actor: ALICE.actor, app: null, environment: null, tokenId: 'jti', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }
    },
    isStillValid: () => !revoked,
  }
  const gate = governed(() => 'allow')
  let onClosed: (entry: EventBody) => void = () => {}
  const closed = new Promise<EventBody>((resolve) => { onClosed = resolve })
  const ledger: RecordingsOptions['ledger'] = {
    append: async (body) => {
      if (body.kind === 'event' && body.name === 'terminal-closed') onClosed(body)
      return gate.entries.push(body) - 1
    },
  }
  const session = sessionOf({ socketPath, authorization: `Basic ${Buffer.from(`opencode:${PASSWORD}`).toString('base64')}`, directory: '/workspace' })
  const undecided: string[] = []
  const { base, dataDir } = await openClientGateway(t, { session, gate, authenticator, terminals: { ledger, ...terminals }, refused: { note () {}, undecided: (_source, { code }) => { undecided.push(code) } } })
  const url = `${base.replace('http', 'ws')}/pty/${PTY}/connect`
  return {
    url,
    events: (name) => gate.entries.flatMap((entry) => entry.kind === 'event' && entry.name === name ? [entry] : []),
    closed: async () => await closed,
    revoke: () => { revoked = true },
    change: async (body, name = PTY) => (await fetch(`${base}/pty/${name}`, { method: 'PUT', headers: { authorization: 'Bearer x', 'content-type': 'application/json' }, body: JSON.stringify(body) })).status,
    settled: () => gate.settled,
    undecided,
    credentials,
    cast: () => {
      const [name = ''] = readdirSync(join(dataDir, 'recordings'))
      const path = join(dataDir, 'recordings', name)
      return { path, text: readFileSync(path, 'utf8') }
    },
    async open () {
      const joined = new Promise<void>((resolve) => { onAccepted = resolve })
      const client = new WebSocket(url, { headers: { authorization: 'Bearer x' } })
      let shown = ''
      client.addEventListener('message', ({ data }) => { shown += typeof data === 'string' ? data : '' })
      client.addEventListener('error', () => {}) // what the test looks at is that it ended
      await Promise.all([joined, new Promise((resolve) => client.addEventListener('open', resolve))])
      return { client, agent: accepted.at(-1) as Duplex, shown: () => shown }
    },
  }
}

/** Asks for a WebSocket as a browser would that remembers a password. @returns the status */
async function upgrade (url: string, headers: OutgoingHttpHeaders): Promise<number> {
  const asked = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', authorization: 'Basic eDp5' }
  const request = httpRequest(url.replace('ws:', 'http:'), { headers: { ...asked, ...headers } })
  request.end()
  return await new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => resolve(response.resume().statusCode ?? 0))
    request.once('upgrade', (_response, socket) => {
      socket.destroy()
      resolve(101)
    })
  })
}

await t.test('a terminal opens to no page of another origin, by no other name, and the agent is shown its own password', async (t) => {
  const { url, credentials } = await stage(t)
  t.equal(await upgrade(url, { origin: 'https://evil.test' }), 403)
  t.equal(await upgrade(url, { origin: 'null' }), 403)
  t.equal(await upgrade(url, { host: 'evil.test' }), 421)
  t.same(credentials, [])
  t.equal(await upgrade(url, {}), 101)
  t.same(credentials, [`Basic ${Buffer.from(`opencode:${PASSWORD}`).toString('base64')}`])
})

const ended = async (client: WebSocket): Promise<void> => await new Promise((resolve) => client.addEventListener('close', () => resolve()))

const eventsOf = (cast: string): Array<[number, string, string]> => cast.trimEnd().split('\n').slice(1).map((line) => JSON.parse(line) as [number, string, string])

await t.test('a terminal is recorded as asciicast v2, its secrets masked wherever they were cut, and what is typed left out', async (t) => {
  const { open, closed, events, cast, settled } = await stage(t, { keys: () => [VAULT_KEY] })
  const { client, agent, shown } = await open()
  for (const letter of `$ echo ${GITHUB}\r\n`) agent.write(frame(letter))
  agent.write(frame(`the password is ${PASSWORD}, é\r\n`).subarray(0, 9))
  agent.write(frame(`the password is ${PASSWORD}, é\r\n`).subarray(9))
  agent.write(frame(`${VAULT_KEY}\x7f\x9b31m\r\n`))
  agent.write(frame(Buffer.from('\0{"cursor":12}'), 2))
  client.send('typed-by-the-client')
  await once(agent, 'data')
  agent.end(frame('', 8))
  await ended(client)
  const end = await closed()
  const { path, text } = cast()
  t.match(shown(), PASSWORD, 'what is shown is not changed')
  t.equal(eventsOf(text).map(([, , data]) => data).join(''), `$ echo ${'*'.repeat(40)}\r\nthe password is ${'*'.repeat(PASSWORD.length)}, é\r\n${'*'.repeat(VAULT_KEY.length)}\x7f\x9b31m\r\n`)
  t.notMatch(text, /typed-by-the-client|cursor/)
  t.notMatch(text, /[\x7f-\x9f]/, 'what a terminal would obey is escaped in the file')
  t.match(JSON.parse(text.split('\n', 1)[0] ?? ''), { version: 2, width: 80, height: 24, timestamp: Number, weir: { actor: 'alice', app: 'shop', environment: 'DEV' } })
  const times = eventsOf(text).map(([at]) => at)
  t.strictSame(times, times.toSorted((a, b) => a - b))
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  const [begin] = events('terminal-opened')
  t.match(begin, { actor: 'alice', session: 'wses_test', detail: { terminal: PTY, input: false, recording: /^rec_[a-z2-7]{26}$/ } })
  t.match(end.detail, { recording: begin?.detail['recording'], sha256: createHash('sha256').update(text).digest('hex'), bytes: Buffer.byteLength(text), whole: true, reason: 'closed' })
  t.match(settled(), [{ status: 'done', detail: { recording: begin?.detail['recording'] } }])
})

await t.test('what is typed is recorded where the configuration says so', async (t) => {
  const { open, closed, cast } = await stage(t, { input: true })
  const { client, agent } = await open()
  client.send('ls -l\r')
  await once(agent, 'data')
  client.close()
  agent.end(frame('', 8))
  await closed()
  t.strictSame(eventsOf(cast().text).map(([, kind, data]) => [kind, data]), [['i', 'ls -l\r']])
})

await t.test('the size of a terminal is in its recording, and each change of it where it happened', async (t) => {
  const { open, change, cast, closed } = await stage(t)
  t.equal(await change({ size: { rows: 30, cols: 100 } }), 200)
  const { client, agent, shown } = await open()
  agent.write(frame('before '))
  await until(() => shown().endsWith('before '))
  t.equal(await change({ size: { rows: 50, cols: 132 } }), 200)
  for (const other of [{ title: 'x' }, {}, { size: { rows: 0, cols: 5 } }, { size: { rows: 1.5, cols: 5 } }, { size: { rows: 5, cols: 10_001 } }]) await change(other)
  t.equal(await change({ size: { rows: 7, cols: 7 } }, 'pty_2'), 200, 'another terminal')
  agent.write(frame('after'))
  await until(() => shown().endsWith('after'))
  client.close()
  agent.end(frame('', 8))
  await closed()
  const { text } = cast()
  t.match(JSON.parse(text.split('\n', 1)[0] ?? ''), { width: 100, height: 30 })
  t.strictSame(eventsOf(text).map(([, kind, data]) => [kind, data]), [['o', 'before '], ['r', '132x50'], ['o', 'after']])
})

await t.test('a terminal ends when its token is revoked', async (t) => {
  const { open, closed, revoke, url, undecided } = await stage(t)
  const { client, agent } = await open()
  const gone = once(agent, 'end')
  revoke()
  await Promise.all([ended(client), gone])
  t.match((await closed()).detail, { reason: 'token-void' })
  t.equal(await upgrade(url, {}), 401, 'no other opens')
  t.strictSame(undecided, ['WEIR_ERR_AUTH_INVALID'], 'counted for the ledger')
})

await t.test('a terminal ends when its recording is full, and when it sends what cannot be recorded', async (t) => {
  const full = await stage(t, { maxBytes: 20_000 })
  const first = await full.open()
  const over = ended(first.client)
  const writing = setInterval(() => first.agent.write(frame('x'.repeat(9_000))), 1)
  await over
  clearInterval(writing)
  const { detail } = await full.closed()
  t.match(detail, { reason: 'not-recorded', whole: true })
  t.ok(Number(detail['bytes']) < 300_000)
  const odd = await stage(t)
  const second = await odd.open()
  const cut = ended(second.client)
  second.agent.write(Buffer.concat([Buffer.from([0xc1, 2]), Buffer.from('xx')])) // compressed, which nobody agreed on
  await cut
  t.match((await odd.closed()).detail, { reason: 'not-recorded', events: 0 })
})

await t.test('a terminal that cannot be recorded does not open', async (t) => {
  const { url, settled } = await stage(t, { ledger: { append: async () => { throw new GatewayError('WEIR_ERR_LEDGER_APPEND') } } })
  const response = await new Promise<string>((resolve) => {
    const client = new WebSocket(url, { headers: { authorization: 'Bearer x' } })
    client.addEventListener('open', () => resolve('open'))
    client.addEventListener('error', () => resolve('refused'))
  })
  t.equal(response, 'refused')
  t.match(settled(), [{ status: 'failed' }])
})
