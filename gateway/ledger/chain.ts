import type { ChainEnd } from './recovery.ts'
import type { AppendQueue, Queued } from './append-queue.ts'
import { encodeEntry } from './entry-line.ts'
import { applyMark } from './open-decisions.ts'
import { createSegment } from './segment.ts'
import { createSegmentFile, type SegmentFile } from './segment-file.ts'

/** The end of the chain and the file it grows in. Changes only when bytes are durable. */
export interface Chain {
  /** Index of the last entry, -1 when there is none, and its hash. */
  head (): Head
  /** Allowed decisions without an outcome, oldest first. */
  readonly open: ReadonlySet<number>
  /** Makes a group durable. @throws the error of the file system: then none of the group is in the chain */
  commit (group: readonly Queued[]): Promise<void>
  /** The next group begins a new segment, unless it does anyway. */
  closeSegment (): void
  close (): Promise<void>
}

/** The last entry of the chain, `hash` in hex SHA-256; index -1 while there is none. */
export interface Head { readonly index: number, readonly hash: string }

export interface ChainOptions { readonly dir: string, readonly end: ChainEnd, readonly file: SegmentFile, readonly segmentBytes: number, /** Of the last segment. */ readonly first: number }

export function createChain (options: ChainOptions): Chain {
  const { dir, segmentBytes } = options
  const open = options.end.open
  let { next, head } = options.end
  let { file, first } = options
  let isClosing = false

  async function rotate (): Promise<void> {
    const created = await createSegment(dir, { first: next, prev: head, open: [...open] })
    const full = file
    file = createSegmentFile(created.file, created.size)
    first = next
    isClosing = false
    await full.close()
  }

  return {
    head: () => ({ index: next - 1, hash: head }),
    open,
    async commit (group) {
      if (next > first && (isClosing || file.size() >= segmentBytes)) await rotate()
      let hash = head
      const lines: string[] = []
      for (const [place, item] of group.entries()) {
        const encoded = encodeEntry({ index: next + place, timeMs: item.timeMs, prev: hash }, item.body)
        hash = encoded.hash
        lines.push(encoded.line)
      }
      await file.append(Buffer.from(lines.join('')))
      group.forEach((item, place) => applyMark(open, next + place, item.mark))
      next += group.length
      head = hash
    },
    closeSegment () { isClosing = true },
    close: () => file.close(),
  }
}

/** Commits group after group until the queue is empty. Groups form while the one before is being written, and to the end of that turn. */
export async function drain (queue: AppendQueue, chain: Chain, onGroup: (group: readonly Queued[], ms: number) => void): Promise<void> {
  while (queue.length > 0) {
    const group = queue.take()
    const startedMs = performance.now()
    try {
      await chain.commit(group)
    } catch (error) {
      queue.putBack(group)
      throw error
    }
    onGroup(group, performance.now() - startedMs)
    // Whoever waited for this group, and other requests of this turn of the event loop, have more to write. Without it they wait for a write more.
    if (queue.length > 0) await new Promise((resolve) => { setImmediate(resolve) })
  }
}
