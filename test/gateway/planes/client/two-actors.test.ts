import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { openClientGateway } from './client-gateway.ts'
import { testFolder } from '../../../support/test-folder.ts'

const ACTORS = ['alice', 'bob'] as const
type Name = typeof ACTORS[number]
const SESSIONS = 25 // of each

interface Kept { readonly id: string, readonly directory: string, readonly title: string }

const nameOf = (owner: Name, at: number): string => `ses_${owner}${at}`
const canary = (owner: Name): string => `canary-of-${owner}`

// The worst agent there could be: one store for both actors, which answers any request about any session of either.
const store: Kept[] = ACTORS.flatMap((owner) => Array.from({ length: SESSIONS }, (_, at) => ({ id: nameOf(owner, at), directory: `/home/${owner}`, title: `${canary(owner)} ${at}` })))
const streams = new Set<ServerResponse>()
const acted: string[] = []

function answerOf (method: string, path: string): { readonly status: number, readonly body: unknown } {
  const [, , second = ''] = path.split('/')
  const id = path.split('/').find((part) => part.startsWith('ses_'))
  if (id !== undefined) {
    acted.push(`${method} ${path}`)
    const found = store.find((kept) => kept.id === id)
    if (found === undefined) return { status: 404, body: { name: 'NotFoundError' } }
    if (path.endsWith('/children')) return { status: 200, body: store }
    return { status: 200, body: path === `/session/${id}` ? found : [{ info: { sessionID: id }, text: found.title }] }
  }
  if (method === 'POST') return { status: 200, body: { id: 'ses_new' } }
  if (path === '/session/status' || path === '/api/session/active') {
    const map = Object.fromEntries(store.map((kept) => [kept.id, { type: 'busy', message: kept.title }]))
    return { status: 200, body: second === 'session' ? { data: map } : map }
  }
  if (path === '/api/session') return { status: 200, body: { data: store.map(({ id, title, directory }) => ({ id, title, location: { directory } })), cursor: {} } }
  if (path === '/question') return { status: 200, body: store.map((kept) => ({ id: 'que_1', sessionID: kept.id, questions: [kept.title] })) }
  if (path === '/api/question/request') return { status: 200, body: { data: store.map((kept) => ({ id: 'que_1', sessionID: kept.id, questions: [kept.title] })) } }
  return { status: 200, body: store }
}

const socketPath = join(testFolder(t), 'agent.sock')
const agent = createServer((request, response) => {
  const path = (request.url ?? '').split('?')[0] ?? ''
  if (path === '/event' || path === '/global/event') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    streams.add(response)
    response.once('close', () => streams.delete(response))
    return
  }
  const { status, body } = answerOf(request.method ?? '', path)
  request.resume().once('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)))
})
agent.listen(socketPath)
await once(agent, 'listening')
t.teardown(() => {
  agent.closeAllConnections()
  agent.close()
})

const gates = await Promise.all(ACTORS.map(async (owner) => {
  const session = sessionOf({ socketPath, authorization: 'Basic x', directory: `/home/${owner}` })
  const authenticator = { authenticate: () => ({ actor: { ...ALICE.actor, id: owner }, app: 'shop', environment: 'DEV' as const, tokenId: owner, issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }), isStillValid: () => true }
  const gate = governed(() => 'allow')
  return { owner, gate, base: (await openClientGateway(t, { session, gate, authenticator })).base }
}))

const baseOf = (owner: Name): string => gates.find((gate) => gate.owner === owner)?.base ?? ''
const other = (owner: Name): Name => owner === 'alice' ? 'bob' : 'alice'
const lists = ['/session', '/session/status', '/experimental/session', '/question', '/api/session', '/api/session/active', '/api/question/request'] as const

async function call (owner: Name, method: string, path: string, body?: unknown): Promise<{ status: number, text: string }> {
  const response = await fetch(baseOf(owner) + path, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) })
  return { status: response.status, text: await response.text() }
}

const actions = fc.record({ owner: fc.constantFrom(...ACTORS), of: fc.constantFrom(...ACTORS), at: fc.nat({ max: SESSIONS - 1 }), what: fc.nat({ max: 13 }) })

/** One request about a session of somebody: method, path, body. */
function requestOf (id: string, what: number): [string, string, unknown?] {
  const text = { parts: [{ type: 'text', text: 'x' }] }
  const requests: Array<[string, string, unknown?]> = [
    ['GET', `/session/${id}`], ['GET', `/session/${id}/message`], ['GET', `/session/${id}/children`], ['GET', `/session/${id}/todo`], ['GET', `/session/${id}/diff`], ['GET', `/api/session/${id}`],
    ['GET', `/api/session/${id}/history`], ['GET', `/api/session/${id}/context`], ['POST', `/session/${id}/message`, text], ['POST', `/session/${id}/shell`, { command: 'id' }], ['POST', `/session/${id}/abort`],
    ['DELETE', `/session/${id}`], ['POST', '/session', { parentID: id }], ['PATCH', `/session/${id}`, { title: 'x' }],
  ]
  return requests[what] ?? ['GET', '/session']
}

await t.test('no byte of one actor\'s fifty sessions reaches the other, whatever is asked', async () => {
  await fc.assert(fc.asyncProperty(fc.array(actions, { minLength: 1, maxLength: 6 }), fc.constantFrom(...lists), async (steps, list) => {
    for (const { owner, of, at, what } of steps) {
      const id = nameOf(of, at)
      const from = acted.length
      const { status, text } = await call(owner, ...requestOf(id, what))
      if (text.includes(canary(other(owner)))) return false
      // The one thing asked of the agent about a stranger's session is whose it is.
      if (owner !== of && (status !== 404 || acted.slice(from).some((line) => line !== `GET /session/${id}`))) return false
      if (owner === of && status !== 200) return false
    }
    for (const owner of ACTORS) {
      const { text } = await call(owner, 'GET', list)
      if (text.includes(canary(other(owner))) || text.split(canary(owner)).length !== SESSIONS + 1) return false
    }
    return true
  }), { numRuns: 20 })
})

await t.test('a stranger\'s session and one that never was get the same answer, and a decision each', async (t) => {
  const [alice] = gates
  const from = alice?.gate.entries.length ?? 0
  const strip = ({ status, text }: { status: number, text: string }): unknown => ({ status, text: text.replace(/"decision":\d+/, '') })
  t.strictSame(strip(await call('alice', 'GET', '/session/ses_bob1')), strip(await call('alice', 'GET', '/session/ses_nobody')))
  t.equal(alice?.gate.entries.length, from + 2)
  t.match(alice?.gate.settled.slice(-2), [{ status: 'failed', detail: { refused: 'WEIR_ERR_ROUTE_UNKNOWN' } }, { status: 'failed' }])
})

await t.test('every event is checked for its owner, in each form that one has', async (t) => {
  for (const path of ['/event', '/global/event']) {
    const readers = await Promise.all(ACTORS.map(async (owner) => {
      const response = await fetch(baseOf(owner) + path)
      if (response.body === null) throw new Error('no stream')
      return { owner, reader: response.body.getReader() }
    }))
    for (const owner of ACTORS) {
      for (let at = 0; at < SESSIONS; at += 1) for (const event of eventsOf(owner, at)) for (const stream of streams) stream.write(`data: ${JSON.stringify(event)}\n\n`)
    }
    for (const stream of streams) stream.write('data: {"type":"server.heartbeat","properties":{}}\n\ndata: {"directory":"global","payload":{"type":"the.end"}}\n\n')
    for (const { owner, reader } of readers) {
      let seen = ''
      while (!seen.includes('the.end')) seen += new TextDecoder().decode((await reader.read()).value)
      t.notMatch(seen, canary(other(owner)), path)
      t.equal(seen.split(canary(owner)).length, SESSIONS * eventsOf(owner, 0).length + 1, path)
      t.match(seen, 'server.heartbeat')
      await reader.cancel()
    }
  }
})

/** What OpenCode says of one session: on `/event`, on `/global/event`, its doubles there, and the second engine's form. */
function eventsOf (owner: Name, at: number): readonly unknown[] {
  const [sessionID, note, directory] = [nameOf(owner, at), canary(owner), `/home/${owner}`]
  return [
    { type: 'session.idle', properties: { sessionID, note } },
    { type: 'session.updated', properties: { info: { id: sessionID, directory, title: note } } },
    { type: 'message.updated', properties: { info: { id: 'msg_1', sessionID, note } } },
    { type: 'message.part.updated', properties: { part: { id: 'prt_1', sessionID, text: note } } },
    { directory, payload: { type: 'file.edited', properties: { file: note } } },
    { directory, payload: { type: 'message.part.delta', properties: { sessionID, delta: note } } },
    { payload: { type: 'sync', syncEvent: { type: 'message.updated.1', aggregateID: sessionID, data: { note } } } },
    { type: 'session.next.text.delta', durable: { aggregateID: sessionID, seq: 1 }, location: { directory }, data: { sessionID, delta: note } },
  ]
}
