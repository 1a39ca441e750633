import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const MAX_QUEUED_BYTES = 1_048_576 // a disk that is slower than the terminal slows the terminal

/** What is in a file that was written. `whole` is false when the disk refused some of it: then the file ends before that. */
export interface WrittenFile { readonly bytes: number, readonly sha256: string, readonly whole: boolean }

export interface RecordingFile {
  /** Queues a text; resolves at once while the disk keeps up. @throws Error when the disk refused this or what came before */
  write (text: string): Promise<void>
  /** Bytes that were given so far. */
  size (): number
  /** Waits for the disk, and closes. */
  close (): Promise<WrittenFile>
}

/** A new file that only its owner can read, written in order. @throws Error when there is one of that name */
export async function createRecordingFile (path: string): Promise<RecordingFile> {
  const file = await open(path, 'wx', 0o600)
  const hash = createHash('sha256')
  let given = 0
  let bytes = 0
  let failure: Error | null = null
  let last: Promise<void> = Promise.resolve()

  async function append (text: string): Promise<void> {
    if (failure !== null) return
    try {
      const whole = Buffer.from(text)
      for (let from = 0; from < whole.length;) {
        const { bytesWritten } = await file.write(whole, from)
        hash.update(whole.subarray(from, from + bytesWritten))
        bytes += bytesWritten
        from += bytesWritten
      }
    } catch (cause) {
      failure = new Error('the recording could not be written', { cause })
    }
  }

  return {
    async write (text) {
      assertWritten(failure)
      given += Buffer.byteLength(text)
      last = last.then(async () => { await append(text) })
      if (given - bytes > MAX_QUEUED_BYTES) await last
      assertWritten(failure)
    },
    size: () => given,
    async close () {
      await last
      await file.close()
      return { bytes, sha256: hash.digest('hex'), whole: failure === null }
    },
  }
}

function assertWritten (failure: Error | null): void {
  if (failure !== null) throw failure
}
