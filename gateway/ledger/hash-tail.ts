import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import type { StartIn } from './line-reader.ts'
import { listSegments, type Segment } from './segment.ts'

/** Bytes of an entry's hash. */
const HASH_BYTES = 32
const HASH_CHARS = 64
const CHUNK_BYTES = 256 * 1024 // some 200 entries: a fraction of a millisecond of the event loop
const MAX_LINE_BYTES = 4 * 1024 * 1024
const NEWLINE = 0x0a
const SPACE = 0x20

/** A reader of the hashes that entries' lines begin with. It neither hashes nor parses: that the lines are true to them is `verifyJournal`'s. */
export interface HashTail {
  /** Index of the entry that comes next. */
  next (): number
  /** The next hashes up to this index, 32 bytes each; none when there are none yet. One call at a time. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT */
  read (upTo: number): Promise<Buffer>
}

/** Reads the hashes of a journal from an index on, along with its writer or without one. */
export function openHashTail (dir: string, from: number): HashTail {
  let next = from
  let segment: Segment | null = null
  let offset = 0
  let at = 0 // index of the line at `offset`, -1 more for a header
  let inode = 0

  async function advance (): Promise<boolean> {
    const segments = await listSegments(dir)
    const found = segments.findLast(({ first }) => first <= next)
    if (found === undefined && segments[0] !== undefined) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger is corrupt: it begins with entry ${segments[0].first}; entry ${next} is missing.`)
    if (found === undefined || found.first === segment?.first) return false
    segment = found
    offset = 0
    at = found.first - 1
    return true
  }

  // As the tail's.
  function startIn (found: number, first: number): number {
    if (found !== inode) [offset, at] = [0, first - 1]
    inode = found
    return offset
  }

  function take (chunk: Buffer, upTo: number, path: string): Buffer {
    const hashes: Buffer[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1 && next <= upTo; end = chunk.indexOf(NEWLINE, start)) {
      if (at >= next) {
        hashes.push(hashOf(chunk.subarray(start, end), path))
        next += 1
      }
      at += 1
      start = end + 1
    }
    offset += start
    return Buffer.concat(hashes)
  }

  return {
    next: () => next,
    async read (upTo) {
      if (segment === null) await advance()
      while (segment !== null && next <= upTo) {
        const { path, first }: Segment = segment
        const chunk = await readChunk(path, (found) => startIn(found, first))
        const before = offset
        const hashes = take(chunk, upTo, path)
        if (hashes.length > 0) return hashes
        // No whole line: the segment's end so far, unless another one follows it.
        if (offset === before && !await advance()) break
      }
      return Buffer.alloc(0)
    },
  }
}

/** What follows in a file, with at least one whole line when there is one. */
async function readChunk (path: string, startIn: StartIn): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const offset = startIn((await file.stat()).ino)
    for (let bytes = CHUNK_BYTES; ; bytes *= 4) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, offset)
      const chunk = buffer.subarray(0, bytesRead)
      if (bytesRead < bytes || bytes > MAX_LINE_BYTES || chunk.includes(NEWLINE)) return chunk
    }
  } finally {
    await file.close()
  }
}

function hashOf (line: Buffer, path: string): Buffer {
  const hash = line[HASH_CHARS] === SPACE ? Buffer.from(line.toString('latin1', 0, HASH_CHARS), 'hex') : null
  if (hash?.length !== HASH_BYTES) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger is corrupt: ${basename(path)} holds a line that is no entry. Run: weir audit verify`)
  return hash
}
