// Question: how long from the wish for a session's sandbox to a healthy agent in it? Unit: ms, beside the same agent started bare, in turns;
// and what the walls alone take: a workspace and a command in it that does nothing. The agent is the installed OpenCode.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { agentConfig } from '../adapters/opencode/agent-config.ts'
import type { Permit } from '../gateway/core/permit.ts'
import { installedAgent } from '../gateway/sessions/installed-agent.ts'
import { agentEnvironment, serveArguments } from '../sandbox/agent-environment.ts'
import { openSandboxDriver } from '../sandbox/open-driver.ts'
import { INSIDE, type Sandbox, type SandboxDriver } from '../sandbox/sandbox.ts'
import { allowingGovernor, permitFor } from './allowing-governor.ts'
import { atMost, median, plain, ratio, ratioAtMost, type Figure, type Suite } from './figures.ts'
import { freePort } from './load.ts'

const GOAL = 1.5
const WALLS_GOAL_MS = 100
// As the gateway looks for an agent, whose first connections can hang.
const BETWEEN_MS = 60
const TRY_MS = 1_500
const CONFIG = agentConfig({ modelBaseUrl: (provider) => `${INSIDE.modelBaseUrl}/weir/model/${provider}/v1`, modelToken: 'none', providers: {}, shell: INSIDE.shell })

interface Stage { readonly binary: string, readonly project: string, readonly permit: Permit }
interface Row { readonly agentMs: number, readonly nothingMs: number }

export const sandbox: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const open: SandboxDriver[] = []
  try {
    const project = join(dir, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{"name":"bench"}\n')
    const stage: Stage = { binary: installedAgent('opencode', process.env), project, permit: await permitFor(allowingGovernor(), { kind: 'session' }) }
    const starts = new Map<string, () => Promise<Row>>([['bare', () => bareStart(stage, dir)]])
    for (const name of ['bubblewrap', 'podman'] as const) {
      const driver = await driverOf(name, join(dir, name), stage)
      if (driver === null) continue // a machine without podman
      open.push(driver)
      starts.set(name, () => sandboxStart(driver, stage))
    }
    const rows = await inTurns(starts, quick ? 3 : 9, say)
    return summarise(rows)
  } finally {
    for (const driver of open) await driver.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function driverOf (name: 'bubblewrap' | 'podman', dataDir: string, { binary }: Stage): Promise<SandboxDriver | null> {
  mkdirSync(dataDir)
  try {
    return await openSandboxDriver({ sandbox: name, runtime: null }, { dataDir, agentBinary: binary })
  } catch (error) {
    if (name === 'podman') return null
    throw error
  }
}

async function inTurns (starts: ReadonlyMap<string, () => Promise<Row>>, rounds: number, say: (text: string) => void): Promise<ReadonlyMap<string, readonly Row[]>> {
  const rows = new Map<string, Row[]>([...starts.keys()].map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, start] of starts) {
      const row = await start()
      if (round < 0) continue // the first round reads the programs from disk
      rows.get(name)?.push(row)
      say(`  round ${round + 1}  ${name.padEnd(10)} healthy after ${Math.round(row.agentMs)} ms, a command that does nothing ${Math.round(row.nothingMs)} ms`)
    }
  }
  return rows
}

async function sandboxStart (driver: SandboxDriver, stage: Stage): Promise<Row> {
  return {
    agentMs: await untilDone(driver, stage, (made) => made.startAgent({ config: CONFIG })),
    nothingMs: await untilDone(driver, stage, (made) => runNothing(made, stage.permit)),
  }
}

/** How long a sandbox takes from nothing to the end of this, ms; its removal not counted. */
async function untilDone (driver: SandboxDriver, { project, permit }: Stage, task: (made: Sandbox) => Promise<void>): Promise<number> {
  const from = performance.now()
  const made = await driver.open(permit, { lowerDir: project })
  try {
    await task(made)
    return performance.now() - from
  } finally {
    await made.stop()
  }
}

async function runNothing (made: Sandbox, permit: Permit): Promise<void> {
  const tool = made.runTool(permit, { command: 'true', cwd: INSIDE.workspace })
  tool.stdin.end()
  tool.stdout.resume()
  tool.stderr.resume()
  const { code } = await tool.ended
  if (code !== 0) throw new Error('the command that does nothing failed')
}

/** The agent as a gateway starts it, and the same command, without any walls. */
async function bareStart ({ binary, project }: Stage, dir: string): Promise<Row> {
  const home = mkdtempSync(join(dir, 'home-'))
  const port = await freePort()
  const from = performance.now()
  execFileSync('git', ['init', '-q', home]) // a sandbox has a repository of its own too
  writeFileSync(join(home, 'config.json'), JSON.stringify(CONFIG))
  writeFileSync(join(home, 'models.json'), '{}\n')
  const env = { ...agentEnvironment('bench'), HOME: home, XDG_CONFIG_HOME: join(home, '.config'), SHELL: '/bin/bash', OPENCODE_MODELS_PATH: join(home, 'models.json'), OPENCODE_CONFIG: join(home, 'config.json') }
  const agent = spawn(binary, serveArguments(port), { cwd: project, env, stdio: 'ignore' })
  const gone = once(agent, 'exit')
  while (!await isHealthy(port)) {
    if (agent.exitCode !== null) throw new Error('the bare agent ended before it was healthy')
    await delay(BETWEEN_MS)
  }
  const agentMs = performance.now() - from
  agent.kill('SIGKILL')
  await gone
  const nothingFrom = performance.now()
  await once(spawn('/bin/bash', ['-c', 'true'], { stdio: 'ignore' }), 'close')
  return { agentMs, nothingMs: performance.now() - nothingFrom }
}

async function isHealthy (port: number): Promise<boolean> {
  const authorization = `Basic ${Buffer.from('opencode:bench').toString('base64')}`
  return await fetch(`http://127.0.0.1:${port}/global/health`, { headers: { authorization }, signal: AbortSignal.timeout(TRY_MS) }).then(({ status }) => status === 200, () => false)
}

function summarise (rows: ReadonlyMap<string, readonly Row[]>): Awaited<ReturnType<Suite>> {
  const each = (name: string, what: keyof Row): readonly number[] => (rows.get(name) ?? []).map((row) => row[what])
  const against = (name: string): number => median(each(name, 'agentMs').map((ms, round) => ms / (each('bare', 'agentMs')[round] ?? Number.NaN)))
  const walls = (name: string): number => median(each(name, 'nothingMs')) - median(each('bare', 'nothingMs'))
  const figures: Record<string, Figure> = { 'walls of bubblewrap and their workspace': atMost(walls('bubblewrap'), 'ms', WALLS_GOAL_MS) }
  if (rows.has('podman')) figures['walls of podman and their workspace'] = plain(walls('podman'), 'ms')
  for (const name of rows.keys()) figures[`${name} start to healthy agent`] = plain(median(each(name, 'agentMs')), 'ms')
  return {
    figures,
    ratios: {
      'start in bubblewrap / bare': ratioAtMost(against('bubblewrap'), GOAL),
      ...(rows.has('podman') ? { 'start in podman / bare': ratio(against('podman')) } : {}),
    },
  }
}
