import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { Context } from '../../../../gateway/core/actor.ts'
import type { Decision } from '../../../../gateway/core/decision.ts'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import callerPlugin from '../../../../gateway/http/plugins/caller.ts'
import { answerErrors } from '../../../../gateway/http/plugins/errors.ts'
import { auditRoutes } from '../../../../gateway/http/routes/audit.ts'
import { policyRecordRoutes } from '../../../../gateway/http/routes/policy-record.ts'
import { sessionRoutes } from '../../../../gateway/http/routes/sessions.ts'
import { usageRoutes } from '../../../../gateway/http/routes/usage.ts'
import type { Authenticator, Caller } from '../../../../gateway/identity/caller.ts'
import { openJournal, type Journal } from '../../../../gateway/ledger/journal.ts'
import { createAgentActivity } from '../../../../gateway/sessions/agent-activity.ts'
import { createObserving, type Observing } from '../../../../gateway/sessions/observing.ts'
import type { AgentSession } from '../../../../gateway/sessions/session.ts'
import { startMirror } from '../../../../gateway/store/mirror.ts'
import { createRecordings } from '../../../../gateway/recordings/recordings.ts'
import { openStore } from '../../../../gateway/store/store.ts'
import { readEntries } from '../../../../gateway/ledger/read-entries.ts'
import { sha256 } from '../../../../gateway/core/canonical-json.ts'
import { provesConsistency, provesInclusion } from '../../../../gateway/transparency/check-proof.ts'
import { openCheckpoint, type Checkpoint } from '../../../../gateway/transparency/checkpoint.ts'
import { originOf } from '../../../../gateway/transparency/log-place.ts'
import { leafHash } from '../../../../gateway/transparency/merkle.ts'
import { parseProof } from '../../../../gateway/transparency/proof-text.ts'
import { openTransparencyLog } from '../../../../gateway/transparency/transparency-log.ts'
import { ALICE, BOB, decided, decisionBody, governWith, plainEvent } from '../../ledger/bodies.ts'
import { ocsfProblems } from '../../ledger/formats/ocsf-check.ts'
import { testFolder } from '../../../support/test-folder.ts'

t.setTimeout(900_000) // creating the embedded database takes seconds, and several times that on a loaded machine

const dataDir = testFolder(t)
const journalDir = join(dataDir, 'journal')
const journal = await openJournal({ dir: journalDir, nowMs: () => Date.now(), onWarning: (message) => { throw new Error(message) } })
const store = await openStore({ dataDir, databaseUrl: null })
const mirror = startMirror({ journal, journalDir, store })
const ledgerKey = generateKeyPairSync('ed25519')
const ledgerLog = await openTransparencyLog({ dir: join(dataDir, 'ledger-log'), journalDir, journal, privateKey: ledgerKey.privateKey, checkpointMs: 3_600_000, onWarning: (message) => { throw new Error(message) } })
t.teardown(async () => {
  await mirror.close()
  await store.close()
  await journal.close()
  await ledgerLog.close()
})
await mirror.caughtUp()
await store.query('SELECT 1')

const { permit } = await governWith(journal, decided('allow'))({ kind: 'model-request', provider: 'local', model: 'm', stream: true, bytes: 1 }, BOB)
if (permit !== null) journal.settle(permit, 'done', { usage: { provider: 'local', model: 'm', inputTokens: 5, outputTokens: 6, cachedTokens: 0, reasoningTokens: 0, costNanoUsd: 7 } })
for (const context of [ALICE, BOB, ALICE]) await journal.append(decisionBody('deny', context))

/** The port that tokens come through; revoking is forgetting. */
function tokens (callers: Map<string, Caller>): Authenticator {
  return {
    authenticate (authorization) {
      const caller = callers.get(authorization ?? '')
      if (caller === undefined) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
      return caller
    },
    isStillValid: (caller) => [...callers.values()].includes(caller),
  }
}

function callerFor (context: Context, limit: Partial<Caller> = {}): Caller {
  return { actor: context.actor, app: null, environment: null, tokenId: 'jti', issuedAtMs: 0, expiresAtMs: Date.now() + 3_600_000, ...limit }
}

/** Reasons for which the session that runs was stopped. */
const stops: string[] = []

interface Server { readonly app: FastifyInstance, readonly url: string, readonly callers: Map<string, Caller> }

// Nobody is observed unless the test says so.
const NOBODY: Observing = { sessions: () => [], mayRead: () => false, permit: async () => { throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN') } }

async function started (t: Test, decision: Decision, into: Journal = journal, observing: Observing = NOBODY): Promise<Server> {
  const callers = new Map([['Bearer alice', callerFor(ALICE)], ['Bearer bob', callerFor(BOB)], ['Bearer limited', callerFor(ALICE, { environment: 'PROD' })]])
  const authenticator = tokens(callers)
  const app = Fastify()
  answerErrors(app)
  await app.register(callerPlugin, { assertKnownHost: () => {}, authenticator })
  const contextOf = (): Context => ({ ...ALICE, plane: 'api', session: null })
  const options = { store, mirror, journal: into, journalDir, dataDir, authenticator, contextOf, govern: governWith(into, decision), observing, ledgerLog }
  await app.register(auditRoutes, options)
  await app.register(usageRoutes, options)
  await app.register(policyRecordRoutes, { ...options, ledger: into })
  const running = (id: string): AgentSession | null => id === 'wses_bob' ? { id, context: BOB, activity: createAgentActivity(), stop: async (reason: string) => { stops.push(reason) } } as AgentSession : null
  await app.register(sessionRoutes, { ...options, approvals: { list: () => [] }, credits: { milliPerContainerSecond: 1_000, milliPerSessionSecond: 0 }, sessions: { byId: running } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  return { app, url, callers }
}

function get (server: Server, path: string, token = 'alice', signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` }, ...(signal === undefined ? {} : { signal }) })
}

interface Page { readonly entries: { readonly index: number, readonly kind: string }[], readonly head: { readonly index: number }, readonly mirrored: number }

async function page (server: Server, query: string, token?: string): Promise<Page> {
  const response = await get(server, `/weir/api/v1/audit${query}`, token)
  t.equal(response.status, 200)
  return await response.json() as Page
}

interface Report { readonly rows: { readonly group: { readonly actor: string, readonly environment: string }, readonly tried: number, readonly denied: number, readonly usage: { readonly cost: string } }[] }

await t.test('reports count what the caller may see, and are recorded', async (t) => {
  const dir = join(testFolder(t), 'journal') // that these questions are recorded in, so that the others' counts stay
  const asked = await openJournal({ dir, nowMs: () => Date.now(), onWarning: (message) => { throw new Error(message) } })
  t.teardown(() => asked.close())
  const server = await started(t, decided('allow'), asked)
  const reported = async (query: string, token?: string): Promise<Report> => await (await get(server, `/weir/api/v1/audit/reports${query}`, token)).json() as Report
  await mirror.caughtUp() // creating its database takes longer than a route waits
  const { rows } = await reported('')
  const of = (actor: string): Report['rows'][number] | undefined => rows.find(({ group }) => group.actor === actor)
  t.match(of(BOB.actor.id), { group: { environment: 'PROD' }, tried: 2, denied: 1, usage: { cost: '0.000000007' } })
  t.match(of(ALICE.actor.id), { group: { environment: 'DEV' }, denied: 2 })
  t.same((await reported('?env=PROD')).rows.map(({ group }) => group.actor), [BOB.actor.id])
  t.same((await reported('', 'limited')).rows.map(({ group }) => group.environment), ['PROD'], 'a token for PROD sees PROD')
  t.same((await reported('?env=DEV', 'limited')).rows, [], 'and nothing instead of what it may not see')
  const own = await started(t, decided('allow', { own_only: true }), asked)
  t.same(((await (await get(own, '/weir/api/v1/audit/reports?by=app')).json()) as { rows: unknown[] }).rows.length, 1)
  t.match((await (await get(own, '/weir/api/v1/audit/reports', 'bob')).json() as Report).rows.map(({ group }) => group.actor), [BOB.actor.id])
  const csv = await get(server, '/weir/api/v1/audit/reports?by=rule&format=csv')
  t.match([csv.headers.get('content-type'), (await csv.text()).split('\n')[0]], ['text/csv; charset=utf-8; header=present', /^rule,environment,tried,allowed,pending,denied,tool_calls,approved,approved_by,tools,first,last$/])
  for (const wrong of ['?by=group', '?since=never', '?env=NONE']) t.equal((await get(server, `/weir/api/v1/audit/reports${wrong}`)).status, 400, wrong)
  t.equal((await get(await started(t, decided('deny'), asked), '/weir/api/v1/audit/reports')).status, 403)
  for await (const entry of readEntries(dir)) if (entry.kind === 'decision') t.match(entry.input.route, { path: '/weir/api/v1/audit/reports', class: 'weir-audit' })
  t.equal(asked.head().index, 14, 'seven questions with their outcomes, and the one that was refused')
})

await t.test('words of a reason or a path find decisions', async (t) => {
  const server = await started(t, decided('allow'))
  const found = await page(server, '?text=CART%20says&verdict=deny')
  t.equal(found.entries.length, 3)
  t.match((await page(server, '?text=cart&actor=bob@acme.test')).entries, [{ kind: 'decision', input: { targets: [{ path: 'src/cart.ts' }] } }])
  t.same((await page(server, '?text=cart%20nothing')).entries, [])
  for (const wrong of ['', '...', 'x'.repeat(257), 'a '.repeat(17)]) t.equal((await get(server, `/weir/api/v1/audit?text=${encodeURIComponent(wrong)}`)).status, 400, wrong)
})

await t.test('an auditor sees every entry, the question itself included', async (t) => {
  const server = await started(t, decided('allow'))
  const found = await page(server, '')
  t.equal(found.entries[0]?.index, found.head.index)
  t.ok(found.mirrored >= found.head.index)
  t.equal(found.entries.at(-1)?.index, 0)
  t.equal((await page(server, '?verdict=deny&order=oldest&limit=2')).entries.length, 2)
})

await t.test('a page comes as JSON lines, CSV, OCSF and a batch of CloudEvents, with what it says of itself in headers', async (t) => {
  const server = await started(t, decided('allow'))
  const ask = async (format: string): Promise<{ readonly type: string | null, readonly next: string | null, readonly text: string }> => {
    const response = await get(server, `/weir/api/v1/audit?order=oldest&limit=2&format=${format}`)
    t.equal(response.status, 200)
    t.ok(Number(response.headers.get('weir-mirrored')) >= 1 && Number(response.headers.get('weir-head')) >= 1)
    return { type: response.headers.get('content-type'), next: response.headers.get('weir-next-cursor'), text: await response.text() }
  }
  t.match(await ask('jsonl'), { type: /^application\/x-ndjson/, next: '1', text: /^\{.*\}\n\{.*"kind":"outcome".*\}\n$/ })
  t.match(await ask('csv'), { type: /^text\/csv/, text: /^index,.*\n0,.*\n1,.*,outcome,,,bob@acme\.test,shop,PROD,wses_bob/ }, 'an outcome is its decision\'s actor\'s')
  const ocsf = (await ask('ocsf')).text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
  t.same(ocsf.flatMap(ocsfProblems), [])
  const batch = await ask('cloudevents')
  t.match(batch.type, /^application\/cloudevents-batch\+json/)
  t.match(JSON.parse(batch.text), [{ id: '0', source: await originOf(journalDir) }, { id: '1', actor: BOB.actor.id }])
  t.equal((await get(server, '/weir/api/v1/audit?format=xml')).status, 400)
})

await t.test('own_only limits to the caller\'s own entries, whatever is asked for', async (t) => {
  for (const limit of [true, 'yes', 1] as boolean[]) {
    const server = await started(t, decided('allow', { own_only: limit }))
    t.equal((await page(server, '?verdict=deny')).entries.length, 2)
    t.equal((await page(server, `?verdict=deny&actor=${BOB.actor.id}`)).entries.length, 0)
  }
  const server = await started(t, decided('allow', { own_only: true }))
  t.equal((await page(server, '?verdict=deny', 'bob')).entries.length, 1)
})

await t.test('a token for one environment sees no other', async (t) => {
  const server = await started(t, decided('allow'))
  t.equal((await page(server, '?verdict=deny', 'limited')).entries.length, 1)
  t.equal((await page(server, '?verdict=deny&env=DEV', 'limited')).entries.length, 0)
})

await t.test('a denied or pending question is refused with its rule, and a bad one with 400', async (t) => {
  const denied = await get(await started(t, decided('deny')), '/weir/api/v1/audit')
  t.equal(denied.status, 403)
  t.match(await denied.json(), { error: { code: 'WEIR_ERR_DENIED', rule: 'weir.test_deny', decision: journal.head().index } })
  const pending = await started(t, decided('pending'))
  t.equal((await get(pending, '/weir/api/v1/usage')).status, 423)
  t.equal((await get(pending, '/weir/api/v1/audit/stream')).status, 423)
  const server = await started(t, decided('allow'))
  for (const query of ['?limit=0', '?limit=1001', '?since=nonsense', '?verdict=maybe', '?order=sideways']) t.equal((await get(server, `/weir/api/v1/audit${query}`)).status, 400, query)
  for (const query of ['?group=shoe', '?until=never', '?format=xls']) t.equal((await get(server, `/weir/api/v1/usage${query}`)).status, 400, query)
  t.equal((await get(server, '/weir/api/v1/audit', 'nobody')).status, 401)
})

await t.test('usage is summed per group, one\'s own where policy says so', async (t) => {
  const server = await started(t, decided('allow'))
  t.match(await (await get(server, '/weir/api/v1/usage?group=actor,model')).json(), { rows: [{ group: { actor: BOB.actor.id, model: 'm' }, requests: 1, costNanoUsd: 7 }] })
  const csv = await get(server, '/weir/api/v1/usage?group=model,key&format=csv&until=1h&since=2020-01-01')
  t.match([csv.status, csv.headers.get('content-type')], [200, /^text\/csv/])
  t.match(await csv.text(), /^model,key,requests,[^\n]*\n$/)
  await governWith(journal, decided('allow'))({ kind: 'session' }, BOB)
  t.match(await (await get(server, '/weir/api/v1/usage?report=seats')).json(), { rows: [{ org: 'acme', month: /^\d{4}-\d\d$/, seats: 1, limit: null, released: 0 }] })
  t.match(await (await get(server, '/weir/api/v1/usage?report=seats&format=csv')).text(), /^month,org,seats,limit,released\n\d{4}-\d\d,acme,1,,0\n$/)
  t.match(await (await get(server, '/weir/api/v1/usage?report=seat-members&format=csv')).text(), /^month,org,actor,taken,last_session,releases,released,why\n\d{4}-\d\d,acme,[^,]+,\d{4}-[^,]+Z,\d{4}-[^,]+Z,0,,\n$/)
  t.match(await (await get(server, '/weir/api/v1/usage?format=csv')).text(), /\n"?bob@acme\.test"?,1,.*,7,0\.000000007,0\.000000000,USD,/)
  const own = await started(t, decided('allow', { own_only: true }))
  t.match(await (await get(own, '/weir/api/v1/usage')).json(), { rows: { length: 0 } })
})

await t.test('sessions are shown with what they cost: running, stopped, and those of which no end is known', async (t) => {
  const lost: Context = { ...ALICE, session: { id: 'wses_lost', client: '', agent: '' } }
  for (const context of [ALICE, BOB, lost]) await journal.append(plainEvent('session-started', {}, context))
  await journal.append(plainEvent('session-stopped', { milliCredits: 61_500, reason: 'gateway-killed', estimated: true }, ALICE))
  const server = await started(t, decided('allow'))
  const { sessions, currency } = await (await get(server, '/weir/api/v1/sessions')).json() as { sessions: readonly object[], currency: string }
  t.equal(currency, 'USD')
  t.match(sessions, [
    { session: 'wses_lost', state: 'unknown', credits: null, stoppedAt: null },
    { session: 'wses_bob', state: 'running', actor: BOB.actor.id, environment: 'PROD', requests: 1, costNanoUsd: 7, cost: '0.000000007', credits: /^\d+\.000$/ },
    { session: 'wses_alice', state: 'stopped', actor: ALICE.actor.id, app: 'shop', credits: '61.500', reason: 'gateway-killed', estimated: true, requests: 0, cost: '0.000000000' },
  ])
  t.equal((await (await get(server, '/weir/api/v1/sessions?limit=1')).json() as { sessions: readonly object[] }).sessions.length, 1)
  t.match((await (await get(server, '/weir/api/v1/sessions', 'limited')).json() as { sessions: readonly object[] }).sessions, [{ session: 'wses_bob' }])
  const own = await started(t, decided('allow', { own_only: true }))
  t.same((await (await get(own, '/weir/api/v1/sessions', 'bob')).json() as { sessions: ReadonlyArray<{ session: string }> }).sessions.map(({ session }) => session), ['wses_bob'])
  t.equal((await get(await started(t, decided('deny')), '/weir/api/v1/sessions')).status, 403)
  t.equal((await get(server, '/weir/api/v1/sessions?limit=0')).status, 400)
})

/** Reads events until one holds the text. */
async function readUntil (reader: ReadableStreamDefaultReader<Uint8Array>, text: string): Promise<string> {
  const decoder = new TextDecoder()
  let seen = ''
  while (!seen.includes(text)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended before ${text}`)
    seen += decoder.decode(value, { stream: true })
  }
  return seen
}

function readerOf (response: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (response.body === null) throw new Error('there is a body')
  return response.body.getReader()
}

await t.test('a recorded terminal is shown to whoever may see its actor\'s entries, and to nobody else', async (t) => {
  const recordings = createRecordings({ dataDir, input: false, maxBytes: 65_536, ledger: journal, keys: () => [], nowMs: Date.now, onWarning: () => {} })
  const recording = await recordings.open({ context: { ...BOB, environment: 'DEV' }, terminal: 'pty_1', request: 'r', secrets: [] })
  await recording.add('o', 'of bob')
  await recording.close('closed')
  const path = `/weir/api/v1/audit/recordings/${recording.id}`
  const all = await started(t, decided('allow'))
  t.match(await (await get(all, path)).text(), /^\{"version":2,.*\n\[[\d.]+,"o","of bob"\]\n$/)
  const own = await started(t, { ...decided('allow'), obligations: { own_only: true } })
  t.equal((await get(own, path, 'bob')).status, 200)
  for (const [server, of, token] of [[own, path, 'alice'], [all, path, 'limited'], [all, path.replace(/.$/, recording.id.endsWith('a') ? 'b' : 'a'), 'alice'], [all, '/weir/api/v1/audit/recordings/..%2fjournal', 'alice'], [all, '/weir/api/v1/audit/recordings/%00', 'alice']] as const) {
    t.equal((await get(server, of, token)).status, 404, `${of} ${token}`)
  }
  t.equal((await get(await started(t, decided('deny')), path)).status, 403)
})

await t.test('who may observe an actor sees the recordings and the running sessions of that one, and of nobody else', async (t) => {
  const recordings = createRecordings({ dataDir, input: false, maxBytes: 65_536, ledger: journal, keys: () => [], nowMs: Date.now, onWarning: () => {} })
  const [mine, foreign] = await Promise.all([BOB, { ...BOB, actor: { ...BOB.actor, org: 'other' } }].map(async (context) => {
    const recording = await recordings.open({ context, terminal: 'pty_1', request: 'r', secrets: [] })
    await recording.close('closed')
    return `/weir/api/v1/audit/recordings/${recording.id}`
  })) as [string, string]
  await journal.append({ ...plainEvent('session-started'), actor: BOB.actor.id, app: ALICE.app, environment: ALICE.environment, session: 'wses_bob' })
  await journal.append({ ...plainEvent('session-started'), actor: BOB.actor.id, app: ALICE.app, environment: ALICE.environment, session: 'wses_elsewhere' })
  let isGranted = true
  const policy = (): Decision => decided(isGranted ? 'allow' : 'deny')
  const of = { context: { ...BOB, app: ALICE.app, environment: ALICE.environment, session: { id: 'wses_bob', client: 'opencode', agent: '' } }, id: 'wses_bob' } as unknown as AgentSession
  const observing = createObserving({
    sessions: { list: () => [of] },
    governor: { govern: async (subject, context) => await governWith(journal, policy())(subject, context), preview: () => ({ decision: policy(), facts: null }) },
  })
  const server = await started(t, decided('allow', { own_only: true }), journal, observing)
  const seen = async (): Promise<unknown> => ((await (await get(server, `/weir/api/v1/sessions?owner=${BOB.actor.id}`)).json()) as { sessions: Array<{ session: string }> }).sessions.map(({ session }) => session)
  t.equal((await get(server, mine)).status, 200)
  t.equal((await get(server, foreign)).status, 404)
  t.strictSame(await seen(), ['wses_bob'])
  isGranted = false
  t.equal((await get(server, mine)).status, 404)
  t.strictSame(await seen(), [])
})

await t.test('the stream sends new entries as they become durable, and old ones when asked', async (t) => {
  const server = await started(t, decided('allow'))
  const response = await get(server, '/weir/api/v1/audit/stream')
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  const reader = readerOf(response)
  const index = await journal.append(plainEvent('streamed'))
  t.match(await readUntil(reader, '"streamed"'), new RegExp(`id: ${index}\nevent: entry\ndata: \\{"index":${index},`))
  await reader.cancel()

  const old = readerOf(await get(server, '/weir/api/v1/audit/stream?after=-1'))
  t.match(await readUntil(old, '"streamed"'), /^id: 0\n/)
  await old.cancel()
})

await t.test('a stream that broke goes on behind the last entry that its reader had, whatever its address says', async (t) => {
  const server = await started(t, decided('allow'))
  const last = await journal.append(plainEvent('had'))
  const missed = await journal.append(plainEvent('missed'))
  const resumed = async (id: string, query = ''): Promise<string> => {
    const reader = readerOf(await fetch(`${server.url}/weir/api/v1/audit/stream${query}`, { headers: { authorization: 'Bearer alice', 'last-event-id': id } }))
    await journal.append(plainEvent('marked'))
    const text = await readUntil(reader, '"marked"')
    await reader.cancel()
    return text
  }
  for (const query of ['', '?after=-1']) t.ok((await resumed(String(last), query)).startsWith(`id: ${missed}\n`), `after ${last}${query}`)
  for (const id of ['-1', 'x', '1e3', '9'.repeat(16)]) t.notMatch(await resumed(id), /"missed"/, `what is no index counts for nothing: ${id}`)
})

await t.test('a limited stream holds nobody else\'s entries', async (t) => {
  const server = await started(t, decided('allow', { own_only: true }))
  const reader = readerOf(await get(server, '/weir/api/v1/audit/stream?after=-1', 'bob'))
  await journal.append(decisionBody('pending', ALICE))
  await journal.append(decisionBody('pending', BOB))
  const text = await readUntil(reader, '"pending"')
  t.notMatch(text, /alice@acme\.test/)
  await reader.cancel()
})

await t.test('a revoked token ends its stream', async (t) => {
  const server = await started(t, decided('allow'))
  const reader = readerOf(await get(server, '/weir/api/v1/audit/stream'))
  server.callers.delete('Bearer alice')
  await journal.append(plainEvent('secret'))
  let rest = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) rest += new TextDecoder().decode(part.value)
  t.notMatch(rest, /"secret"/)
})

await t.test('a closing server ends its streams', async (t) => {
  const server = await started(t, decided('allow'))
  const reader = readerOf(await get(server, '/weir/api/v1/audit/stream'))
  await server.app.close()
  for (let part = await reader.read(); !part.done; part = await reader.read()) t.ok(part.value)
  t.equal((await reader.read()).done, true, 'the stream ended')
})

await t.test('the newest entry is proved at once, and each checkpoint begins the next', async (t) => {
  const server = await started(t, decided('allow'))
  const name = await originOf(journalDir) ?? ''
  const opened = (note: string): Checkpoint => openCheckpoint(note, { name, publicKey: ledgerKey.publicKey }) ?? t.fail('the note is signed by the key') as never
  const index = await journal.append(plainEvent('proved'))
  const answer = await get(server, `/weir/api/v1/audit/proof/${index}`)
  t.match([answer.status, answer.headers.get('content-type')], [200, /^text\/plain/])
  const proof = parseProof(await answer.text())
  const first = opened(proof?.checkpoint ?? '')
  for await (const entry of readEntries(journalDir, { from: index, to: index })) {
    const hash = Buffer.from(sha256(JSON.stringify(entry)), 'hex')
    t.ok(provesInclusion(leafHash(hash), index, first, proof?.hashes ?? []))
  }
  await journal.append(plainEvent('later'))
  await ledgerLog.sign()
  const second = opened(await (await get(server, '/weir/api/v1/audit/checkpoint')).text())
  t.ok(second.size > first.size)
  const { from, to, hashes } = await (await get(server, `/weir/api/v1/audit/consistency?from=${first.size}&to=${second.size}`)).json() as { from: number, to: number, hashes: string[] }
  t.same([from, to], [first.size, second.size])
  t.ok(provesConsistency(first, second, hashes.map((hash) => Buffer.from(hash, 'base64'))))
})

await t.test('proofs of what is not there, of nonsense, and for whom policy denies are refused', async (t) => {
  const server = await started(t, decided('allow'))
  t.equal((await get(server, `/weir/api/v1/audit/proof/${journal.head().index + 1_000}`)).status, 404)
  t.equal((await get(server, '/weir/api/v1/audit/consistency?from=2&to=1')).status, 404)
  t.equal((await get(server, '/weir/api/v1/audit/consistency?from=0')).status, 404)
  for (const path of ['proof/-1', 'proof/1.5', 'proof/x', 'consistency', 'consistency?from=1&to=y']) t.equal((await get(server, `/weir/api/v1/audit/${path}`)).status, 400, path)
  const denied = await started(t, decided('deny'))
  for (const path of ['proof/0', 'checkpoint', 'consistency?from=1']) t.equal((await get(denied, `/weir/api/v1/audit/${path}`)).status, 403, path)
})

await t.test('entries are found by the class of a path', async (t) => {
  const server = await started(t, decided('allow'))
  const { entries } = await page(server, '?class=source')
  t.ok(entries.length >= 3)
  for (const entry of entries) t.match(entry, { kind: 'decision', input: { targets: [{ class: 'source' }] } })
  t.equal((await page(server, '?class=secret')).entries.length, 0)
  t.equal((await get(server, '/weir/api/v1/audit?class=anything')).status, 400)
})

await t.test('rules are shown with how often they decided, and policies with when they came into force', async (t) => {
  await journal.append(plainEvent('policy-loaded', { revision: 'older', rules: 3 }))
  await journal.append(plainEvent('policy-rejected', { revision: 'older', code: 'WEIR_ERR_POLICY_BUILD' }))
  const server = await started(t, decided('allow'))
  const denied = async (token?: string): Promise<number> => (await page(server, '?rule=weir.test_deny&limit=1000', token)).entries.length
  const hits = await (await get(server, '/weir/api/v1/policy/hits?since=1d')).json() as { hits: ReadonlyArray<{ rule: string, count: number }>, counted: number, isWhole: boolean }
  t.match(hits.hits.find(({ rule }) => rule === 'weir.test_deny'), { verdict: 'deny', count: await denied(), lastMs: Number })
  t.match(hits, { isWhole: true, counted: hits.hits.reduce((sum, { count }) => sum + count, 0) })
  t.match((await (await get(server, '/weir/api/v1/policy/hits', 'limited')).json() as typeof hits).hits.find(({ rule }) => rule === 'weir.test_deny'), { count: await denied('limited') }, 'a token for PROD counts what was decided there')
  t.match(await (await get(server, '/weir/api/v1/policy/history')).json(), { history: [{ event: 'policy-rejected', revision: 'older', rules: null, code: 'WEIR_ERR_POLICY_BUILD' }, { event: 'policy-loaded', revision: 'older', rules: 3, code: null }] })
  t.equal((await get(server, '/weir/api/v1/policy/hits?since=then')).status, 400)
  t.ok(await denied('limited') < await denied())
  const own = await started(t, decided('allow', { own_only: true }))
  for (const path of ['hits', 'history']) t.equal((await get(own, `/weir/api/v1/policy/${path}`)).status, 403, path)
})

await t.test('a session is stopped by whoever policy lets, and its own actor, and the ledger says who did', async (t) => {
  const stop = async (server: Server, id: string, token = 'alice'): Promise<number> => (await fetch(`${server.url}/weir/api/v1/sessions/${id}/stop`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })).status
  t.equal(await stop(await started(t, decided('deny')), 'wses_bob'), 403)
  t.equal(await stop(await started(t, decided('allow', { own_only: true })), 'wses_bob'), 404, 'somebody else\'s is not there')
  const server = await started(t, decided('allow'))
  t.equal(await stop(server, 'wses_nobody'), 404)
  t.equal(await stop(server, '..'), 404)
  t.same(stops, [])
  t.equal(await stop(server, 'wses_bob'), 200)
  t.same(stops, ['stopped-by-request'])
  const [outcome, decision] = (await page(server, '?limit=3')).entries.slice(1) as unknown as readonly object[]
  t.match(decision, { kind: 'decision', input: { actor: ALICE.actor, session: { id: 'wses_bob' }, route: { path: '/weir/api/v1/sessions/:id/stop', class: 'weir-sessions' } } })
  t.match(outcome, { kind: 'outcome', status: 'done', detail: { reason: 'stopped-by-request' } })
})
