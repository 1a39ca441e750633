import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { GatewayError } from '../gateway/core/errors.ts'
import { agentEnvironment } from './agent-environment.ts'
import { ARGS_FD, CLOSE_INHERITED, editorAgentArguments, editorAgentCommand, packArguments, SECCOMP_FD } from './argv.ts'
import { BARE_ENVIRONMENT } from './holder.ts'
import { npmFolder } from './host-paths.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { coverProjectConfig } from './project-config.ts'
import { stageRuntime } from './run-folder.ts'
import { seccompFilter } from './seccomp.ts'

/** A running agent that is spoken to on its standard streams. */
export interface StdioAgent {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when it has ended, and what was made for it is gone. Never rejects. */
  readonly ended: Promise<number>
  kill (): void
}

export interface EditorAgentSpec {
  /** Real path of the folder that it works on. */
  readonly project: string
  readonly agentBinary: string
  readonly agentArguments: readonly string[]
  readonly config: object
  /** Opens the way to the models on this Unix socket. */
  readonly openModels: (socketPath: string) => Promise<{ close (): Promise<void> }>
}

/**
 * Starts an agent inside walls on a person's own folder: it sees that folder as `/workspace`, its `.git` read-only, the system's programs, and
 * no network but the models. Its words on standard error go to ours.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX
 */
export async function startEditorAgent (spec: EditorAgentSpec): Promise<StdioAgent> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-acp-'))
  const runtime = stageRuntime(dir, join(import.meta.dirname, 'inside'))
  const gateDir = join(dir, 'gate')
  const config = join(dir, 'config.json')
  mkdirSync(gateDir)
  writeFileSync(config, JSON.stringify(spec.config), { mode: 0o600 })
  const models = await spec.openModels(join(gateDir, 'model.sock'))
  const git = join(spec.project, '.git')
  const options = editorAgentArguments({
    node: process.execPath,
    npm: npmFolder(process.execPath),
    etc: runtime.etc,
    limits: DEFAULT_LIMITS,
    project: spec.project,
    repository: existsSync(git) ? git : null,
    agentBinary: spec.agentBinary,
    inside: runtime.inside,
    models: runtime.models,
    config,
    gateDir,
    covered: coverProjectConfig(spec.project, runtime.covers),
  }, { ...agentEnvironment(randomBytes(32).toString('base64url')), SHELL: '/bin/bash' })
  const child = spawn('bash', ['--norc', '-c', CLOSE_INHERITED, 'weir', 'bwrap', '--args', String(ARGS_FD), '--', ...editorAgentCommand(spec.agentArguments, DEFAULT_LIMITS)], {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe', 'pipe'], env: { ...BARE_ENVIRONMENT }, cwd: '/',
  })
  feed(child, ARGS_FD, packArguments(options))
  feed(child, SECCOMP_FD, seccompFilter(process.arch))
  return {
    ...streamsOf(child),
    ended: endOf(child).then(async (code) => {
      await models.close()
      rmSync(dir, { recursive: true, force: true })
      return code
    }),
    // bwrap is pid 1's parent and dies with us; its child, pid 1 of the agent's namespace, takes all others with it.
    kill: () => { child.kill('SIGKILL') },
  }
}

/** Starts an agent without walls, with this environment. */
export function startBareAgent (command: readonly [string, ...string[]], cwd: string, env: NodeJS.ProcessEnv): StdioAgent {
  const [program, ...args] = command
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] })
  return { ...streamsOf(child), ended: endOf(child), kill: () => { child.kill('SIGKILL') } }
}

function streamsOf ({ stdin, stdout }: ChildProcess): Pick<StdioAgent, 'stdin' | 'stdout'> {
  if (stdin === null || stdout === null) throw new GatewayError('WEIR_ERR_SANDBOX')
  stdin.on('error', () => { stdin.destroy() }) // it closed its input: its end says more
  return { stdin, stdout }
}

async function endOf (child: ChildProcess): Promise<number> {
  return await new Promise((resolve) => {
    child.once('error', () => { resolve(127) })
    child.once('close', (code) => { resolve(code ?? 128) })
  })
}

function feed (child: ChildProcess, descriptor: number, bytes: Buffer): void {
  const pipe = child.stdio[descriptor]
  if (pipe === null || pipe === undefined || !('write' in pipe)) throw new GatewayError('WEIR_ERR_SANDBOX')
  pipe.on('error', () => { pipe.destroy() }) // bwrap gone before it read its options shows as its exit
  pipe.end(bytes)
}
