import { spawn } from 'node:child_process'
import { BARE_ENVIRONMENT } from './holder.ts'

const WALK_MS = 60_000
const MAX_NAMED = 20
const MAX_NAME_CHARS = 200
const TICK_MS = 100 // far above one of the kernel's clock, from which change times are taken

/** What lies in a workspace that nothing runs in any more. */
export interface LeftChanges {
  /** Files, links and deletions. */
  readonly files: number
  /** Some of them, at most 20, printable. */
  readonly paths: readonly string[]
}

/**
 * What an agent changed in a workspace after a moment, by the times that nobody in a sandbox can set. Installed packages and the agent's own
 * repository are not counted. Never opens a file.
 *
 * @param sinceMs Unix milliseconds
 * @returns null when the workspace is gone, or cannot be walked within a minute
 */
export async function leftChanges (upperDir: string, sinceMs: number): Promise<LeftChanges | null> {
  const since = `@${Math.max(0, (sinceMs - TICK_MS) / 1_000).toFixed(3)}`
  // In a user namespace: an agent can make its folders unreadable to whoever runs the gateway.
  const child = spawn('unshare', ['-Ur', 'find', upperDir, '-xdev', '(', '-path', `${upperDir}/.git`, '-o', '-name', 'node_modules', ')', '-prune', '-o', '(', '-type', 'f', '-o', '-type', 'l', '-o', '-type', 'c', ')', '-newerct', since, '-printf', '%P\\0'], {
    stdio: ['ignore', 'pipe', 'ignore'], env: BARE_ENVIRONMENT, cwd: '/', timeout: WALK_MS, killSignal: 'SIGKILL',
  })
  const ended = new Promise<number | null>((resolve) => { child.on('close', resolve).on('error', () => { resolve(null) }) })
  const paths: string[] = []
  let files = 0
  let rest = ''
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    const names = `${rest}${text}`.split('\0')
    rest = names.pop() ?? ''
    files += names.length
    for (const name of names.slice(0, MAX_NAMED - paths.length)) paths.push(shown(name))
  })
  return await ended === 0 ? { files, paths: paths.sort() } : null
}

function shown (name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8').replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?').slice(0, MAX_NAME_CHARS)
}
