import { basename } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { parseEntry, splitLine } from './entry-line.ts'
import { readLines } from './line-reader.ts'
import { listSegments, type Segment } from './segment.ts'
import { looksExpired } from './tombstone.ts'

const KIND_BYTES = 320 // hash, index, time, prev, kind and an event's name stand in these

/** A reader of the few entries of a journal that somebody wants: the others are neither hashed nor parsed, which takes most of the time. */
export interface Sieve {
  /** Index of the entry that is looked at next. */
  next (): number
  /** Looks at what comes, up to this index (the writer's durable head), until so many wanted ones are found. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT */
  read (upTo: number, most: number): Promise<readonly LedgerEntry[]>
}

/** Whether a line can be of a wanted entry, by its kind and name (an event's) and by its bytes. */
export type LineTest = (head: { readonly kind: string, readonly name: string | null }, line: Buffer) => boolean

/** Reads from an index on, or from the oldest entry that is still there. */
export function openSieve (dir: string, from: number, canBeWanted: LineTest): Sieve {
  let next = from
  let segment: Segment | null = null
  let offset = 0
  let at = 0 // index of the line at `offset`
  let inode = 0

  async function advance (): Promise<boolean> {
    const segments = await listSegments(dir)
    const found = segments.findLast((candidate) => candidate.first <= next) ?? segments[0]
    if (found === undefined || found.first === segment?.first) return false
    segment = found
    offset = 0
    at = found.first
    next = Math.max(next, at)
    return true
  }

  // As the tail's.
  function startIn (found: number): number {
    if (found !== inode) [offset, at] = [0, segment?.first ?? 0]
    inode = found
    return offset
  }

  return {
    next: () => next,
    async read (upTo, most) {
      const wanted: LedgerEntry[] = []
      if (segment === null) await advance()
      while (segment !== null && next <= upTo) {
        for await (const line of readLines(segment.path, startIn)) {
          if (!line.whole) break
          const isHeader = line.offset === 0
          if (!isHeader && at > upTo) return wanted
          offset = line.offset + line.bytes.length + 1
          if (isHeader) continue
          at += 1
          if (at - 1 < next) continue
          next = at
          if (looksExpired(line.bytes) || !canBeWanted(headOf(line.bytes), line.bytes)) continue
          wanted.push(entryIn(line.bytes, segment))
          if (wanted.length >= most) return wanted
        }
        if (!await advance()) break
      }
      return wanted
    },
  }
}

function headOf (line: Buffer): { readonly kind: string, readonly name: string | null } {
  const found = /"kind":"([a-z]+)"(?:,"name":"([a-z-]+)")?/.exec(line.toString('latin1', 0, KIND_BYTES))
  return { kind: found?.[1] ?? '', name: found?.[2] ?? null }
}

function entryIn (line: Buffer, { path }: Segment): LedgerEntry {
  const split = splitLine(line)
  const entry = split === null ? null : parseEntry(split.json)
  if (entry === null) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger is corrupt: ${basename(path)} holds a line that is no entry. Run: weir audit verify`)
  return entry
}
