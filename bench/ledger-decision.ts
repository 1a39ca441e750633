/**
 * Question: what does the durable ledger add to a decision, ms? Baseline: the same question to the same gateway with `?dryRun=true`, which
 * decides and answers alike and records nothing. Through the real route, 32 connections that each wait for their answer.
 */
import { Pool } from 'undici'
import { fromCallers } from './callers.ts'
import { median, percentile } from './figures.ts'
import { startGateway } from './gateway.ts'

const CONNECTIONS = 32
const ROUTE = '/weir/api/v1/decisions'

export interface DecisionWaits { readonly recordedP50Ms: number, readonly dryP50Ms: number, readonly addedP50Ms: number, readonly recordedP99Ms: number, readonly dryP99Ms: number }

export async function benchDecisions (dir: string, { rounds, requests }: { readonly rounds: number, readonly requests: number }): Promise<DecisionWaits> {
  const gateway = await startGateway(dir, 'http://127.0.0.1:9')
  const pool = new Pool(gateway.url, { connections: CONNECTIONS, pipelining: 1 })
  const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ protocol: 'opencode', tool: 'bash', args: { command: 'npm test' }, cwd: '/workspace' })
  async function waits (path: string): Promise<readonly number[]> {
    const { waitsMs } = await fromCallers(async () => {
      const answer = await pool.request({ method: 'POST', path, headers, body })
      const text = await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`the decision was not made: ${text}`)
    }, { callers: CONNECTIONS, total: requests })
    return waitsMs
  }
  try {
    const taken: Array<{ readonly dry: readonly number[], readonly recorded: readonly number[] }> = []
    for (let round = -1; round < rounds; round += 1) taken.push({ dry: await waits(`${ROUTE}?dryRun=true`), recorded: await waits(ROUTE) })
    const counted = taken.slice(1) // the first round warms up
    const of = (kind: 'dry' | 'recorded', share: number): number => median(counted.map((round) => percentile(round[kind], share)))
    return {
      recordedP50Ms: of('recorded', 0.5),
      dryP50Ms: of('dry', 0.5),
      addedP50Ms: median(counted.map(({ dry, recorded }) => percentile(recorded, 0.5) - percentile(dry, 0.5))),
      recordedP99Ms: of('recorded', 0.99),
      dryP99Ms: of('dry', 0.99),
    }
  } finally {
    await pool.close()
    await gateway.stop()
  }
}
