import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { DurableWriter } from './durable-writer.ts'

/** The open end of a segment. One `append` at a time. */
export interface SegmentFile {
  /** Bytes that are durable; everything behind them is not part of the journal. */
  size (): number
  /**
   * Writes UTF-8 durably, and then calls `done`: with null, or with the error of the file system. What was written before an error is cut
   * off again, at the latest before the next append.
   */
  append (text: string, done: (error: Error | null) => void): void
  close (): Promise<void>
}

/**
 * Opens a segment so that each write is durable when it returns: with O_DSYNC a write is a write and its fdatasync in one
 * system call (open(2)). Two calls a group, each through the thread pool, took a twelfth of the gateway's requests per second.
 */
export function openDurable (path: string, flags: number): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_DSYNC | flags, 0o600)
}

/** Wraps a file of `openDurable` (not in append mode: positions count) whose first `size` bytes are durable. */
export function createSegmentFile (file: FileHandle, size: number, writer: Pick<DurableWriter, 'write'>): SegmentFile {
  let durable = size
  let isDirty = false

  async function restore (): Promise<void> {
    await file.truncate(durable)
    await file.datasync()
    isDirty = false
  }

  function write (text: string, done: (error: Error | null) => void): void {
    isDirty = true
    writer.write(file.fd, text, durable, (error, bytes) => {
      if (error === null) {
        durable += bytes
        isDirty = false
        done(null)
      } else {
        // A refused entry must not come back as a recorded one. When even this fails, the next append begins with it.
        const refuse = (): void => { done(error) }
        restore().then(refuse, refuse)
      }
    })
  }

  return {
    size: () => durable,
    append (text, done) {
      if (!isDirty) return write(text, done)
      restore().then(() => { write(text, done) }).catch(done) // also of what `write` throws
    },
    async close () {
      try {
        if (isDirty) await restore()
      } finally {
        await file.close()
      }
    },
  }
}
