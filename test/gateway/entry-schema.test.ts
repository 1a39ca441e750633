import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { EventBody, LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { OUTCOMES } from '../../gateway/core/ledger-entry.ts'
import { weir } from '../support/gateway-process.ts'
import { shapeProblem } from '../support/recorded-shape.ts'
import { openStage, PROVIDER_KEY } from '../support/weir-stage.ts'
import { decisionBody, plainEvent } from './ledger/bodies.ts'

/** What a server answers to bytes that no client would send. */
async function saidTo (url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  return await text(socket)
}

await t.test('all that a gateway records is as the published schema says, with digests and key ids and without prompts and keys', async (t) => {
  const stage = await openStage(t)
  const token = stage.tokenFor('author')
  const decide = async (args: object, tool = 'bash'): Promise<unknown> => JSON.parse((await stage.call('POST', '/weir/api/v1/decisions', token, { protocol: 'opencode', tool, args, cwd: '/workspace' })).text)
  t.match(await decide({ command: 'npm test', description: 'x' }), { decision: { verdict: 'allow' } })
  t.match(await decide({ command: 'rm -rf / --no-preserve-root', description: 'x' }), { decision: { verdict: 'deny' } })
  await decide({ url: 'http://169.254.169.254/', format: 'text' }, 'webfetch')
  stage.provider.script('A QUESTION OF MINE', [{ calls: [['bash', { command: 'cat .env', description: 'x' }], ['read', { filePath: 'README.md' }]] }])
  const body = { model: 'model-1', stream: true, tools: [{ type: 'function', function: { name: 'bash', parameters: {} } }, { type: 'function', function: { name: 'read', parameters: {} } }], messages: [{ role: 'user', content: 'A QUESTION OF MINE' }] }
  t.equal((await stage.call('POST', '/weir/model/scripted/v1/chat/completions', token, body)).status, 200)
  t.not((await stage.call('POST', '/weir/model/scripted/v1/chat/completions', token, { ...body, model: 'none' })).status, 200)
  for (const path of ['audit', 'audit/checkpoint', 'approvals', 'usage', 'sessions', 'policy', 'roles/author', 'keys', 'releases']) await stage.call('GET', `/weir/api/v1/${path}`, token)
  await stage.call('GET', '/weir/api/v1/audit/proof/0', token)
  t.equal((await stage.call('GET', '/no/such/route', token)).status, 404)
  const metrics = (await stage.call('GET', '/weir/metrics', stage.tokenFor('operator'))).text
  const [unsigned = NaN, all = NaN] = ['unsigned_entries', 'entries_total'].map((name) => Number(new RegExp(`^weir_ledger_${name} (\\d+)$`, 'm').exec(metrics)?.[1]))
  t.ok(unsigned >= 0 && unsigned <= all, `${unsigned} of ${all} are not signed yet`)
  const made = weir(['token', 'create', '--actor', 'carol', '--role', 'author', '--data-dir', stage.dataDir])
  t.equal(made.code, 0, made.stderr)
  t.equal(weir(['keys', 'set', 'scripted', '--env', 'TEST', '--data-dir', stage.dataDir], { input: `${PROVIDER_KEY}2` }).code, 0)
  await stage.restart()
  for (const refused of ['no.such.token', 'another', '']) t.equal((await stage.call('GET', '/weir/api/v1/audit', refused)).status, 401)
  t.equal((await stage.call('POST', '/weir/model/scripted/v1/chat/completions', 'no.such.token', body)).status, 401, 'also in front of the framework')
  t.match(await saidTo(stage.gateway.url, 'GARBAGE\r\n\r\n'), /^HTTP\/1\.1 400 /)
  await stage.gateway.end('SIGTERM')
  const written = JSON.parse(readFileSync(stage.configFile, 'utf8')) as object
  writeFileSync(stage.configFile, JSON.stringify({ ...written, credits: { containerSecond: 3 }, unpriced: { perMillionInput: 2, perMillionOutput: 4 } }))
  await stage.restart()
  await stage.gateway.end('SIGTERM')

  const entries = await stage.ledger()
  t.same(entries.map(shapeProblem).filter((problem) => problem !== null), [])
  const names = new Set(entries.map((entry) => entry.kind === 'event' ? entry.name : entry.kind))
  for (const name of ['decision', 'outcome', 'gateway-started', 'gateway-stopping', 'policy-loaded', 'key-set', 'token-issued']) t.ok(names.has(name), name)
  const asked = entries.find((entry): entry is Extract<LedgerEntry, { kind: 'outcome' }> => entry.kind === 'outcome' && entry.detail['usage'] !== undefined)
  t.match(asked?.detail, { requestSha256: /^[0-9a-f]{64}$/, keyId: /./ })
  const started = entries.filter((entry) => entry.kind === 'event' && entry.name === 'gateway-started')
  t.match(started, [{ detail: { config: /^[0-9a-f]{64}$/ } }, { detail: { config: /^[0-9a-f]{64}$/ } }, {}])
  const [first, second, third] = started.map((entry) => (entry as EventBody).detail)
  t.same(first, second, 'nothing was changed between the two starts')
  const eventsOf = (name: string): readonly LedgerEntry[] => entries.filter((entry) => entry.kind === 'event' && entry.name === name)
  t.match(eventsOf('configuration-changed'), [{ detail: { from: second?.['config'], to: third?.['config'], settings: ['credits', 'unpriced'] } }])
  t.match(eventsOf('connections-refused').map((entry) => (entry as EventBody).detail), [
    { source: '127.0.0.1', code: 'WEIR_ERR_ROUTE_UNKNOWN', refused: 2 }, { source: '127.0.0.1', code: 'WEIR_ERR_AUTH_INVALID', refused: 4 }, { source: '127.0.0.1', code: 'WEIR_ERR_DECODE_MALFORMED', refused: 1 },
  ])
  for (const secret of ['A QUESTION OF MINE', PROVIDER_KEY]) t.notMatch(JSON.stringify(entries), secret)
})

await t.test('what the schema does not name is refused, at every depth, and so is an event of no name', (t) => {
  const chained = { index: 0, time: 1, prev: '0'.repeat(64) }
  const decision = { ...decisionBody('deny'), request: null, ...chained } as LedgerEntry & { kind: 'decision' }
  t.equal(shapeProblem(decision), null)
  t.match(shapeProblem({ ...decision, prompt: 'x' } as LedgerEntry), /prompt/)
  t.match(shapeProblem({ ...decision, input: { ...decision.input, actor: { ...decision.input.actor, password: 'x' } } } as LedgerEntry), /password/)
  for (const status of OUTCOMES) t.equal(shapeProblem({ ...chained, kind: 'outcome', of: 0, status, detail: { bytes: 1 } }), null)
  t.match(shapeProblem({ ...chained, kind: 'outcome', of: 0, status: 'done', detail: { content: 'x' } }), /content/)
  t.match(shapeProblem({ ...chained, ...plainEvent('token-revoked', { token: 't', secret: 's' }) } as LedgerEntry), /secret/)
  t.match(shapeProblem({ ...chained, ...plainEvent('something-else') } as LedgerEntry), /no event something-else/)
  t.equal(shapeProblem({ ...chained, ...plainEvent('token-revoked', { omitted: 'too large' }) } as LedgerEntry), null)
  t.end()
})
