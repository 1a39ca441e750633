import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openToolStage, type Answer } from '../gateway/planes/tool/tool-stage.ts'
import { startScriptedProvider, toolNames, type SeenRequest } from '../support/scripted-provider.ts'
import { until } from '../support/until.ts'
import { toolResults } from '../support/weir-stage.ts'

const provider = await startScriptedProvider()
t.teardown(() => provider.close())
const stage = await openToolStage(t, { providers: { scripted: { format: 'openai-chat', baseUrl: provider.baseUrl, keyless: true, models: { 'model-1': {} } } } })
const alice = stage.gateway.tokenFor('author', 'alice@acme.test')
const of = (answers: readonly Answer[], id: string, type: string): Answer | undefined => answers.find((answer) => answer.id === id && answer.type === type)
const ask = async (...messages: readonly object[]): Promise<readonly Answer[]> => await stage.talk(alice, [{ verb: 'hello', id: 'h', renders: ['plan-tree', 'approval-prompt', 'diff'] }, ...messages])

const STEPS = [
  { title: 'Give the cart a discount', calls: [{ tool: 'write-file', args: { path: 'src/cart.js', content: 'export const total = () => 1\n' } }, { tool: 'run-test', args: {} }] },
  { title: 'Use another shop', calls: [{ tool: 'write-file', args: { path: 'package.json', content: '{}\n' } }, { tool: 'read-file', args: { path: '.env' } }] },
  { title: 'Celebrate', calls: [] },
]
const inBlock = (text: string): string => `I looked around.\n\n\`\`\`json\n${text}\n\`\`\`\nThat is all.`

const asked = (name: string): SeenRequest[] => provider.requests.filter(({ turns }) => turns.some(({ speaker, text }) => speaker === 'user' && text.includes(name)))
const decisions = async (): Promise<Array<Extract<LedgerEntry, { kind: 'decision' }>>> => (await stage.ledger()).flatMap((entry) => entry.kind === 'decision' ? [entry] : [])
let plan: string

await t.test('the agent is asked in its read-only mode: what it proposes comes as a tree with decisions, and nothing of it takes effect', async (t) => {
  provider.script('DISCOUNT', [
    { calls: [['read', { filePath: '/workspace/src/cart.js' }]] },
    { calls: [['write', { filePath: '/workspace/src/early.js', content: 'early\n' }], ['bash', { command: 'echo early > early.txt', description: 'x' }], ['task', { description: 'x', prompt: 'write early.txt', subagent_type: 'general' }]] },
    { text: inBlock(JSON.stringify({ steps: STEPS }, null, 2)) },
  ])
  const answers = await ask({ verb: 'plan', id: 'p', prompt: 'DISCOUNT, please' })
  const tree = of(answers, 'p', 'plan')
  t.match(tree, {
    text: 'I looked around.\n\nThat is all.',
    steps: [{ title: 'Give the cart a discount', nodes: ['1', '2'] }, { title: 'Use another shop', nodes: ['3', '4'] }, { title: 'Celebrate', nodes: [] }],
    nodes: [
      { node: '1', call: { tool: 'write-file' }, decision: { verdict: 'allow' }, targets: [{ path: 'src/cart.js', access: 'write' }] },
      { node: '2', decision: { verdict: 'allow' }, command: 'node --test --test-reporter=tap' },
      { node: '3', decision: { verdict: 'pending' } },
      { node: '4', decision: { verdict: 'deny', rule: 'secret_paths.secret_touched' } },
    ],
  })
  t.equal(of(answers, 'p', 'end')?.['status'], 'deny', 'as its strictest node')
  plan = String(tree?.['plan'])
  const requests = asked('DISCOUNT')
  t.same(toolNames(requests[0]).filter((name) => ['bash', 'edit', 'write', 'task', 'webfetch', 'question', 'todowrite'].includes(name)), [], 'the model is offered nothing but looking')
  t.match(JSON.stringify(requests[0]?.body.messages), /plan mode/i, 'it is the agent\'s own mode for plans')
  t.match(toolResults(requests[1]), 'reduce', 'it read')
  t.match(toolResults(requests[2]), /a plan only reads files and searches.*a plan only reads files and searches.*a plan only reads files and searches/s)
  const looked = await ask({ verb: 'apply', id: 'l', call: { tool: 'run-shell', args: { command: 'ls -A . src; git status --short' } } })
  t.notMatch(JSON.stringify(looked), /early/)
  t.match((await decisions()).filter(({ plane, input }) => plane === 'model' && input.kind === 'tool-call').map(({ input, decision }) => [input.tool?.native, decision.verdict]), [['read', 'allow'], ['write', 'deny'], ['bash', 'deny'], ['task', 'deny']])
  t.notOk((await decisions()).some(({ plane, input }) => plane === 'tool' && input.tool?.native === 'write-file'), 'and the plan is no decision')
})

await t.test('the turn leaves nothing behind in the agent, and its own conversations work as before', async (t) => {
  const headers = { authorization: `Bearer ${alice}`, 'content-type': 'application/json' }
  const post = async (path: string, body: object): Promise<unknown> => await (await fetch(`${stage.gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json()
  t.same(await (await fetch(`${stage.gateway.url}/session`, { headers })).json(), [])
  const { id } = await post('/session', {}) as { readonly id: string }
  provider.script('AFTERWARDS', [{ calls: [['write', { filePath: '/workspace/src/own.js', content: 'own\n' }]] }, { text: 'Written.' }])
  t.match(JSON.stringify(await post(`/session/${id}/message`, { model: { providerID: 'scripted', modelID: 'model-1' }, parts: [{ type: 'text', text: 'AFTERWARDS' }] })), 'Written.')
  await until(() => stage.git('ls-tree', '-r', '--name-only', 'weir/dev').includes('src/own.js'))
})

await t.test('part of the plan is applied, seen from the middle by who comes back, taken back, and all of it is in the log', async (t) => {
  const applied = await ask({ verb: 'apply', id: 'a', plan, nodes: ['1'] })
  t.match(of(applied, 'a', 'end'), { status: 'allow' })
  const [commit] = of(applied, 'a', 'changes')?.['commits'] as readonly string[]
  t.equal(stage.git('show', 'weir/dev:src/cart.js'), 'export const total = () => 1')
  const middle = Number(of(applied, 'a', 'decided')?.['seq'])
  const tested = await ask({ verb: 'apply', id: 't', plan, nodes: ['2'] })
  t.match(of(tested, 't', 'result'), { status: 'failed', tests: { failed: 1 } }, 'as one would expect of such a cart')
  const seen = (await ask({ verb: 'observe', id: 'o', after: middle, follow: false })).filter(({ type }) => type === 'event').map(({ event }) => event as { readonly seq: number, readonly type: string, readonly id: string })
  t.equal(seen[0]?.seq, middle + 1)
  t.same(seen.filter(({ type }) => type !== 'output').map(({ id, type }) => `${id} ${type}`), ['a diff', 'a result', 'a changes', 't decided', 't result'])
  const reverted = await ask({ verb: 'revert', id: 'r', commit })
  t.match(of(reverted, 'r', 'end'), { status: 'allow' })
  t.match(stage.git('show', 'weir/dev:src/cart.js'), 'reduce')
  const logged = (await ask({ verb: 'log', id: 'l', limit: 1_000 })).filter(({ type }) => type === 'entry').map(({ entry }) => entry as LedgerEntry)
  const natives = logged.flatMap((entry) => entry.kind === 'decision' && entry.input.kind === 'tool-call' ? [`${entry.plane} ${String(entry.input.tool?.native)} ${entry.decision.verdict}`] : [])
  for (const wanted of ['model read allow', 'model write deny', 'tool write-file allow', 'tool run-test allow', 'tool revert allow', 'file change-set allow']) t.ok(natives.includes(wanted), wanted)
  t.notOk(natives.includes('tool write-file pending'), 'what was not applied was not decided')
})

await t.test('an answer that is no plan is an error, words alone are a plan of nothing, and an agent that fails says so', async (t) => {
  provider.script('BROKEN', [{ text: inBlock('{"steps":[{"title":"x","calls":[{"tool":"read-file","args":{},"when":"now"}]}]}') }])
  provider.script('CUT', [{ text: 'I begin.\n```json\n{"steps":[' }])
  provider.script('CHAT', [{ text: 'There is nothing to do.' }])
  provider.script('REFUSED', [{ refuse: 400 }])
  const answers = await ask({ verb: 'plan', id: 'b', prompt: 'BROKEN' }, { verb: 'plan', id: 'c', prompt: 'CUT' }, { verb: 'plan', id: 'w', prompt: 'CHAT' }, { verb: 'plan', id: 'f', prompt: 'REFUSED' })
  for (const id of ['b', 'c', 'f']) {
    t.match(of(answers, id, 'error'), { error: { code: 'WEIR_ERR_UPSTREAM' } })
    t.equal(of(answers, id, 'plan'), undefined)
    t.equal(of(answers, id, 'end')?.['status'], 'failed')
  }
  t.match(of(answers, 'b', 'error'), { error: { message: /not in the form/ } })
  t.match(of(answers, 'c', 'error'), { error: { message: /breaks off/ } })
  t.match(of(answers, 'f', 'error'), { error: { message: /APIError/ } })
  t.match(of(answers, 'w', 'plan'), { text: 'There is nothing to do.', steps: [], nodes: [] })
})

await t.test('no more than four plans are made at once, and each is cancelled in the middle of its turn, which ends with it', async (t) => {
  provider.script('FOREVER', [{ silent: true }])
  const agent = spawn(process.execPath, [join(packageRoot(), 'bin/weir.js'), 'agent', '--stdio', '--url', stage.gateway.url], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, WEIR_TOKEN: alice } })
  let said = ''
  agent.stdout.on('data', (chunk: Buffer) => { said += chunk.toString('utf8') })
  const ended = new Promise((resolve) => { agent.once('close', resolve) })
  const ids = ['1', '2', '3', '4']
  for (const id of [...ids, 'more']) agent.stdin.write(`${JSON.stringify({ verb: 'plan', id, prompt: 'FOREVER' })}\n`)
  await until(() => asked('FOREVER').length === ids.length && said.includes('"id":"more","verb":"plan"'))
  agent.stdin.end(ids.map((of) => `${JSON.stringify({ verb: 'cancel', of })}\n`).join(''))
  await ended
  for (const id of ids) t.match(said, `{"type":"end","id":"${id}","verb":"plan","status":"cancelled"}`)
  t.match(said, /"type":"error","id":"more","error":\{"code":"WEIR_ERR_RATE"/)
  t.equal(said.match(/"type":"error"/g)?.length, 1)
  const sessions = await (await fetch(`${stage.gateway.url}/session`, { headers: { authorization: `Bearer ${alice}` } })).json() as ReadonlyArray<{ readonly title: string }>
  t.notOk(sessions.some(({ title }) => title === 'Weir plan'))
})
