import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
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
import { until } from '../support/until.ts'

// The same calls, said in the words of each surface, are decided alike, and the ledger says the same of them: whole entries are compared,
// but for what DIFFERENCES lists, and what became of each call, where it was done.

/** One wish of the corpus, in nobody's words. The writes come first, so that a run finds the files as the one before it left them. */
type Wish = { readonly tool: 'read-file', readonly path: string } | { readonly tool: 'write-file', readonly path: string, readonly content: string } | { readonly tool: 'run-shell', readonly command: string }

type Decided = Extract<LedgerEntry, { kind: 'decision' }>
type Became = Pick<Extract<LedgerEntry, { kind: 'outcome' }>, 'status' | 'detail'>

interface Surface {
  readonly name: 'weir agent --stdio' | 'HTTP' | 'MCP' | 'ACP' | 'client plane' | 'model plane'
  /** The plane that its calls are recorded under. */
  readonly plane: Plane
  /** Whether there is a way to say it. Default: there always is. */
  readonly can?: (wish: Wish) => boolean
  /** Says them one after the other. Resolves when all were decided. */
  run (wishes: readonly Wish[]): Promise<void>
  /** What became of an allowed call, by what became of it on the tool plane. Default: the same, for it is done there too. */
  readonly became?: (wish: Wish, there: Became) => Became
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

const NOT_FOUND = -32002

/** What an editor answers that meets what Weir's own tools met. */
function asThere (method: string, became: Became | undefined, id: string): object {
  const { bytes = 0, code: exitCode = 1 } = became?.detail ?? {}
  if (method === 'terminal/create') return { result: { terminalId: `term_${id}` } }
  if (method === 'terminal/wait_for_exit') return { result: { exitCode, signal: null } }
  if (became?.status !== 'done') return { error: { code: NOT_FOUND, message: 'Resource not found' } }
  return { result: method === 'fs/read_text_file' ? { content: 'x'.repeat(Number(bytes)) } : {} }
}

/** An agent that asks its editor for everything, and an editor that does as it is told. */
const acp: Surface = {
  name: 'ACP',
  plane: 'api',
  // In the editor's words, and the ledger says that they are: it has a number for a problem, and what it prints is not read.
  became: ({ tool }, { status, detail }) => ({
    status,
    detail: { ...Object.fromEntries(Object.entries(detail).filter(([name]) => ['bytes', 'how', 'code'].includes(name))), ...(status === 'failed' && tool !== 'run-shell' ? { code: NOT_FOUND } : {}), performedBy: 'caller' },
  }),
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
      const { id, method } = JSON.parse(line) as { readonly id?: number, readonly method?: string }
      if (method !== undefined && id !== undefined) say(fromEditor, { id, ...asThere(method, reference.get(all[id] as Wish)?.became[0], String(id)) })
    })
    const heard = createInterface({ input: toAgent })[Symbol.asyncIterator]()
    say(fromEditor, { id: 'new', method: 'session/new', params: { cwd: folder, mcpServers: [] } })
    await heard.next()
    say(toWeir, { id: 'new', result: { sessionId: 'ses_1' } })
    for (const [id, wish] of all.entries()) {
      const method = { 'read-file': 'fs/read_text_file', 'write-file': 'fs/write_text_file', 'run-shell': 'terminal/create' }[wish.tool]
      const params = wish.tool === 'run-shell' ? { command: wish.command } : { path: absolute(wish.path), ...(wish.tool === 'write-file' ? { content: wish.content } : {}) }
      say(toWeir, { id, method, params: { sessionId: 'ses_1', ...params } })
      const { value } = await heard.next() as { readonly value: string }
      const { result } = JSON.parse(value) as { readonly result?: { readonly terminalId?: string } }
      if (result?.terminalId === undefined) continue
      say(toWeir, { id, method: 'terminal/wait_for_exit', params: { sessionId: 'ses_1', terminalId: result.terminalId } })
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
  // The status of the agent's answer: 200 also for an empty file in place of none, and for a command whatever its exit code is.
  became: (wish) => isFolder(wish) ? { status: 'failed', detail: { status: 500 } } : { status: 'done', detail: { status: 200 } },
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

const isFolder = (wish: Wish): boolean => wish.tool === 'read-file' && ['src/', '.'].includes(wish.path)

function native (wish: Wish): readonly [string, object] {
  if (wish.tool === 'run-shell') return ['bash', { command: wish.command, description: 'x' }]
  return wish.tool === 'read-file' ? ['read', { filePath: wish.path }] : ['write', { filePath: wish.path, content: wish.content }]
}

const AT_ONCE = 2 // of three that are refused in the same words, OpenCode takes the third for an endless loop

/** Calls in the answers of the model of a session's own agent, some at once. */
const model: Surface = {
  name: 'model plane',
  plane: 'model',
  // What the agent says of its tool, which lists folders and is done with a command whatever its exit code is.
  became: (wish, { status }) => ({ status: wish.tool === 'run-shell' || isFolder(wish) ? 'done' : status, detail: { native: native(wish)[0] } }),
  async run (all) {
    const answers = Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_none, at) => ({ calls: all.slice(at * AT_ONCE, (at + 1) * AT_ONCE).map(native) }))
    provider.script('EVERYTHING', [...answers, { text: 'Done.' }])
    await prompted(await newAgentSession(), 'EVERYTHING')
  },
}

const SURFACES: readonly Surface[] = [stdio, http, mcp, acp, client, model]

interface Difference { readonly members: readonly string[], readonly on: readonly Surface['name'][], readonly why: string }

const ALL = SURFACES.slice(1).map(({ name }) => name)

/** What of an entry is not as in the one of `weir agent --stdio`. All else is, to the letter, and what is listed for a surface does differ there. */
const DIFFERENCES: readonly Difference[] = [
  { members: ['index', 'time', 'prev', 'input.now_ms'], on: ALL, why: 'its place in the ledger, and when that was' },
  { members: ['request'], on: ALL, why: 'names the request that brought it up' },
  { members: ['plane'], on: ['ACP', 'client plane', 'model plane'], why: 'the surface itself' },
  { members: ['input.tool.protocol'], on: ['MCP', 'ACP', 'client plane', 'model plane'], why: 'whose words it came in' },
  { members: ['input.tool.native', 'input.tool.args'], on: ['ACP', 'client plane', 'model plane'], why: 'those words; what they come to is in targets, command and url' },
  { members: ['digest', 'approval'], on: ['ACP', 'client plane', 'model plane'], why: 'bind exactly those words, so a yes to them is none to others' },
  { members: ['input.session'], on: ['ACP'], why: 'the agent is the editor\'s own, and runs in no session of the gateway' },
]

type Json = Readonly<Record<string, unknown>>
const valueAt = (entry: unknown, member: string): unknown => member.split('.').reduce((value, name) => (value as Json | null)?.[name], entry)

/** The entry without these members. */
function without (entry: unknown, members: readonly string[], above = ''): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry
  return Object.fromEntries(Object.entries(entry).flatMap(([name, value]) => members.includes(above + name) ? [] : [[name, without(value, members, `${above}${name}.`)]]))
}

interface Recorded { readonly entry: Decided, readonly became: readonly Became[] }

let seen = 0
/** The decisions since the last time, each with what became of it: an agent tells that a moment later. */
async function newlyRecorded (plane: Plane): Promise<readonly Recorded[]> {
  let found: readonly Recorded[] = []
  await until(async () => {
    const entries = (await stage.ledger()).slice(seen)
    const outcomes = entries.flatMap((entry) => entry.kind === 'outcome' ? [entry] : [])
    found = entries.flatMap((entry) => entry.kind === 'decision' && entry.plane === plane && entry.input.kind === 'tool-call'
      ? [{ entry, became: outcomes.filter(({ of }) => of === entry.index).map(({ status, detail }) => ({ status, detail: without(detail, ['outputBytes']) as Json })) }]
      : [])
    return found.every(({ entry, became }) => entry.decision.verdict !== 'allow' || became.length > 0)
  })
  seen = (await stage.ledger()).length
  return found
}

const [first, ...others] = SURFACES
const reference = new Map<Wish, Recorded>()

await t.test(`the reference: ${wishes.length} calls by ${first?.name ?? ''}`, async (t) => {
  await first?.run(wishes)
  const recorded = await newlyRecorded(first?.plane ?? 'tool')
  t.equal(recorded.length, wishes.length)
  for (const [at, one] of recorded.entries()) {
    const { entry: { decision: { verdict }, approval, request }, became } = one
    reference.set(wishes[at] as Wish, one)
    t.match(request, /^req_/)
    t.equal(approval !== null, verdict === 'pending', 'what waits is in the queue, and nothing else')
    t.equal(became.length, verdict === 'allow' ? 1 : 0, 'what was allowed became something, once, and nothing else did')
  }
  for (const verdict of ['allow', 'pending', 'deny']) t.ok(recorded.filter(({ entry }) => entry.decision.verdict === verdict).length >= 5, `${verdict} is among them`)
})

for (const { name, plane, can = () => true, run, became = (_wish: Wish, there: Became) => there } of others) {
  await t.test(`${name} decides and records the same`, async (t) => {
    const said = wishes.filter(can)
    await run(said)
    const recorded = await newlyRecorded(plane)
    t.equal(recorded.length, said.length)
    const members = DIFFERENCES.flatMap(({ on, members }) => on.includes(name) ? members : [])
    for (const [at, wish] of said.entries()) {
      const [here, there] = [recorded[at], reference.get(wish)]
      t.same(without(here?.entry, members), without(there?.entry, members), JSON.stringify(wish))
      t.equal(here?.entry.approval !== null, here?.entry.decision.verdict === 'pending', `${JSON.stringify(wish)} is in the queue if it waits`)
      t.same(here?.became, there?.became.map((one) => became(wish, one)), `what became of ${JSON.stringify(wish)}`)
    }
    const bound = recorded.map(({ entry: { digest, input: { targets, command } } }) => [digest, JSON.stringify([digest, targets, command])] as const)
    t.equal(new Set(bound.map(([digest]) => digest)).size, new Set(bound.map(([, call]) => call)).size, 'no two of them that do something else are bound alike')
    const needless = members.filter((member) => said.every((wish, at) => isDeepStrictEqual(valueAt(recorded[at]?.entry, member), valueAt(reference.get(wish)?.entry, member))))
    t.same(needless, [], 'each listed difference is one')
  })
}
