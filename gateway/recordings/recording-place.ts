import { join } from 'node:path'

/** Names of the ledger's entries about a recording; `detail.recording` is its id, and the later one has its SHA-256. */
export const RECORDING_OPENED = 'terminal-opened'
export const RECORDING_CLOSED = 'terminal-closed'

const ID = /^rec_[a-z2-7]{26}$/

/** The folder of recordings in a data directory. */
export function recordingsDirOf (dataDir: string): string {
  return join(dataDir, 'recordings')
}

/** Whether this is spelled like a recording's id: only then may it become part of a path. */
export function isRecordingId (text: string): boolean {
  return ID.test(text)
}

/** The file of a recording. @throws RangeError for what is no id of one */
export function recordingPath (dir: string, id: string): string {
  if (!isRecordingId(id)) throw new RangeError('no recording has such an id')
  return join(dir, `${id}.cast`)
}
