import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../core/actor.ts'

/** A session that runs, as it is written down for the case that its gateway is killed. Times are Unix milliseconds. */
export interface RunMark {
  readonly session: string
  /** Index of the ledger entry that allowed it. */
  readonly entry: number
  readonly context: Pick<Context, 'actor' | 'app' | 'environment'>
  readonly startedAtMs: number
  readonly containerFromMs: number
  /** What the agent writes lies here, and what it changed after this moment was not looked at yet. */
  readonly upperDir: string
  readonly collectedAtMs: number
}

/** The marks of one gateway. */
export interface RunMarks {
  add (mark: RunMark): void
  /** What the agent had changed by then is decided. Written down a moment later. */
  collected (session: string, atMs: number): void
  remove (session: string): void
  /** Ends the sign of life. The marks stay: whatever still runs has not been closed. */
  close (): void
}

export interface LeftMarks { readonly marks: readonly RunMark[], readonly lastSignMs: number }

/** Where a data directory's marks are. */
export function runMarksFile (dataDir: string): string {
  return join(dataDir, 'running-sessions.json')
}

const SIGN_OF_LIFE_MS = 5_000 // how much time of a killed session is not charged, at most
const COLLECTED_MS = 50 // within which a killed gateway reports changes as lost that were looked at

/**
 * Writes down which sessions run, and touches the file while any does: its time is the gateway's last sign of life.
 *
 * @param onError called when the file cannot be written; sessions go on
 */
export function openRunMarks (file: string, onError: (error: unknown) => void): RunMarks {
  const marks = new Map<string, RunMark>()
  const attempt = (step: () => void): void => {
    try {
      step()
    } catch (error) {
      onError(error)
    }
  }
  const timer = setInterval(() => {
    if (marks.size > 0) attempt(() => { utimesSync(file, new Date(), new Date()) })
  }, SIGN_OF_LIFE_MS).unref()
  let later: NodeJS.Timeout | null = null
  function writeNow (flush = true): void {
    if (later !== null) clearTimeout(later)
    later = null
    attempt(() => { write(file, [...marks.values()], flush) })
  }
  return {
    add (mark) {
      marks.set(mark.session, mark)
      writeNow()
    },
    collected (session, collectedAtMs) {
      const mark = marks.get(session)
      if (mark === undefined) return
      marks.set(session, { ...mark, collectedAtMs })
      // Later and not flushed: to put a file in place of another takes milliseconds, commands end often, and whoever waits for one is answered first. What
      // that can cost is a report of lost changes that is too long.
      later ??= setTimeout(() => { writeNow(false) }, COLLECTED_MS)
    },
    remove (session) {
      if (marks.delete(session)) writeNow()
    },
    close () {
      clearInterval(timer)
      if (later !== null) writeNow(false)
    },
  }
}

/** What the last gateway left running, or null. @throws SyntaxError when the file is damaged */
export function readRunMarks (file: string): LeftMarks | null {
  if (!existsSync(file)) return null
  const marks = JSON.parse(readFileSync(file, 'utf8')) as readonly RunMark[]
  return marks.length === 0 ? null : { marks, lastSignMs: statSync(file).mtimeMs }
}

// Replaced whole: a file cut off in the middle would lose every session in it.
function write (file: string, marks: readonly RunMark[], flush = true): void {
  if (marks.length === 0) return rmSync(file, { force: true })
  const draft = `${file}.new`
  writeFileSync(draft, JSON.stringify(marks), { mode: 0o600 })
  if (flush) flushed(draft)
  renameSync(draft, file)
}

function flushed (file: string): void {
  const handle = openSync(file, 'r+')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
