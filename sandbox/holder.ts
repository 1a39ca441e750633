import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { GatewayError } from '../gateway/core/errors.ts'
import { holderArguments } from './argv.ts'

const START_MS = 10_000 // a mount takes milliseconds; this only ends a hang

/** The only environment that the sandbox's own programs get: pid 1 shows it to everything inside as /proc/1/environ. */
export const BARE_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } as const

export interface OverlayPaths { readonly lower: string, readonly upper: string, readonly work: string, readonly merged: string }

/** A process that keeps the overlay mounted in namespaces of its own. It ends with the gateway, even with kill -9. */
export interface Holder {
  readonly pid: number
  readonly ended: Promise<void>
  close (): Promise<void>
}

/** Mounts the overlay. @param processes as `holderArguments` @throws GatewayError WEIR_ERR_SANDBOX */
export async function openHolder (paths: OverlayPaths, processes: number | null = null): Promise<Holder> {
  // The holder reads our end of its standard input until it closes, which the kernel does however this process ends.
  const child = spawn('unshare', holderArguments(paths, processes), { stdio: ['pipe', 'pipe', 'pipe'], env: BARE_ENVIRONMENT, cwd: '/' })
  const ended = new Promise<void>((resolve) => { child.once('close', () => { resolve() }).once('error', () => { resolve() }) })
  child.stdin.on('error', () => { child.kill('SIGKILL') }) // the pipe broke: there is nothing left to hold
  const { pid, problem } = await readiness(child)
  if (pid === null) {
    child.kill('SIGKILL')
    throw new GatewayError('WEIR_ERR_SANDBOX', `The workspace could not be mounted. Overlay mounts in user namespaces are needed (Linux 5.11 or newer): ${problem}`)
  }
  return {
    pid,
    ended,
    async close () {
      child.stdin.end() // its first process reads the end and exits; the kernel ends the namespace with it
      await ended
    },
  }
}

interface Readiness { readonly pid: number | null, readonly problem: string }

async function readiness (child: ChildProcess): Promise<Readiness> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) return { pid: null, problem: 'no pipes' }
  let said = ''
  stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-500) })
  try {
    const signal = AbortSignal.timeout(START_MS)
    const exit = once(child, 'close', { signal }).then(() => null)
    const ready = once(stdout.setEncoding('utf8'), 'data', { signal }).then(([line]) => pidIn(String(line)))
    exit.catch(() => {}) // whichever loses the race may still be aborted by the time-out
    ready.catch(() => {})
    return { pid: await Promise.race([ready, exit]), problem: said.trim() }
  } catch (error) {
    return { pid: null, problem: error instanceof Error ? error.message : 'unknown' }
  }
}

function pidIn (line: string): number | null {
  const digits = /^ready (\d+)\n$/.exec(line)?.[1]
  return digits === undefined ? null : Number(digits)
}
