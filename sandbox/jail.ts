import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../gateway/core/errors.ts'
import { ARGS_FD, SECCOMP_FD } from './argv.ts'
import { BARE_ENVIRONMENT } from './holder.ts'
import { firstOfMarked, hasEnded, killMarked } from './kill-marked.ts'
import { bubblewrapWalls, type JailPlan, type Walls } from './walls.ts'

const LINGER_MS = 250 // a killed jail is gone in a few milliseconds
const LINGER_ROUNDS = 40
const LOOK_MS = 2
const LOOKS = 1_000
const NOT_STARTED = 127 // what a shell answers for a program that is not there

/** A process inside new walls on a holder's mounts. */
export interface Jailed {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Exit code, 128 + n for signal n, once the jail's processes are gone and its output was read. Never rejects. */
  readonly ended: Promise<number>
  /** The same without waiting for anybody to read the output. */
  readonly exited: Promise<number>
  onExit (listener: (code: number) => void): void
  /** Kills every process in the jail: its first process is pid 1 of their namespace. */
  kill (): void
}

export interface JailSpec extends JailPlan {
  /** Default: bubblewrap's. */
  readonly walls?: Walls
}

/** Starts a jail. @throws GatewayError WEIR_ERR_SANDBOX when nothing could be started at all */
export function startJail (spec: JailSpec): Jailed {
  const mark = randomBytes(12).toString('hex')
  const { args, feeds, outputIsCopied } = (spec.walls ?? bubblewrapWalls)(spec, mark)
  const child = spawn('bash', args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: BARE_ENVIRONMENT,
    cwd: '/',
    detached: true, // a process group of its own, so that `kill` reaches what has not tied itself to its parent yet
  })
  const onExit = (listener: (code: number) => void): void => { onEnd(child, 'exit', listener) }
  const exited = new Promise<number>((resolve) => { onExit(resolve) })
  const closed = new Promise<number>((resolve) => { onEnd(child, 'close', resolve) })
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) throw new GatewayError('WEIR_ERR_SANDBOX')
  feed(child, ARGS_FD, feeds[0])
  feed(child, SECCOMP_FD, feeds[1])
  stdin.on('error', () => { stdin.destroy() }) // the process closed its input: what it does not read is not an error
  let firsts: readonly string[] = []
  const kill = (): void => {
    if (outputIsCopied === true) firsts = [...firsts, ...firstOfMarked(mark)]
    killWhole(child, mark, closed)
  }
  const ended = closed.then(async (code) => await allEnded(firsts).then(() => code))
  return { stdin, stdout, stderr, ended, exited, onExit, kill }
}

/**
 * Kills the group, then by their mark those that had left it: bwrap's inner process asks to die with its parent, but a
 * parent killed in the middle of a start can be gone before it asked. Such a one would hold the output open for ever.
 */
function killWhole (child: ChildProcess, mark: string, closed: Promise<number>): void {
  killGroup(child)
  let rounds = 0
  const timer = setInterval(() => {
    rounds += 1
    killMarked(mark)
    if (rounds >= LINGER_ROUNDS) clearInterval(timer)
  }, LINGER_MS)
  timer.unref()
  closed.then(() => { clearInterval(timer) }, () => { clearInterval(timer) })
}

/** Resolves once they have, and when the kernel cannot end one of them for two seconds. */
async function allEnded (pids: readonly string[]): Promise<void> {
  for (let look = 0; look < LOOKS && !pids.every(hasEnded); look++) await delay(LOOK_MS)
}

/**
 * bwrap's outer processes stay in the group; what they started dies with the inner one, pid 1 of its namespace. Killing
 * the outermost alone leaves a bwrap behind that had forked and not yet asked to die with its parent.
 */
function killGroup (child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error
  }
}

function feed (child: ChildProcess, descriptor: number, bytes: Buffer): void {
  const pipe = child.stdio[descriptor]
  if (pipe === null || pipe === undefined || !('write' in pipe)) throw new GatewayError('WEIR_ERR_SANDBOX')
  // bwrap gone before it read its options shows as its exit; the broken pipe says nothing more.
  pipe.on('error', () => { pipe.destroy() })
  pipe.end(bytes)
}

/** Calls back once. A process that could not be spawned emits an error and neither of the two events. */
function onEnd (child: ChildProcess, event: 'exit' | 'close', listener: (code: number) => void): void {
  child.once('error', () => { if (child.pid === undefined) listener(NOT_STARTED) })
  child.once(event, (code: number | null, signal: NodeJS.Signals | null) => {
    listener(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
  })
}
