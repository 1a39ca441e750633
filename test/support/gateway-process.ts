import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../../gateway/package-root.ts'
import { shareCompiledPolicies } from './compiled-policies.ts'

/**
 * For shell scripts that start a program under limits: the test runner loads itself into every child, also through a
 * given environment, and what it writes there would meet the limits first.
 */
export const WITHOUT_RUNNER = 'unset NODE_OPTIONS NODE_V8_COVERAGE; '

const WEIR = join(packageRoot(), 'bin', 'weir.js')

export interface GatewayProcess {
  readonly url: string
  readonly token: string
  readonly child: ChildProcess
  /** Everything the process wrote to its log. */
  log (): string
  /** Ends it by the signal and waits until it is gone. */
  end (signal: NodeJS.Signals): Promise<void>
}

/** A short-named temporary folder (Unix socket paths have about 100 bytes), removed with the test. */
export function shortDir (t: { teardown (cleanUp: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

/** Writes `weir.yaml` into a folder and returns its path. JSON is YAML. What an earlier gateway of the run compiled is there. */
export function writeConfig (dir: string, config: { readonly dataDir?: string, readonly [setting: string]: unknown }): string {
  mkdirSync(dir, { recursive: true })
  if (config.dataDir !== undefined) shareCompiledPolicies(resolve(dir, config.dataDir))
  const file = join(dir, 'weir.yaml')
  writeFileSync(file, JSON.stringify(config))
  return file
}

/**
 * Starts the real gateway as its users do and waits until it says that it is ready. `port` 0 is any that is free; `under` is a program, with its arguments,
 * that becomes the gateway; `flags` are further options of its start.
 */
export async function startGateway (configFile: string, env: NodeJS.ProcessEnv = {}, port = 0, under: readonly string[] = [], flags: readonly string[] = []): Promise<GatewayProcess> {
  const [program = '', ...args] = [...under, process.execPath, WEIR, 'start', '--config', configFile, '--port', String(port), '--json', ...flags]
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env },
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { log += text })
  const exited = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the gateway ended (${code ?? signal}): ${log}`)))
  })
  exited.catch(() => { log += '\n(ended)' })
  const ready = await Promise.race([firstLine(child), exited])
  const { url, token } = JSON.parse(ready) as { url: string, token: string }
  return {
    url,
    token,
    child,
    log: () => log,
    async end (signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill(signal)
      await gone
    },
  }
}

/** Runs one `weir` command to its end. */
export function weir (args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv, readonly input?: string } = {}): { code: number, stdout: string, stderr: string } {
  const result = spawnSync(process.execPath, [WEIR, ...args], { encoding: 'utf8', env: { ...process.env, ...options.env }, input: options.input ?? '', maxBuffer: 64 * 1024 * 1024 })
  return { code: result.status ?? -1, stdout: result.stdout, stderr: result.stderr }
}

async function firstLine (child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the gateway has no standard output')
  const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string]
  return line
}
