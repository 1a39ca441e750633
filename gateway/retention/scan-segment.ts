import { basename } from 'node:path'
import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { checkEntry } from '../ledger/entry-line.ts'
import { readLineGroups } from '../ledger/line-reader.ts'
import { markOf } from '../ledger/open-decisions.ts'
import { parseHeader, type Segment } from '../ledger/segment.ts'
import { looksExpired, parseTombstone, type Tombstone } from '../ledger/tombstone.ts'
import type { KeepRule } from './retention-config.ts'

/** What has to be known of a decision to tell whether its outcome may go: null where it is one of those that stay. */
export type Origin = { readonly environment: Environment } | null

/** What of a segment is to stay only as a hash. */
export interface SegmentScan {
  /** By index, in order: those that are tombstones already, and those that are to be. */
  readonly tombstones: ReadonlyMap<number, Tombstone>
  /** How many of them are to be. */
  readonly news: number
  readonly decisions: number
  readonly outcomes: number
  /** Index of the segment's last entry. */
  readonly last: number
}

export interface ScanOptions {
  readonly segment: Segment
  /** The hash that the segment behind it goes on from: this one must end with it. */
  readonly head: string
  /** Those whose age the whole segment has. */
  readonly rules: readonly KeepRule[]
  /** Whether a decision still awaits its outcome. */
  readonly isOpen: (index: number) => boolean
  /** Of a decision in an earlier segment, which may have expired. */
  readonly originOf: (index: number) => Promise<Origin>
  /** Called behind each 256 KiB. */
  readonly pace: () => Promise<void>
}

/**
 * Looks through a segment that is not written to any more. Every line is checked as `verifyJournal` does: a tombstone must never hide that an entry was
 * changed.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT
 */
export async function scanSegment ({ segment, head, rules, isOpen, originOf, pace }: ScanOptions): Promise<SegmentScan> {
  const tombstones = new Map<number, Tombstone>()
  const origins = new Map<number, Origin>()
  let news = 0
  let next = segment.first
  let prev: string | null = null

  async function mayGo (entry: LedgerEntry): Promise<boolean> {
    if (entry.kind === 'event') return false
    if (entry.kind === 'decision') {
      const origin = originIn(entry)
      origins.set(entry.index, origin)
      return origin !== null && !isOpen(entry.index) && isRuled(rules, 'decision', origin.environment)
    }
    const own = origins.get(entry.of)
    const origin = own === undefined ? await originOf(entry.of) : own
    return origin !== null && isRuled(rules, 'outcome', origin.environment)
  }

  async function take (line: Buffer): Promise<void> {
    if (prev === null) {
      prev = parseHeader(line)?.prev ?? null
      if (prev === null) throw corrupt(segment, 'the segment header is not valid')
      return
    }
    if (looksExpired(line)) {
      const tombstone = parseTombstone(line)
      if (tombstone?.index !== next || tombstone.segment !== segment.first) throw corrupt(segment, `entry ${next} is not valid`)
      tombstones.set(next, tombstone)
      if (tombstone.opens) origins.set(next, tombstone)
      prev = tombstone.hash
    } else {
      const checked = checkEntry(line, { index: next, prev })
      if ('problem' in checked) throw corrupt(segment, `entry ${next}: ${checked.problem}`)
      if (await mayGo(checked.entry)) {
        tombstones.set(next, tombstoneOf(checked.entry, segment, checked.hash))
        news += 1
      }
      prev = checked.hash
    }
    next += 1
  }

  for await (const lines of readLineGroups(segment.path)) {
    for (const { bytes, whole } of lines) {
      if (!whole) throw corrupt(segment, 'its last line has no end')
      await take(bytes)
    }
    await pace()
  }
  if (prev !== head) throw corrupt(segment, 'the segment behind it does not follow from it')
  const outcomes = [...tombstones.values()].filter(({ closes }) => closes !== null).length
  return { tombstones, news, outcomes, decisions: tombstones.size - outcomes, last: next - 1 }
}

/**
 * Decisions about the agent's calls and the routes of clients may go. What is about administration, sessions (seats), requests to models (budgets and bills
 * are added up from them), approvals and releases stays.
 */
export function originIn ({ plane, input, approval }: Extract<LedgerEntry, { kind: 'decision' }>): Origin {
  const isOfWork = input.kind === 'tool-call' || (input.kind === 'route' && plane === 'client')
  return isOfWork && approval === null ? { environment: input.environment } : null
}

function isRuled (rules: readonly KeepRule[], kind: KeepRule['kind'], environment: Environment): boolean {
  return rules.some((rule) => rule.kind === kind && rule.environment === environment)
}

function tombstoneOf (entry: LedgerEntry, { first }: Segment, hash: string): Tombstone {
  const place = { index: entry.index, segment: first, hash }
  const { opens, closes } = markOf(entry)
  return opens && entry.kind === 'decision' ? { ...place, opens: true, closes: null, environment: entry.input.environment } : { ...place, opens: false, closes }
}

function corrupt ({ path }: Segment, problem: string): GatewayError {
  return new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger is corrupt: ${basename(path)}: ${problem}. Nothing expires. Run: weir audit verify`)
}
