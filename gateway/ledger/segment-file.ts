import { constants, write } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/** The open end of a segment. One `append` at a time. */
export interface SegmentFile {
  /** Bytes that are durable; everything behind them is not part of the journal. */
  size (): number
  /** Writes durably. @throws the error of the file system; what was written is cut off again, at the latest before the next append */
  append (bytes: Buffer): Promise<void>
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
export function createSegmentFile (file: FileHandle, size: number): SegmentFile {
  let durable = size
  let isDirty = false

  async function restore (): Promise<void> {
    await file.truncate(durable)
    await file.datasync()
    isDirty = false
  }

  return {
    size: () => durable,
    async append (bytes) {
      if (isDirty) await restore()
      isDirty = true
      try {
        await writeAll(file, bytes, durable)
      } catch (error) {
        // A refused entry must not come back as a recorded one. When even this fails, the next append begins with it.
        await restore().catch(() => { isDirty = true })
        throw error
      }
      durable += bytes.length
      isDirty = false
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

async function writeAll (file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0
  // A full disk shows first as a short write, then as ENOSPC.
  while (written < bytes.length) {
    written += await writeAt(file, bytes.subarray(written), position + written)
  }
}

// By its descriptor: the handle's own `write` keeps more books, all of them on the main thread.
function writeAt (file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(file.fd, bytes, 0, bytes.length, position, (error, written) => error === null ? resolve(written) : reject(error))
  })
}
