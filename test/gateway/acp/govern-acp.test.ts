import { once } from 'node:events'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { createPolicyDoor } from '../../../gateway/acp/ask-policy.ts'
import { governAcp } from '../../../gateway/acp/govern-acp.ts'
import { MAX_LINE_BYTES } from '../../../gateway/acp/message.ts'
import { createPlaces } from '../../../gateway/acp/places.ts'
import type { LedgerEntry } from '../../../gateway/core/ledger-entry.ts'
import { openInProcessGateway } from '../../support/in-process-gateway.ts'
import { ledgerOf } from '../../support/ledger-of.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'

interface Rpc { readonly id?: number | string | null, readonly method?: string, readonly params?: Record<string, unknown>, readonly result?: unknown, readonly error?: { readonly code: number, readonly message: string, readonly data?: unknown } }

const OPTIONS = [{ optionId: 'always', kind: 'allow_always', name: 'Always' }, { optionId: 'once', kind: 'allow_once', name: 'Once' }, { optionId: 'no', kind: 'reject_once', name: 'No' }]

const gateway = await openInProcessGateway(t, { data: { approvals: { own: { DEV: ['edit'] }, scopes: {}, max_standing_minutes: {} }, approvers: { contributor: { DEV: ['edit'] } } } })
// The first question to a gateway brings the project out; on a very slow machine that takes longer than an editor is let wait for a decision.
await fetch(`${gateway.url}/weir/api/v1/decisions?dryRun=true`, { method: 'POST', headers: { authorization: `Bearer ${gateway.tokenFor('author')}`, 'content-type': 'application/json' }, body: JSON.stringify({ protocol: 'weir', tool: 'read-file', args: { path: 'README.md' } }) })
const project = realpathSync(testFolder(t))
mkdirSync(join(project, 'src'))
writeFileSync(join(project, 'README.md'), '# hi\n')
writeFileSync(join(project, '.env'), 'SECRET=1\n')
symlinkSync('../.env', join(project, 'src', 'settings.js'))
symlinkSync('/etc/hostname', join(project, 'src', 'host.js'))

/** A side of the conversation that says what it likes: both are strangers to Weir. */
function side (): { readonly toWeir: PassThrough, readonly fromWeir: PassThrough, say (line: object | string): void, hear (): Promise<Rpc> } {
  const toWeir = new PassThrough()
  const fromWeir = new PassThrough()
  const lines = createInterface({ input: fromWeir })
  const heard: Rpc[] = []
  lines.on('line', (line) => {
    heard.push(JSON.parse(line) as Rpc)
    lines.emit('heard')
  })
  return {
    toWeir,
    fromWeir,
    say (line) { toWeir.write(`${typeof line === 'string' ? line : JSON.stringify({ jsonrpc: '2.0', ...line })}\n`) },
    async hear () {
      if (heard.length === 0) await once(lines, 'heard')
      return heard.shift() ?? {}
    },
  }
}

type Test = Pick<typeof t, 'teardown' | 'same' | 'match'>

interface Conversation { readonly editor: ReturnType<typeof side>, readonly agent: ReturnType<typeof side>, readonly warnings: string[] }

async function begin (t: Test, role = 'author', { url = gateway.url, moved = true } = {}): Promise<Conversation> {
  const editor = side()
  const agent = side()
  const warnings: string[] = []
  const ended = governAcp({
    editor: { source: editor.toWeir, sink: editor.fromWeir },
    agent: { source: agent.toWeir, sink: agent.fromWeir },
    places: createPlaces(project, moved),
    policy: createPolicyDoor({ url, token: gateway.tokenFor(role), cwd: '/workspace' }),
    onWarning: (text) => warnings.push(text),
  })
  t.teardown(async () => {
    editor.toWeir.end()
    await ended
    agent.toWeir.end()
  })
  editor.say({ id: 'new', method: 'session/new', params: { cwd: project, mcpServers: [{ name: 'x', command: 'id', args: [], env: [] }], _meta: { permissionMode: 'bypass' } } })
  t.same((await agent.hear()).params, { cwd: moved ? '/workspace' : project, mcpServers: [] }, 'servers of tools and hints do not reach the agent')
  agent.say({ id: 'new', result: { sessionId: 'ses_1' } })
  t.match(await editor.hear(), { id: 'new', result: { sessionId: 'ses_1' } })
  return { editor, agent, warnings }
}

/** An address on which somebody listened a moment ago. */
async function closedUrl (): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

const ask = (method: string, params: object, id: number | string = 1): object => ({ id, method, params: { sessionId: 'ses_1', ...params } })

await t.test('files are read and written by the editor as policy says, where their links lead', async (t) => {
  const { editor, agent } = await begin(t)
  agent.say(ask('fs/read_text_file', { path: '/workspace/src/../README.md', limit: 5, extra: 1 }))
  t.same(await editor.hear(), { jsonrpc: '2.0', ...ask('fs/read_text_file', { path: join(project, 'README.md'), limit: 5 }) })
  editor.say({ id: 1, result: { content: '# hi' } })
  t.match(await agent.hear(), { id: 1, result: { content: '# hi' } })
  agent.say(ask('fs/write_text_file', { path: '/workspace/src/new/a.js', content: 'x' }))
  t.match(await editor.hear(), { params: { path: join(project, 'src/new/a.js'), content: 'x' } })
  editor.say({ id: 1, result: {} })
  await agent.hear()
  for (const path of ['/workspace/.env', '/workspace/src/settings.js', '/workspace/src/host.js', '/etc/hostname', '/workspace/../etc/hostname', '/usr/x', join(project, '.env')]) {
    agent.say(ask('fs/read_text_file', { path }))
    t.match(await agent.hear(), { id: 1, error: { code: -32001 } }, path)
    agent.say(ask('fs/write_text_file', { path, content: 'x' }))
    t.match(await agent.hear(), { id: 1, error: { code: -32001 } }, path)
  }
  for (const params of [{ path: '/tmp/scratch' }, { path: 'README.md' }, { path: 7 }, {}, { path: '/workspace/a', line: -1 }, { path: '/workspace/a', sessionId: 'ses_other' }]) {
    agent.say(ask('fs/read_text_file', params))
    t.match(await agent.hear(), { error: { code: -32602 } }, JSON.stringify(params))
  }
})

await t.test('terminals start as policy says, and only those can be spoken to', async (t) => {
  const { editor, agent } = await begin(t)
  agent.say(ask('terminal/create', { command: 'ls', args: ['-l'], outputByteLimit: 1e12 }))
  t.match(await editor.hear(), { params: { command: 'ls', args: ['-l'], cwd: project, outputByteLimit: 1_048_576 } })
  editor.say({ id: 1, result: { terminalId: 'term_1' } })
  await agent.hear()
  agent.say(ask('terminal/output', { terminalId: 'term_1' }))
  t.match(await editor.hear(), { method: 'terminal/output' })
  editor.say({ id: 1, result: { output: '', truncated: false } })
  await agent.hear()
  for (const [method, params, code] of [
    ['terminal/create', { command: 'cat .env' }, -32001], ['terminal/create', { command: 'echo', args: ['$(id)'] }, -32001], ['terminal/create', { command: 'ls', cwd: '/etc' }, -32602],
    ['terminal/output', { terminalId: 'term_of_the_user' }, -32602], ['terminal/kill', { terminalId: 'term_of_the_user' }, -32602],
  ] as const) {
    agent.say(ask(method, params))
    t.match(await agent.hear(), { error: { code } }, JSON.stringify([method, params]))
  }
})

await t.test('what became of it is recorded as the editor tells it, and is unknown only where it does not', async (t) => {
  const { editor, agent } = await begin(t)
  const before = (await ledgerOf(gateway.dataDir)).length
  const exchange = async (method: string, params: object, answer: object): Promise<void> => {
    agent.say(ask(method, params))
    await editor.hear()
    editor.say({ id: 1, ...answer })
    await agent.hear()
  }
  const start = async (terminalId: string): Promise<void> => { await exchange('terminal/create', { command: 'ls' }, { result: { terminalId } }) }
  const failed = { error: { code: -32002, message: 'do-not-record' } }
  await exchange('fs/read_text_file', { path: '/workspace/README.md' }, { result: { content: 'ü\n' } })
  await exchange('fs/read_text_file', { path: '/workspace/README.md' }, failed)
  await exchange('fs/read_text_file', { path: '/workspace/README.md' }, { result: {} })
  await exchange('fs/write_text_file', { path: '/workspace/src/b.js', content: 'xyz' }, { result: null })
  await exchange('fs/write_text_file', { path: '/workspace/src/b.js', content: 'xyz' }, failed)
  await exchange('terminal/create', { command: 'ls' }, failed)
  await start('a')
  await exchange('terminal/output', { terminalId: 'a' }, { result: { output: '', truncated: false } })
  await exchange('terminal/wait_for_exit', { terminalId: 'a' }, { result: { exitCode: 0, signal: null } })
  await exchange('terminal/release', { terminalId: 'a' }, { result: {} })
  await start('b')
  await exchange('terminal/output', { terminalId: 'b' }, { result: { output: '', truncated: false, exitStatus: { exitCode: null, signal: 'SIGKILL' } } })
  await exchange('terminal/wait_for_exit', { terminalId: 'b' }, { result: { exitCode: 0 } })
  await start('c')
  await exchange('terminal/release', { terminalId: 'c' }, { result: {} })
  await start('d')
  agent.say(ask('fs/read_text_file', { path: '/workspace/README.md' }, 2))
  await editor.hear()
  editor.toWeir.end()
  const caller = { performedBy: 'caller' }
  const wanted = [
    { status: 'done', detail: { bytes: 3, ...caller } }, { status: 'failed', detail: { code: -32002, ...caller } }, { status: 'failed', detail: caller },
    { status: 'done', detail: { bytes: 3, ...caller } }, { status: 'failed', detail: { code: -32002, ...caller } },
    { status: 'failed', detail: { code: -32002, ...caller } }, { status: 'done', detail: { how: 'exited', code: 0, ...caller } }, { status: 'failed', detail: { how: 'exited', code: 137, ...caller } },
    ...Array.from({ length: 3 }, () => ({ status: 'unknown', detail: caller })),
  ]
  let found: readonly LedgerEntry[] = []
  await until(async () => {
    // What became of an earlier call may be written only now.
    found = (await ledgerOf(gateway.dataDir)).slice(before).filter((entry) => entry.kind !== 'outcome' || entry.of >= before)
    return found.filter(({ kind }) => kind === 'outcome').length >= wanted.length
  })
  const decided = found.flatMap((entry) => entry.kind === 'decision' ? [entry.index] : [])
  const outcomes = found.flatMap((entry) => entry.kind === 'outcome' ? [entry] : []).sort((a, b) => a.of - b.of)
  t.same(outcomes.map(({ of }) => of), decided, 'each has one')
  t.same(outcomes.map(({ status, detail }) => ({ status, detail })), wanted)
  t.notMatch(JSON.stringify(found), 'do-not-record')
})

await t.test('permissions are answered by policy; a person is asked only for what policy leaves to that person', async (t) => {
  const { editor, agent } = await begin(t)
  const wish = (toolCall: object): object => ask('session/request_permission', { toolCall: { toolCallId: 'c', ...toolCall }, options: OPTIONS })
  agent.say(wish({ kind: 'execute', rawInput: { command: 'ls' } }))
  t.match(await agent.hear(), { result: { outcome: { outcome: 'selected', optionId: 'once' } } })
  agent.say(wish({ kind: 'edit', rawInput: { filepath: '/workspace/src/a.js' }, content: [{ type: 'diff', path: '/workspace/.env', newText: 'x' }] }))
  t.match(await editor.hear(), { params: { update: { content: { text: /\.env holds secrets/ } } } })
  t.match(await agent.hear(), { result: { outcome: { outcome: 'selected', optionId: 'no' } } })
  agent.say({ method: 'session/update', params: { sessionId: 'ses_1', update: { sessionUpdate: 'tool_call', toolCallId: 'c', title: 'read', kind: 'read', locations: [{ path: '/workspace/README.md' }], rawInput: { filePath: '/workspace/.env' } } } })
  t.match(await editor.hear(), { params: { update: { locations: [{ path: join(project, 'README.md') }] } } }, 'the editor can open what is shown')
  agent.say(wish({ kind: 'read', rawInput: {} }))
  t.match(await editor.hear(), { params: { update: { content: { text: /secrets/ } } } }, 'what was shown before counts')
  t.match(await agent.hear(), { result: { outcome: { optionId: 'no' } } })
  agent.say(ask('session/request_permission', { toolCall: { toolCallId: 'd', kind: 'execute', rawInput: { command: 'ls' } }, options: OPTIONS.slice(0, 1) }))
  t.match(await agent.hear(), { error: { code: -32602 } }, 'allowed for ever is nothing that is given')
  agent.say(wish({ kind: 'other', title: 'toString' }))
  await editor.hear()
  t.match(await agent.hear(), { result: { outcome: { optionId: 'no' } } })
})

await t.test('who may answer alone is asked in the editor; a yes is good for once and recorded', async (t) => {
  const { editor, agent } = await begin(t, 'contributor')
  const edit = ask('session/request_permission', { toolCall: { toolCallId: 'c', title: 'edit', kind: 'edit', locations: [{ path: '/workspace/src/a.js' }] }, options: OPTIONS })
  agent.say(edit)
  const shown = await editor.hear()
  t.match(shown, { method: 'session/request_permission', params: { options: [{ optionId: 'weir-allow-once', kind: 'allow_once' }, { optionId: 'weir-reject', kind: 'reject_once' }] } })
  editor.say({ id: 1, result: { outcome: { outcome: 'selected', optionId: 'always' } } })
  await editor.hear()
  t.match(await agent.hear(), { result: { outcome: { optionId: 'no' } } }, 'an option that was not offered is no yes')
  agent.say(edit)
  await editor.hear()
  editor.say({ id: 1, result: { outcome: { outcome: 'selected', optionId: 'weir-allow-once' } } })
  t.match(await agent.hear(), { result: { outcome: { optionId: 'once' } } })
  t.ok((await ledgerOf(gateway.dataDir)).some((entry) => entry.kind === 'decision' && entry.approval !== null && entry.decision.verdict === 'allow' && entry.input.tool?.protocol === 'acp'))
  agent.say(ask('fs/write_text_file', { path: '/workspace/src/b.js', content: 'x' }))
  t.match(await agent.hear(), { error: { code: -32001, data: { approval: /^apr_/ } } }, 'what else waits says under which id')
})

await t.test('what an editor may set or hand over is decided too', async (t) => {
  const { editor, agent } = await begin(t)
  for (const [method, params, code] of [
    ['session/set_mode', { modeId: 'bypassPermissions' }, -32001], ['session/set_config_option', { configId: 'mode', value: 'yolo' }, -32001], ['session/set_config_option', { configId: 'sandbox', value: 'off' }, -32001],
    ['session/prompt', { prompt: [{ type: 'resource_link', name: 'a', uri: `file://${project}/.env` }] }, -32001], ['session/prompt', { prompt: [{ type: 'resource_link', name: 'a', uri: 'file:///etc/hostname' }] }, -32602],
    ['session/prompt', { prompt: [{ type: 'text', text: '/init ' }, { type: 'text', text: '!`id`' }] }, -32001], ['session/prompt', { prompt: [{ type: 'new-kind' }] }, -32602],
    ['authenticate', { methodId: 'x' }, -32001], ['session/new', { cwd: '/etc', mcpServers: [] }, -32602], ['session/new', { cwd: project, mcpServers: [], additionalDirectories: ['/etc'] }, -32602],
    ['session/fork', {}, -32601], ['logout', {}, -32601], ['_vendor/run', {}, -32601], ['toString', {}, -32601],
  ] as const) {
    editor.say(ask(method, params))
    t.match(await editor.hear(), { id: 1, error: { code } }, JSON.stringify([method, params]))
  }
  editor.say(ask('session/set_mode', { modeId: 'plan' }))
  t.match(await agent.hear(), { method: 'session/set_mode', params: { modeId: 'plan' } })
  editor.say(ask('session/prompt', { prompt: [{ type: 'text', text: 'hello' }, { type: 'resource_link', name: 'r', uri: `file://${project}/README.md` }] }, 2))
  t.match(await agent.hear(), { params: { prompt: [{ text: 'hello' }, { uri: 'file:///workspace/README.md' }] } })
  editor.say({ method: 'session/cancel', params: { sessionId: 'ses_1' } })
  t.match(await agent.hear(), { method: 'session/cancel' })
})

await t.test('without a move, a command that names a folder called like the one of policy is refused', async (t) => {
  const { editor, agent } = await begin(t, 'author', { moved: false })
  agent.say(ask('terminal/create', { command: `cat ${project}/README.md` }))
  t.match(await editor.hear(), { params: { command: `cat ${project}/README.md` } })
  for (const command of ['cat /workspace/README.md', `cat ${project}/.env`, `cat /etc${project}/README.md`]) {
    agent.say(ask('terminal/create', { command }, 2))
    t.match(await agent.hear(), { id: 2, error: {} }, command)
  }
  agent.say(ask('fs/read_text_file', { path: '/workspace/README.md' }, 3))
  t.match(await agent.hear(), { id: 3, error: { code: -32001 } })
})

await t.test('only the project\'s own name is another name for it', async (t) => {
  const places = createPlaces(project, false)
  t.equal(places.textToPolicy(`cat ${project}/a ${project} '${project}'`), "cat /workspace/a /workspace '/workspace'")
  for (const text of [`cat ${project}-other/a`, `cat ..${project}/a`, `cat /x${project}/a`, `cat ${project}.old`]) t.equal(places.textToPolicy(text), text)
  t.equal(places.textToPolicy(`cat ${project}/../workspace/a`), null)
  t.equal(places.agentToPolicy('/workspace/a'), '/outside/workspace/a')
  t.equal(places.agentToPolicy('src/a'), 'src/a')
  t.equal(places.toAgent('/etc/hostname'), null)
})

await t.test('a line that is no message gets a clear error, and the next one is heard', async (t) => {
  const { editor, agent, warnings } = await begin(t)
  for (const [line, code] of [
    ['{', -32700], ['[]', -32600], ['"x"', -32600], ['{"jsonrpc":"1.0","id":1,"method":"initialize"}', -32600], ['{"jsonrpc":"2.0","id":{},"method":"initialize"}', -32600],
    ['{"jsonrpc":"2.0","id":1,"id":2,"method":"initialize"}', -32700], ['{"jsonrpc":"2.0","id":1.5,"method":"initialize"}', -32600], ['{"jsonrpc":"2.0","id":1,"method":7}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"session/prompt","params":[]}', -32602], ['{"jsonrpc":"2.0"}', -32600], [`${'['.repeat(100)}${']'.repeat(100)}`, -32700], ['\uFEFF{}', -32700],
    ['x'.repeat(MAX_LINE_BYTES + 1), -32700],
  ] as const) {
    for (const from of [editor, agent]) {
      from.say(line)
      t.match(await from.hear(), { error: { code } }, line.slice(0, 80))
    }
  }
  agent.say({ id: 77, result: {} })
  agent.say({ method: 'agent/anything', params: {} })
  agent.say(ask('elicitation/create', {}))
  t.match(await agent.hear(), { error: { code: -32601 } })
  t.equal(warnings.length, 3, 'what cannot be answered is dropped and said')
  editor.say(ask('session/prompt', { prompt: [{ type: 'text', text: 'still here' }] }))
  t.match(await agent.hear(), { params: { prompt: [{ text: 'still here' }] } })
  editor.say(ask('session/prompt', { prompt: [] }))
  t.match(await editor.hear(), { id: 1, error: { code: -32600 } }, 'an id that is open is not used again')
})

await t.test('without its gateway everything that does something is refused', async (t) => {
  const { editor, agent } = await begin(t, 'author', { url: await closedUrl() })
  agent.say(ask('fs/read_text_file', { path: '/workspace/README.md' }))
  t.match(await agent.hear(), { error: { code: -32001, message: /could not ask its gateway/ } })
  agent.say(ask('session/request_permission', { toolCall: { toolCallId: 'c', kind: 'execute', rawInput: { command: 'ls' } }, options: OPTIONS }))
  await editor.hear()
  t.match(await agent.hear(), { result: { outcome: { optionId: 'no' } } })
  editor.say(ask('session/set_mode', { modeId: 'plan' }))
  t.match(await editor.hear(), { error: { code: -32001 } })
})
