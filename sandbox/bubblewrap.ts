import { randomBytes } from 'node:crypto'
import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { GatewayError } from '../gateway/core/errors.ts'
import { isIssued, type Permit } from '../gateway/core/permit.ts'
import { agentArguments, agentCommand, toolArguments, toolCommand, type AgentPaths, type ToolPaths } from './argv.ts'
import { agentEnvironment, serveArguments } from './agent-environment.ts'
import { openHolder, type Holder } from './holder.ts'
import { startJail, type Jailed, type JailSpec } from './jail.ts'
import { untilHealthy } from './readiness.ts'
import { makeRunFolder, openRunBase, removeTree, stageRuntime, type RunFolder, type RuntimeFolder } from './run-folder.ts'
import { INSIDE, type AgentSpec, type Sandbox, type SandboxDriver, type SandboxSpec, type ToolEnd, type ToolProcess, type ToolSpec } from './sandbox.ts'
import { seedRepository } from './seed-repository.ts'
import { seccompFilter } from './seccomp.ts'

const AGENT_START_MS = 90_000 // two seconds alone on a core; this is for a machine under load
const TOOL_WALL_MS = 600_000
const MAX_TOOLS = 64 // per session; far more than a turn's parallel calls
const DIAGNOSTIC_BYTES = 4_096

export interface BubblewrapOptions {
  readonly dataDir: string
  /** Real path of the agent's executable, see `findAgentBinary`. */
  readonly agentBinary: string
  /** The agent's arguments after its name. Default: OpenCode's `serve` on the sandbox's agent port. */
  readonly agentArguments?: readonly string[]
  /** The last output of an agent that ended or did not start, for the operator's log; secrets of the run are masked. */
  readonly onDiagnostic?: (text: string) => void
}

interface Driver {
  readonly options: BubblewrapOptions
  readonly base: string
  readonly runtime: RuntimeFolder
  readonly filter: Buffer
  readonly npm: string | null
  readonly shells: readonly string[]
}

/**
 * The sandbox driver for one machine: bubblewrap over an overlay in a user namespace, no root needed.
 * Removes what an earlier process left in the run folder: only one gateway may use a data directory at a time.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX
 */
export async function createBubblewrap (options: BubblewrapOptions): Promise<SandboxDriver> {
  const base = await openRunBase(options.dataDir)
  const driver: Driver = {
    options,
    base,
    runtime: stageRuntime(base, join(import.meta.dirname, 'inside')),
    filter: filterOfThisMachine(),
    npm: npmFolder(process.execPath),
    shells: systemShells(),
  }
  return {
    async open (permit, spec) {
      demand(permit)
      return await openSandbox(driver, spec)
    },
    async close () {
      await removeTree(base)
    },
  }
}

async function openSandbox (driver: Driver, spec: SandboxSpec): Promise<Sandbox> {
  const run = makeRunFolder(driver.base)
  try {
    const holder = await openHolder({ lower: realpathSync(spec.lowerDir), upper: run.upper, work: run.work, merged: run.merged })
    return describe(driver, spec, run, holder)
  } catch (error) {
    await removeTree(run.dir)
    throw error instanceof GatewayError ? error : new GatewayError('WEIR_ERR_SANDBOX', undefined, { cause: error })
  }
}

function describe (driver: Driver, spec: SandboxSpec, run: RunFolder, holder: Holder): Sandbox {
  const password = randomBytes(32).toString('base64url')
  const authorization = `Basic ${Buffer.from(`opencode:${password}`).toString('base64')}`
  const tools = new Set<Jailed>()
  let agentGone: (code: number | null) => void = () => {}
  const agentEnded = new Promise<number | null>((resolve) => { agentGone = resolve })
  let agent: Jailed | null = null
  let stopped = false

  function toolJail (cwd: string): Omit<JailSpec, 'command'> {
    return { holderPid: holder.pid, options: toolArguments(toolPaths(driver, run), cwd), filter: driver.filter }
  }

  async function stopProcesses (): Promise<void> {
    stopped = true
    for (const jail of tools) jail.kill()
    agent?.kill()
    if (agent === null) agentGone(null)
    await Promise.all([agent?.exited, ...[...tools].map((jail) => jail.exited)])
  }

  return {
    gateDir: run.gateDir,
    agentSocketPath: run.agentSocket,
    authorization,
    holderPid: holder.pid,
    mergedDir: run.merged,
    workspaceRoot: `/proc/${holder.pid}/root${run.merged}`,
    lowerDir: spec.lowerDir,
    upperDir: run.upper,
    agentEnded,
    stopProcesses,
    async startAgent (agentSpec) {
      if (stopped || agent !== null) throw new GatewayError('WEIR_ERR_AGENT_START', 'This sandbox has ended or has its agent already.')
      const unseeded = await seedRepository(toolJail(INSIDE.workspace))
      if (unseeded !== null) driver.options.onDiagnostic?.(`the workspace has no repository of its own: ${unseeded}`)
      if (stopped) throw new GatewayError('WEIR_ERR_AGENT_START', 'The session was stopped while it started.')
      agent = launchAgent(driver, run, holder.pid, agentSpec, password)
      agent.onExit(agentGone)
      await untilAnswering(agent, run, authorization)
    },
    runTool (permit, toolSpec) {
      demand(permit)
      if (stopped) throw new GatewayError('WEIR_ERR_SANDBOX', 'The session has ended.')
      if (tools.size >= MAX_TOOLS) throw new GatewayError('WEIR_ERR_SANDBOX', `At most ${MAX_TOOLS} commands run at once in a session.`)
      const jail = startJail({ ...toolJail(toolSpec.cwd), command: toolCommand(toolSpec.command) })
      tools.add(jail)
      jail.onExit(() => { tools.delete(jail) })
      return bounded(jail, toolSpec)
    },
    async stop () {
      await stopProcesses()
      await holder.close()
      await removeTree(run.dir)
    },
  }
}

function launchAgent (driver: Driver, run: RunFolder, holderPid: number, spec: AgentSpec, password: string): Jailed {
  writeFileSync(run.config, JSON.stringify(spec.config), { mode: 0o600 })
  const paths: AgentPaths = {
    ...toolPaths(driver, run),
    agentBinary: driver.options.agentBinary,
    inside: driver.runtime.inside,
    launcher: driver.runtime.launcher,
    models: driver.runtime.models,
    config: run.config,
    gateDir: run.gateDir,
    agentDir: run.agentDir,
    shells: driver.shells,
  }
  const jail = startJail({
    holderPid,
    options: agentArguments(paths, agentEnvironment(password)),
    command: agentCommand(driver.options.agentArguments ?? serveArguments(INSIDE.agentPort)),
    filter: driver.filter,
  })
  jail.stdin.end()
  reportEnd(jail, password, driver.options.onDiagnostic)
  return jail
}

/** Drains the agent's output, so that it never blocks on a full pipe, and hands on its last words. */
function reportEnd (jail: Jailed, password: string, onDiagnostic: BubblewrapOptions['onDiagnostic']): void {
  let last = ''
  const keep = (text: string): void => { last = (last + text).slice(-DIAGNOSTIC_BYTES) }
  jail.stdout.setEncoding('utf8').on('data', keep)
  jail.stderr.setEncoding('utf8').on('data', keep)
  jail.onExit((code) => { onDiagnostic?.(`agent ended with code ${code}: ${last.replaceAll(password, '[password]').trim()}`) })
}

async function untilAnswering (agent: Jailed, run: RunFolder, authorization: string): Promise<void> {
  const giveUp = new AbortController()
  const timer = setTimeout(() => { giveUp.abort() }, AGENT_START_MS)
  let ended: number | null = null
  agent.onExit((code) => {
    ended = code
    giveUp.abort()
  })
  const healthy = await untilHealthy(run.agentSocket, join(run.agentDir, 'agent.sock'), authorization, giveUp.signal)
  clearTimeout(timer)
  if (healthy) return
  agent.kill()
  throw new GatewayError('WEIR_ERR_AGENT_START', ended === null ? `The agent did not answer within ${AGENT_START_MS / 1000} s.` : `The agent ended with code ${String(ended)} before it answered.`)
}

/** Ends a tool at its wall time. */
function bounded (jail: Jailed, spec: ToolSpec): ToolProcess {
  let how: ToolEnd['how'] = 'exited'
  const end = (why: ToolEnd['how']): void => {
    if (how === 'exited') how = why
    jail.kill()
  }
  const timer = setTimeout(() => { end('timed-out') }, spec.wallMs ?? TOOL_WALL_MS)
  jail.onExit(() => { clearTimeout(timer) })
  return {
    stdin: jail.stdin,
    stdout: jail.stdout,
    stderr: jail.stderr,
    ended: jail.ended.then((code) => ({ how, code })),
    kill: () => { end('killed') },
  }
}

function toolPaths (driver: Driver, run: RunFolder): ToolPaths {
  return { node: process.execPath, npm: driver.npm, etc: driver.runtime.etc, merged: run.merged }
}

/** An untyped caller could pass anything for a permit; the type checker cannot see that. */
function demand (permit: Permit): void {
  if (!isIssued(permit)) throw new GatewayError('WEIR_ERR_DENIED', 'Nothing starts without a permit.')
}

function filterOfThisMachine (): Buffer {
  try {
    return seccompFilter(process.arch)
  } catch (error) {
    throw new GatewayError('WEIR_ERR_SANDBOX', `There is no system-call filter for ${process.arch}; sandboxes need x64 or arm64.`, { cause: error })
  }
}

/** npm beside a Node that is not installed under /usr (which every sandbox sees anyway). */
function npmFolder (node: string): string | null {
  if (node.startsWith('/usr/')) return null
  const folder = join(dirname(dirname(node)), 'lib', 'node_modules', 'npm')
  return existsSync(join(folder, 'bin', 'npm-cli.js')) ? folder : null
}

/** Real paths under /usr of the shells a program may start by name. */
function systemShells (): string[] {
  const names = ['bash', 'sh', 'dash', 'zsh', 'fish', 'ksh', 'rbash']
  const found = names.map((name) => `/usr/bin/${name}`).filter((path) => existsSync(path)).map((path) => realpathSync(path))
  return [...new Set(found)].filter((path) => path.startsWith('/usr/'))
}
