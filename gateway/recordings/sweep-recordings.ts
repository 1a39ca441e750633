import { lstat, opendir, unlink } from 'node:fs/promises'
import type { Dirent } from 'node:fs'
import { eventBody } from '../core/ledger-entry.ts'
import type { Ledger } from '../core/ports.ts'
import { recordingIdOf, recordingPath, RECORDING_REMOVED, recordingsDirOf } from './recording-place.ts'

const MAX_REMOVED = 1_000 // in one sweep, so that a gateway whose setting was shortened does not spend minutes on it

export interface SweepOptions {
  readonly dataDir: string
  /** How long a recording is kept after it was last written, ms. */
  readonly keepMs: number
  readonly ledger: Pick<Ledger, 'append'>
  /** Whether the recording is still written: a terminal that nobody types in writes nothing for days. */
  readonly isOpen: (id: string) => boolean
  readonly nowMs: () => number
}

/**
 * Removes recordings that are older than they have to be, each after the ledger has it, at most a thousand at once.
 *
 * @returns how many were removed @throws GatewayError WEIR_ERR_LEDGER_APPEND, Error when the folder or a file cannot be read: then the rest stays
 */
export async function sweepRecordings ({ dataDir, keepMs, ledger, isOpen, nowMs }: SweepOptions): Promise<number> {
  const dir = recordingsDirOf(dataDir)
  let removed = 0
  for await (const { name } of filesOf(dir)) {
    const id = recordingIdOf(name)
    if (id === null || isOpen(id)) continue
    const path = recordingPath(dir, id)
    const { size, mtimeMs } = await lstat(path)
    if (nowMs() - mtimeMs < keepMs) continue
    await ledger.append(eventBody(RECORDING_REMOVED, null, { recording: id, bytes: size, writtenAtMs: Math.floor(mtimeMs) }))
    await unlink(path)
    removed += 1
    if (removed >= MAX_REMOVED) break
  }
  return removed
}

async function * filesOf (dir: string): AsyncGenerator<Dirent> {
  const folder = await opendir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null // nobody has opened a terminal yet
    throw error
  })
  if (folder === null) return
  for await (const entry of folder) if (entry.isFile()) yield entry
}
