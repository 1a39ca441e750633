import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { GIT_FLAGS, gitEnvironment, setHolding, type Git } from './git.ts'

const TIMEOUT_MS = 600_000 // 50,000 files take some ten seconds
const IDLE_MS = 120_000 // from the agent's last change to the end of its turn
const MAX_SAID = 4_096

/** What one `git fast-import` said: its exit code (null when it was killed), the id of the commit that it made, its complaints. */
export interface Imported { readonly code: number | null, readonly commit: string | null, readonly said: string }

/** One `git fast-import`, for one commit. Given nothing it ends by itself and leaves nothing; what it is given must begin with `feature done`. */
export interface ImportProcess {
  readonly stdin: Writable
  /** Whether it stood there before it was needed, so that it may have been ended by anybody since. */
  readonly isKept: boolean
  readonly ended: Promise<Imported>
  kill (): void
}

/** The process of the next commit, started before it is needed: git's start takes as long as its work. */
export interface KeptImport {
  /** Starts it, if it is not there. It ends by itself when nothing is committed for two minutes. */
  expect (): void
  /** The one that waits, or a new one. */
  take (): ImportProcess
}

interface Waiting extends ImportProcess { isOver (): boolean, hold (): void }

export function keepImport (git: Pick<Git, 'gitDir'>): KeptImport {
  let waiting: Waiting | null = null
  let idle: NodeJS.Timeout | null = null
  const leave = (): void => {
    waiting?.stdin.end()
    waiting = null
  }
  return {
    expect () {
      if (waiting?.isOver() === false) idle?.refresh()
      else {
        waiting = startImport(git)
        idle = idle?.refresh() ?? setTimeout(leave, IDLE_MS).unref()
      }
    },
    take () {
      const known = waiting
      waiting = null
      const isKept = known?.isOver() === false
      const mine = isKept ? known : startImport(git)
      mine.hold()
      return { stdin: mine.stdin, ended: mine.ended, kill: mine.kill, isKept }
    },
  }
}

// Without `--done`, by which it would take a gateway that ends while it waits for a broken import, and leave a crash report in the project.
function startImport (git: Pick<Git, 'gitDir'>): Waiting {
  const child = spawn('git', [...GIT_FLAGS, 'fast-import', '--quiet', '--date-format=now'], { cwd: '/', env: gitEnvironment(git.gitDir), stdio: 'pipe' })
  let said = ''
  let answer = ''
  let isOver = false
  child.stdout.on('data', (chunk: Buffer) => { answer = `${answer}${chunk.toString('latin1')}`.slice(0, MAX_SAID) })
  child.stderr.on('data', (chunk: Buffer) => { said = `${said}${chunk.toString('latin1')}`.slice(0, MAX_SAID) })
  child.stdin.on('error', () => undefined) // each write is told, too
  child.on('exit', () => { isOver = true })
  setHolding(child, false)
  const code = new Promise<number | null>((resolve) => {
    child.on('error', () => { resolve(null) })
    child.on('close', resolve)
  })
  let patience: NodeJS.Timeout | null = null
  const kill = (): void => { child.kill('SIGKILL') }
  const ended = code.then(async (code) => {
    isOver = true
    if (patience !== null) clearTimeout(patience)
    // It names paths; `.git` may be a file.
    if (code !== 0) await rm(join(git.gitDir, `fast_import_crash_${child.pid ?? 0}`), { force: true }).catch(() => undefined)
    return { code, said, commit: /^[0-9a-f]{40,64}$/.exec(answer.trim())?.[0] ?? null }
  })
  const hold = (): void => {
    setHolding(child, true)
    patience = setTimeout(kill, TIMEOUT_MS)
  }
  return { stdin: child.stdin, isKept: false, ended, kill, isOver: () => isOver, hold }
}
