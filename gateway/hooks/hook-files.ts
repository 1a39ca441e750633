import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { replaceFile } from '../files/replace-file.ts'
import type { HookEventType } from './hook-schema.ts'

/** An event that was put aside. What it said is in the ledger entry with this index. */
export interface DeadLetter {
  readonly id: string
  readonly entry: number
  readonly type: HookEventType
  readonly attempts: number
  readonly problem: string
  /** When it was put aside, Unix ms. */
  readonly atMs: number
}

/** How far a hook is, on disk: the index of the first entry that may not be delivered yet, and what was put aside. */
export interface HookFiles {
  readonly next: number | null
  readonly dead: readonly DeadLetter[]
  saveNext (next: number): Promise<void>
  saveDead (dead: readonly DeadLetter[]): Promise<void>
}

/**
 * Opens the two files of a hook in a folder of the data directory. Each is replaced as a whole, so it is as before or as after.
 *
 * @throws GatewayError WEIR_ERR_STORE when one is there and cannot be read: what was delivered is not guessed
 */
export function openHookFiles (folder: string, hook: string): HookFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const place = join(folder, `${hook}.next.json`)
  const aside = join(folder, `${hook}.dead.json`)
  const next = readJson(place)
  const dead = readJson(aside) ?? []
  if (next !== null && !(Number.isSafeInteger(next) && Number(next) >= 0)) throw unreadable(place)
  if (!Array.isArray(dead) || !dead.every(isDeadLetter)) throw unreadable(aside)
  const inTurn = createTurns()
  return {
    next: next as number | null,
    dead,
    saveNext: (index) => inTurn(() => replaceFile(place, JSON.stringify(index))),
    saveDead: (letters) => inTurn(() => replaceFile(aside, JSON.stringify(letters))),
  }
}

/** One write after the other: the worker and somebody who retries save the same file, and the later of them is to stay. */
function createTurns (): (write: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  return (write) => {
    const done = last.then(write)
    last = done.catch(() => undefined) // told to whoever waits for it
    return done
  }
}

function readJson (path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw unreadable(path, cause)
  }
}

function isDeadLetter (value: unknown): value is DeadLetter {
  if (typeof value !== 'object' || value === null) return false
  const { id, entry, type, attempts, problem, atMs } = value as Record<string, unknown>
  return typeof id === 'string' && Number.isSafeInteger(entry) && typeof type === 'string' && typeof attempts === 'number' && typeof problem === 'string' && typeof atMs === 'number'
}

function unreadable (path: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_STORE', `${path} cannot be read. Restore it, or remove it: then the hook goes on with what happens from now on.`, { cause })
}
