import { open, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { checkEntry, splitLine } from './entry-line.ts'
import { readLines, type Line } from './line-reader.ts'
import { applyMark, markOf } from './open-decisions.ts'
import { parseHeader, syncFolder, type Segment, type SegmentHeader } from './segment.ts'

/** What opening cut off the end of a journal: the rest of a write that never finished and was never acknowledged. */
export interface Recovery {
  readonly segment: string
  readonly offset: number
  readonly bytes: number
  /** Name of the file in the journal folder that keeps the bytes. */
  readonly savedTo: string
}

/** Where the chain ends. `size` counts the bytes of the last segment that belong to it. */
export interface ChainEnd {
  readonly next: number
  readonly head: string
  readonly open: Set<number>
  readonly size: number
}

interface Scan { readonly end: ChainEnd, readonly firstBad: { readonly line: Line, readonly problem: string } | null }

const COPY_BYTES = 1024 * 1024

/**
 * Finds the end of the chain in the last segment, and cuts off a torn tail after saving its bytes.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when a bad line has good ones after it, or the header is bad: no crash does that
 */
export async function recoverEnd (dir: string, segment: Segment, nowMs: number): Promise<{ end: ChainEnd, recovery: Recovery | null }> {
  const { end, firstBad } = await scan(segment)
  if (firstBad === null) return { end, recovery: null }
  const recovery = await cutTail(dir, segment, end.size, nowMs)
  return { end, recovery }
}

async function scan (segment: Segment): Promise<Scan> {
  let header: SegmentHeader | null = null
  let firstBad: Scan['firstBad'] = null
  let next = segment.first
  let head = ''
  let size = 0
  const openDecisions = new Set<number>()
  for await (const line of readLines(segment.path)) {
    if (header === null) {
      header = headerOf(line, segment)
      head = header.prev
      size = line.bytes.length + 1
      header.open.forEach((index) => openDecisions.add(index))
      continue
    }
    if (firstBad !== null) {
      if (splitLine(line.bytes) !== null) throw corrupt(segment, firstBad.line, firstBad.problem)
      continue
    }
    const checked = line.whole ? checkEntry(line.bytes, { index: next, prev: head }) : { problem: 'the line has no end' }
    if ('problem' in checked) {
      // A line that is sound in itself was written whole: being out of the chain is no torn write.
      if (line.whole && splitLine(line.bytes) !== null) throw corrupt(segment, line, checked.problem)
      firstBad = { line, problem: checked.problem }
      continue
    }
    applyMark(openDecisions, next, markOf(checked.entry))
    next += 1
    head = checked.hash
    size = line.offset + line.bytes.length + 1
  }
  if (header === null) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `${basename(segment.path)} is empty: its first line must be a header.`)
  return { end: { next, head, open: openDecisions, size }, firstBad }
}

function headerOf (line: Line, segment: Segment): SegmentHeader {
  const header = line.whole ? parseHeader(line.bytes) : null
  if (header === null || header.first !== segment.first) throw corrupt(segment, line, 'the segment header is not valid')
  return header
}

function corrupt (segment: Segment, line: Line, problem: string): GatewayError {
  return new GatewayError(
    'WEIR_ERR_LEDGER_CORRUPT',
    `The ledger is corrupt: ${basename(segment.path)}, line ${line.number}: ${problem}. Restore the file from a copy, or move the journal folder away to begin a new chain.`
  )
}

async function cutTail (dir: string, segment: Segment, offset: number, nowMs: number): Promise<Recovery> {
  const savedTo = `recovered-${nowMs}.bin`
  const file = await open(segment.path, 'r+')
  try {
    const saved = await open(join(dir, savedTo), 'wx', 0o600)
    try {
      const bytes = await copyFrom(file, offset, saved)
      await saved.sync()
      await syncFolder(dir)
      await file.truncate(offset)
      await file.sync()
      return { segment: basename(segment.path), offset, bytes, savedTo }
    } finally {
      await saved.close()
    }
  } finally {
    await file.close()
  }
}

async function copyFrom (from: FileHandle, start: number, to: FileHandle): Promise<number> {
  const buffer = Buffer.allocUnsafe(COPY_BYTES)
  let copied = 0
  for (;;) {
    const { bytesRead } = await from.read(buffer, 0, COPY_BYTES, start + copied)
    if (bytesRead === 0) return copied
    await to.writeFile(buffer.subarray(0, bytesRead))
    copied += bytesRead
  }
}
