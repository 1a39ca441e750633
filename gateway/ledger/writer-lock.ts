import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../core/errors.ts'

const NAME = 'lock'
const CLEARING = `${NAME}.clear.`
const MAX_TRIES = 20 // each try fails only when another process took, freed or cleared the lock in between
const MAX_PAUSE_MS = 10

/** The right to write to one journal. */
export interface WriterLock { release (): Promise<void> }

interface Holder { readonly pid: number, readonly startTime: string | null }

/**
 * Takes the single-writer lock of a journal folder. A lock whose process is gone (or whose pid now belongs to another
 * process: the start time tells) is taken over. Processes that cannot see each other (two containers on one volume)
 * are not kept apart by it.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_LOCKED
 */
export async function lockWriter (dir: string): Promise<WriterLock> {
  const path = join(dir, NAME)
  const mine = JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) } satisfies Holder)
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, mine, { mode: 0o600, flag: 'wx' })
  try {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (await claim(draft, path)) return { release: () => release(path, mine) }
      if (!await clearStale(dir, path, draft)) await delay(Math.random() * MAX_PAUSE_MS)
    }
  } finally {
    await unlink(draft)
  }
  throw new GatewayError('WEIR_ERR_LEDGER_LOCKED')
}

// link() fails when the name exists and shows the file only whole: nobody ever reads half a lock.
async function claim (draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** @returns false when others are at the same thing, and all of them are to come back at different times */
async function clearStale (dir: string, path: string, draft: string): Promise<boolean> {
  if (!await isStale(path)) return true
  const mine = `${CLEARING}${randomBytes(6).toString('hex')}`
  await link(draft, join(dir, mine))
  try {
    // Whoever says so first and looks then is alone, or is seen by the other: of two, never do both go on. So nobody else can have
    // replaced the stale lock between the look at it and its end.
    if (!await isAlone(dir, mine)) return false
    if (await isStale(path)) await unlink(path)
    return true
  } finally {
    await unlink(join(dir, mine))
  }
}

/** @throws GatewayError WEIR_ERR_LEDGER_LOCKED when its process runs */
async function isStale (path: string): Promise<boolean> {
  const seen = await readIfThere(path)
  if (seen === null) return false
  const holder = parseHolder(seen)
  if (holder === null || !isRunning(holder)) return true
  throw new GatewayError('WEIR_ERR_LEDGER_LOCKED', `Process ${holder.pid} has the ledger open. Stop it first.`)
}

async function isAlone (dir: string, mine: string): Promise<boolean> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(CLEARING) || name === mine) continue
    const path = join(dir, name)
    const said = await readIfThere(path)
    const other = said === null ? null : parseHolder(said)
    if (other !== null && isRunning(other)) return false
    // Its process ended in the middle. Nobody else ever has this name, so nothing live can be removed by it.
    if (said !== null) await unlinkIfThere(path)
  }
  return true
}

async function release (path: string, mine: string): Promise<void> {
  if (await readIfThere(path) === mine) await unlink(path)
}

async function readIfThere (path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

async function unlinkIfThere (path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

// Unreadable content is what a power cut leaves of a lock, so it names nobody.
function parseHolder (text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
    const { pid, startTime } = value as Record<string, unknown>
    if (!Number.isSafeInteger(pid) || typeof pid !== 'number' || pid < 1) return null
    return { pid, startTime: typeof startTime === 'string' ? startTime : null }
  } catch {
    return null
  }
}

function isRunning (holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  const now = startTimeOf(holder.pid)
  return now === null || holder.startTime === null || now === holder.startTime
}

/** When a process started, in clock ticks since boot (field 22 of proc(5) stat); null where there is no such file. */
function startTimeOf (pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in field 2 may hold spaces and brackets, so fields are counted from its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? 'ended' : fields[19] ?? null
  } catch {
    return null // no proc file system, or the process is gone
  }
}

function codeOf (error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
