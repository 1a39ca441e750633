import { constants } from 'node:fs'
import { open, readdir, rename, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeHeader, parseJson, splitLine } from './entry-line.ts'
import { openDurable } from './segment-file.ts'

const NAME = /^(\d{20})\.jsonl$/
const FORMAT = 'weir-journal'
const VERSION = 1

/** One file of the journal. `first` is the index of its first entry, which is also its name. */
export interface Segment { readonly path: string, readonly first: number }

/**
 * First line of a segment. All of it follows from the entries before, so `verify` can compute it again. `open` names the
 * allowed decisions that had no outcome yet, so that a start needs to scan the last segment only.
 */
export interface SegmentHeader {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  readonly first: number
  readonly prev: string
  readonly open: readonly number[]
}

function segmentPath (dir: string, first: number): string {
  return join(dir, `${String(first).padStart(20, '0')}.jsonl`)
}

/** The segments of a journal, oldest first. */
export async function listSegments (dir: string): Promise<readonly Segment[]> {
  const names = await readdir(dir)
  return names
    .flatMap((name) => {
      const digits = NAME.exec(name)?.[1]
      return digits === undefined ? [] : [{ path: join(dir, name), first: Number(digits) }]
    })
    .sort((a, b) => a.first - b.first)
}

/** A new segment with its header, durable. `size` is the header's length in bytes. */
export interface CreatedSegment { readonly segment: Segment, readonly file: FileHandle, readonly size: number }

/**
 * Creates a segment. It is made under another name and renamed, so no crash leaves a segment without a whole header.
 *
 * @throws the error of the file system; nothing that counts is left behind then
 */
export async function createSegment (dir: string, chain: Pick<SegmentHeader, 'first' | 'prev' | 'open'>): Promise<CreatedSegment> {
  const path = segmentPath(dir, chain.first)
  const draft = `${path}.new`
  const file = await openDurable(draft, constants.O_CREAT | constants.O_TRUNC)
  try {
    const header: SegmentHeader = { format: FORMAT, version: VERSION, first: chain.first, prev: chain.prev, open: chain.open }
    const bytes = Buffer.from(encodeHeader(header))
    await file.writeFile(bytes)
    await file.sync()
    await rename(draft, path)
    await syncFolder(dir)
    return { segment: { path, first: chain.first }, file, size: bytes.length }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** The header in a line, or null when it is not one of this version. */
export function parseHeader (bytes: Buffer): SegmentHeader | null {
  const split = splitLine(bytes)
  const value = split === null ? undefined : parseJson(split.json)
  if (typeof value !== 'object' || value === null) return null
  const { format, version, first, prev, open: openIndexes } = value as Record<string, unknown>
  if (format !== FORMAT || version !== VERSION || !Number.isSafeInteger(first) || typeof prev !== 'string') return null
  if (!Array.isArray(openIndexes) || !openIndexes.every((index) => Number.isSafeInteger(index))) return null
  return value as SegmentHeader
}

/** Makes names in a folder durable: an fsync of a file does not cover its directory entry. */
export async function syncFolder (dir: string): Promise<void> {
  const folder = await open(dir, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
