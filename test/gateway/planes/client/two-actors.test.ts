import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf, type TestSession } from '../../../adapters/opencode/fixtures/session.ts'
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
const acted: Array<{ readonly by: string, readonly line: string }> = []

/** @param folder the one that the gateway names in each request: whose session it asks for */
function answerOf (method: string, path: string, folder: string): { readonly status: number, readonly body: unknown } {
  const [, , second = ''] = path.split('/')
  const id = path.split('/').find((part) => part.startsWith('ses_'))
  if (id !== undefined) {
    acted.push({ by: folder.replace('/home/', ''), line: `${method} ${path}` })
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
  const [path = '', query] = (request.url ?? '').split('?')
  if (path === '/event' || path === '/global/event') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    streams.add(response)
    response.once('close', () => streams.delete(response))
    return
  }
  const { status, body } = answerOf(request.method ?? '', path, new URLSearchParams(query).get('directory') ?? '')
  request.resume().once('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)))
})
agent.listen(socketPath)
await once(agent, 'listening')
t.teardown(() => {
  agent.closeAllConnections()
  agent.close()
})

// One gateway: whose request it is, the token alone says. Policy allows everything but to look on at another's session.
const gate = governed(({ route }) => route?.class === 'observe' ? 'deny' : 'allow')
const [alices, bobs] = ACTORS.map((owner): TestSession => {
  const session = sessionOf({ socketPath, authorization: 'Basic x', directory: `/home/${owner}` })
  const { context } = session
  return Object.assign(session, { id: `wses_${owner}`, context: { ...context, actor: { ...context.actor, id: owner }, session: { id: `wses_${owner}`, client: 'opencode', agent: 'build' } } })
})
if (alices === undefined || bobs === undefined) throw new Error('two sessions')
const { base } = await openClientGateway(t, {
  session: alices,
  gate,
  authenticator: {
    authenticate: (authorization) => ({ actor: { ...ALICE.actor, id: authorization?.replace('Bearer ', '') ?? '' }, app: 'shop', environment: 'DEV', tokenId: authorization ?? '', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }),
    isStillValid: () => true,
  },
  running: () => [alices, bobs],
  ownOf: ({ actor }) => actor.id === 'bob' ? bobs : alices,
})
t.teardown(() => bobs.end())
const tokenOf = (owner: Name): { readonly authorization: string } => ({ authorization: `Bearer ${owner}` })

const other = (owner: Name): Name => owner === 'alice' ? 'bob' : 'alice'
const lists = ['/session', '/session/status', '/experimental/session', '/question', '/api/session', '/api/session/active', '/api/question/request'] as const

async function call (owner: Name, method: string, path: string, body?: unknown): Promise<{ status: number, text: string }> {
  const response = await fetch(base + path, { method, headers: { ...tokenOf(owner), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
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

await t.test('no byte of one actor\'s fifty sessions reaches the other, whatever both ask at the same time', async () => {
  await fc.assert(fc.asyncProperty(fc.array(actions, { minLength: 2, maxLength: 8 }), fc.constantFrom(...lists), async (steps, list) => {
    const from = acted.length
    const answers = await Promise.all(steps.map(async ({ owner, of, at, what }) => {
      const { status, text } = await call(owner, ...requestOf(nameOf(of, at), what))
      return !text.includes(canary(other(owner))) && status === (owner === of ? 200 : 404)
    }))
    if (answers.includes(false)) return false
    // The one thing asked of the agent about a stranger's session is whose it is.
    if (acted.slice(from).some(({ by, line }) => !line.includes(`ses_${by}`) && !/^GET \/session\/ses_[a-z]+\d+$/.test(line))) return false
    const texts = await Promise.all(ACTORS.map(async (owner) => ({ owner, text: (await call(owner, 'GET', list)).text })))
    return texts.every(({ owner, text }) => !text.includes(canary(other(owner))) && text.split(canary(owner)).length === SESSIONS + 1)
  }), { numRuns: 20 })
})

await t.test('a stranger\'s session and one that never was get the same answer, and a decision each', async (t) => {
  const from = gate.entries.length
  const strip = ({ status, text }: { status: number, text: string }): unknown => ({ status, text: text.replace(/"decision":\d+/, '') })
  t.strictSame(strip(await call('alice', 'GET', '/session/ses_bob1')), strip(await call('alice', 'GET', '/session/ses_nobody')))
  t.equal(gate.entries.length, from + 2)
  t.match(gate.settled.slice(-2), [{ status: 'failed', detail: { refused: 'WEIR_ERR_ROUTE_UNKNOWN' } }, { status: 'failed' }])
})

const EVERYTHING = ACTORS.flatMap((owner) => Array.from({ length: SESSIONS }, (_, at) => eventsOf(owner, at)).flat())
const THE_END = 'data: {"directory":"global","payload":{"type":"the.end"}}\n\n'

await t.test('every event is checked for its owner, in each form that one has, in whatever order they come and wherever they are cut', async () => {
  await fc.assert(fc.asyncProperty(fc.shuffledSubarray(EVERYTHING, { minLength: EVERYTHING.length }), fc.integer({ min: 500, max: 9_000 }), async (events, cut) => {
    const readers = await Promise.all(ACTORS.flatMap((owner) => ['/event', '/global/event'].map(async (path) => {
      const response = await fetch(base + path, { headers: tokenOf(owner) })
      if (response.body === null) throw new Error('no stream')
      return { owner, reader: response.body.getReader() }
    })))
    const bytes = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: {"type":"server.heartbeat","properties":{}}\n\n${THE_END}`
    for (let at = 0; at < bytes.length; at += cut) for (const stream of streams) stream.write(bytes.slice(at, at + cut))
    const heard = await Promise.all(readers.map(async ({ owner, reader }) => {
      let seen = ''
      while (!seen.includes('the.end')) seen += new TextDecoder().decode((await reader.read()).value)
      await reader.cancel()
      return { owner, seen }
    }))
    while (streams.size > 0) await setImmediate() // the feeds of this run end before those of the next begin
    return heard.every(({ owner, seen }) => !seen.includes(canary(other(owner))) && seen.split(canary(owner)).length === EVERYTHING.length / 2 + 1 && seen.includes('server.heartbeat'))
  }), { numRuns: 4 })
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
