import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createOpencodeClient } from '@opencode-ai/sdk'
import t from 'tap'
import { installedAgent } from '../../gateway/sessions/installed-agent.ts'
import { clientEnv } from '../support/opencode-client.ts'
import { openStage } from '../support/weir-stage.ts'

const stage = await openStage(t)
const author = stage.tokenFor('author', 'alice@acme.test')
const screenLines = 40

await t.test('without a token nothing but health, ready and .well-known answers', async (t) => {
  const open = ['/weir/health', '/weir/ready', '/.well-known/opencode']
  const closed = ['/', '/session', '/event', '/global/event', '/config', '/doc', '/weir/metrics', '/weir/api/v1/audit', '/weir/api/v1/usage', '/weir/model/scripted/v1/models', '/nothing']
  for (const path of open) t.equal((await fetch(stage.gateway.url + path)).status, 200, path)
  for (const path of closed) {
    const response = await fetch(stage.gateway.url + path)
    t.equal(response.status, 401, path)
    t.match(await response.json(), { error: { code: 'WEIR_ERR_AUTH_MISSING' } })
  }
})

await t.test('malformed JSON, an unknown route and a bad token each get a clear error', async (t) => {
  t.match(await stage.call('POST', '/session', author, '{"a":1,"a":2}'), { status: 400 })
  t.match(await stage.call('POST', '/weir/api/v1/decisions', author, '{'), { status: 400, text: /WEIR_ERR_DECODE_MALFORMED/ })
  t.match(await stage.call('GET', '/no/such/route', author), { status: 404, text: /WEIR_ERR_ROUTE_UNKNOWN/ })
  t.match(await stage.call('GET', '/session', 'not-a-token'), { status: 401, text: /WEIR_ERR_AUTH_INVALID/ })
})

await t.test('a page of another site cannot use a remembered Basic credential', async (t) => {
  const post = async (headers: Record<string, string>): Promise<number> => (await fetch(`${stage.gateway.url}/weir/api/v1/decisions?dryRun=true`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{"protocol":"opencode","tool":"read","args":{"filePath":"a"}}',
  })).status
  const basic = `Basic ${Buffer.from(`opencode:${author}`).toString('base64')}`
  t.equal(await post({ authorization: basic }), 200)
  t.equal(await post({ authorization: basic, origin: stage.gateway.url }), 200)
  t.equal(await post({ authorization: basic, origin: 'https://evil.test' }), 403)
  t.equal(await post({ authorization: basic, origin: 'null' }), 403)
  t.equal(await post({ authorization: `Bearer ${author}`, origin: 'https://evil.test' }), 200)
})

await t.test('the SDK creates a session, prompts and reads the answer', async (t) => {
  stage.provider.script('SDK-PROMPT', [{ calls: [['read', { filePath: '/workspace/README.md' }]] }, { text: 'Read by SDK.' }])
  const client = createOpencodeClient({ baseUrl: stage.gateway.url, headers: { authorization: `Bearer ${author}` } })
  const session = await client.session.create({ body: { title: 'by sdk' } })
  t.ok(session.data?.id, JSON.stringify(session.error))
  const answer = await client.session.prompt({ path: { id: session.data?.id ?? '' }, body: { parts: [{ type: 'text', text: 'SDK-PROMPT' }] } })
  t.match(JSON.stringify(answer.data), /Read by SDK/)
  const config = await client.config.get()
  t.match(JSON.stringify(config.data), /"apiKey":"\[redacted\]"/)
})

await t.test('the terminal client attaches, sends a prompt and shows the answer', async (t) => {
  stage.provider.script('TUI-PROMPT', [{ text: 'Shown in the terminal.' }])
  const socket = join(stage.dir, 'tmux')
  const tmux = (...args: string[]): string => execFileSync('tmux', ['-S', socket, ...args], { encoding: 'utf8', env: clientEnv(join(stage.dir, 'tui'), author) })
  const binary = installedAgent('opencode', process.env)
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', '120', '-y', String(screenLines), '-c', join(stage.dir, 'tui', 'work'), `${binary} attach ${stage.gateway.url}`)
  t.teardown(() => { tmux('kill-server') })
  await shows(tmux, /Ask anything|model-1/i)
  tmux('send-keys', 'TUI-PROMPT', 'Enter')
  await shows(tmux, /Shown in the terminal/)
  t.pass('the answer is on the screen')
})

/** Looks at the screen until it shows the text; the test's own time limit ends a vain wait. */
async function shows (tmux: (...args: string[]) => string, text: RegExp): Promise<void> {
  while (!text.test(tmux('capture-pane', '-p'))) await fetch(`${stage.gateway.url}/weir/health`)
}
