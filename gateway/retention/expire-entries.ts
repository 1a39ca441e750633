import { stat, utimes } from 'node:fs/promises'
import { eventBody } from '../core/ledger-entry.ts'
import type { Ledger } from '../core/ports.ts'
import { replaceFile } from '../files/replace-file.ts'
import { parseEntry, splitLine } from '../ledger/entry-line.ts'
import type { Journal } from '../ledger/journal.ts'
import { readLineGroups } from '../ledger/line-reader.ts'
import { listSegments, parseHeader, type Segment, type SegmentHeader } from '../ledger/segment.ts'
import { openTail } from '../ledger/tail.ts'
import { createTombstoneDigest, ENTRIES_EXPIRED, looksExpired, parseTombstone, tombstoneLine } from '../ledger/tombstone.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { ruleText, type KeepRule } from './retention-config.ts'
import { originIn, scanSegment, type Origin, type SegmentScan } from './scan-segment.ts'

const DAY_MS = 86_400_000

/** What a run may change. Absent for one that only looks. */
export interface ExpiryEffects {
  readonly ledger: Pick<Ledger, 'append'> & Pick<Journal, 'closeSegment'>
  /** Has the ledger signed up to this index: what says that entries expired is signed before they go. */
  readonly sign: (upTo: number) => Promise<void>
  /** Whether the store and every receiver have the entries up to this index. */
  readonly haveAll: (upTo: number) => Promise<boolean>
  /** Has the store forget entries; called again for the same after a crash. */
  readonly forget: (segment: number, indexes: readonly number[]) => Promise<void>
}

export interface ExpiryOptions {
  readonly journalDir: string
  readonly rules: readonly KeepRule[]
  /** Who had it run, for the ledger. */
  readonly by: string
  readonly nowMs: () => number
  /** Called behind each 256 KiB that were read, or written: whoever has other work takes turns. */
  readonly pace: () => Promise<void>
  /** By the first index of a segment, by which rules it was seen to: kept between two runs, so that the second does not read it again. */
  readonly settled: Map<number, string>
  readonly effects: ExpiryEffects | null
}

/** What expired, or would. `waiting` counts segments that the store or a receiver does not have yet. */
export interface ExpiryReport { readonly entries: number, readonly segments: number, readonly waiting: number }

/**
 * Takes what is older than the rules allow out of the segments that are not written to any more, one segment after the other: an entry says it, the entry is
 * signed, the file is replaced as a whole, the store forgets. Whatever ends the process, the ledger verifies, and the next run goes on.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT (nothing of that segment expires), WEIR_ERR_LEDGER_APPEND; Error of the file system
 */
export async function expireEntries (options: ExpiryOptions): Promise<ExpiryReport> {
  const { journalDir, rules, nowMs, settled, effects } = options
  const segments = await listSegments(journalDir)
  const begins: Array<Begin | null> = []
  for (const segment of segments) begins.push(await beginOf(segment))
  const current = begins.at(-1)
  // Else a small ledger, which fills no segment for years, would keep everything.
  if (current?.timeMs !== undefined && nowMs() - current.timeMs > DAY_MS) effects?.ledger.closeSegment()
  const open = new Set(current?.header.open)
  const report = { entries: 0, segments: 0, waiting: 0 }
  for (const [place, segment] of segments.slice(0, -1).entries()) {
    const following = begins[place + 1]
    const timeMs = begins.slice(place + 1).find((begin) => begin?.timeMs !== undefined)?.timeMs
    if (following == null || timeMs === undefined) continue
    const due = rules.filter(({ keepMs }) => nowMs() - timeMs > keepMs)
    const by = due.map(ruleText).join()
    if (due.length === 0 || settled.get(segment.first) === by) continue
    const scan = await scanSegment({ segment, head: following.header.prev, rules: due, isOpen: (index) => open.has(index), originOf: (index) => originAt(journalDir, index), pace: options.pace })
    if (scan.tombstones.size > 0 && effects !== null) {
      if (!await effects.haveAll(scan.last)) {
        report.waiting += 1
        continue
      }
      if (scan.news > 0) await bury(segment, scan, due, effects, options)
      await effects.forget(segment.first, [...scan.tombstones.keys()])
    }
    if (effects !== null) settled.set(segment.first, by)
    report.entries += scan.news
    report.segments += scan.news > 0 ? 1 : 0
  }
  return report
}

async function bury (segment: Segment, scan: SegmentScan, rules: readonly KeepRule[], { ledger, sign }: ExpiryEffects, { by, pace }: ExpiryOptions): Promise<void> {
  const digest = createTombstoneDigest()
  for (const tombstone of scan.tombstones.values()) digest.add(tombstone)
  const { first, last, decisions, outcomes } = { ...scan, first: segment.first }
  const detail = { segment: first, last, decisions, outcomes, sha256: digest.end()?.sha256 ?? '', rules: rules.map(ruleText), by }
  await sign(await ledger.append(eventBody(ENTRIES_EXPIRED, null, detail)))
  const { atime, mtime } = await stat(segment.path)
  await replaceFile(segment.path, shortened(segment, scan, pace))
  // Readers that look for the entries since a time go by the time of the file.
  await utimes(segment.path, atime, mtime)
}

async function * shortened ({ path, first }: Segment, { tombstones }: SegmentScan, pace: () => Promise<void>): AsyncGenerator<Buffer> {
  let index = first - 1 // of the header
  for await (const lines of readLineGroups(path)) {
    const parts = lines.flatMap(({ bytes }) => {
      const tombstone = tombstones.get(index++)
      return [tombstone === undefined ? bytes : Buffer.from(tombstoneLine(tombstone)), NEWLINE]
    })
    yield Buffer.concat(parts)
    await pace()
  }
}

const NEWLINE = Buffer.from('\n')

async function originAt (journalDir: string, index: number): Promise<Origin> {
  const [raw] = await openTail(journalDir, index).read({ upTo: index, maxEntries: 1, maxBytes: 1 })
  if (raw?.index !== index) return null
  if (raw.json === null) {
    const tombstone = parseTombstone(Buffer.from(`${raw.hash} ${raw.tombstone}`))
    return tombstone?.opens === true ? tombstone : null
  }
  const entry = JSON.parse(raw.json) as LedgerEntry
  return entry.kind === 'decision' ? originIn(entry) : null
}

interface Begin { readonly header: SegmentHeader, /** Of the first entry whose time is still known. */ readonly timeMs: number | undefined }

/** How a segment begins; null when there is none, or it cannot be read, which is for others to say. */
async function beginOf (segment: Segment): Promise<Begin | null> {
  let header: SegmentHeader | null = null
  for await (const lines of readLineGroups(segment.path)) {
    for (const { bytes, whole } of lines) {
      if (header === null) {
        header = parseHeader(bytes)
        if (header === null) return null
      } else if (whole && !looksExpired(bytes)) {
        const split = splitLine(bytes)
        return { header, timeMs: split === null ? undefined : parseEntry(split.json)?.time }
      }
    }
  }
  return header === null ? null : { header, timeMs: undefined }
}
