import { pino } from 'pino'
import t from 'tap'
import { journalDirOf } from '../../../gateway/ledger/journal.ts'
import { findEntries } from '../../../gateway/ledger/find-entries.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { createRequestIds } from '../../../gateway/telemetry/request-id.ts'
import { until } from '../../support/until.ts'
import { CALLS, openClientStage } from '../../clients/client-stage.ts'
import { startFakeUpstream } from '../planes/model/fake-upstream.ts'
import { ask, chat, openGovernedPlane } from '../planes/model/governed-plane.ts'

const ID = /^req_[A-Za-z0-9_-]{20}$/
const logged: Array<Record<string, unknown>> = []
const log = pino({ level: 'info' }, { write: (line: string) => { logged.push(JSON.parse(line) as Record<string, unknown>) } })
const stage = await openClientStage(t, 'openai-chat', { log })
const body = JSON.stringify({ model: 'model-1', stream: true, messages: [{ role: 'user', content: 'hello' }] })
const bearer = (role: string): { authorization: string } => ({ authorization: `Bearer ${stage.tokenFor(role)}` })

async function prompt (headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await fetch(`${stage.base}/v1/chat/completions`, { method: 'POST', body, headers: { ...bearer('author'), 'content-type': 'application/json', ...headers } })
  await response.text()
  return response.headers.get('x-weir-request-id') ?? ''
}

interface Entry { readonly index: number, readonly kind: string, readonly request?: string, readonly of?: number, readonly input?: { readonly kind: string }, readonly decision?: { readonly verdict: string } }

// The route waits for the store, but a store that opens on a busy machine takes longer than it waits; and nobody waits for an outcome.
async function audit (request: string, outcomes: number): Promise<{ readonly entries: readonly Entry[], readonly headers: Headers }> {
  let found: { readonly entries: readonly Entry[], readonly headers: Headers } = { entries: [], headers: new Headers() }
  await until(async () => {
    const { headers, ...response } = await fetchAudit(request)
    found = { entries: response.entries, headers }
    return response.mirrored >= 0 && found.entries.filter(({ kind }) => kind === 'outcome').length >= outcomes
  })
  return found
}

async function fetchAudit (request: string): Promise<{ readonly entries: readonly Entry[], readonly mirrored: number, readonly headers: Headers }> {
  const response = await fetch(`${stage.url}/weir/api/v1/audit?request=${request}&order=oldest`, { headers: bearer('operator') })
  return { ...await response.json() as { readonly entries: readonly Entry[], readonly mirrored: number }, headers: response.headers }
}

await t.test('ids are well formed and never the same', async (t) => {
  const newId = createRequestIds()
  const ids = Array.from({ length: 2_000 }, newId)
  t.equal(new Set(ids).size, 2_000)
  t.ok(ids.every((id) => ID.test(id)))
  t.not(createRequestIds()(), createRequestIds()())
})

await t.test('every answer names its request, and a client cannot choose the name', async (t) => {
  stage.upstream.answer = (response) => {
    response.writeHead(400, { 'content-type': 'application/json', 'x-weir-request-id': 'req_of_the_provider', 'x-request-id': 'upstream-1' })
    response.end('{"error":{"message":"no"}}')
  }
  const refused = await prompt({ 'x-weir-request-id': 'req_mine', 'x-request-id': 'req_mine' })
  t.match(refused, ID)
  for (const [path, headers] of [['/weir/health', {}], ['/weir/nothing', bearer('author')], ['/weir/metrics', {}], ['/session', {}], ['/.well-known/opencode', {}], ['/weir/model/upstream/v1/models', bearer('author')]] as const) {
    t.match((await fetch(`${stage.url}${path}`, { headers })).headers.get('x-weir-request-id'), ID, path)
  }
})

await t.test('the id in the answer\'s header finds the request\'s decisions, those of its tool calls and their outcomes', async (t) => {
  stage.say({ calls: [CALLS.read, CALLS.denied] })
  const id = await prompt()
  const other = await prompt()
  t.not(id, other)
  const { entries, headers } = await audit(id, 2)
  const decisions = entries.filter(({ kind }) => kind === 'decision')
  t.same(decisions.map(({ input, decision }) => [input?.kind, decision?.verdict]), [['model-request', 'allow'], ['tool-call', 'allow'], ['tool-call', 'deny']])
  t.ok(decisions.every(({ request, input }) => request === id && !('request' in (input ?? {}))), 'policy is not told')
  const outcomes = entries.filter(({ kind }) => kind === 'outcome').map(({ of }) => of)
  t.same(outcomes.sort(), [decisions[0]?.index, decisions[1]?.index].sort())
  const ofAudit = headers.get('x-weir-request-id') ?? ''
  const found = []
  for await (const { entry } of findEntries(journalDirOf(stage.dataDir), { request: ofAudit }, { newest: Infinity })) found.push(entry)
  t.match(found[0], { kind: 'decision', request: ofAudit, input: { kind: 'route', route: { path: '/weir/api/v1/audit' } } })
})

await t.test('a log line names the request that it is about', async (t) => {
  const response = await fetch(`${stage.url}/weir/api/v1/audit`, { headers: { authorization: 'Bearer nonsense' } })
  const line = logged.findLast(({ msg }) => msg === 'request refused')
  t.equal(line?.['request'], response.headers.get('x-weir-request-id'))
  stage.upstream.answer = (answer) => { answer.writeHead(200, { 'content-type': 'application/json' }).end('no JSON') }
  const id = await prompt()
  t.match(logged.findLast(({ msg }) => msg === 'model-answer'), { request: id })
})

await t.test('a request of a session\'s agent has an id of its own, which its calls carry', async (t) => {
  const upstream = await startFakeUpstream()
  const governed = await openGovernedPlane(upstream.baseUrl)
  t.teardown(async () => {
    await governed.close()
    upstream.close()
  })
  const call = { id: 'a', type: 'function', function: { name: 'bash', arguments: JSON.stringify({ command: 'npm test', description: 'x' }) } }
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm1', choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }] }))
  }
  const { headers } = await ask(governed, chat({ stream: false, stream_options: undefined }), { headers: { 'x-weir-request-id': 'req_mine' } })
  const id = headers['x-weir-request-id']
  t.match(id, ID)
  t.match(governed.entries, [{ input: { kind: 'model-request' }, request: id }, { input: { kind: 'tool-call' }, request: id }])
  t.equal(governed.session.released.requestOf('npm test', '/workspace'), id)
  t.equal((await ask(governed, 'x', { token: 'wrong' })).headers['x-weir-request-id']?.toString().startsWith('req_'), true)
})

await t.test('the ledger verifies with ids in it', async (t) => {
  await stage.close()
  t.match(await verifyJournal(journalDirOf(stage.dataDir)), { ok: true })
})
