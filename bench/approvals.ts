// Question: how long after a second person's word does the waiting agent go on, and how long does the list of a full queue take? Unit: ms, at the
// HTTP client's end. A gateway process of its own, the shipped policy; the agent is a client that holds a streamed answer open.
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HeldCall } from '../gateway/approvals/approval.ts'
import { openIdentity } from '../gateway/identity/open-identity.ts'
import { atMost, median, percentile, plain, type Suite, type SuiteOptions } from './figures.ts'
import { startGateway, type BenchGateway } from './gateway.ts'

const GOAL_GO_ON_MS = 100
const GOAL_LIST_MS = 50
const PENDING = 10_000
const WARM_UPS = 5
const API = '/weir/api/v1/approvals'

interface Stage { readonly gateway: BenchGateway, tokenOf (role: string): string }

export const approvals: Suite = async (options) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const model = await startModel()
  try {
    const goOn = await withGateway(join(dir, 'usual'), model, [], (stage) => timesToGoOn(stage, options))
    const full = Array.from({ length: PENDING }, (_, serial) => heldCall(serial))
    const lists = await withGateway(join(dir, 'full'), model, full, (stage) => timesToList(stage, options))
    return {
      figures: {
        'approval to the agent going on, p50': atMost(median(goOn), 'ms', GOAL_GO_ON_MS),
        'approval to the agent going on, p99': plain(percentile(goOn, 0.99), 'ms'),
        [`${PENDING} pending approvals listed in one page`]: atMost(median(lists.all), 'ms', GOAL_LIST_MS),
        [`the first 100 of ${PENDING} pending approvals listed`]: atMost(median(lists.first), 'ms', GOAL_LIST_MS),
      },
      ratios: {},
    }
  } finally {
    model.closeAllConnections()
    model.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function withGateway<Result> (dir: string, model: Server, held: readonly HeldCall[], run: (stage: Stage) => Promise<Result>): Promise<Result> {
  mkdirSync(join(dir, 'data'), { recursive: true, mode: 0o700 })
  writeFileSync(join(dir, 'data', 'approvals.jsonl'), held.map((call) => `${JSON.stringify({ kind: 'held', call })}\n`).join(''), { mode: 0o600 })
  const gateway = await startGateway(dir, `http://127.0.0.1:${(model.address() as AddressInfo).port}`, { approvals: { hold: '10m' } })
  try {
    const { provider } = openIdentity(gateway.dataDir, Date.now)
    return await run({ gateway, tokenOf: (role) => provider.issue({ actor: `${role}@bench.test`, role, groups: [], org: 'bench', app: 'shop', environment: 'DEV', ttlMs: 3_600_000 }).token })
  } finally {
    await gateway.stop()
  }
}

async function timesToGoOn ({ gateway, tokenOf }: Stage, { quick, say }: SuiteOptions): Promise<number[]> {
  const [asker, approver] = [tokenOf('contributor'), tokenOf('approver')]
  const times: number[] = []
  for (let serial = -WARM_UPS; serial < (quick ? 50 : 300); serial += 1) {
    const took = await timeToGoOn(gateway.url, asker, approver)
    if (serial >= 0) times.push(took)
  }
  say(`  ${times.length} approvals, p50 ${median(times).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`)
  return times
}

/** From the request that approves to the first byte of the call in the stream that waited for it. */
async function timeToGoOn (url: string, asker: string, approver: string): Promise<number> {
  const answer = await fetch(`${url}/weir/model/bench/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${asker}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: 'go' }], tools: [{ type: 'function', function: { name: 'write', parameters: {} } }] }),
  })
  if (answer.body === null || answer.status !== 200) throw new Error(`the model answered ${answer.status}: ${await answer.text()}`)
  const wentOn = untilCall(answer.body)
  const id = await waitingId(url, approver)
  const started = performance.now()
  const said = fetch(`${url}${API}/${id}/approve`, { method: 'POST', headers: { authorization: `Bearer ${approver}`, 'content-type': 'application/json' }, body: '{}' })
  await wentOn
  const took = performance.now() - started
  if ((await said).status !== 200) throw new Error(`not approved: ${await (await said).text()}`)
  return took
}

async function waitingId (url: string, token: string): Promise<string> {
  for (;;) {
    const answer = await fetch(`${url}${API}?state=waiting`, { headers: { authorization: `Bearer ${token}` } })
    const [first] = (await answer.json() as { approvals: { id: string }[] }).approvals
    if (first !== undefined) return first.id
  }
}

async function untilCall (body: AsyncIterable<Uint8Array>): Promise<void> {
  let text = ''
  let isThere = false
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString()
    if (text.includes('"write"')) isThere = true
    if (isThere) return
  }
  throw new Error(`the call never came: ${text}`)
}

async function timesToList ({ gateway, tokenOf }: Stage, { quick, say }: SuiteOptions): Promise<{ readonly all: number[], readonly first: number[] }> {
  const token = tokenOf('approver')
  // Not by fetch: to hand over 10 MB takes it four times the processor time that the gateway's answer takes.
  const agent = new Agent({ keepAlive: true })
  const taken = async (limit: number): Promise<number> => {
    const started = performance.now()
    const [answer] = await once(get(`${gateway.url}${API}?state=waiting&limit=${limit}`, { agent, headers: { authorization: `Bearer ${token}` } }), 'response') as [IncomingMessage]
    await once(answer.resume(), 'end')
    const took = performance.now() - started
    if (answer.statusCode !== 200) throw new Error(`the list was answered with ${answer.statusCode}`)
    return took
  }
  const times = async (limit: number): Promise<number[]> => {
    const all: number[] = []
    for (let round = -WARM_UPS; round < (quick ? 10 : 40); round += 1) {
      const took = await taken(limit)
      if (round >= 0) all.push(took) // the first rounds warm up
    }
    return all
  }
  // One after the other: the collector's work for pages of 10 MB is not the short page's.
  const runs = { first: await times(100), all: await times(PENDING) }
  agent.destroy()
  say(`  ${PENDING} listed in ${median(runs.all).toFixed(1)} ms, the first 100 in ${median(runs.first).toFixed(1)} ms`)
  return runs
}

function heldCall (serial: number): HeldCall {
  const heldAtMs = Date.now() - PENDING + serial
  return {
    id: `apr_${serial.toString(16).padStart(24, '0')}`,
    digest: serial.toString(16).padStart(64, '0'),
    requestedBy: `contributor-${serial % 500}@bench.test`,
    role: 'contributor',
    app: 'shop',
    environment: 'DEV',
    session: `wses_${String(serial % 500).padStart(26, '0')}`,
    base: { all: 'a'.repeat(64), reads: 'b'.repeat(64) },
    permission: 'edit',
    tool: { name: 'write-file', native: 'write', protocol: 'opencode', args: { filePath: `/workspace/src/file-${serial}.js` } },
    targets: [{ path: `src/file-${serial}.js`, class: 'source', access: 'write' }],
    command: null,
    rule: 'grants.needs_approval',
    reason: 'The role contributor needs the approval of another person for edit in DEV.',
    revision: 'c'.repeat(64),
    heldAtMs,
    expiresAtMs: heldAtMs + 86_400_000,
  }
}

/** A model that writes a file of its own in each answer. */
async function startModel (): Promise<Server> {
  let serial = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      serial += 1
      const call = { index: 0, id: `call_${serial}`, type: 'function', function: { name: 'write', arguments: JSON.stringify({ filePath: `/workspace/src/file-${serial}.js`, content: 'x'.repeat(4_096) }) } }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { tool_calls: [call] } }] })}\n\n`)
      response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })}\n\n`)
      response.end('data: [DONE]\n\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
