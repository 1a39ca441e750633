import { basename } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { parseJson, splitLine } from './entry-line.ts'
import { readLines } from './line-reader.ts'
import { listSegments, type Segment } from './segment.ts'
import { parseTombstone, tombstoneText } from './tombstone.ts'

/** An entry as its line holds it: `json` is the exact text that was hashed. Of one that expired only the hash is left, and `tombstone`, the text in its place. */
export type RawEntry =
  | { readonly index: number, readonly hash: string, readonly json: string }
  | { readonly index: number, readonly hash: string, readonly json: null, readonly tombstone: string }

export interface ReadLimits {
  /** Last index to read. The writer's durable head: a line behind it may yet be taken back. */
  readonly upTo: number
  readonly maxEntries: number
  /** Stop after the entry that passes this many bytes. */
  readonly maxBytes: number
}

/** A reader that goes on where it stopped. */
export interface Tail {
  /** Index of the entry that comes next. */
  next (): number
  /** The next entries, none when there are none yet. One call at a time. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT */
  read (limits: ReadLimits): Promise<readonly RawEntry[]>
}

const INDEX = /^\{"index":(\d+),/

/** Reads a journal from an index on, along with its writer or without one. Keeps a file position, no data. */
export function openTail (dir: string, from: number): Tail {
  let next = from
  let segment: Segment | null = null
  let offset = 0
  let inode = 0

  async function advance (): Promise<boolean> {
    const segments = await listSegments(dir)
    // The current segment ends where the one named by the next index begins.
    const found = segments.findLast((candidate) => candidate.first <= next)
    if (found === undefined || found.first === segment?.first) return false
    segment = found
    offset = 0
    return true
  }

  /** Retention replaces the file of a segment: in the new one the same lines stand elsewhere. */
  function startIn (found: number): number {
    if (found !== inode) offset = 0
    inode = found
    return offset
  }

  return {
    next: () => next,
    async read ({ upTo, maxEntries, maxBytes }) {
      const entries: RawEntry[] = []
      let bytes = 0
      if (segment === null) await advance()
      while (segment !== null && next <= upTo) {
        for await (const line of readLines(segment.path, startIn)) {
          if (!line.whole) break
          const entry = line.offset === 0 ? null : rawEntry(line.bytes, segment)
          if (entry !== null && entry.index > upTo) return entries
          offset = line.offset + line.bytes.length + 1
          if (entry === null || entry.index < next) continue
          entries.push(entry)
          next = entry.index + 1
          bytes += line.bytes.length
          if (entries.length >= maxEntries || bytes >= maxBytes) return entries
        }
        if (!await advance()) break
      }
      return entries
    },
  }
}

function rawEntry (bytes: Buffer, segment: Segment): RawEntry {
  const tombstone = parseTombstone(bytes)
  if (tombstone !== null) return { index: tombstone.index, hash: tombstone.hash, json: null, tombstone: tombstoneText(tombstone) }
  const split = splitLine(bytes)
  const json = split?.json.toString('utf8') ?? ''
  const digits = INDEX.exec(json)?.[1] ?? indexOf(split?.json)
  if (split === null || digits === undefined) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger is corrupt: ${basename(segment.path)} holds a line that is no entry. Run: weir audit verify`)
  return { index: Number(digits), hash: split.hash, json }
}

// An imported line may have its members in another order; the hash does not care.
function indexOf (json: Buffer | undefined): string | undefined {
  const value = json === undefined ? undefined : parseJson(json)
  return typeof value === 'object' && value !== null && 'index' in value ? String(value.index) : undefined
}
