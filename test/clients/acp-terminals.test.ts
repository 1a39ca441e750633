import { client, methods, ndJsonStream, type CreateTerminalRequest } from '@agentclientprotocol/sdk'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { ledgerOf } from '../support/ledger-of.ts'
import { testFolder } from '../support/test-folder.ts'
import type { Told, Wanted } from './terminal-agent.ts'

// Both sides are made with the official kit: an editor that runs the commands of its agent, and an agent that asks for them.

const gateway = await openInProcessGateway(t, {})
const project = realpathSync(testFolder(t))
writeFileSync(join(project, 'README.md'), '# Shop\n')
writeFileSync(join(project, 'package.json'), '{}\n')
writeFileSync(join(project, '.env'), 'SHOP_SECRET=do-not-show\n')

interface Terminal { readonly child: ChildProcess, readonly exited: Promise<{ exitCode: number | null, signal: string | null }>, output: string }

const asked: CreateTerminalRequest[] = []
const terminals = new Map<string, Terminal>()
const methodsHeard: string[] = []
const said: string[] = []

function open (params: CreateTerminalRequest): { terminalId: string } {
  asked.push(params)
  const { command, args = [], cwd } = params
  // As editors do it: words are run as they are, a command without words is given to a shell.
  const child = spawn(command, args, { cwd: cwd ?? project, shell: args.length === 0, stdio: ['ignore', 'pipe', 'ignore'] })
  const terminal: Terminal = { child, exited: once(child, 'close').then(([exitCode, signal]) => ({ exitCode: exitCode as number | null, signal: signal as string | null })), output: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => { terminal.output += text })
  const terminalId = `term_${asked.length}`
  terminals.set(terminalId, terminal)
  return { terminalId }
}

function terminalOf ({ terminalId }: { readonly terminalId: string }, method: string): Terminal {
  methodsHeard.push(method)
  const found = terminals.get(terminalId)
  if (found === undefined) throw new Error('There is no such terminal.')
  return found
}

const weir = spawn(process.execPath, [join(packageRoot(), 'bin/weir.js'), 'acp', '--no-sandbox', '--url', gateway.url, '--', process.execPath, join(import.meta.dirname, 'terminal-agent.js')], {
  cwd: project, env: { ...process.env, WEIR_TOKEN: gateway.tokenFor('author', 'alice@acme.test') }, stdio: ['pipe', 'pipe', 'inherit'],
})
const ended = once(weir, 'exit')
const connection = client({ name: 'editor' })
  .onNotification(methods.client.session.update, ({ params: { update } }) => { if (update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text') said.push(update.content.text) })
  .onRequest(methods.client.terminal.create, ({ params }) => open(params))
  .onRequest(methods.client.terminal.output, ({ params }) => ({ output: terminalOf(params, 'output').output, truncated: false }))
  .onRequest(methods.client.terminal.waitForExit, async ({ params }) => await terminalOf(params, 'wait').exited)
  .onRequest(methods.client.terminal.kill, ({ params }) => {
    terminalOf(params, 'kill').child.kill()
    return {}
  })
  .onRequest(methods.client.terminal.release, ({ params }) => {
    terminalOf(params, 'release').child.kill()
    terminals.delete(params.terminalId)
    return {}
  })
  .connect(ndJsonStream(Writable.toWeb(weir.stdin), Readable.toWeb(weir.stdout) as ReadableStream<Uint8Array>))

await connection.agent.request(methods.agent.initialize, { protocolVersion: 1, clientCapabilities: { terminal: true } })
const { sessionId } = await connection.agent.request(methods.agent.session.new, { cwd: project, mcpServers: [] })

async function want (wanted: Wanted): Promise<Told> {
  await connection.agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'text', text: JSON.stringify(wanted) }] })
  return JSON.parse(said.at(-1) ?? '') as Told
}

await t.test('a command that policy allows runs in the editor\'s terminal, which is gone once it is released', async (t) => {
  t.same(await want({ command: 'cat', args: ['README.md'] }), { output: '# Shop\n', exitCode: 0, signal: null, afterRelease: -32602 })
  t.match(asked.at(-1), { command: 'cat', args: ['README.md'], cwd: project })
  t.same(methodsHeard, ['wait', 'output', 'release'], 'of a terminal that was released the editor hears no more')
  t.equal(terminals.size, 0)
  t.match(await want({ command: 'sleep', args: ['300'], kill: true }), { exitCode: null, signal: 'SIGTERM' })
})

await t.test('what policy denies never reaches the editor, and the agent reads why', async (t) => {
  const before = asked.length
  t.match(await want({ command: 'cat', args: ['.env'] }), { code: -32001, message: /secrets/ })
  t.match(await want({ command: `cat ${join(project, '.env')}` }), { code: -32001, message: /secrets/ }, 'by the name that this machine has for it')
  t.match(await want({ command: 'ls', cwd: '/etc' }), { code: -32602 })
  t.match(await want({ command: 'echo', args: ['$(cat .env)'] }), { code: -32001 }, 'some editors would have a shell read it')
  t.equal(asked.length, before, 'the editor was asked for none of them')
})

await t.test('what waits for a second person runs once that person said yes, and only once', async (t) => {
  const wanted = { command: "echo '{ }' > package.json" }
  const held = await want(wanted)
  t.match(held, { code: -32001, data: { approval: /^apr_/ } })
  t.equal(readFileSync(join(project, 'package.json'), 'utf8'), '{}\n')
  const { approval } = 'data' in held ? held.data as { readonly approval: string } : { approval: '' }
  const answer = await fetch(`${gateway.url}/weir/api/v1/approvals/${approval}/approve`, { method: 'POST', headers: { authorization: `Bearer ${gateway.tokenFor('approver', 'bob@acme.test')}`, 'content-type': 'application/json' }, body: '{}' })
  t.equal(answer.status, 200)
  t.match(await want(wanted), { exitCode: 0 })
  t.equal(readFileSync(join(project, 'package.json'), 'utf8'), '{ }\n')
  t.match(await want(wanted), { code: -32001, data: { approval: /^apr_/ } }, 'the next one waits again')
})

await t.test('each is in the ledger with the command as policy read it, whatever the answer was', async (t) => {
  const recorded = (await ledgerOf(gateway.dataDir)).flatMap((entry) => entry.kind === 'decision' && entry.input.tool?.native === 'terminal/create' ? [entry] : [])
  t.same(recorded.map(({ input: { command }, decision: { verdict } }) => [command?.text ?? null, verdict]), [
    ['cat README.md', 'allow'], ['sleep 300', 'allow'],
    ['cat .env', 'deny'], ['cat /workspace/.env', 'deny'], [null, 'deny'],
    ["echo '{ }' > package.json", 'pending'], ["echo '{ }' > package.json", 'allow'], ["echo '{ }' > package.json", 'pending'],
  ])
  t.ok(recorded.every(({ input: { actor, tool }, decision: { rule } }) => actor.id === 'alice@acme.test' && tool?.protocol === 'acp' && rule !== ''))
  t.notMatch(JSON.stringify(recorded), 'do-not-show')
})

await t.test('it ends with its editor', async (t) => {
  connection.close()
  weir.stdin.end()
  t.same(await ended, [0, null])
})
