import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Actor } from '../core/actor.ts'
import { isRecordingId, recordingPath, recordingsDirOf } from './recording-place.ts'

const MAX_HEADER_BYTES = 16_384

/** Whose terminal a recording is of. */
export interface RecordingOwner {
  readonly actor: string
  readonly app: string
  readonly env: string
  /** The actor as the token said; null in a recording that does not tell. */
  readonly person: Actor | null
}

/** A recording that is there. */
export interface FoundRecording {
  readonly path: string
  readonly bytes: number
  readonly owner: RecordingOwner
}

/** The recording with this id, or null when there is none or it does not say whose it is. */
export async function findRecording (dataDir: string, id: string): Promise<FoundRecording | null> {
  if (!isRecordingId(id)) return null
  const path = recordingPath(recordingsDirOf(dataDir), id)
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) return null
  const owner = ownerOf(await firstLine(path))
  return owner === null ? null : { path, bytes: found.size, owner }
}

/** What the file holds now: one that is still written ends there. */
export function readRecording ({ path, bytes }: FoundRecording): ReturnType<typeof createReadStream> {
  return createReadStream(path, { end: Math.max(0, bytes - 1) })
}

async function firstLine (path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0)
    return buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? ''
  } finally {
    await file.close()
  }
}

function ownerOf (line: string): RecordingOwner | null {
  try {
    const { weir } = JSON.parse(line) as { weir?: Readonly<Record<string, unknown>> }
    const { actor, app, environment } = weir ?? {}
    return typeof actor === 'string' && typeof app === 'string' && typeof environment === 'string' ? { actor, app, env: environment, person: personOf(actor, weir ?? {}) } : null
  } catch {
    return null // a header that was cut off by a crash
  }
}

function personOf (id: string, { role, groups, org }: Readonly<Record<string, unknown>>): Actor | null {
  const areNames = Array.isArray(groups) && groups.every((group) => typeof group === 'string')
  return typeof role === 'string' && typeof org === 'string' && areNames ? { id, role, groups, org } : null
}
