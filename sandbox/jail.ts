import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { GatewayError } from '../gateway/core/errors.ts'
import { ARGS_FD, enterArguments, packArguments, SECCOMP_FD } from './argv.ts'
import { BARE_ENVIRONMENT } from './holder.ts'

/** A process inside new walls on a holder's mounts. */
export interface Jailed {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Exit code, 128 + n for signal n, once all of the jail's processes are gone and its output was read. */
  readonly ended: Promise<number>
  /** The same without waiting for anybody to read the output. */
  readonly exited: Promise<number>
  onExit (listener: (code: number) => void): void
  /** Kills every process in the jail: its first process is pid 1 of their namespace. */
  kill (): void
}

export interface JailSpec {
  readonly holderPid: number
  /** bwrap's options; they travel on a descriptor, so that secrets among them are in no process list. */
  readonly options: readonly string[]
  readonly command: readonly string[]
  readonly filter: Buffer
}

/** Starts a jail. @throws GatewayError WEIR_ERR_SANDBOX when nothing could be started at all */
export function startJail (spec: JailSpec): Jailed {
  const child = spawn('nsenter', enterArguments(spec.holderPid, spec.command), {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: BARE_ENVIRONMENT,
    cwd: '/',
  })
  const { stdin, stdout, stderr } = child
  feed(child, ARGS_FD, packArguments(spec.options))
  feed(child, SECCOMP_FD, spec.filter)
  const exited = endOf(child, 'exit')
  const ended = endOf(child, 'close')
  const onExit = (listener: (code: number) => void): void => { child.once('exit', (code, signal) => { listener(exitCode(code, signal)) }) }
  if (stdin === null || stdout === null || stderr === null) throw new GatewayError('WEIR_ERR_SANDBOX')
  stdin.on('error', () => { stdin.destroy() }) // the process closed its input: what it does not read is not an error
  return { stdin, stdout, stderr, ended, exited, onExit, kill: () => { child.kill('SIGKILL') } }
}

function feed (child: ChildProcess, descriptor: number, bytes: Buffer): void {
  const pipe = child.stdio[descriptor]
  if (pipe === null || pipe === undefined || !('write' in pipe)) throw new GatewayError('WEIR_ERR_SANDBOX')
  // bwrap gone before it read its options shows as its exit; the broken pipe says nothing more.
  pipe.on('error', () => { pipe.destroy() })
  pipe.end(bytes)
}

function endOf (child: ChildProcess, event: 'exit' | 'close'): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => { resolve(127) })
    child.once(event, (code: number | null, signal: NodeJS.Signals | null) => {
      resolve(exitCode(code, signal))
    })
  })
}

function exitCode (code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}
