import { join } from 'node:path'
import t from 'tap'
import type { LedgerEntry } from '../../../../../gateway/core/ledger-entry.ts'
import { openTokenRegistry } from '../../../../../gateway/identity/token-registry.ts'
import { outcomeOf, settledLedgerOf } from '../../../../support/ledger-of.ts'
import { openToolStage, type Answer } from '../tool-stage.ts'
import { openMcpClient, textOf } from './mcp-client.ts'

t.setTimeout(240_000)
const stage = await openToolStage(t)
const { url } = stage.gateway
const alice = stage.gateway.tokenFor('author', 'alice@acme.test')
const client = await openMcpClient(t, url, alice)
const decided = async (): Promise<ReadonlyArray<Extract<LedgerEntry, { kind: 'decision' }>>> => (await stage.ledger()).flatMap((entry) => entry.kind === 'decision' && entry.plane === 'tool' ? [entry] : [])

await t.test('the official client sees the five tools, with what each takes', async (t) => {
  const tools = await client.tools()
  t.same(tools.map(({ name }) => name), ['read-file', 'write-file', 'run-shell', 'run-test', 'search'])
  t.match(tools[0], { description: 'Reads a file of the workspace.', annotations: { readOnlyHint: true }, inputSchema: { required: ['path'], additionalProperties: false, properties: { limit: { type: 'integer', maximum: 8_388_608 } } } })
})

await t.test('every tool runs in the sandbox, and what it made is a commit', async (t) => {
  t.match(textOf(await client.call('read-file', { path: 'src/cart.js' })), 'reduce')
  const written = await client.call('write-file', { path: 'src/deep/new.js', content: 'export default 1\n' })
  t.match(textOf(written), /Written: 17 bytes\.\nPart of the project now: src\/deep\/new\.js/)
  t.equal(stage.git('show', 'weir/dev:src/deep/new.js'), 'export default 1')
  const shell = await client.call('run-shell', { command: 'cat deep/new.js; echo wrong >&2; exit 3', cwd: 'src' })
  t.match(shell, { isError: true, _meta: { 'weir/status': 'failed', 'weir/result': { kind: 'command', code: 3 } } })
  t.match(textOf(shell), /export default 1[^]*wrong[^]*Exit code 3\./)
  t.match(textOf(await client.call('run-test')), /1 tests: 1 passed, 0 failed/)
  t.match(textOf(await client.call('search', { pattern: 'export default [0-9]', include: '*.js' })), 'src/deep/new.js:1:export default 1')
  const bytes = await client.call('run-shell', { command: "printf '\\377\\000' > bytes.bin" })
  t.not(bytes.isError, true, textOf(bytes))
  t.match((await client.call('read-file', { path: 'bytes.bin' })).content, [{ type: 'resource', resource: { uri: 'file:///workspace/bytes.bin', blob: '/wA=' } }])
})

await t.test('what policy denies is told with its rule, as the result of the call, and is recorded', async (t) => {
  for (const [name, args, rule] of [['read-file', { path: '.env' }, 'secret_paths.secret_touched'], ['delete-all', {}, 'weir.unreadable_call'], ['read-file', { path: 'README.md', follow: true }, 'weir.unreadable_call']] as const) {
    const answer = await client.call(name, args)
    t.match(answer, { isError: true, _meta: { 'weir/status': 'deny', 'weir/decision': { verdict: 'deny', rule, revision: /./, entry: Number } } })
    t.match(textOf(answer), `[${rule}]`)
    t.notMatch(textOf(answer), 'do-not-show')
    t.match((await decided()).at(-1), { input: { tool: { native: name, protocol: 'mcp' } }, decision: { verdict: 'deny', rule } })
  }
})

await t.test('a call that waits for a second person is told with its approval, or held until it is given', async (t) => {
  const bob = stage.gateway.tokenFor('approver', 'bob@acme.test')
  const approve = async (approval: unknown): Promise<number> => (await fetch(`${url}/weir/api/v1/approvals/${String(approval)}/approve`, { method: 'POST', headers: { authorization: `Bearer ${bob}`, 'content-type': 'application/json' }, body: '{}' })).status
  const told = await client.call('write-file', { path: 'package.json', content: '{}\n' })
  t.match(told, { isError: true, _meta: { 'weir/status': 'pending', 'weir/decision': { approval: /^apr_/ } } })
  const { approval } = told._meta?.['weir/decision'] as { readonly approval: string }
  t.match(textOf(told), approval)
  t.equal(await approve(approval), 200)
  t.match(textOf(await client.call('write-file', { path: 'package.json', content: '{}\n' })), 'Part of the project now: package.json')

  const held = await client.call('write-file', { path: 'package.json', content: '{"held":1}\n' }, {
    waitMs: 200_000,
    onProgress: (message) => { approve(/approval (apr_\w+)/.exec(message)?.[1]).catch((thrown: unknown) => { t.fail(String(thrown)) }) },
  })
  t.match(held, { isError: false, _meta: { 'weir/status': 'allow' } })
  t.equal(stage.git('show', 'weir/dev:package.json'), '{"held":1}')
})

await t.test('a cancelled call is ended in the sandbox, and so is one whose client went away', async (t) => {
  const stop = new AbortController()
  const cancelled = client.call('run-shell', { command: 'echo begun; sleep 1000' }, { signal: stop.signal, onProgress: (message) => { if (message.includes('begun')) stop.abort() } })
  await t.rejects(cancelled)
  // A change waits for its turn behind the one that was ended: when this is answered, that one is over.
  t.equal((await client.call('run-shell', { command: 'true' })).isError, false)
  const first = (await decided()).findLast(({ input }) => input.command?.text.includes('sleep') === true)
  t.match(first && await outcomeOf(stage.gateway.dataDir, first), { status: 'failed', detail: { how: 'killed' } })

  const leaving = new AbortController()
  const body = { jsonrpc: '2.0', id: 'leaves', method: 'tools/call', params: { name: 'run-shell', arguments: { command: 'echo begun; sleep 2000' }, _meta: { progressToken: 'p' } } }
  const answer = await post(body, { session: client.id, signal: leaving.signal })
  for await (const chunk of answer.body ?? []) if (Buffer.from(chunk as Uint8Array).includes('begun')) break
  leaving.abort()
  t.equal((await client.call('run-shell', { command: 'true' })).isError, false)
  const second = (await decided()).findLast(({ input }) => input.command?.text.includes('2000') === true)
  t.match(second && await outcomeOf(stage.gateway.dataDir, second), { status: 'failed', detail: { how: 'killed' } })
})

await t.test('a long output is cut in its middle, and says so', async (t) => {
  const answer = await client.call('run-shell', { command: 'echo first; head -c 3000000 /dev/zero | tr "\\0" x; echo; echo last' })
  const text = textOf(answer)
  t.match(text, /^first\n[^]*\[… \d+ characters left out …\][^]*last\n/)
  t.ok(text.length < 270_000, `${text.length} characters`)
  t.match(answer._meta?.['weir/result'], { outputBytes: 3_000_012 })
})

await t.test('the same calls over the wire protocol and over MCP: the same decisions and the same entries, surface aside', async (t) => {
  const calls: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]> = [
    ['read-file', { path: 'README.md' }], ['read-file', { path: '../../etc/passwd' }], ['read-file', { path: '.env' }], ['read-file', { path: 'nowhere.js' }], ['read-file', { path: 7 }],
    ['search', { pattern: 'SHOP_SECRET', include: '.env' }], ['search', { pattern: 'reduce', path: 'src' }], ['run-shell', { command: 'rm -rf /' }], ['run-shell', { command: 'echo hi; false' }], ['run-shell', { command: 'curl http://169.254.169.254/' }],
    ['write-file', { path: '.github/workflows/ci.yml', content: 'on: push\n' }], ['write-file', { path: 'src/same.js', content: 'same\n' }], ['run-test', { timeoutMs: 60_000 }], ['run-test', { command: 'true' }], ['nothing', {}],
  ]
  const entriesOf = async (run: () => Promise<unknown>): Promise<readonly object[]> => {
    const before = (await stage.ledger()).length
    await run()
    const entries = (await settledLedgerOf(stage.gateway.dataDir, ({ plane }) => plane === 'tool')).slice(before)
    return entries.flatMap((entry) => {
      if (entry.kind !== 'decision' || entry.plane !== 'tool') return [] // what the files became is the file plane's: the second time nothing changes
      const { input: { tool, targets, command, permission, session }, decision, plane, digest } = entry
      const outcome = entries.find((other) => other.kind === 'outcome' && other.of === entry.index)
      return [{ tool: tool === null ? null : { ...tool, protocol: '' }, targets, command, permission, session, decision, plane, digest, outcome: outcome?.kind === 'outcome' ? outcome.status : null }]
    })
  }
  const settled: Answer[] = []
  const overWire = await entriesOf(async () => {
    for (const [tool, args] of calls) settled.push(...await stage.talk(alice, [{ verb: 'apply', id: 1, call: { tool, args } }]))
  })
  const overMcp = await entriesOf(async () => {
    for (const [tool, args] of calls) await client.call(tool, args)
  })
  t.equal(settled.filter(({ type }) => type === 'end').length, calls.length)
  t.ok(overWire.length >= calls.length, `${overWire.length} decisions`)
  t.same(overMcp, overWire)
})

/** What no client of the SDK's would send. */
async function post (body: unknown, { session, token = alice, headers = {}, signal }: { readonly session?: string, readonly token?: string, readonly headers?: Readonly<Record<string, string>>, readonly signal?: AbortSignal } = {}): Promise<Response> {
  return await fetch(`${url}/weir/mcp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...(session === undefined ? {} : { 'mcp-session-id': session }), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
}

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' }
const HELLO = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } } }

await t.test('the door takes no page of another origin, no session of another token, and nothing that two readers read differently', async (t) => {
  const dave = stage.gateway.tokenFor('author', 'dave@acme.test')
  const status = async (...args: Parameters<typeof post>): Promise<number> => {
    const answer = await post(...args)
    await answer.text()
    return answer.status
  }
  t.equal(await status(PING, { session: client.id }), 200)
  t.equal(await status(PING, { session: client.id, token: 'nobody' }), 401)
  t.equal(await status(PING, { session: client.id, token: dave }), 404, 'another actor')
  t.equal(await status(PING, { session: client.id, token: stage.gateway.tokenFor('author', 'alice@acme.test') }), 404, 'another token of the same actor')
  t.equal(await status(PING), 404, 'no session')
  t.equal(await status(PING, { session: client.id, headers: { origin: 'https://evil.test' } }), 403)
  t.equal(await status(PING, { session: client.id, headers: { origin: url } }), 200, 'the gateway\'s own page')
  t.equal(await status([PING], { session: client.id }), 400, 'a batch')
  t.equal(await status('{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}', { session: client.id }), 400, 'a key twice')
  t.equal(await status({ ...PING, id: {} }, { session: client.id }), 400)
  t.equal(await status(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${'x'.repeat(16_777_216)}"}}`, { session: client.id }), 413)
  t.equal(await status(HELLO, { session: client.id }), 400, 'a handshake in a session')
  t.equal(await status(HELLO, { headers: { accept: 'text/html' } }), 406)
  t.equal((await fetch(`${url}/weir/mcp`, { headers: { authorization: `Bearer ${alice}` } })).status, 405)
  t.equal((await fetch(`${url}/weir/mcp?app=other`, { method: 'POST', headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/json' }, body: JSON.stringify(HELLO) })).status, 403)
})

await t.test('a session ends when its client says so, and the oldest idle one of an actor when there are too many', async (t) => {
  const erin = stage.gateway.tokenFor('reader', 'erin@acme.test')
  const sessions: string[] = []
  for (let count = 0; count < 17; count += 1) {
    const answer = await post(HELLO, { token: erin })
    await answer.text()
    t.equal(answer.status, 200)
    sessions.push(answer.headers.get('mcp-session-id') ?? '')
  }
  const ping = async (session: string | undefined): Promise<number> => {
    const answer = await post(PING, { token: erin, session: session ?? '' })
    await answer.text()
    return answer.status
  }
  t.equal(await ping(sessions[0]), 404)
  t.equal(await ping(sessions[1]), 200)
  t.equal((await fetch(`${url}/weir/mcp`, { method: 'DELETE', headers: { authorization: `Bearer ${erin}`, 'mcp-session-id': sessions[1] ?? '' } })).status, 204)
  t.equal(await ping(sessions[1]), 404)
  const opened = (await stage.ledger()).filter((entry) => entry.kind === 'decision' && entry.input.route?.path === '/weir/mcp')
  t.ok(opened.length >= 18 && opened.every((entry) => entry.kind === 'decision' && entry.input.route?.class === 'weir-tools'), 'each session is a decision on a route')
})

await t.test('two open requests of a session cannot have one id', async (t) => {
  const waits = { jsonrpc: '2.0', id: 'twice', method: 'tools/call', params: { name: 'run-shell', arguments: { command: 'echo begun; sleep 1000' }, _meta: { progressToken: 'p' } } }
  const leaving = new AbortController()
  const answer = await post(waits, { session: client.id, signal: leaving.signal })
  const second = await post({ ...PING, id: 'twice' }, { session: client.id })
  t.equal(second.status, 400)
  t.match(await second.text(), 'still open')
  leaving.abort()
  await t.rejects(answer.text())
})

await t.test('a session that has its 64 requests open is refused more, and goes on when one has ended', async (t) => {
  const { id: session } = await openMcpClient(t, url, alice) // nothing of an earlier test is open in it
  const leaving = new AbortController()
  const opened = await Promise.all(Array.from({ length: 64 }, async (_, at) => await post({ jsonrpc: '2.0', id: `open${at}`, method: 'tools/call', params: { name: 'run-shell', arguments: { command: 'sleep 1000' } } }, { session, signal: leaving.signal })))
  t.ok(opened.every(({ status }) => status === 200))
  const refused = await post(PING, { session })
  t.equal(refused.status, 429)
  t.match(await refused.json(), { error: { code: 'WEIR_ERR_RATE' } })
  leaving.abort()
  await Promise.all(opened.map(async (answer) => await t.rejects(answer.text())))
  // The gateway hears of it when the connections are closed, which nobody is told.
  let { status } = refused
  while (status === 429) {
    const next = await post(PING, { session })
    await next.text()
    status = next.status
  }
  t.equal(status, 200)
})

await t.test('a revoked token ends what runs by it', async (t) => {
  const answer = await post({ jsonrpc: '2.0', id: 'last', method: 'tools/call', params: { name: 'run-shell', arguments: { command: 'echo begun; sleep 3000' }, _meta: { progressToken: 'p' } } }, { session: client.id })
  let said = ''
  await t.rejects(async () => {
    for await (const chunk of answer.body ?? []) {
      said += Buffer.from(chunk as Uint8Array).toString()
      if (!said.includes('begun')) continue
      openTokenRegistry(join(stage.gateway.dataDir, 'identity', 'tokens.jsonl')).add({ revokedActor: 'alice@acme.test', beforeMs: Date.now(), atMs: Date.now() })
      said = ''
    }
  }, 'the answer is cut, not ended')
  const after = await post(PING, { session: client.id })
  t.equal(after.status, 401)
  await after.text()
})
