import { join } from 'node:path'

/** Names of the ledger's entries about a recording; `detail.recording` is its id, and the later one has its SHA-256. */
export const RECORDING_OPENED = 'terminal-opened'
export const RECORDING_CLOSED = 'terminal-closed'
export const RECORDING_REMOVED = 'recording-removed'

const ID = /^rec_[a-z2-7]{26}$/
const ENDING = '.cast'

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
  return join(dir, `${id}${ENDING}`)
}

/** The id of the recording that a file of this name holds; null when it holds none. */
export function recordingIdOf (name: string): string | null {
  const id = name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : ''
  return isRecordingId(id) ? id : null
}
