import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { checkEntry, ZERO_HASH } from './entry-line.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { readLineGroups, type Line } from './line-reader.ts'
import { applyMark, markOf } from './open-decisions.ts'
import { listSegments, parseHeader, type Segment, type SegmentHeader } from './segment.ts'

/** The first place where the record does not hold. `index` is the entry that should be there; `line` counts from 1. */
export interface BadEntry { readonly index: number, readonly file: string, readonly line: number, readonly problem: string }

/** What a check of a journal found. Everything but `firstBad` speaks of the entries before it. */
export interface VerifyReport {
  readonly ok: boolean
  readonly entries: number
  /** Null when there are none. */
  readonly firstIndex: number | null
  readonly lastIndex: number | null
  readonly headHash: string
  readonly firstBad: BadEntry | null
  readonly decisions: { readonly allow: number, readonly pending: number, readonly deny: number }
  /** Decisions per rule id. */
  readonly rules: Readonly<Record<string, number>>
  /** Decisions per policy revision. */
  readonly revisions: Readonly<Record<string, number>>
  /** Allowed decisions without an outcome (so far, while a gateway runs). */
  readonly unsettled: number
  /** `incomplete`: the last line has no end yet. A running gateway is writing it, or the next start will cut it off. */
  readonly tail: 'complete' | 'incomplete'
}

interface Progress {
  next: number
  prev: string
  first: number | null
  tail: VerifyReport['tail']
  readonly open: Set<number>
  readonly decisions: { allow: number, pending: number, deny: number }
  readonly rules: Map<string, number>
  readonly revisions: Map<string, number>
}

/**
 * Checks every byte of a journal folder, or of one segment file: hashes, chain, indexes and headers. Reads only; a
 * gateway may be writing. A folder must begin with entry 0; what was cut off at its end leaves no trace in the rest,
 * so compare `headHash` with one kept elsewhere.
 *
 * @param onProgress hears the index of the entry that comes next, now and then
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when there is no journal at all
 */
export async function verifyJournal (path: string, onProgress: (entries: number) => void = () => {}): Promise<VerifyReport> {
  const isFolder = (await stat(path)).isDirectory()
  const segments = isFolder ? await listSegments(path) : [{ path, first: -1 }]
  if (segments.length === 0) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', 'There is no journal in this folder.')
  const progress: Progress = {
    next: 0, prev: ZERO_HASH, first: null, tail: 'complete', open: new Set(), decisions: { allow: 0, pending: 0, deny: 0 }, rules: new Map(), revisions: new Map(),
  }
  for (const [place, segment] of segments.entries()) {
    const bad = await verifySegment(segment, progress, { isAlone: !isFolder, isLast: place === segments.length - 1, onProgress })
    if (bad !== null) return report(progress, bad)
  }
  return report(progress, null)
}

interface Place { readonly isAlone: boolean, readonly isLast: boolean, readonly onProgress: (entries: number) => void }

async function verifySegment (segment: Segment, progress: Progress, place: Place): Promise<BadEntry | null> {
  let lines = 0
  for await (const group of readLineGroups(segment.path)) {
    for (const line of group) {
      lines = line.number
      const problem = lines === 1 ? beginSegment(line, segment, progress, place) : lineProblem(line, progress, place)
      if (problem !== null) return { index: progress.next, file: basename(segment.path), line: lines, problem }
    }
    place.onProgress(progress.next)
  }
  return lines === 0 ? { index: progress.next, file: basename(segment.path), line: 1, problem: 'the segment is empty' } : null
}

function lineProblem (line: Line, progress: Progress, { isLast }: Place): string | null {
  if (!line.whole) {
    if (!isLast) return 'the line has no end, and another segment follows'
    progress.tail = 'incomplete'
    return null
  }
  const checked = checkEntry(line.bytes, { index: progress.next, prev: progress.prev })
  if ('problem' in checked) return checked.problem
  count(checked.entry, progress)
  progress.prev = checked.hash
  return null
}

function beginSegment (line: Line, segment: Segment, progress: Progress, place: Place): string | null {
  const header = line.whole ? parseHeader(line.bytes) : null
  if (header === null) return 'the segment header is not valid'
  if (place.isAlone) {
    progress.next = header.first
    progress.prev = header.prev
    header.open.forEach((index) => progress.open.add(index))
    return null
  }
  return headerProblem(header, segment, progress)
}

// Every member follows from the entries before, so a header rewritten along with its hash shows all the same.
function headerProblem (header: SegmentHeader, segment: Segment, progress: Progress): string | null {
  if (header.first !== segment.first) return 'the segment has the name of another one'
  if (header.first !== progress.next) return `the segment begins at entry ${header.first} where ${progress.next} comes next: entries are missing`
  if (header.prev !== progress.prev) return 'the segment does not follow from the one before it'
  if (header.open.join() !== [...progress.open].join()) return 'the header names other open decisions than the entries do'
  return null
}

function count (entry: LedgerEntry, progress: Progress): void {
  progress.first ??= entry.index
  progress.next = entry.index + 1
  applyMark(progress.open, entry.index, markOf(entry))
  if (entry.kind !== 'decision') return
  const { verdict, rule, revision } = entry.decision
  progress.decisions[verdict] += 1
  progress.rules.set(rule, (progress.rules.get(rule) ?? 0) + 1)
  progress.revisions.set(revision, (progress.revisions.get(revision) ?? 0) + 1)
}

function report (progress: Progress, firstBad: BadEntry | null): VerifyReport {
  const { first, next } = progress
  return {
    ok: firstBad === null,
    entries: first === null ? 0 : next - first,
    firstIndex: first,
    lastIndex: first === null ? null : next - 1,
    headHash: progress.prev,
    firstBad,
    decisions: progress.decisions,
    rules: Object.fromEntries(progress.rules),
    revisions: Object.fromEntries(progress.revisions),
    unsettled: progress.open.size,
    tail: progress.tail,
  }
}
