import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { mock } from 'node:test'
import t from 'tap'
import { createOwnAsks } from '../../../../gateway/approvals/own-asks.ts'
import type { Authenticator } from '../../../../gateway/identity/caller.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { testFolder } from '../../../support/test-folder.ts'
import { until } from '../../../support/until.ts'
import { openClientGateway } from './client-gateway.ts'

const socketPath = join(testFolder(t), 'agent.sock')
const open = new Set<ServerResponse>()
let streams = 0
const agent = createServer((request, response) => {
  if (request.url?.startsWith('/session/') === true) {
    if (request.url.startsWith('/session/ses_own?')) response.end('{"id":"ses_own","directory":"/workspace"}')
    else response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`data: {"type":"server.connected","properties":{"connection":${streams += 1}}}\n\n`)
  open.add(response)
  response.once('close', () => open.delete(response))
})
agent.listen(socketPath)
await once(agent, 'listening')
t.teardown(() => {
  agent.closeAllConnections()
  agent.close()
})

let touched = 0
const session = { ...sessionOf({ socketPath, authorization: 'Basic x', directory: '/workspace' }), touch () { touched += 1 } }
let maySee = true
const gate = governed(({ route, actor }) => route?.class === 'observe' && !(maySee && actor.id === 'olga') ? 'deny' : 'allow')
const revoked = new Set<string>()
/** The test's credentials are names; those that begin with `olga` are of somebody else than the session's owner. */
const authenticator: Authenticator = {
  authenticate: (name = '') => ({ actor: name.startsWith('olga') ? { ...ALICE.actor, id: 'olga' } : ALICE.actor, app: null, environment: null, tokenId: name, issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }),
  isStillValid ({ tokenId }) {
    if (tokenId === 'odd') throw new Error('it cannot be said')
    return !revoked.has(tokenId)
  },
}
const asks = createOwnAsks()
const { port } = await openClientGateway(t, { session, gate, authenticator, asks })

interface Client { readonly socket: Socket, readonly closed: Promise<unknown>, seen (): string, until (text: string): Promise<void> }

function listen (name: string, path = '/event'): Client {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let seen = ''
  socket.setEncoding('utf8').on('data', (text: string) => { seen += text })
  socket.on('error', () => {}) // cut by the gateway
  socket.write(`GET ${path} HTTP/1.1\r\nHost: weir\r\nAuthorization: ${name}\r\n\r\n`)
  return { socket, closed: once(socket, 'close'), seen: () => seen, until: (text) => until(() => seen.includes(text)) }
}

function tell (text: string, more: object = {}): void {
  for (const response of open) response.write(`data: ${JSON.stringify({ type: 'a', properties: { text }, ...more })}\n\n`)
}

async function leave (...clients: readonly Client[]): Promise<void> {
  for (const { socket } of clients) socket.destroy()
  await until(() => open.size === 0)
}

await t.test('clients of one session share one stream of the agent, each after a decision of its own', async (t) => {
  const first = listen('one')
  await first.until('"connection":1')
  const others = Array.from({ length: 9 }, (_, at) => listen(`other ${at}`))
  for (const other of others) await other.until('"connection":1')
  t.equal(streams, 1)
  t.equal(gate.entries.length, 10)
  t.same(gate.settled.map(({ entry, status }) => `${entry} ${status}`), gate.entries.map((_, entry) => `${entry} done`))
  tell('for all')
  for (const client of [first, ...others]) await client.until('for all')

  first.socket.destroy()
  tell('for those who stay')
  for (const other of others) await other.until('for those who stay')
  await leave(...others)
  const later = listen('later')
  await later.until('"connection":2')
  await leave(later)
})

await t.test('each of the two routes has a stream of its own, in its own form', async (t) => {
  const from = streams
  const [plain, global] = [listen('one'), listen('two', '/global/event')]
  await Promise.all([plain.until('connected'), global.until('connected')])
  t.equal(streams, from + 2)
  await leave(plain, global)
})

await t.test('a silent stream is kept open by a comment, a shared one and one of a client\'s own', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const clients = [listen('one'), listen('one', '/api/session/ses_own/event')]
  for (const client of clients) await client.until('connected')
  mock.timers.tick(15_000)
  for (const client of clients) await client.until(': heartbeat\n\n')
  await leave(...clients)
})

await t.test('a stream that drops is opened again once, and everyone is greeted again', async (t) => {
  const [first, second] = [listen('one'), listen('two')]
  await Promise.all([first.until('connected'), second.until('connected')])
  await until(() => open.size === 1) // both asked for one: whose answer came later takes the other's
  const from = streams
  first.socket.destroy() // by whose permit the first one was asked for
  for (const response of open) response.destroy()
  await second.until(`"connection":${from + 1}`)
  t.equal(streams, from + 1)
  const third = listen('three')
  await third.until(`"connection":${from + 1}`)
  t.equal(streams, from + 1)
  await leave(second, third)
})

await t.test('a token that is void, or one of which nothing can be said, ends its own stream before the next event', async (t) => {
  const [void_, good] = [listen('void'), listen('good')]
  await Promise.all([void_.until('connected'), good.until('connected')])
  revoked.add('void')
  tell('the first word after')
  await good.until('the first word after')
  await void_.closed
  t.notMatch(void_.seen(), 'the first word after')
  const odd = listen('odd')
  await odd.until('connected')
  await odd.closed
  tell('the last word')
  await good.until('the last word')
  t.notMatch(odd.seen(), 'the last word')
  await leave(good)
})

await t.test('a stream of a client\'s own ends with its token too', async (t) => {
  const own = listen('own', '/api/session/ses_own/event')
  await own.until('connected')
  revoked.add('own')
  await own.closed
  await until(() => open.size === 0)
  t.notMatch(own.seen(), /\r\n0\r\n/, 'cut, not ended: an end would say that all was told')
})

await t.test('a client that reads nothing is cut alone', async (t) => {
  const [deaf, good] = [listen('deaf'), listen('good')]
  await Promise.all([deaf.until('connected'), good.until('connected')])
  deaf.socket.pause()
  for (let piece = 0; piece < 14; piece += 1) {
    tell(`${'x'.repeat(1_048_576)} piece ${piece}.`)
    await good.until(`piece ${piece}.`)
  }
  deaf.socket.resume()
  await deaf.closed
  t.notMatch(deaf.seen(), 'piece 13.')
  tell('the last word')
  await good.until('the last word')
  await leave(good)
})

await t.test('who looks on shares the owner\'s stream, is shown no more than the owner, and no word after policy takes that back', async (t) => {
  const owner = listen('one')
  await owner.until('connected')
  const from = streams
  const watcher = listen('olga', '/event?owner=alice')
  await watcher.until('connected')
  t.equal(streams, from)
  asks.open(session.id, { id: 'per_1', approval: 'apr_1', agentSession: 'ses_own', request: { text: 'who asked may answer' } })
  await owner.until('who asked may answer')
  tell('an ask', { type: 'permission.asked' })
  tell('another sandbox', { properties: { sessionID: 'ses_foreign', text: 'another sandbox' } })
  for (const response of open) response.write('data: "not an object"\n\ndata: not JSON\n\n')
  tell('for both')
  await Promise.all([owner.until('for both'), watcher.until('for both')])
  for (const { seen } of [owner, watcher]) t.notMatch(seen(), /an ask|another sandbox|not an object|not JSON/)
  t.notMatch(watcher.seen(), 'who asked may answer', 'who looks on answers nothing')

  maySee = false
  tell('for the owner')
  await owner.until('for the owner')
  await watcher.closed
  t.notMatch(watcher.seen(), 'for the owner')
  maySee = true
  await leave(owner)
})

await t.test('a session runs on for what its owner hears, and not for who looks on', async (t) => {
  const watcher = listen('olga', '/event?owner=alice')
  await watcher.until('connected')
  touched = 0
  tell('for the watcher')
  await watcher.until('for the watcher')
  t.equal(touched, 0)
  const owner = listen('one')
  await owner.until('connected')
  touched = 0
  tell('for both')
  await Promise.all([owner.until('for both'), watcher.until('for both')])
  t.equal(touched, 1)
  await leave(owner, watcher)
})
