import { closeSync, openSync, readSync } from 'node:fs'
import { sha256 } from '../core/canonical-json.ts'
import type { Verdict } from '../core/decision.ts'
import { checkEntry, parseEntry, ZERO_HASH } from './entry-line.ts'
import { applyMark, markOf } from './open-decisions.ts'
import { parseHeader, type SegmentHeader } from './segment.ts'
import { createTombstoneDigest, ENTRIES_EXPIRED, expiryIn, looksExpired, parseTombstone, type ExpiredPart, type Expiry, type TombstoneDigest } from './tombstone.ts'
import { createEntryScan, type EntryScan } from './wasm/entry-scan.ts'

const READ_BYTES = 256 * 1024 // stays in the processor's cache between being read and being hashed
const NEWLINE = 0x0a
const HASH_CHARS = 64
const EXPIRED_NAME = Buffer.from(`"${ENTRIES_EXPIRED}"`)

/** What one segment holds, by itself: that it follows from the one before is for whoever has both. Can be sent between threads. */
export interface SegmentReport {
  /** Null when it is not valid, or the file is empty. */
  readonly header: SegmentHeader | null
  /** Whole, good entries. */
  readonly entries: number
  readonly head: string
  /** Allowed decisions without an outcome, behind these entries. */
  readonly open: readonly number[]
  readonly decisions: Readonly<Record<Verdict, number>>
  readonly rules: ReadonlyMap<string, number>
  readonly revisions: ReadonlyMap<string, number>
  /** The tombstones among the entries; null when there are none. What they say holds only if an entry of the ledger covers them. */
  readonly expired: ExpiredPart | null
  /** What its entries say of tombstones. */
  readonly expiries: readonly Expiry[]
  /** The first line that is not good, counted from 1. */
  readonly bad: { readonly line: number, readonly problem: string } | null
  /** Whether there is something behind the last newline. */
  readonly isTorn: boolean
}

/** Counts of what was found good so far. */
interface Sums {
  entries: number
  head: string
  readonly open: Set<number>
  readonly decisions: Record<Verdict, number>
  readonly rules: Map<string, number>
  readonly revisions: Map<string, number>
  readonly tombstones: TombstoneDigest
  readonly expiries: Expiry[]
}

/**
 * Makes a check of segments, which reads and hashes without ever waiting: for a thread, or a command, that does nothing else.
 *
 * @returns a function of a file's path and of a listener that hears how many more entries were good. @throws Error of the file system
 */
export function createSegmentCheck (): (path: string, onEntries: (more: number) => void) => SegmentReport {
  const scan = createEntryScan()
  return (path, onEntries) => {
    const file = openSync(path, 'r')
    try {
      return checkLines(file, scan, onEntries)
    } finally {
      closeSync(file)
    }
  }
}

function checkLines (file: number, scan: EntryScan, onEntries: (more: number) => void): SegmentReport {
  const { room } = scan
  let header: SegmentHeader | null = null
  let sums = sumsOf(null)
  let filled = 0
  let isTooLong = false // inside of a line that nothing can make valid

  const report = (bad: SegmentReport['bad'], isTorn = false): SegmentReport => {
    const { tombstones, ...found } = sums
    return { ...found, header, open: [...found.open], expired: tombstones.end(), bad, isTorn }
  }

  for (;;) {
    const bytesRead = readSync(file, room, filled, Math.min(READ_BYTES, room.length - filled), null)
    if (bytesRead === 0) break
    const end = lastNewline(room, filled, filled + bytesRead)
    filled += bytesRead
    if (end === 0) {
      isTooLong ||= filled === room.length
      if (isTooLong) filled = 1
      continue
    }
    if (isTooLong) return report({ line: lineOf(header, sums), problem: header === null ? BAD_HEADER : 'the hash does not match the entry' })
    let from = 0
    if (header === null) {
      from = room.indexOf(NEWLINE) + 1
      header = parseHeader(room.subarray(0, from - 1))
      if (header === null) return report({ line: 1, problem: BAD_HEADER })
      sums = sumsOf(header)
      scan.expect({ index: header.first, prev: header.prev })
    }
    const before = sums.entries
    const problem = checkWhole(scan, { from, to: end, first: header.first }, sums)
    onEntries(sums.entries - before)
    if (problem !== null) return report({ line: lineOf(header, sums), problem })
    room.copyWithin(0, end, filled)
    filled -= end
  }
  if (header === null) return report({ line: 1, problem: filled === 0 ? 'the segment is empty' : BAD_HEADER })
  return report(null, filled > 0)
}

const BAD_HEADER = 'the segment header is not valid'

/** @returns what is wrong with the first line that is not good, null when all are */
function checkWhole (scan: EntryScan, { from, to, first }: { readonly from: number, readonly to: number, readonly first: number }, sums: Sums): string | null {
  const { room } = scan
  for (let at = from; at < to;) {
    const count = scan.scan(at, to)
    for (let place = 0; place < count; place += 1) {
      const { start, end, kind, verdict, rule, revision, of } = scan.entry(place)
      const hash = room.toString('latin1', start, start + HASH_CHARS)
      if (sha256(room.subarray(start + HASH_CHARS + 1, end)) !== hash) return 'the hash does not match the entry'
      if (kind === 'event') noteExpiry(room.subarray(start, end), sums)
      if (kind === 'decision' && verdict !== null) countDecision(sums, { verdict, rule, revision })
      if (verdict === 'allow') sums.open.add(first + sums.entries)
      if (of !== null) sums.open.delete(of)
      sums.entries += 1
      sums.head = hash
    }
    at = scan.position()
    if (at >= to || count > 0) continue
    // Not as the journal writes it: what it is, and what is wrong with it, is told by parsing.
    const end = room.indexOf(NEWLINE, at)
    const line = room.subarray(at, end)
    if (looksExpired(line)) {
      const problem = bury(line, first, sums)
      if (problem !== null) return problem
      scan.expect({ index: first + sums.entries, prev: sums.head })
      at = end + 1
      continue
    }
    const checked = checkEntry(line, { index: first + sums.entries, prev: sums.head })
    if ('problem' in checked) return checked.problem
    const { entry } = checked
    if (entry.kind === 'decision') countDecision(sums, entry.decision)
    if (entry.kind === 'event') noteExpiry(line, sums)
    const { opens, closes } = markOf(entry)
    if (opens) sums.open.add(entry.index)
    if (closes !== null) sums.open.delete(closes)
    sums.entries += 1
    sums.head = checked.hash
    scan.expect({ index: first + sums.entries, prev: sums.head })
    at = end + 1
  }
  return null
}

/** Takes a tombstone for the entry that it was. @returns what is wrong with it */
function bury (line: Buffer, segment: number, sums: Sums): string | null {
  const tombstone = parseTombstone(line)
  const index = segment + sums.entries
  if (tombstone === null || tombstone.segment !== segment) return 'the line of an expired entry is not valid'
  if (tombstone.index !== index) return `the index is ${tombstone.index} where ${index} comes next`
  sums.tombstones.add(tombstone)
  applyMark(sums.open, index, tombstone)
  sums.entries += 1
  sums.head = tombstone.hash
  return null
}

// Of a whole event, whose hash was found right. Few lines have the name in them; those that do are parsed.
function noteExpiry (line: Buffer, { expiries }: Sums): void {
  if (!line.includes(EXPIRED_NAME)) return
  const entry = parseEntry(line.subarray(HASH_CHARS + 1))
  const expiry = entry === null ? null : expiryIn(entry)
  if (expiry !== null) expiries.push(expiry)
}

function countDecision ({ decisions, rules, revisions }: Sums, { verdict, rule, revision }: { readonly verdict: Verdict, readonly rule: string, readonly revision: string }): void {
  decisions[verdict] += 1
  rules.set(rule, (rules.get(rule) ?? 0) + 1)
  revisions.set(revision, (revisions.get(revision) ?? 0) + 1)
}

function sumsOf (header: SegmentHeader | null): Sums {
  return { entries: 0, head: header?.prev ?? ZERO_HASH, open: new Set(header?.open), decisions: { allow: 0, pending: 0, deny: 0 }, rules: new Map(), revisions: new Map(), tombstones: createTombstoneDigest(), expiries: [] }
}

function lineOf (header: SegmentHeader | null, { entries }: Sums): number {
  return header === null ? 1 : entries + 2
}

/** Where the last line of these bytes ends, behind its newline; 0 when there is none. */
function lastNewline (bytes: Buffer, from: number, to: number): number {
  const at = bytes.subarray(from, to).lastIndexOf(NEWLINE)
  return at === -1 ? 0 : from + at + 1
}
