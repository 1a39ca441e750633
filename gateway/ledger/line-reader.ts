import { open } from 'node:fs/promises'

// A header can carry MAX_OPEN indexes (under 1 MiB); no line this ledger writes is longer than this.
export const MAX_LINE_BYTES = 4 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024
const NEWLINE = 0x0a

/**
 * One line of a file, without its newline. `offset` is its first byte, `number` counts from 1 at the point where reading
 * began, `whole` says that a newline ended it. A line longer than 4 MiB comes with no bytes: nothing can make it valid.
 */
export interface Line { readonly bytes: Buffer, readonly offset: number, readonly number: number, readonly whole: boolean }

/** Where to begin in a file, by its inode: a reader that comes back may find another file by the name. */
export type StartIn = (inode: number) => number

/** The lines of a file from a byte offset on, up to the end it has when the reader gets there. Holds one chunk at a time. */
export async function * readLines (path: string, start: number | StartIn = 0): AsyncGenerator<Line> {
  for await (const lines of readLineGroups(path, start)) yield * lines
}

/** The same, a chunk's lines at a time: one by one each costs a turn of the event loop's queue, which is much to whoever reads millions. */
export async function * readLineGroups (path: string, start: number | StartIn = 0): AsyncGenerator<readonly Line[]> {
  const file = await open(path, 'r')
  try {
    let position = typeof start === 'number' ? start : start((await file.stat()).ino)
    let lineStart = position
    let number = 1
    let carry: Buffer[] = []
    let carried = 0
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position)
      if (bytesRead === 0) break
      position += bytesRead
      const chunk = buffer.subarray(0, bytesRead)
      const lines: Line[] = []
      let from = 0
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        const size = carried + end - from
        lines.push({ bytes: joined(carry, chunk.subarray(from, end), size), offset: lineStart, number, whole: true })
        number += 1
        from = end + 1
        lineStart += size + 1
        carry = []
        carried = 0
      }
      carried += chunk.length - from
      // A file without newlines must not be gathered up in memory.
      carry = carried > MAX_LINE_BYTES ? [] : [...carry, chunk.subarray(from)]
      yield lines
    }
    if (carried > 0) yield [{ bytes: joined(carry, Buffer.alloc(0), carried), offset: lineStart, number, whole: false }]
  } finally {
    await file.close()
  }
}

function joined (carry: readonly Buffer[], last: Buffer, size: number): Buffer {
  if (size > MAX_LINE_BYTES) return Buffer.alloc(0)
  return carry.length === 0 ? last : Buffer.concat([...carry, last])
}
