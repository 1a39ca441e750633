// Question: how long after the agent's permission event does it have its answer? Unit: ms, at the agent's end of the socket,
// for calls that the model plane decided before. The agent is a server of this file that speaks its events and replies.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeOpencodeCall } from '../adapters/opencode/decode.ts'
import type { Context } from '../gateway/core/actor.ts'
import { createGovernor, type Governor } from '../gateway/core/govern.ts'
import { startAskPlane } from '../gateway/planes/ask/ask-plane.ts'
import { ReleasedCalls } from '../gateway/sessions/released-calls.ts'
import type { AgentSession } from '../gateway/sessions/session.ts'
import { atMost, median, plain, type Suite } from './figures.ts'

const GOAL_MS = 5
const WARM_UP = 50

const CONTEXT: Context = {
  plane: 'ask', actor: { id: 'bench', role: 'author', groups: [], org: 'local' }, app: 'shop', environment: 'DEV', session: { id: 'wses_bench', client: 'opencode', agent: '' },
}

export const ask: Suite = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const agent = createFakeAgent()
  try {
    const socketPath = join(dir, 'agent.sock')
    agent.server.listen(socketPath)
    await once(agent.server, 'listening')
    const governor = allowingGovernor()
    const released = new ReleasedCalls()
    const session = sessionOn(socketPath, released)
    const plane = await startAskPlane(session, { govern: governor.govern, ledger: { settle () {} }, log: { warn () {} } })
    const times: number[] = []
    for (let serial = 0; serial < WARM_UP + (quick ? 300 : 2_000); serial += 1) {
      const args = { command: `echo ${serial}`, description: 'bench' }
      const call = decodeOpencodeCall('bash', args, '/workspace')
      const { permit } = await governor.govern({ kind: 'tool-call', call }, CONTEXT)
      if (permit === null || !call.readable) throw new Error('the bench call was not allowed')
      released.remember({ callId: `call_${serial}`, native: 'bash', digest: call.digest, permit })
      const took = await agent.ask(serial, args)
      if (serial >= WARM_UP) times.push(took)
    }
    await plane.close()
    const sorted = times.toSorted((a, b) => a - b)
    return {
      figures: {
        'ask to answer p99': atMost(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN, 'ms', GOAL_MS),
        'ask to answer median': plain(median(times), 'ms'),
      },
      ratios: {},
    }
  } finally {
    agent.server.closeAllConnections()
    agent.server.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

interface FakeAgent { readonly server: Server, ask (serial: number, args: object): Promise<number> }

function createFakeAgent (): FakeAgent {
  let events: ServerResponse | null = null
  let onReply: (path: string) => void = () => {}
  const send = (type: string, properties: object): void => {
    events?.write(`data: ${JSON.stringify({ directory: '/workspace', project: 'p', payload: { id: `evt_${type}`, type, properties } })}\n\n`)
  }
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    request.resume()
    if (path === '/global/event') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      events = response
      send('server.connected', {})
      return
    }
    if (request.method === 'POST') onReply(path)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(path === '/permission' ? '[]' : 'true')
  })
  return {
    server,
    async ask (serial, args) {
      const [messageID, sessionID, callID, id] = [`msg_${serial}`, 'ses_bench', `call_${serial}`, `per_${serial}`]
      const part = { id: `prt_${serial}`, messageID, sessionID, type: 'tool', tool: 'bash', callID, state: { status: 'running', input: args, time: { start: 1 } } }
      send('message.part.updated', { sessionID, part, time: 1 })
      const answered = new Promise<void>((resolve) => { onReply = (path) => { if (path.includes(id)) resolve() } })
      const from = performance.now()
      send('permission.asked', { id, sessionID, permission: 'bash', patterns: [], metadata: {}, always: [], tool: { messageID, callID } })
      await answered
      return performance.now() - from
    },
  }
}

function allowingGovernor (): Governor {
  let entries = 0
  return createGovernor({
    classify: () => ({ tool: 'run-shell', permission: 'edit', targets: [], command: null, url: null }),
    policy: () => ({ revision: 'bench', evaluate: () => ({ verdict: 'allow', rule: 'bench.allow', reason: '', feedback: '', also: [], obligations: {}, revision: 'bench' }) }),
    ledger: { append: async () => { entries += 1; return entries }, settle () {} },
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_bench' },
    clock: { nowMs: Date.now },
  })
}

function sessionOn (socketPath: string, released: ReleasedCalls): AgentSession {
  return {
    id: 'wses_bench',
    context: CONTEXT,
    endpoint: { socketPath, authorization: 'Basic YjpiZW5jaA==', directory: '/workspace' },
    workspace: { readlink: () => null, stateOf: () => null },
    released,
    modelToken: 'none',
    startedAtMs: Date.now(),
    touch () {},
    collectChanges: async () => {},
    ended: new Promise(() => {}),
    stop: async () => {},
  }
}
