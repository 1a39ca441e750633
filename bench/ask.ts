// Question: how long after the agent's permission event does it have its answer? Unit: ms, at the agent's end of the socket, for calls
// that were decided before, with 50 sessions in the middle of a turn each. The agents are scripted and have a process of their own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'undici'
import { decodeOpencodeCall } from '../adapters/opencode/decode.ts'
import type { Governor } from '../gateway/core/govern.ts'
import { startAskPlane } from '../gateway/planes/ask/ask-plane.ts'
import { createAgentActivity } from '../gateway/sessions/agent-activity.ts'
import { PlanTurns } from '../gateway/sessions/plan-turns.ts'
import { ReleasedCalls } from '../gateway/sessions/released-calls.ts'
import type { AgentSession } from '../gateway/sessions/session.ts'
import { allowingGovernor, BENCH_CONTEXT, permitFor } from './allowing-governor.ts'
import { askedArguments, askedCall } from './asked-calls.ts'
import { atMost, median, percentile, plain, type Suite } from './figures.ts'
import { startHelper } from './load.ts'

const GOAL_MS = 5
const SESSIONS = 50
const WARM_UP_ASKS = 8

export const ask: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const agents = await startHelper('asking-agents.js', [dir, String(SESSIONS)])
  const control = new Client('http://agent.invalid', { connect: { socketPath: join(dir, '0.sock') }, headersTimeout: 0, bodyTimeout: 0 })
  try {
    const governor = allowingGovernor()
    const [asks, rounds] = [quick ? 20 : 60, quick ? 3 : 5]
    const runs: number[][] = []
    for (let round = -1; round < rounds; round += 1) {
      const times = await withPlanes(dir, governor, round < 0 ? WARM_UP_ASKS : asks, control)
      if (round < 0) continue // the first round warms up
      runs.push(times)
      say(`  round ${round + 1}  ${times.length} asks, p50 ${median(times).toFixed(2)} ms, p99 ${percentile(times, 0.99).toFixed(2)} ms`)
    }
    return {
      figures: {
        [`ask to answer p99, ${SESSIONS} sessions active`]: atMost(median(runs.map((times) => percentile(times, 0.99))), 'ms', GOAL_MS),
        [`ask to answer median, ${SESSIONS} sessions active`]: plain(median(runs.map(median)), 'ms'),
      },
      ratios: {},
    }
  } finally {
    await control.destroy()
    await agents.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** One turn of every agent, with ask planes of its own. */
async function withPlanes (dir: string, governor: Governor, asks: number, control: Client): Promise<number[]> {
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, (_, at) => sessionOn(join(dir, `${at}.sock`), governor, asks)))
  const planes = await Promise.all(sessions.map((session) => startAskPlane(session, { govern: governor.govern, ledger: { settle () {} }, log: { warn () {} } })))
  try {
    const { body } = await control.request({ method: 'POST', path: `/bench/turns?asks=${asks}` })
    return await body.json() as number[]
  } finally {
    await Promise.all(planes.map((plane) => plane.close()))
  }
}

async function sessionOn (socketPath: string, governor: Governor, asks: number): Promise<AgentSession> {
  return {
    id: 'wses_bench',
    context: BENCH_CONTEXT,
    endpoint: { socketPath, authorization: 'Basic YjpiZW5jaA==', directory: '/workspace' },
    workspace: { readlink: () => null, stateOf: () => null },
    released: await releasedCalls(governor, asks),
    planning: new PlanTurns(),
    activity: createAgentActivity(),
    modelToken: 'none',
    startedAtMs: Date.now(),
    touch () {},
    collectChanges: async () => {},
    reviewCalls: () => null,
    ended: new Promise(() => {}),
    stop: async () => {},
  }
}

async function releasedCalls (governor: Governor, asks: number): Promise<ReleasedCalls> {
  const released = new ReleasedCalls()
  for (let serial = 0; serial < asks; serial += 1) {
    const call = decodeOpencodeCall('bash', { ...askedArguments(serial) }, '/workspace')
    if (!call.readable) throw new Error('the call of the bench cannot be read')
    released.remember({ callId: askedCall(serial).callID, native: 'bash', digest: call.digest, permit: await permitFor(governor, { kind: 'tool-call', call }) })
  }
  return released
}
