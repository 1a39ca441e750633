// Question: how long does `npm start` take to a ready gateway, the second time? Unit: ms from command to the ready line.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../gateway/package-root.ts'
import { atMost, median, plain, type Suite } from './figures.ts'

const GOAL_MS = 3_000

export const start: Suite = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const first = await startOnce(join(dir, 'data'))
    const times: number[] = []
    for (let round = 0; round < (quick ? 3 : 7); round += 1) times.push(await startOnce(join(dir, 'data')))
    return {
      figures: {
        'npm start to ready, second start': atMost(median(times), 'ms', GOAL_MS),
        'npm start to ready, empty data directory': plain(first, 'ms'),
      },
      ratios: {},
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function startOnce (dataDir: string): Promise<number> {
  const from = performance.now()
  const child = spawn('npm', ['start', '--silent', '--', '--port', '0', '--json', '--data-dir', dataDir], { cwd: packageRoot(), stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  await once(createInterface({ input: child.stdout }), 'line')
  const took = performance.now() - from
  const gone = once(child, 'exit')
  // npm does not pass every signal on; its own group, made for it above, gets it whole.
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
  await gone
  return took
}
