import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOpencodeClient } from '@opencode-ai/sdk'
import t from 'tap'
import { WebSocket } from 'undici'
import { agentConfig } from '../../../../adapters/opencode/agent-config.ts'
import { wellKnown } from '../../../../adapters/opencode/well-known.ts'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import type { EntryBody } from '../../../../gateway/core/ledger-entry.ts'
import type { Verdict } from '../../../../gateway/core/decision.ts'
import type { PolicyInput } from '../../../../gateway/core/policy-input.ts'
import type { Authenticator } from '../../../../gateway/identity/caller.ts'
import { startAskPlane } from '../../../../gateway/planes/ask/ask-plane.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { runAttached, startOpencode } from '../../../adapters/opencode/fixtures/opencode.ts'
import { startScriptedModel } from '../../../adapters/opencode/fixtures/scripted-model.ts'
import { MODEL_TOKEN, sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { openClientGateway } from './client-gateway.ts'

const TOKEN = `Basic ${Buffer.from('opencode:alices-token').toString('base64')}`

let terminalsAllowed = false

function verdictOf (input: PolicyInput): Verdict {
  if (input.route?.class === 'pty') return terminalsAllowed ? 'allow' : 'deny'
  if (input.command?.text.includes('FORBIDDEN') === true) return 'deny'
  if (input.targets.some(({ path }) => path.includes('secret') || path.startsWith('/etc'))) return 'deny'
  if (input.tool?.native === 'task') return 'pending'
  return 'allow'
}

t.setTimeout(900_000) // the real agent takes long to start when all tests run at once

await t.test('clients reach a real agent only as policy allows', async (t) => {
  const model = await startScriptedModel(t)
  const agent = await startOpencode(t, agentConfig({
    modelBaseUrl: () => model.baseUrl, modelToken: MODEL_TOKEN, providers: { local: { format: 'openai-chat', models: { scripted: {} } } }, shell: '/bin/bash',
  }))
  writeFileSync(join(agent.directory, 'open.txt'), 'open words')
  writeFileSync(join(agent.directory, 'secret.txt'), 'hidden words')
  const session = sessionOf(agent)
  const gate = governed(verdictOf, undefined, ({ command }) => command?.text.includes('OBLIGED') === true ? { modify: [{ op: 'add-flag', flag: '--no-create' }] } : {})
  const authenticator: Authenticator = {
    authenticate (authorization) {
      if (authorization !== TOKEN) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
      return { actor: ALICE.actor, app: 'shop', environment: 'DEV', tokenId: 'jti', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }
    },
    isStillValid: () => true,
  }
  const events: EntryBody[] = []
  const { base } = await openClientGateway(t, {
    session,
    gate,
    authenticator,
    onEvent: (body) => { events.push(body) },
    wellKnown: () => wellKnown({ publicUrl: 'http://weir.test', configPath: '/own' }),
  })
  const plane = await startAskPlane(session, { govern: gate.govern, ledger: gate.ledger, log: { warn: () => {} } })
  t.teardown(async () => await plane.close())

  async function call (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ status: number, text: string, json: () => unknown, headers: Headers }> {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: TOKEN, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, text, json: () => JSON.parse(text), headers: response.headers }
  }

  await t.test('without a token only the well-known document answers', async (t) => {
    t.equal((await fetch(`${base}/session`)).status, 401)
    const document = await (await fetch(`${base}/.well-known/opencode`)).json() as unknown
    t.match(document, { auth: { env: 'WEIR_TOKEN' }, config: { share: 'disabled' }, remote_config: { url: 'http://weir.test/own' } })
  })

  await t.test('what the terminal interface asks for at its start is answered', async (t) => {
    const start = [
      '/path', '/project/current', '/config/providers', '/experimental/capabilities', '/experimental/console', '/provider', '/agent', '/config',
      '/session?start=0', '/api/location', '/api/agent', '/api/integration', '/api/model', '/api/provider', '/api/reference', '/api/command',
      '/api/skill', '/command', '/lsp', '/mcp', '/experimental/resource', '/formatter', '/session/status', '/provider/auth', '/vcs',
      '/experimental/workspace', '/experimental/workspace/status', '/permission', '/question',
    ]
    for (const path of start) t.equal((await call('GET', path)).status, 200, path)
  })

  await t.test('no answer about configuration or providers holds a credential', async (t) => {
    for (const path of ['/config', '/global/config', '/config/providers', '/provider', '/api/provider', '/api/model', '/api/provider/local']) {
      const answer = await call('GET', path)
      t.equal(answer.text.includes(MODEL_TOKEN), false, path)
      t.notMatch(answer.text, /127\.0\.0\.1|localhost:/, `${path} names no address inside`)
    }
    t.match((await call('GET', '/config')).json(), { provider: { local: { options: { apiKey: '[redacted]' } } } })
  })

  await t.test('the folder is the session\'s own, whatever the client names', async (t) => {
    for (const path of ['/path?directory=/etc', '/path?directory=/etc&directory=/tmp', '/path?workspace=wrk_1']) {
      t.match((await call('GET', path, undefined, { 'x-opencode-directory': '/etc', 'x-opencode-workspace': 'wrk_1' })).json(), { directory: agent.directory }, path)
    }
    t.match((await call('GET', '/api/location?location[directory]=/etc')).text, agent.directory)
  })

  await t.test('unknown and closed routes never reach the agent', async (t) => {
    t.match((await call('GET', '/nothing')).json(), { error: { code: 'WEIR_ERR_ROUTE_UNKNOWN' } })
    t.equal((await call('GET', '/session/')).status, 404)
    t.equal((await call('GET', '/')).status, 404)
    const closed: [string, string, unknown][] = [
      ['POST', '/mcp', { name: 'x', config: { type: 'local', command: ['touch', 'mcp'] } }],
      ['PATCH', '/config', {}], ['PUT', '/auth/local', { type: 'api', key: 'k' }], ['POST', '/api/session', {}],
      ['POST', '/api/session/ses_1/prompt', {}], ['POST', '/sync/replay', {}], ['POST', '/vcs/apply', { patch: '' }], ['POST', '/global/upgrade', {}],
    ]
    for (const [method, path, body] of closed) {
      t.match((await call(method, path, body)).json(), { error: { code: 'WEIR_ERR_DENIED', rule: 'weir.route_closed', decision: Number } }, path)
    }
    t.match((await call('POST', '/pty', { command: 'touch' })).json(), { error: { code: 'WEIR_ERR_DENIED', rule: 'test.deny' } })
  })

  await t.test('a permission reply is answered by the gateway', async (t) => {
    for (const path of ['/permission/per_1/reply', '/session/ses_1/permissions/per_1', '/api/session/ses_1/permission/per_1/reply']) {
      const answer = await call('POST', path, { reply: 'always', response: 'always' })
      t.equal(answer.status, 409, path)
      t.match(answer.json(), { error: { code: 'WEIR_ERR_DECIDED' } })
    }
    t.strictSame((await call('GET', '/permission')).json(), [])
  })

  await t.test('file reads and searches are decided as the calls they are', async (t) => {
    t.match((await call('GET', '/file/content?path=open.txt')).json(), { content: 'open words' })
    t.match((await call('GET', '/file/content?path=secret.txt')).json(), { error: { code: 'WEIR_ERR_DENIED' } })
    t.equal((await call('GET', '/file/content?path=/etc/hostname')).status, 403)
    t.equal((await call('GET', '/file/content?path=open.txt&path=secret.txt')).status, 400)
    t.equal((await call('GET', '/api/fs/read/secret.txt')).status, 403)
    t.equal((await call('GET', '/api/fs/read/open.txt')).text, 'open words')
    t.equal((await call('GET', '/file?path=.')).status, 200)
    t.equal((await call('GET', '/file/content')).status, 403)
  })

  await t.test('a shell command of a client is decided before it is sent', async (t) => {
    const id = ((await call('POST', '/session', {})).json() as { id: string }).id
    t.equal((await call('POST', `/session/${id}/shell`, { agent: 'build', command: 'touch FORBIDDEN' })).status, 403)
    t.equal(existsSync(join(agent.directory, 'FORBIDDEN')), false)
    t.equal((await call('POST', `/session/${id}/shell`, { agent: 'build', command: 'touch by-client' })).status, 200)
    t.equal(existsSync(join(agent.directory, 'by-client')), true)
    t.equal((await call('POST', `/session/${id}/shell`, { agent: 'build' })).status, 403)
  })

  await t.test('a client\'s command that is allowed only changed is refused with the change it needs', async (t) => {
    const id = ((await call('POST', '/session', {})).json() as { id: string }).id
    const refused = await call('POST', `/session/${id}/shell`, { agent: 'build', command: 'touch OBLIGED' })
    t.equal(refused.status, 403)
    t.match(refused.json(), { error: { code: 'WEIR_ERR_DENIED', rule: 'weir.obligation_unfulfilled', message: /needs the option --no-create/, decision: gate.entries.length - 1 } })
    t.match(gate.entries.at(-1), { kind: 'decision', decision: { verdict: 'deny', rule: 'weir.obligation_unfulfilled' } })
    t.equal(existsSync(join(agent.directory, 'OBLIGED')), false)
  })

  await t.test('permission rules and tool switches of a client change nothing', async (t) => {
    const created = (await call('POST', '/session', { permission: [{ permission: '*', pattern: '*', action: 'allow' }, { permission: 'question', pattern: '*', action: 'deny' }] })).json() as { id: string }
    t.match(created, { permission: [{ permission: '*', action: 'ask' }, { permission: 'question', action: 'deny' }] })
    const patched = await call('PATCH', `/session/${created.id}`, { permission: [{ permission: 'bash', pattern: '*', action: 'allow' }] })
    t.equal(patched.status, 200)
    t.notMatch(JSON.stringify((patched.json() as { permission: unknown }).permission), /allow/)
    model.script([{ calls: [{ id: 'call_1', name: 'bash', args: { command: 'touch FORBIDDEN', description: 'd' } }] }])
    const answer = await call('POST', `/session/${created.id}/message`, { tools: { bash: true, '*': true }, parts: [{ type: 'text', text: 'go' }] })
    t.equal(answer.status, 200)
    t.equal(existsSync(join(agent.directory, 'FORBIDDEN')), false)
    t.match(JSON.stringify(model.requests.at(-1)), /The rule test\.deny applies/)
  })

  await t.test('parts of a prompt that read or delegate are decided as such', async (t) => {
    const id = ((await call('POST', '/session', {})).json() as { id: string }).id
    const prompt = async (part: unknown): Promise<number> => (await call('POST', `/session/${id}/message`, { noReply: true, parts: [part] })).status
    const before = events.length
    t.equal(await prompt({ type: 'file', mime: 'text/plain', url: 'file:///etc/hostname' }), 403)
    t.equal(events.length, before, 'what was refused was not sent')
    t.equal(await prompt({ type: 'file', mime: 'text/plain', url: `file://${agent.directory}/secret.txt` }), 403)
    t.equal(await prompt({ type: 'file', mime: 'text/plain', url: `file://${agent.directory}/open.txt` }), 200)
    t.equal(await prompt({ type: 'file', mime: 'text/plain', url: 'data:text/plain;base64,aGk=' }), 200)
    t.equal(await prompt({ type: 'file', mime: 'text/plain', url: 'data:text/plain,x', source: { type: 'resource', uri: 'x', clientName: 'y' } }), 400)
    t.equal(await prompt({ type: 'file', mime: 'text/plain', url: 'http://127.0.0.1/x' }), 400)
    t.equal(await prompt({ type: 'subtask', prompt: 'p', description: 'd', agent: 'general' }), 423)
    t.equal(await prompt({ type: 'patch', files: [] }), 400)
  })

  await t.test('arguments of a slash command that the agent would run or read are refused', async (t) => {
    const id = ((await call('POST', '/session', {})).json() as { id: string }).id
    for (const text of ['x !`touch FORBIDDEN-2`', '`id`', 'see @/etc/hostname', '@a.ts']) {
      t.match((await call('POST', `/session/${id}/command`, { command: 'review', arguments: text })).json(), { error: { rule: 'weir.command_arguments' } }, text)
    }
    t.equal(existsSync(join(agent.directory, 'FORBIDDEN-2')), false)
    model.script([{ text: 'reviewed' }])
    t.equal((await call('POST', `/session/${id}/command`, { command: 'init', arguments: 'mail a@b.test' })).status, 200)
  })

  await t.test('bodies that parsers could read differently are refused', async (t) => {
    const bodies = ['{"parts":[],"parts":[]}', '\uFEFF{"parts":[]}', '[]', '{', '{"parts":1}', '{"parts":[1]}']
    const id = ((await call('POST', '/session', {})).json() as { id: string }).id
    for (const body of bodies) t.equal((await call('POST', `/session/${id}/message`, body)).status, 400, body)
    t.equal((await call('POST', '/session', '{}', { 'content-type': 'application/json; charset=utf-16' })).status, 400)
    t.equal((await call('POST', '/session', '{}', { 'content-type': 'text/plain' })).status, 400)
    t.equal((await call('POST', '/session', JSON.stringify({ title: 'x'.repeat(1_100_000) }))).status, 413)
  })

  await t.test('asks never show in an event stream, and everything else does', async (t) => {
    for (const path of ['/event', '/global/event']) {
      const seen = await eventsDuring(path, async () => {
        const id = ((await call('POST', '/session', {})).json() as { id: string }).id
        model.script([{ calls: [{ id: `call_${path.length}`, name: 'bash', args: { command: 'true', description: 'd' } }] }])
        await call('POST', `/session/${id}/message`, { parts: [{ type: 'text', text: 'go' }] })
      })
      t.match(seen, /session\.idle/, path)
      t.match(seen, /"tool":"bash"/)
      t.notMatch(seen, /permission\./)
    }
  })

  await t.test('the SDK of OpenCode works as it stands', async (t) => {
    const client = createOpencodeClient({ baseUrl: base, headers: { authorization: TOKEN }, directory: agent.directory })
    const created = await client.session.create({ body: { title: 'sdk' } })
    model.script([{ text: 'hello from the model' }])
    const answer = await client.session.prompt({ path: { id: created.data?.id ?? '' }, body: { parts: [{ type: 'text', text: 'hi' }] } })
    t.match(answer.data?.parts, [{ type: 'step-start' }, { type: 'text', text: 'hello from the model' }])
    t.ok((await client.session.list()).data?.some(({ title }) => title === 'sdk'))
    t.ok(session.collected > 0)
  })

  await t.test('the real `run --attach` works, and its automatic refusal of asks finds none to refuse', async (t) => {
    model.script([{ calls: [{ id: 'call_run', name: 'bash', args: { command: 'touch by-run', description: 'd' } }] }, { text: 'all done by the model' }])
    const before = model.requests.length
    // What it prints is not looked at: it leaves before its output is flushed, with and without a gateway in between.
    t.match(await runAttached(base, 'alices-token'), /build/)
    t.equal(existsSync(join(agent.directory, 'by-run')), true)
    t.equal(model.requests.length, before + 2)
    t.notMatch(JSON.stringify(model.requests.at(-1)), /rejected permission/)
    t.notMatch(await runAttached(base, 'another-token'), /build/)
    t.equal(model.requests.length, before + 2)
  })

  await t.test('a terminal opens only when policy allows, only from this origin, and only with a token', async (t) => {
    const socket = async (path: string, headers: Record<string, string>): Promise<string> => new Promise((resolve) => {
      const client = new WebSocket(base.replace('http', 'ws') + path, { headers })
      let seen = ''
      client.addEventListener('error', () => resolve('refused'))
      client.addEventListener('open', () => client.send('echo $((40 + 2))-from-terminal\r'))
      client.addEventListener('message', ({ data }) => {
        seen += typeof data === 'string' ? data : ''
        if (!seen.includes('42-from-terminal')) return
        client.close()
        resolve('answered')
      })
    })
    terminalsAllowed = true
    const { id } = (await call('POST', '/pty', { command: '/usr/bin/touch', args: ['FORBIDDEN'], env: { A: 'b' }, title: 'x' })).json() as { id: string }
    t.equal(await socket(`/pty/${id}/connect`, { authorization: TOKEN }), 'answered')
    t.equal(await socket(`/pty/${id}/connect`, {}), 'refused')
    t.equal(await socket(`/pty/${id}/connect?ticket=x&auth_token=y`, {}), 'refused')
    t.equal(await socket(`/pty/${id}/connect`, { authorization: TOKEN, origin: 'https://evil.test' }), 'refused')
    t.equal(await socket('/session', { authorization: TOKEN }), 'refused')
    t.equal((await call('POST', `/pty/${id}/connect-token`)).status, 404)
    terminalsAllowed = false
    t.equal(await socket(`/pty/${id}/connect`, { authorization: TOKEN }), 'refused')
    t.equal(existsSync(join(agent.directory, 'FORBIDDEN')), false)
  })

  await t.test('a prompt is recorded by its digest alone', async (t) => {
    const id = ((await call('POST', '/session', {})).json() as { id: string }).id
    const body = { noReply: true, parts: [{ type: 'text', text: 'nobody-else-reads-this' }] }
    await call('POST', `/session/${id}/message`, body)
    const sent = events.at(-1)
    t.match(sent, { name: 'prompt-sent', session: session.id, detail: { route: '/session/{sessionID}/message', sha256: createHash('sha256').update(JSON.stringify(body)).digest('hex') } })
    t.match(gate.entries[Number(sent?.kind === 'event' ? sent.detail['of'] : -1)], { kind: 'decision', input: { route: { path: '/session/{sessionID}/message' } } })
    t.notMatch(JSON.stringify(events), 'nobody-else-reads-this')
  })

  await t.test('every answer rests on a recorded decision that names route and class', async (t) => {
    const routes = gate.inputs('route')
    t.ok(routes.some(({ route }) => route?.path === '/session/{sessionID}/message' && route.class === 'chat'))
    t.ok(gate.settled.every(({ entry }) => gate.entries[entry]?.kind === 'decision'))
    t.equal(JSON.stringify(gate.entries).includes(readFileSync(join(agent.directory, 'secret.txt'), 'utf8')), false)
  })

  async function eventsDuring (path: string, work: () => Promise<void>): Promise<string> {
    const leave = new AbortController()
    const response = await fetch(base + path, { headers: { authorization: TOKEN }, signal: leave.signal })
    if (response.body === null) throw new Error('no stream')
    let seen = ''
    const reading = (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        seen += decoder.decode(chunk, { stream: true })
        if (seen.includes('session.idle')) return
      }
    })()
    await work()
    await reading
    leave.abort()
    return seen
  }
})
