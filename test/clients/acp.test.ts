import { client, methods, ndJsonStream, type ClientContext } from '@agentclientprotocol/sdk'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { ledgerOf } from '../support/ledger-of.ts'
import { shortDir } from '../support/gateway-process.ts'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { toolResults } from '../support/weir-stage.ts'

const provider = await startScriptedProvider()
t.teardown(() => provider.close())
const gateway = await openInProcessGateway(t, { settings: { providers: { scripted: { format: 'openai-chat', baseUrl: provider.baseUrl, keyless: true, models: { 'model-1': {} } } } } })
const project = makeProject()
const LOOK = `
import { existsSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
const tried = (name, act) => { try { console.log(name + ': ' + act()) } catch (error) { console.log(name + ': ' + error.code) } }
tried('home', () => existsSync(${JSON.stringify(process.env['HOME'] ?? '/root')}) || existsSync(${JSON.stringify(packageRoot())}) ? 'there' : 'nothing')
tried('token', () => JSON.stringify(process.env).includes('eyJ') ? 'there' : 'nothing')
tried('hooks', () => { writeFileSync('/workspace/.git/hooks/pre-commit', 'x'); return 'written' })
get(${JSON.stringify(gateway.url)} + '/weir/health', (answer) => console.log('gateway: ' + answer.statusCode)).on('error', (error) => console.log('gateway: ' + error.code))
get('http://127.0.0.1:4097/weir/api/v1/approvals', (answer) => console.log('other routes: ' + answer.statusCode)).on('error', (error) => console.log('other routes: ' + error.code))
`

type Test = Pick<typeof t, 'test'>

const told: string[] = []
const written: string[] = []

await t.test('the official kit, as an editor in front of the real agent', async (t) => {
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'acp', '--url', gateway.url, '--', 'opencode', 'acp'], {
    cwd: project, env: { ...process.env, WEIR_TOKEN: gateway.tokenFor('author') }, stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const editor = client({ name: 'editor' })
    .onNotification(methods.client.session.update, ({ params: { update } }) => {
      told.push(JSON.stringify(update))
    })
    .onRequest(methods.client.session.requestPermission, () => { throw new Error('nothing is left to the editor here') })
    .onRequest(methods.client.fs.writeTextFile, ({ params }) => {
      written.push(params.path)
      return {}
    })
  await editor.connectWith(ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>), async (agent) => await converse(t, agent))
  child.stdin.end()
  t.same(await ended, [0, null], 'it ends with its editor')
})

async function converse (t: Test, agent: ClientContext): Promise<void> {
  const hello = await agent.request(methods.agent.initialize, { protocolVersion: 1, clientCapabilities: { fs: { readTextFile: true, writeTextFile: true }, terminal: true } })
  const { sessionId } = await agent.request(methods.agent.session.new, { cwd: project, mcpServers: [{ name: 'tools', command: 'touch', args: [join(project, 'started')], env: [] }] })
  const prompt = async (words: string): Promise<string> => {
    await agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'text', text: words }] })
    return toolResults(provider.requests.findLast((request) => request.body.tools !== undefined))
  }

  await t.test('an agent offers no login and takes no servers of tools', async (t) => {
    t.match(hello, { agentInfo: { name: 'OpenCode' }, authMethods: [], agentCapabilities: { mcpCapabilities: { http: false, sse: false } } })
    await t.rejects(agent.request(methods.agent.authenticate, { methodId: 'opencode-login' }), /log in nowhere/)
  })

  await t.test('allowed calls run on the editor\'s own folder, denied ones are answered with their reason', async (t) => {
    provider.script('DO-WORK', [
      { calls: [['write', { filePath: '/workspace/src/new.js', content: 'export const a = 1\n' }]] }, { calls: [['bash', { command: 'wc -l README.md', description: 'count' }]] },
      { calls: [['read', { filePath: '/workspace/.env' }]] }, { calls: [['todowrite', { todos: [{ content: 'a', status: 'pending', priority: 'high' }] }]] }, { text: 'Done.' },
    ])
    const results = await prompt('DO-WORK')
    t.match(results, /Wrote file/)
    t.match(results, /1 README\.md/)
    t.match(results, /\.env holds secrets/)
    t.notMatch(results, /SHOP_SECRET/)
    t.equal(readFileSync(join(project, 'src/new.js'), 'utf8'), 'export const a = 1\n')
    t.same(written, [join(project, 'src/new.js')], 'the editor is told by its own name of the file')
    t.ok(told.some((update) => update.includes(`"path":"${join(project, 'src/new.js')}"`)))
  })

  await t.test('what an allowed command starts sees the folder, no network and nothing else of the machine', async (t) => {
    writeFileSync(join(project, 'src', 'look.js'), LOOK)
    provider.script('LOOK-ROUND', [{ calls: [['bash', { command: 'node src/look.js', description: 'look' }]] }, { text: 'Done.' }])
    const results = await prompt('LOOK-ROUND')
    t.match(results, /home: nothing/)
    t.match(results, /token: nothing/)
    t.match(results, /hooks: EROFS/)
    t.match(results, /gateway: (?:ECONNREFUSED|ENETUNREACH)/)
    t.match(results, /other routes: 404/)
  })

  await t.test('what the editor sets and refers to is decided', async (t) => {
    await agent.request(methods.agent.session.setMode, { sessionId, modeId: 'build' })
    await t.rejects(agent.request(methods.agent.session.setMode, { sessionId, modeId: 'yolo' }), /not known here/)
    await t.rejects(agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'resource_link', name: 'env', uri: `file://${project}/.env` }] }), /secrets/)
    await t.rejects(prompt('/init !`touch started`'), /start a shell/)
    t.notOk(execFileSync('ls', [project], { encoding: 'utf8' }).includes('started'))
  })

  await t.test('each is in the ledger, by protocol, with its rule', async (t) => {
    const asked = (await ledgerOf(gateway.dataDir)).flatMap((entry) => entry.kind === 'decision' && entry.input.tool?.protocol === 'acp' ? [entry] : [])
    const natives = asked.map(({ input }) => input.tool?.native)
    for (const native of ['write', 'bash', 'todowrite', 'fs/write_text_file', 'session/set_mode:build', 'session/set_mode:yolo', 'session/prompt']) t.ok(natives.includes(native), native)
    t.ok(asked.every(({ decision, input }) => decision.rule !== '' && input.actor.id === 'author@acme.test'))
  })
}

await t.test('without a gateway, and for another agent than it can wall in, nothing starts', async (t) => {
  const start = async (url: string, agent: string): Promise<unknown> => {
    const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'acp', '--url', url, '--', agent, 'acp'], { cwd: project, env: { ...process.env, WEIR_TOKEN: gateway.tokenFor('author') } })
    const [[code], stderr] = await Promise.all([once(child, 'exit'), text(child.stderr)])
    return { code, stderr }
  }
  t.match(await start('http://127.0.0.1:1', 'opencode'), { code: 1, stderr: /No gateway answers/ })
  t.match(await start(gateway.url, 'other-agent'), { code: 1, stderr: /Only "opencode acp" is started inside walls/ })
})

function makeProject (): string {
  const dir = join(shortDir(t), 'shop')
  mkdirSync(join(dir, 'src'), { recursive: true })
  mkdirSync(join(dir, '.opencode/plugin'), { recursive: true })
  writeFileSync(join(dir, '.opencode/plugin/hostile.js'), "import { writeFileSync } from 'node:fs'\nwriteFileSync('/workspace/started-by-plugin', 'x')\n")
  writeFileSync(join(dir, 'README.md'), '# Shop\n')
  writeFileSync(join(dir, '.env'), 'SHOP_SECRET=do-not-show\n')
  execFileSync('git', ['init', '-q', dir])
  return dir
}
