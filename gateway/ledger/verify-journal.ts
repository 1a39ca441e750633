import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { VERDICTS } from '../core/decision.ts'
import { GatewayError } from '../core/errors.ts'
import type { SegmentReport } from './check-segment.ts'
import { checkSegments } from './check-segments.ts'
import { ZERO_HASH } from './entry-line.ts'
import { listSegments, type Segment, type SegmentHeader } from './segment.ts'
import { createExpiryBook, NOT_SAID_TO_EXPIRE, type ExpiryBook } from './tombstone.ts'

/** The first place where the record does not hold. `index` is the entry that should be there, or, with `last`, the first of those among which it is; `line` counts from 1. */
export interface BadEntry { readonly index: number, readonly last?: number, readonly file: string, readonly line: number, readonly problem: string }

/** What a check of a journal found. Everything but `firstBad` speaks of the entries before it. */
export interface VerifyReport {
  readonly ok: boolean
  readonly entries: number
  /** Null when there are none. */
  readonly firstIndex: number | null
  readonly lastIndex: number | null
  readonly headHash: string
  readonly firstBad: BadEntry | null
  /** How many of the entries expired, and the index of the last entry that is needed to show that they did: -1 for none. */
  readonly expired: { readonly entries: number, readonly coveredBy: number }
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

/** What holds so far, from the first entry on. */
interface Progress {
  next: number
  prev: string
  first: number | null
  tail: VerifyReport['tail']
  open: readonly number[]
  readonly decisions: { allow: number, pending: number, deny: number }
  readonly rules: Map<string, number>
  readonly revisions: Map<string, number>
  readonly expiries: ExpiryBook
}

/**
 * Checks every byte of a journal folder, or of one segment file: hashes, chain, indexes and headers. Reads only; a
 * gateway may be writing. A folder must begin with entry 0; what was cut off at its end leaves no trace in the rest,
 * so compare `headHash` with one kept elsewhere.
 *
 * @param onProgress hears how many entries were checked, now and then
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when there is no journal at all
 */
export async function verifyJournal (path: string, onProgress: (entries: number) => void = () => {}): Promise<VerifyReport> {
  const isFolder = (await stat(path)).isDirectory()
  const segments = isFolder ? await listSegments(path) : [{ path, first: -1 }]
  if (segments.length === 0) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', 'There is no journal in this folder.')
  const progress: Progress = {
    next: 0, prev: ZERO_HASH, first: null, tail: 'complete', open: [], decisions: { allow: 0, pending: 0, deny: 0 }, rules: new Map(), revisions: new Map(), expiries: createExpiryBook(),
  }
  let checked = 0
  const reports = checkSegments(segments.map((segment) => segment.path), (more) => { onProgress(checked += more) })
  let place = 0
  for await (const found of reports) {
    const segment = segments[place] as Segment
    place += 1
    const bad = follow(segment, found, progress, { isAlone: !isFolder, isLast: place === segments.length })
    if (bad !== null) return report(progress, bad)
  }
  return report(progress, unsaid(progress.expiries, segments))
}

/** The first tombstones that nothing in the ledger covers: what is behind them may be anything. */
function unsaid (expiries: ExpiryBook, segments: readonly Segment[]): BadEntry | null {
  const part = expiries.uncovered()
  if (part === null) return null
  const { path } = segments.findLast(({ first }) => first <= part.segment) as Segment
  return { index: part.first, last: part.last, file: basename(path), line: part.first - part.segment + 2, problem: NOT_SAID_TO_EXPIRE }
}

interface Place { readonly isAlone: boolean, readonly isLast: boolean }

/** Adds a segment to what holds, up to its first line that is not good. @returns that line */
function follow (segment: Segment, found: SegmentReport, progress: Progress, { isAlone, isLast }: Place): BadEntry | null {
  const { header, bad, isTorn } = found
  const badAt = (line: number, problem: string): BadEntry => ({ index: progress.next, file: basename(segment.path), line, problem })
  if (header === null) return badAt(1, bad?.problem ?? '')
  const wrong = isAlone ? null : headerProblem(header, segment, progress)
  if (wrong !== null) return badAt(1, wrong)
  if (found.entries > 0) progress.first ??= header.first
  progress.next = header.first + found.entries
  progress.prev = found.head
  progress.open = found.open
  if (found.expired !== null) progress.expiries.addPart(found.expired)
  for (const expiry of found.expiries) progress.expiries.addExpiry(expiry)
  for (const verdict of VERDICTS) progress.decisions[verdict] += found.decisions[verdict]
  addCounts(progress.rules, found.rules)
  addCounts(progress.revisions, found.revisions)
  if (bad !== null) return badAt(bad.line, bad.problem)
  if (isTorn && !isLast) return badAt(found.entries + 2, 'the line has no end, and another segment follows')
  if (isTorn) progress.tail = 'incomplete'
  return null
}

// Every member follows from the entries before, so a header rewritten along with its hash shows all the same.
function headerProblem (header: SegmentHeader, segment: Segment, progress: Progress): string | null {
  if (header.first !== segment.first) return 'the segment has the name of another one'
  if (header.first !== progress.next) return `the segment begins at entry ${header.first} where ${progress.next} comes next: entries are missing`
  if (header.prev !== progress.prev) return 'the segment does not follow from the one before it'
  if (header.open.join() !== progress.open.join()) return 'the header names other open decisions than the entries do'
  return null
}

function addCounts (sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) sums.set(name, (sums.get(name) ?? 0) + count)
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
    expired: { entries: progress.expiries.entries(), coveredBy: progress.expiries.coveredBy() },
    decisions: progress.decisions,
    rules: Object.fromEntries(progress.rules),
    revisions: Object.fromEntries(progress.revisions),
    unsettled: progress.open.length,
    tail: progress.tail,
  }
}
