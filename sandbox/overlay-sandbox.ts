import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { GatewayError } from '../gateway/core/errors.ts'
import { isIssued, type Permit } from '../gateway/core/permit.ts'
import { launchAgent, lastWordsOf, untilAnswering } from './agent-process.ts'
import { terminalCommand, toolArguments, toolCommand, waitingCommand } from './argv.ts'
import { toolPaths, type Driver } from './driver.ts'
import type { Holder } from './holder.ts'
import { startJail, type Jailed, type JailSpec } from './jail.ts'
import { watchLimits } from './limit-watch.ts'
import type { LimitHit } from './limits.ts'
import { removeTree, type RunFolder } from './run-folder.ts'
import { INSIDE, MAX_TERMINAL_SIZE, type AgentSpec, type Sandbox, type SandboxSpec, type TerminalSize, type ToolEnd, type ToolProcess, type ToolSpec } from './sandbox.ts'
import { seedRepository } from './seed-repository.ts'
import { keepSpareJail, type SpareJail } from './spare-jail.ts'
import type { Walls } from './walls.ts'

const MAX_TOOLS = 64 // per session; far more than a turn's parallel calls

/** One session's holder, agent and tools, whatever makes their walls. */
export class OverlaySandbox implements Sandbox {
  readonly gateDir: string
  readonly agentSocketPath: string
  readonly authorization: string
  readonly holderPid: number
  readonly mergedDir: string
  readonly workspaceRoot: string
  readonly lowerDir: string
  readonly upperDir: string
  readonly walls: Walls
  readonly agentEnded: Promise<number | null>
  readonly #driver: Driver
  readonly #run: RunFolder
  readonly #holder: Holder
  readonly #password = randomBytes(32).toString('base64url')
  readonly #tools = new Map<Jailed, (hit: LimitHit) => void>()
  readonly #watch: { close (): void }
  readonly #spare: SpareJail | null
  readonly #conversations: string | null
  #agentGone: (code: number | null) => void = () => {}
  #agent: Jailed | null = null
  #stopped = false

  constructor (driver: Driver, run: RunFolder, holder: Holder, spec: SandboxSpec) {
    this.gateDir = run.gateDir
    this.agentSocketPath = run.agentSocket
    this.authorization = `Basic ${Buffer.from(`opencode:${this.#password}`).toString('base64')}`
    this.holderPid = holder.pid
    this.mergedDir = run.merged
    this.workspaceRoot = `/proc/${holder.pid}/root${run.merged}`
    this.lowerDir = spec.lowerDir
    this.upperDir = run.upper
    this.walls = driver.readerWalls
    this.agentEnded = new Promise((resolve) => { this.#agentGone = resolve })
    this.#driver = driver
    this.#conversations = spec.conversations ?? null
    this.#run = run
    this.#holder = holder
    this.#spare = driver.keepsSpare && spec.isForOne !== true ? keepSpareJail(() => startJail({ ...this.#toolJail(INSIDE.workspace), command: waitingCommand(driver.limits) })) : null
    this.#watch = watchLimits({ holderPid: holder.pid, folders: [run.upper, ...(spec.conversations === undefined ? [] : [spec.conversations])] }, driver.limits, {
      stopCommands: (hit) => this.#stopCommands(hit, spec),
      stopSession: (hit) => { spec.onLimit?.(hit, 'session') },
    })
  }

  async startAgent (spec: AgentSpec): Promise<void> {
    if (this.#stopped || this.#agent !== null) throw new GatewayError('WEIR_ERR_AGENT_START', 'This sandbox has ended or has its agent already.')
    const unseeded = await seedRepository(this.#toolJail(INSIDE.workspace))
    if (unseeded !== null) this.#diagnose(`the workspace has no repository of its own: ${unseeded}`)
    if (this.#stopped) throw new GatewayError('WEIR_ERR_AGENT_START', 'The session was stopped while it started.')
    const agent = launchAgent(this.#driver, this.#run, { holderPid: this.holderPid, conversations: this.#conversations }, spec, this.#password)
    const lastWords = lastWordsOf(agent, this.#password)
    this.#agent = agent
    agent.onExit((code) => {
      if (!this.#stopped) this.#diagnose(`the agent ended with code ${code}: ${lastWords()}`)
      this.#agentGone(code)
    })
    await untilAnswering(agent, this.#run, this.authorization)
  }

  runTool (permit: Permit, spec: ToolSpec): ToolProcess {
    // An untyped caller could pass anything for a permit; the type checker cannot see that.
    if (!isIssued(permit)) throw new GatewayError('WEIR_ERR_DENIED', 'Nothing starts without a permit.')
    if (this.#stopped) throw new GatewayError('WEIR_ERR_SANDBOX', 'The session has ended.')
    if (this.#tools.size >= MAX_TOOLS) throw new GatewayError('WEIR_ERR_SANDBOX', `At most ${MAX_TOOLS} commands run at once in a session.`)
    const jail = this.#startTool(spec)
    const { tool, stopFor } = bounded(jail, spec.wallMs ?? this.#driver.limits.commandMs, spec.terminal !== undefined)
    this.#tools.set(jail, stopFor)
    jail.onExit(() => { this.#tools.delete(jail) })
    return tool
  }

  async stopProcesses (): Promise<void> {
    this.#stopped = true
    this.#watch.close()
    const running = [...this.#tools.keys(), ...(this.#agent === null ? [] : [this.#agent])]
    for (const jail of running) jail.kill()
    if (this.#agent === null) this.#agentGone(null)
    await Promise.all([...running.map((jail) => jail.exited), this.#spare?.close()])
  }

  async stop (): Promise<void> {
    await this.stopProcesses()
    await this.#holder.close()
    await removeTree(this.#run.dir)
  }

  #startTool ({ command, cwd, terminal }: ToolSpec): Jailed {
    const { limits } = this.#driver
    if (terminal !== undefined) return startJail({ ...this.#toolJail(cwd), command: terminalCommand(command, terminal, limits) })
    // Where a jail starts is part of its walls: the one that waits is in the folder in which most commands start.
    const waiting = cwd === INSIDE.workspace ? this.#spare?.run(command) ?? null : null
    return waiting ?? startJail({ ...this.#toolJail(cwd), command: toolCommand(command, limits) })
  }

  #toolJail (cwd: string): Omit<JailSpec, 'command'> {
    return { holderPid: this.holderPid, options: toolArguments(toolPaths(this.#driver, this.#run), cwd), filter: this.#driver.filter, walls: this.#driver.walls, cpus: this.#driver.cpus }
  }

  #stopCommands (hit: LimitHit, { onLimit }: SandboxSpec): boolean {
    const running = [...this.#tools.values()]
    for (const stopFor of running) stopFor(hit)
    if (running.length > 0) onLimit?.(hit, 'commands')
    return running.length > 0
  }

  #diagnose (text: string): void {
    this.#driver.options.onDiagnostic?.(text)
  }
}

/** Ends a tool at its wall time, or when the session is over a limit. */
function bounded (jail: Jailed, wallMs: number, hasTerminal: boolean): { readonly tool: ToolProcess, readonly stopFor: (hit: LimitHit) => void } {
  let how: ToolEnd['how'] = 'exited'
  let passed: LimitHit | null = null
  const end = (why: ToolEnd['how']): void => {
    if (how === 'exited') how = why
    jail.kill()
  }
  const timer = setTimeout(() => { end('timed-out') }, wallMs)
  jail.onExit(() => { clearTimeout(timer) })
  const tool: ToolProcess = {
    stdin: hasTerminal ? nowhere() : jail.stdin,
    stdout: jail.stdout,
    stderr: jail.stderr,
    ended: jail.ended.then((code) => ({ how, code, ...(passed === null ? {} : { hit: passed }) })),
    kill: () => { end('killed') },
    resize (size) {
      if (hasTerminal && isSize(size) && jail.stdin.writable) jail.stdin.write(`${size.columns} ${size.rows}\n`)
    },
  }
  const stopFor = (hit: LimitHit): void => {
    passed ??= hit
    end('over-limit')
  }
  return { tool, stopFor }
}

// What a jail with a terminal reads there are sizes.
function nowhere (): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => { done() } })
}

function isSize (size: TerminalSize): boolean {
  return [size.columns, size.rows].every((value) => Number.isInteger(value) && value >= 1 && value <= MAX_TERMINAL_SIZE)
}
