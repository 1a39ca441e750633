import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { observedBy } from '../../../../adapters/opencode/routes/observed-routes.ts'
import { ROUTES } from '../../../../adapters/opencode/routes.ts'
import type { Environment } from '../../../../gateway/core/actor.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf, type TestSession } from '../../../adapters/opencode/fixtures/session.ts'
import { openClientGateway } from './client-gateway.ts'
import { testFolder } from '../../../support/test-folder.ts'

const SESSIONS = 5 // of each

interface Person { readonly org: string, readonly environment: Environment }

// Policy lets olga observe everyone but bob, so what keeps her from the last three is the gateway alone.
const PEOPLE: Readonly<Record<string, Person>> = {
  olga: { org: 'acme', environment: 'DEV' },
  alice: { org: 'acme', environment: 'DEV' },
  bob: { org: 'acme', environment: 'DEV' },
  paul: { org: 'acme', environment: 'PROD' },
  eve: { org: 'other', environment: 'DEV' },
}
const NAMES = Object.keys(PEOPLE)
const granted = new Set(['alice', 'paul', 'eve', 'olga'])

interface Kept { readonly id: string, readonly directory: string, readonly title: string }

const idOf = (owner: string, at: number): string => `ses_${owner}${at}`
const canary = (owner: string): string => `canary-of-${owner}`
const sessionsOf = (owner: string): readonly Kept[] => Array.from({ length: SESSIONS }, (_, at) => ({ id: idOf(owner, at), directory: '/workspace', title: `${canary(owner)} ${at}` }))

const asked: Array<{ readonly agent: string, readonly line: string }> = []
const streams = new Map<string, Set<ServerResponse>>()
const touched: string[] = []

function answerOf (owner: string, method: string, path: string): { readonly status: number, readonly body: unknown } {
  const own = sessionsOf(owner)
  const id = path.split('/').find((part) => part.startsWith('ses_'))
  const found = own.find((kept) => kept.id === id)
  if (id !== undefined && found === undefined) return { status: 404, body: { name: 'NotFoundError' } }
  if (found !== undefined) return { status: 200, body: path === `/session/${id}` ? found : path.endsWith('/children') ? own : [{ info: { sessionID: id }, text: found.title }] }
  if (method === 'POST') return { status: 200, body: { id: 'ses_new' } }
  if (path === '/session/status') return { status: 200, body: Object.fromEntries(own.map((kept) => [kept.id, { type: 'busy', message: kept.title }])) }
  return { status: 200, body: own }
}

/** An agent of each person's own, with the session around it. */
const folder = testFolder(t)
const running = await Promise.all(NAMES.map(async (name): Promise<TestSession> => {
  const socketPath = join(folder, `${name}.sock`)
  const open = new Set<ServerResponse>()
  streams.set(name, open)
  const agent = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    asked.push({ agent: name, line: `${request.method} ${path}` })
    if (path.endsWith('/event')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      open.add(response)
      response.once('close', () => open.delete(response))
      return
    }
    const { status, body } = answerOf(name, request.method ?? '', path)
    request.resume().once('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)))
  })
  agent.listen(socketPath)
  await once(agent, 'listening')
  t.teardown(() => {
    agent.closeAllConnections()
    agent.close()
  })
  const session = sessionOf({ socketPath, authorization: `Basic ${Buffer.from(`opencode:password-of-${name}`).toString('base64')}`, directory: '/workspace' })
  const { org = '', environment = 'DEV' } = PEOPLE[name] ?? {}
  const id = `wses_${name}`
  return { ...session, id, context: { ...ALICE, actor: { id: name, role: 'author', groups: [], org }, environment, session: { id, client: 'opencode', agent: '' } }, touch: () => { touched.push(name) } }
}))

const [olga] = running as [TestSession]
const gate = governed(({ route }) => route?.class !== 'observe' || (route.owner !== null && granted.has(route.owner.id)) ? 'allow' : 'deny')
let runs: readonly TestSession[] = running
let opened = 0
const { base } = await openClientGateway(t, {
  session: olga,
  gate,
  authenticator: { authenticate: () => ({ actor: olga.context.actor, app: 'shop', environment: 'DEV', tokenId: 'o', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }), isStillValid: () => true },
  running: () => runs,
  onOpen: () => { opened += 1 },
})

async function call (method: string, path: string, body?: unknown): Promise<{ status: number, text: string }> {
  const response = await fetch(base + path, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) })
  return { status: response.status, text: await response.text() }
}

const TEXT = { parts: [{ type: 'text', text: 'x' }] }
const READS: ReadonlyArray<(id: string) => string> = [
  (id) => `/session/${id}`, (id) => `/session/${id}/message`, (id) => `/session/${id}/message/msg_1`, (id) => `/session/${id}/children`, (id) => `/session/${id}/todo`, (id) => `/session/${id}/diff`,
  (id) => `/api/session/${id}`, (id) => `/api/session/${id}/message`, (id) => `/api/session/${id}/history`, (id) => `/api/session/${id}/context`,
]
const ACTS: ReadonlyArray<(id: string) => readonly [string, string, unknown?]> = [
  (id) => ['POST', `/session/${id}/message`, TEXT], (id) => ['POST', `/session/${id}/prompt_async`, TEXT], (id) => ['POST', `/session/${id}/shell`, { command: 'id' }], (id) => ['POST', `/session/${id}/abort`],
  (id) => ['DELETE', `/session/${id}`], (id) => ['PATCH', `/session/${id}`, { title: 'x' }], (id) => ['POST', '/session', { parentID: id }], (id) => ['POST', `/session/${id}/fork`, {}], (id) => ['POST', `/session/${id}/revert`, { messageID: 'msg_1' }],
  (id) => ['POST', `/session/${id}/summarize`, {}], (id) => ['POST', `/session/${id}/unrevert`], (id) => ['POST', `/experimental/session/${id}/background`],
]

const steps = fc.array(fc.record({ owner: fc.constantFrom(...NAMES), at: fc.nat({ max: SESSIONS - 1 }), what: fc.nat({ max: READS.length + ACTS.length - 1 }), mayObserve: fc.boolean() }), { minLength: 1, maxLength: 8 })

await t.test('an observer reads what policy opens and acts on nothing, whatever is asked in whatever order', async () => {
  await fc.assert(fc.asyncProperty(steps, async (steps) => {
    for (const { owner, at, what, mayObserve } of steps) {
      if (mayObserve) granted.add('alice')
      else granted.delete('alice')
      const id = idOf(owner, at)
      const act = ACTS[what - READS.length]?.(id)
      const [method, path, body] = act ?? ['GET', READS[what]?.(id) ?? '']
      const from = asked.length
      const { status, text } = await call(method, path, body)
      const isSeen = owner === 'olga' || (owner === 'alice' && mayObserve && act === undefined)
      if (isSeen ? status !== 200 && status !== 400 : status !== 404) throw new Error(`${method} ${path}: ${status}`)
      if (!isSeen && NAMES.some((name) => text.includes(canary(name)))) throw new Error(`${method} ${path} shows ${text}`)
      // Nobody whose sessions are closed to her is asked anything, and of the others nothing but whose session it is.
      for (const { agent, line } of asked.slice(from)) {
        const isAsked = agent === 'olga' || (agent === 'alice' && mayObserve)
        if (!isAsked || (agent !== owner && line !== `GET /session/${id}`) || (agent === 'alice' && !line.startsWith('GET '))) throw new Error(`${agent} was asked ${line}`)
      }
    }
  }), { numRuns: 60 })
  granted.add('alice')
})

await t.test('what is closed to the observer cannot be told from what never was, not by the ledger either', async (t) => {
  granted.delete('alice')
  const answers = []
  for (const id of [idOf('alice', 0), idOf('bob', 0), idOf('paul', 0), idOf('eve', 0), 'ses_never']) {
    const from = gate.entries.length
    const { status, text } = await call('GET', `/session/${id}/message`)
    answers.push({ status, text: text.replace(/"decision":\d+/, ''), entries: JSON.stringify(gate.entries.slice(from)).replace(/req_[\w-]+/g, '') })
  }
  for (const answer of answers) t.strictSame(answer, answers[0])
  t.equal(answers[0]?.status, 404)
  t.equal(answers[0]?.entries.split('"kind":"decision"').length, 2)
  const lists = []
  for (const owner of ['alice', 'bob', 'paul', 'eve', 'nobody', '%00', '']) lists.push(await call('GET', `/session?owner=${owner}`))
  for (const { status, text } of lists) t.match({ status, text }, { status: status === 400 ? 400 : 404, text: status === 400 ? 'owner' : 'There is no such session.' })
  t.strictSame(lists.map(({ status }) => status), [404, 404, 404, 404, 404, 400, 404])
  granted.add('alice')
})

await t.test('lists hold the own sessions, and those of another only when asked for', async (t) => {
  for (const list of ['/session', '/session/status', '/experimental/session']) {
    const own = await call('GET', list)
    t.match(own.text, canary('olga'))
    t.notMatch(own.text, canary('alice'))
    t.equal((await call('GET', `${list}?owner=olga`)).text, own.text)
    const { text } = await call('GET', `${list}?owner=alice&limit=50`)
    t.equal(text.split(canary('alice')).length, SESSIONS + 1)
    t.notMatch(text, canary('olga'))
  }
  t.equal((await call('GET', '/session?owner=alice&owner=bob')).status, 400)
})

await t.test('each read is a decision of its own that names the owner, and settled', async (t) => {
  const from = gate.entries.length
  await call('GET', `/session/${idOf('alice', 1)}/diff`)
  t.match(gate.entries.slice(from), [
    { input: { route: { class: 'read-file', owner: null }, session: null } },
    { input: { actor: { id: 'olga' }, session: { id: 'wses_alice' }, route: { method: 'GET', path: '/session/{sessionID}/diff', class: 'observe', owner: { id: 'alice', role: 'author', groups: [] } } }, decision: { verdict: 'allow' } },
  ])
  t.match(gate.settled.slice(-2), [{ entry: from, status: 'done' }, { entry: from + 1, status: 'done' }])
})

await t.test('who only looks starts no agent, and keeps no session running', async (t) => {
  runs = running.filter((session) => session.id !== 'wses_olga')
  const from = opened
  touched.length = 0
  t.equal((await call('GET', `/session/${idOf('alice', 1)}`)).status, 200)
  t.equal((await call('GET', '/session?owner=alice')).status, 200)
  t.equal(opened, from)
  t.notOk(touched.includes('alice'))
  t.equal((await call('GET', `/session/${idOf('olga', 1)}`)).status, 200)
  t.equal(opened, from + 1)
  runs = running
})

await t.test('one\'s own session in another role is none to observe', async (t) => {
  const alice = running.find(({ id }) => id === 'wses_alice') ?? olga
  runs = [{ ...alice, context: { ...alice.context, actor: { ...olga.context.actor, role: 'operator' } } }]
  t.equal((await call('GET', `/session/${idOf('alice', 0)}`)).status, 404)
  runs = running
})

await t.test('a watched stream holds the owner\'s events alone, without asks, and ends when the grant does', async (t) => {
  const own = (await fetch(`${base}/event`)).body?.getReader()
  touched.length = 0
  const response = await fetch(`${base}/event?owner=alice`)
  t.equal(response.status, 200)
  const reader = response.body?.getReader()
  if (reader === undefined) throw new Error('no stream')
  const [stream] = streams.get('alice') ?? []
  for (const event of [
    { type: 'permission.asked', properties: { id: 'per_1', sessionID: idOf('alice', 0), note: 'an ask' } },
    { type: 'message.updated', properties: { info: { sessionID: idOf('bob', 0), text: canary('bob') } } },
    { type: 'message.updated', properties: { info: { sessionID: idOf('alice', 0), text: `${canary('alice')} password-of-alice` } } },
    { type: 'the.end', properties: {} },
  ]) stream?.write(`data: ${JSON.stringify(event)}\n\n`)
  let seen = ''
  while (!seen.includes('the.end')) seen += new TextDecoder().decode((await reader.read()).value)
  t.match(seen, canary('alice'))
  t.notMatch(seen, /canary-of-bob|an ask|password-of/)
  t.notOk(touched.includes('alice'))
  for (const stream of streams.get('olga') ?? []) stream.write('data: {"type":"of.olga","properties":{}}\n\n')
  t.match(new TextDecoder().decode((await own?.read())?.value), /^data: \{"type":"of\.olga".*\n\n$/, 'the own stream has the own events alone')
  await own?.cancel()
  granted.delete('alice')
  await t.rejects(async () => { while (!(await reader.read()).done); })
  granted.add('alice')
})

await t.test('only routes that look at sessions can be observed', (t) => {
  const observed = ROUTES.filter((route) => observedBy(route) !== null)
  t.equal(observed.length, 19)
  for (const { method, access, class: of, template } of observed) {
    t.match({ method, access }, { method: 'GET', access: 'forward' }, template)
    t.ok(of === 'read-meta' || of === 'read-file', template)
  }
  for (const route of ROUTES.filter(({ template }) => template.includes('{sessionID}'))) if (observedBy(route) !== null) t.equal(observedBy(route), 'session')
  t.end()
})
