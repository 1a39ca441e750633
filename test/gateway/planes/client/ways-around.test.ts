import t from 'tap'
import { ROUTES } from '../../../../adapters/opencode/routes.ts'
import type { Verdict } from '../../../../gateway/core/decision.ts'
import type { PolicyInput } from '../../../../gateway/core/policy-input.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { openClientGateway } from './client-gateway.ts'
import { startRecordingAgent } from './recording-agent.ts'

// A policy that allows every route, and no call that says FORBIDDEN, touches /etc or delegates: what is refused otherwise, the plane refuses.
let isSearchClosed = false

function verdictOf (input: PolicyInput): Verdict {
  if (input.command?.text.includes('FORBIDDEN') === true || input.tool?.native === 'task') return 'deny'
  if (isSearchClosed && input.tool?.name === 'search') return 'deny'
  return input.targets.some(({ path }) => path.startsWith('/etc')) ? 'deny' : 'allow'
}

const agent = await startRecordingAgent(t)
const gate = governed(verdictOf)
const authenticator = { authenticate: () => ({ actor: ALICE.actor, app: 'shop', environment: 'DEV' as const, tokenId: 'j', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }), isStillValid: () => true }
const session = sessionOf({ socketPath: agent.socketPath, authorization: 'Basic agents-password', directory: '/workspace' })
const { base } = await openClientGateway(t, { session, gate, authenticator })
await (await fetch(`${base}/session/ses_1`)).text() // whose session this is, is asked once

interface Answer { readonly status: number, readonly rule: unknown, readonly arrived: readonly { readonly line: string, readonly body: string }[], readonly decisions: number }

async function send (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const [seen, decided] = [agent.arrived.length, gate.entries.length]
  const response = await fetch(base + path, { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = await response.text()
  const { error } = (text.startsWith('{') ? JSON.parse(text) : {}) as { error?: { rule?: unknown } }
  return { status: response.status, rule: error?.rule, arrived: agent.arrived.slice(seen), decisions: gate.entries.length - decided }
}

const S = '/session/ses_1'
const PINNED = 'directory=%2Fworkspace&location%5Bdirectory%5D=%2Fworkspace'
const TEXT = { type: 'text', text: 'x' }
const FILE = { type: 'file', mime: 'text/plain', url: 'file:///etc/hostname' }

/** What OpenCode does unasked (its permissions, its direct routes, its second engine), and that no policy opens. */
const CLOSED: ReadonlyArray<readonly [string, string, unknown?]> = [
  ['POST', '/sync/replay', { events: [] }], ['POST', '/sync/history', {}], ['POST', '/sync/start', {}], ['POST', '/sync/steal', {}],
  ['POST', '/mcp', { name: 'x', config: { type: 'local', command: ['id'] } }], ['POST', '/mcp/x/connect'], ['POST', '/mcp/x/disconnect'], ['POST', '/mcp/x/auth', {}], ['POST', '/mcp/x/auth/callback', { code: 'c' }],
  ['POST', '/experimental/worktree', { name: 'x', startCommand: 'id' }], ['DELETE', '/experimental/worktree'], ['POST', '/experimental/worktree/reset', {}],
  ['POST', '/experimental/workspace', {}], ['POST', '/experimental/workspace/warp', {}], ['POST', '/experimental/console/switch', {}], ['POST', '/experimental/control-plane/move-session', {}],
  ['PATCH', '/project/p1', { commands: { start: 'id' } }], ['POST', '/project/git/init'], ['POST', '/vcs/apply', { patch: '' }],
  ['PATCH', '/config', { permission: { '*': 'allow' } }], ['PATCH', '/config?directory=/root/.config/opencode', {}], ['PATCH', '/global/config', {}],
  ['PUT', '/auth/x', { type: 'wellknown', key: 'X', token: 't' }], ['DELETE', '/auth/x'], ['POST', '/provider/x/oauth/authorize', { method: 0 }], ['POST', '/provider/x/oauth/callback', {}],
  ['PATCH', `${S}/message/msg_1/part/prt_1`, { text: 'forged' }], ['DELETE', `${S}/message/msg_1/part/prt_1`], ['DELETE', `${S}/message/msg_1`],
  ['POST', `${S}/share`], ['DELETE', `${S}/share`], ['POST', '/global/upgrade', {}], ['POST', '/global/dispose'], ['POST', '/instance/dispose'], ['POST', '/log', {}],
  ['GET', '/tui/control/next'], ['POST', '/tui/control/response', {}], ['POST', '/tui/submit-prompt'], ['POST', '/tui/append-prompt', { text: 'x' }], ['POST', '/tui/execute-command', {}], ['POST', '/tui/publish', {}],
  ['POST', '/api/pty', { command: 'id' }], ['GET', '/api/pty/pty_1/connect?ticket=x'], ['POST', '/api/pty/pty_1/connect-token', {}],
  ['POST', '/api/session', { location: { directory: '/etc' } }], ['POST', '/api/session/ses_1/prompt', { prompt: { text: 'x' } }], ['POST', '/api/session/ses_1/compact'], ['POST', '/api/session/ses_1/model', {}],
  ['POST', '/api/session/ses_1/revert/stage', {}], ['POST', '/api/session/ses_1/permission', {}], ['POST', '/api/integration/x/connect/key', { key: 'k' }], ['PATCH', '/api/credential/x', {}], ['DELETE', '/api/permission/saved/psv_1'],
  ['GET', '/api/event'],
]

const IDS: Readonly<Record<string, string>> = { sessionID: 'ses_1', messageID: 'msg_1', partID: 'prt_1', permissionID: 'per_1', requestID: 'per_1', ptyID: 'pty_1' }
const TICKETS = '/pty/{ptyID}/connect-token'
/** Every other route that the table closes, with a body that asks for nothing in particular. */
const ALSO_CLOSED = ROUTES.filter(({ access, template }) => access === 'deny' && template !== TICKETS)
  .map(({ method, template }) => [method, template.replace(/\{(\w+)\}/g, (_, name: string) => IDS[name] ?? 'x'), method === 'GET' || method === 'DELETE' ? undefined : {}] as const)
  .filter(([method, path]) => !CLOSED.some(([of, at]) => of === method && at.split('?')[0] === path))

await t.test('what OpenCode does without asking stays closed, whatever policy allows', async (t) => {
  for (const [method, path, body] of [...CLOSED, ...ALSO_CLOSED]) {
    t.match(await send(method, path, body), { status: 403, rule: 'weir.route_closed', arrived: [], decisions: 1 }, `${method} ${path}`)
    t.match(gate.settled.at(-1), { entry: gate.entries.length - 1, status: 'failed' }, 'and nobody takes it for done')
  }
})

await t.test('tickets for terminals are told to be unknown, so that clients go on without one', async (t) => {
  t.match(await send('POST', '/pty/pty_1/connect-token', {}), { status: 404, rule: 'weir.route_closed', arrived: [], decisions: 1 })
})

await t.test('nobody but the gateway answers an ask, on any of the three routes', async (t) => {
  for (const reply of ['once', 'always', 'reject']) {
    for (const path of ['/permission/per_1/reply', `${S}/permissions/per_1`, '/api/session/ses_1/permission/per_1/reply']) {
      t.match(await send('POST', path, { reply, response: reply }), { status: 409, rule: 'weir.asks_are_decided', arrived: [], decisions: 1 }, `${path} ${reply}`)
    }
  }
})

await t.test('a request that is a call in disguise is decided as that call, and refused with it', async (t) => {
  const calls: ReadonlyArray<readonly [string, string, unknown?]> = [
    ['POST', `${S}/shell`, { agent: 'build', command: 'echo FORBIDDEN' }],
    ['POST', `${S}/message`, { parts: [TEXT, FILE] }], ['POST', `${S}/prompt_async`, { parts: [FILE] }],
    ['POST', `${S}/message`, { parts: [{ type: 'subtask', prompt: 'p', description: 'd', agent: 'general' }] }],
    ['GET', '/file/content?path=/etc/hostname'], ['GET', '/file?path=/etc'], ['GET', '/file/content?directory=/etc&path=/etc/hostname'], ['GET', '/api/fs/list?path=/etc'],
  ]
  for (const [method, path, body] of calls) t.match(await send(method, path, body), { status: 403, rule: 'test.deny', arrived: [], decisions: 2 }, `${method} ${path}`)
  for (const text of ['x !`id`', '`id`', 'see @/etc/hostname', '@~/.ssh/id_rsa', '!`id']) {
    for (const command of ['init', 'review']) t.match(await send('POST', `${S}/command`, { command, arguments: text }), { status: 403, arrived: [], decisions: 1 }, text)
  }
})

await t.test('a search without an ask is decided as the search it is, and looks in the agent\'s own folder', async (t) => {
  const searches = ['/find?pattern=x', '/find/file?query=x&dirs=true', '/find/symbol?query=x', '/api/fs/find?query=x']
  for (const path of searches) {
    isSearchClosed = true
    t.match(await send('GET', path), { status: 403, rule: 'test.deny', arrived: [], decisions: 2 }, path)
    isSearchClosed = false
    const [sent, ...more] = (await send('GET', `${path}&directory=/etc&location[directory]=/etc`)).arrived
    t.same(more, [])
    t.equal(sent?.line, `GET ${path}&${PINNED}`)
  }
})

await t.test('files go back to an earlier state in the agent\'s own folder only, for a session of the caller\'s', async (t) => {
  for (const path of [`${S}/revert`, `${S}/unrevert`]) {
    t.match(await send('POST', `${path}?directory=/etc`, { messageID: 'msg_1', directory: '/etc' }), { status: 200, arrived: [{ line: `POST ${path}?${PINNED}` }], decisions: 1 }, path)
    t.match(await send('POST', path.replace('ses_1', 'ses_other'), { messageID: 'msg_1' }), { status: 404 }, path)
    t.notOk(agent.arrived.some(({ line }) => line.startsWith(`POST ${path.replace('ses_1', 'ses_other')}`)), 'of another\'s')
  }
  t.equal(agent.arrived.findLast(({ line }) => line.includes('/unrevert'))?.body, '')
})

await t.test('nobody sees an ask, and the agent is not even asked for one', async (t) => {
  const { arrived, status } = await send('GET', '/permission')
  t.same([status, arrived], [200, []])
})

await t.test('of a request with several calls one refusal is the end of all, and the ledger says so', async (t) => {
  const readme = { ...FILE, url: 'file:///workspace/README.md' }
  const settled = gate.settled.length
  t.match(await send('POST', `${S}/message`, { parts: [readme, FILE] }), { status: 403, rule: 'test.deny', arrived: [], decisions: 3 })
  t.same(gate.settled.slice(settled).filter(({ entry }) => entry === gate.entries.length - 2).map(({ status }) => status), ['failed'])
})

await t.test('what would loosen the agent is taken out of a request that passes', async (t) => {
  const allow = [{ permission: '*', pattern: '*', action: 'allow' }, { permission: 'bash', pattern: '*', action: 'ask' }, { permission: 'question', pattern: '*', action: 'deny' }]
  const asks = { permission: [{ permission: '*', pattern: '*', action: 'ask' }, { permission: 'question', pattern: '*', action: 'deny' }] }
  const passes: ReadonlyArray<readonly [string, string, unknown, unknown]> = [
    ['POST', '/session', { permission: allow, workspaceID: 'wrk_1', directory: '/etc', location: { directory: '/etc' } }, asks],
    ['PATCH', S, { permission: allow, directory: '/etc' }, asks],
    ['POST', `${S}/message`, { tools: { bash: true, '*': true }, parts: [TEXT], permission: allow }, { parts: [TEXT] }],
    ['POST', `${S}/prompt_async`, { tools: { '*': true }, parts: [TEXT] }, { parts: [TEXT] }],
    ['POST', `${S}/fork`, { messageID: 'msg_1', permission: allow, directory: '/etc' }, { messageID: 'msg_1' }],
    ['POST', `${S}/revert`, { messageID: 'msg_1', partID: 'prt_1', directory: '/etc' }, { messageID: 'msg_1', partID: 'prt_1' }],
    ['POST', '/pty', { command: '/bin/id', args: ['-a'], cwd: '/etc', env: { A: 'b' }, title: 't' }, { title: 't' }],
  ]
  for (const [method, path, body, sent] of passes) {
    const { status, arrived } = await send(method, path, body)
    t.equal(status, 200, path)
    t.strictSame(arrived.map((request): unknown => JSON.parse(request.body)), [sent], path)
  }
})

await t.test('folder, workspace and credentials are the gateway\'s own, in every place where a client can name them', async (t) => {
  const named = 'directory=/etc&directory=/root&location[directory]=/etc&workspace=wrk_1&auth_token=b3BlbmNvZGU6eA==&ticket=x'
  const headers = { 'x-opencode-directory': '/etc', 'x-opencode-workspace': 'wrk_1', 'x-opencode-ticket': '1', authorization: 'Basic b3BlbmNvZGU6eA==', cookie: 'a=b' }
  // A first request loads what a folder configures, `GET /mcp` starts its servers, and the differences of a folder are its files.
  const loading = ['/path', '/config', '/global/config', '/provider', '/config/providers', '/mcp', '/agent', '/command', '/skill', '/session', `${S}/message`, `${S}/diff`, '/api/location', '/api/provider', '/api/model', '/api/permission/saved', '/permission']
  for (const path of [...loading, '/file', '/file/status', '/vcs/diff', '/vcs/diff/raw', '/api/fs/list', '/api/fs/read/hostname']) {
    const from = agent.arrived.length
    t.equal((await send('GET', `${path}?${named}`, undefined, headers)).status, 200, path)
    for (const { line, headers: given } of agent.arrived.slice(from)) {
      t.equal(line, `GET ${path}?${PINNED}`)
      t.match(given, { authorization: 'Basic agents-password', 'x-opencode-directory': '%2Fworkspace' })
      for (const name of ['x-opencode-workspace', 'x-opencode-ticket', 'cookie']) t.equal(given[name], undefined, name)
    }
  }
})
