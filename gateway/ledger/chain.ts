import type { ChainEnd } from './recovery.ts'
import type { Queued } from './append-queue.ts'
import { encodeEntry } from './entry-line.ts'
import { applyMark } from './open-decisions.ts'
import type { DurableWriter } from './durable-writer.ts'
import { createSegment } from './segment.ts'
import { createSegmentFile, type SegmentFile } from './segment-file.ts'

/** The end of the chain and the file it grows in. Changes only when bytes are durable. */
export interface Chain {
  /** Index of the last entry, -1 when there is none, and its hash. */
  head (): Head
  /** Allowed decisions without an outcome, oldest first. */
  readonly open: ReadonlySet<number>
  /** Makes a group durable, and then calls `done`; with an error of the file system none of the group is in the chain. One at a time. */
  commit (group: readonly Queued[], done: (error: Error | null) => void): void
  /** The next group begins a new segment, unless it does anyway. */
  closeSegment (): void
  close (): Promise<void>
}

/** The last entry of the chain, `hash` in hex SHA-256; index -1 while there is none. */
export interface Head { readonly index: number, readonly hash: string }

export interface ChainOptions { readonly dir: string, readonly end: ChainEnd, readonly file: SegmentFile, readonly segmentBytes: number, /** Of the last segment. */ readonly first: number, readonly writer: DurableWriter }

export function createChain (options: ChainOptions): Chain {
  const { dir, segmentBytes, writer } = options
  const open = options.end.open
  let { next, head } = options.end
  let { file, first } = options
  let isClosing = false

  async function rotate (): Promise<void> {
    const created = await createSegment(dir, { first: next, prev: head, open: [...open] })
    const full = file
    file = createSegmentFile(created.file, created.size, writer)
    first = next
    isClosing = false
    await full.close()
  }

  function write (group: readonly Queued[], done: (error: Error | null) => void): void {
    let hash = head
    let text = ''
    for (const [place, item] of group.entries()) {
      const encoded = encodeEntry({ index: next + place, timeMs: item.timeMs, prev: hash }, item.body)
      hash = encoded.hash
      text += encoded.line
    }
    file.append(text, (error) => {
      if (error !== null) return done(error)
      group.forEach((item, place) => applyMark(open, next + place, item.mark))
      next += group.length
      head = hash
      done(null)
    })
  }

  return {
    head: () => ({ index: next - 1, hash: head }),
    open,
    commit (group, done) {
      if (next === first || (!isClosing && file.size() < segmentBytes)) return write(group, done)
      rotate().then(() => { write(group, done) }).catch(done) // also of what `write` throws
    },
    closeSegment () { isClosing = true },
    close: () => file.close(),
  }
}
