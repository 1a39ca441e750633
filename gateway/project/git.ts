import { spawn, type ChildProcess } from 'node:child_process'
import { GatewayError } from '../core/errors.ts'

const MAX_OUTPUT_BYTES = 67_108_864 // 64 MiB: a tree listing of some 500,000 files
const TIMEOUT_MS = 60_000

export interface GitOptions {
  readonly input?: string | Uint8Array
  /** Added to the fixed environment: private index, author, committer. */
  readonly env?: Readonly<Record<string, string>>
  /** Working directory; default `/`. */
  readonly cwd?: string
  /** The highest exit code that is no failure. Default 0. */
  readonly maxCode?: number
}

/** Plumbing commands on one repository, none of which can start a program that the repository names. */
export interface Git {
  readonly gitDir: string
  /** Standard output of one command. @throws GatewayError WEIR_ERR_PROJECT when it fails, hangs for 60 s or says too much */
  run (args: readonly string[], options?: GitOptions): Promise<Buffer>
  /** The same with its exit code, for commands that say something by it. */
  exec (args: readonly string[], options: GitOptions): Promise<{ readonly code: number, readonly output: Buffer }>
  /** The same, as trimmed text. */
  text (args: readonly string[], options?: GitOptions): Promise<string>
}

// The repository's own config is read by git whatever we do, and a hostile one can name programs: hooks, a file system
// monitor, filters, a signing program, a transport of a promisor remote. Each is switched off here; -c wins over files.
const CONFIG = [
  'core.hooksPath=/dev/null', 'core.fsmonitor=false', 'core.attributesFile=/dev/null', 'core.excludesFile=/dev/null',
  'core.untrackedCache=false', 'core.splitIndex=false', 'core.quotePath=false', 'core.fsync=committed,reference', 'protocol.allow=never', 'gc.auto=0',
  'maintenance.auto=false', 'commit.gpgSign=false', 'log.showSignature=false', 'core.pager=cat',
]

export const GIT_FLAGS: readonly string[] = ['--no-pager', '--no-replace-objects', '--literal-pathspecs', ...CONFIG.flatMap((line) => ['-c', line])]

/** The whole environment of a git process: nothing of the gateway's own is inherited but PATH. */
export function gitEnvironment (gitDir: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_DIR: gitDir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    // Unlike protocol.allow, this list beats a repository's own protocol.<name>.allow.
    GIT_ALLOW_PROTOCOL: 'none',
  }
}

/** Whether this process must not end before that child: one that stands there between its uses holds nobody up. */
export function setHolding (child: ChildProcess, isHolding: boolean): void {
  const handles: readonly unknown[] = [child, child.stdin, child.stdout, child.stderr] // pipes are sockets, which the types do not say
  for (const handle of handles as readonly ({ ref (): void, unref (): void } | null)[]) {
    if (isHolding) handle?.ref()
    else handle?.unref()
  }
}

/** Git on the repository whose directory (or `.git` file) is `gitDir`, an absolute path. */
export function createGit (gitDir: string): Git {
  const run = async (args: readonly string[], options: GitOptions = {}): Promise<Buffer> => (await runGit(gitDir, args, options)).output
  return {
    gitDir,
    run,
    exec: (args, options) => runGit(gitDir, args, options),
    text: async (args, options) => (await run(args, options)).toString('utf8').trim(),
  }
}

function runGit (gitDir: string, args: readonly string[], options: GitOptions): Promise<{ readonly code: number, readonly output: Buffer }> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...GIT_FLAGS, ...args], {
      cwd: options.cwd ?? '/', env: { ...gitEnvironment(gitDir), ...options.env }, stdio: 'pipe', timeout: TIMEOUT_MS, killSignal: 'SIGKILL',
    })
    const out: Buffer[] = []
    let size = 0
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_OUTPUT_BYTES) child.kill('SIGKILL')
      else out.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => { complaint = `${complaint}${chunk.toString('utf8')}`.slice(0, 4_096) })
    child.on('error', (cause) => reject(failed(args, cause)))
    child.on('close', (code) => code !== null && code <= (options.maxCode ?? 0) ? resolve({ code, output: Buffer.concat(out) }) : reject(failed(args, new Error(`exit ${code}: ${complaint}`))))
    // A git that dies early closes its input; its exit code is the error that matters.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}

// The message names the command only: arguments and git's own words can hold paths and names, so they stay in the cause.
function failed (args: readonly string[], cause: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_PROJECT', `git ${args[0] ?? ''} failed on the project's repository`, { cause })
}
