import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { createPolicyDoor } from '../../gateway/acp/ask-policy.ts'
import { governAcp } from '../../gateway/acp/govern-acp.ts'
import { createPlaces } from '../../gateway/acp/places.ts'
import type { Plane } from '../../gateway/core/actor.ts'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openMcpClient } from '../gateway/planes/tool/mcp/mcp-client.ts'
import { openToolStage } from '../gateway/planes/tool/tool-stage.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { testFolder } from '../support/test-folder.ts'

// The same calls, said in the words of each surface, are decided alike, and the ledger says the same of them.

/** One wish of the corpus, in nobody's words. */
type Wish = { readonly tool: 'read-file', readonly path: string } | { readonly tool: 'write-file', readonly path: string, readonly content: string } | { readonly tool: 'run-shell', readonly command: string }

interface Surface {
  readonly name: string
  /** The plane that its calls are recorded under. */
  readonly plane: Plane
  /** Whether there is a way to say it. Default: there always is. */
  readonly can?: (wish: Wish) => boolean
  /** Says them one after the other. Resolves when all were decided. */
  run (wishes: readonly Wish[]): Promise<void>
}

t.setTimeout(600_000)
const wishes = JSON.parse(readFileSync(join(packageRoot(), 'test/e2e/fixtures/surfaces.json'), 'utf8')) as readonly Wish[]
const provider = await startScriptedProvider()
t.teardown(() => provider.close())
const stage = await openToolStage(t, { providers: { scripted: { format: 'openai-chat', baseUrl: provider.baseUrl, keyless: true, models: { 'model-1': {} } } } })
const { url } = stage.gateway
const token = stage.gateway.tokenFor('author', 'alice@acme.test')
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

const weirCalls = (all: readonly Wish[]): object[] => all.map(({ tool, ...args }, id) => ({ verb: 'apply', id, call: { tool, args } }))

const stdio: Surface = {
  name: 'weir agent --stdio',
  plane: 'tool',
  async run (all) {
    const agent = spawn(process.execPath, [join(packageRoot(), 'bin/weir.js'), 'agent', '--stdio', '--url', url], { stdio: ['pipe', 'ignore', 'inherit'], env: { ...process.env, WEIR_TOKEN: token } })
    const closed = new Promise((resolve) => { agent.once('close', resolve) })
    agent.stdin.end(weirCalls(all).map((line) => `${JSON.stringify(line)}\n`).join(''))
    await closed
  },
}

const http: Surface = { name: 'HTTP', plane: 'tool', async run (all) { await stage.talk(token, weirCalls(all)) } }

/** The official SDK as the client. */
const mcp: Surface = {
  name: 'MCP',
  plane: 'tool',
  async run (all) {
    const client = await openMcpClient(t, url, token)
    for (const { tool, ...args } of all) await client.call(tool, args)
  },
}

const absolute = (path: string): string => path.startsWith('/') ? path : `/workspace/${path}`

/** An agent that asks its editor for everything, and an editor that does as it is told. */
const acp: Surface = {
  name: 'ACP',
  plane: 'api',
  async run (all) {
    const [toWeir, toAgent, toEditor, fromEditor] = [new PassThrough(), new PassThrough(), new PassThrough(), new PassThrough()]
    const folder = realpathSync(mkdtempSync(join(testFolder(t), 'acp-')))
    const ended = governAcp({
      editor: { source: fromEditor, sink: toEditor },
      agent: { source: toWeir, sink: toAgent },
      places: createPlaces(folder, true),
      policy: createPolicyDoor({ url, token, cwd: '/workspace' }),
      onWarning: () => {},
    })
    const say = (to: PassThrough, message: object): void => { to.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`) }
    createInterface({ input: toEditor }).on('line', (line) => {
      const { id, method } = JSON.parse(line) as { readonly id?: unknown, readonly method?: string }
      if (method !== undefined && id !== undefined) say(fromEditor, { id, result: { content: '', terminalId: `term_${String(id)}` } })
    })
    const heard = createInterface({ input: toAgent })[Symbol.asyncIterator]()
    say(fromEditor, { id: 'new', method: 'session/new', params: { cwd: folder, mcpServers: [] } })
    await heard.next()
    say(toWeir, { id: 'new', result: { sessionId: 'ses_1' } })
    for (const [id, wish] of all.entries()) {
      const method = { 'read-file': 'fs/read_text_file', 'write-file': 'fs/write_text_file', 'run-shell': 'terminal/create' }[wish.tool]
      const params = wish.tool === 'run-shell' ? { command: wish.command } : { path: absolute(wish.path), ...(wish.tool === 'write-file' ? { content: wish.content } : {}) }
      say(toWeir, { id, method, params: { sessionId: 'ses_1', ...params } })
      await heard.next()
    }
    fromEditor.end()
    await ended
  },
}

async function newAgentSession (): Promise<string> {
  const answer = await fetch(`${url}/session`, { method: 'POST', headers, body: '{}' })
  return (await answer.json() as { readonly id: string }).id
}

async function prompted (id: string, text: string): Promise<void> {
  const answer = await fetch(`${url}/session/${id}/message`, { method: 'POST', headers, body: JSON.stringify({ model: { providerID: 'scripted', modelID: 'model-1' }, parts: [{ type: 'text', text }] }) })
  await answer.arrayBuffer()
}

/** The routes of OpenCode's own server that do something without a model. None writes a file. */
const client: Surface = {
  name: 'client plane',
  plane: 'client',
  can: ({ tool }) => tool !== 'write-file',
  async run (all) {
    const id = await newAgentSession()
    for (const wish of all) {
      const answer = wish.tool === 'run-shell'
        ? await fetch(`${url}/session/${id}/shell`, { method: 'POST', headers, body: JSON.stringify({ agent: 'build', command: wish.command }) })
        : await fetch(`${url}/file/content?${new URLSearchParams({ path: 'path' in wish ? wish.path : '' }).toString()}`, { headers })
      await answer.arrayBuffer()
    }
  },
}

const AT_ONCE = 2 // of three that are refused in the same words, OpenCode takes the third for an endless loop

/** Calls in the answers of the model of a session's own agent, some at once. */
const model: Surface = {
  name: 'model plane',
  plane: 'model',
  async run (all) {
    const native = (wish: Wish): readonly [string, object] => {
      if (wish.tool === 'run-shell') return ['bash', { command: wish.command, description: 'x' }]
      return wish.tool === 'read-file' ? ['read', { filePath: wish.path }] : ['write', { filePath: wish.path, content: wish.content }]
    }
    const answers = Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_none, at) => ({ calls: all.slice(at * AT_ONCE, (at + 1) * AT_ONCE).map(native) }))
    provider.script('EVERYTHING', [...answers, { text: 'Done.' }])
    await prompted(await newAgentSession(), 'EVERYTHING')
  },
}

const SURFACES: readonly Surface[] = [stdio, http, mcp, acp, client, model]

/** What an entry says beside how the call came: its surface, its native words and what is bound to those. */
function told ({ decision: { verdict, rule, also, obligations, reason, revision }, input }: Extract<LedgerEntry, { kind: 'decision' }>): object {
  const { permission, tool, targets, command, url, actor, app, environment } = input
  return { verdict, rule, also, obligations, reason, revision, permission, tool: tool?.name, targets, command, url, actor, app, environment }
}

let seen = 0
async function newDecisions (plane: Plane): Promise<object[]> {
  const entries = await stage.ledger()
  const fresh = entries.slice(seen)
  seen = entries.length
  return fresh.flatMap((entry) => entry.kind === 'decision' && entry.plane === plane && entry.input.kind === 'tool-call' ? [told(entry)] : [])
}

const [first, ...others] = SURFACES
const reference = new Map<Wish, object>()

await t.test(`the reference: ${wishes.length} calls by ${first?.name ?? ''}`, async (t) => {
  await first?.run(wishes)
  const decided = await newDecisions(first?.plane ?? 'tool')
  t.equal(decided.length, wishes.length)
  for (const [at, wish] of wishes.entries()) reference.set(wish, decided[at] ?? {})
  for (const verdict of ['allow', 'pending', 'deny']) t.ok(decided.filter((one) => 'verdict' in one && one.verdict === verdict).length >= 5, `${verdict} is among them`)
})

for (const { name, plane, can = () => true, run } of others) {
  await t.test(`${name} decides and records the same`, async (t) => {
    const said = wishes.filter(can)
    await run(said)
    const decided = await newDecisions(plane)
    t.equal(decided.length, said.length)
    for (const [at, wish] of said.entries()) t.same(decided[at], reference.get(wish), JSON.stringify(wish))
  })
}
