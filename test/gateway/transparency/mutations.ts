import { createHash, hash, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCheckpoint, signCheckpoint } from '../../../gateway/transparency/checkpoint.ts'
import { newKey, type SignedLedger } from './signed-ledger.ts'

/** Files by their path below a folder; null for one that is gone. */
export type Files = Readonly<Record<string, Buffer | null>>

/**
 * What was done to a ledger, and where it must be found: at an entry, at one of those from `first` to `last`, or, with null, in the
 * checkpoint. `isExact`: nothing else may be named.
 */
export interface Mutation { readonly name: string, readonly files: Files, readonly first: number | null, readonly last: number | null, readonly kept?: readonly string[], readonly isExact: boolean }

/** Numbers from a seed, so that what failed once can be seen again. */
export type Dice = (below: number) => number

export function dice (seed: number): Dice {
  let state = BigInt(seed)
  return (below) => {
    state = BigInt.asUintN(64, state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n)
    return Number((state >> 33n) % BigInt(below))
  }
}

/** A ledger's files in memory. `lines` are its entries in order, with the newline; `headers` the first lines of its segments. */
export interface Held { readonly ledger: SignedLedger, readonly segments: readonly Segment[], readonly lines: readonly string[], readonly checkpoint: string }
interface Segment { readonly name: string, readonly first: number, readonly header: string, readonly count: number }

export function held (ledger: SignedLedger): Held {
  const dir = join(ledger.dir, 'journal')
  const segments: Segment[] = []
  const lines: string[] = []
  for (const name of readdirSync(dir).filter((file) => file.endsWith('.jsonl')).sort()) {
    const [header = '', ...rest] = readFileSync(join(dir, name), 'utf8').split('\n').slice(0, -1).map((line) => `${line}\n`)
    segments.push({ name: `journal/${name}`, first: lines.length, header, count: rest.length })
    lines.push(...rest)
  }
  return { ledger, segments, lines, checkpoint: readFileSync(join(ledger.dir, 'ledger-log', 'checkpoint'), 'utf8') }
}

/** The journal's files with these lines in place of a segment's own; those of `from` on move when there are more or fewer. */
function filesOf ({ segments }: Held, linesOf: (segment: Segment) => readonly string[], headerOf = (segment: Segment): string => segment.header): Files {
  return Object.fromEntries(segments.map((segment) => [segment.name, Buffer.from(headerOf(segment) + linesOf(segment).join(''))]))
}

const own = (held: Held, { first, count }: Segment): string[] => held.lines.slice(first, first + count)

function inSegmentOf (held: Held, index: number, change: (lines: string[], at: number) => void): Files {
  return filesOf(held, (segment) => {
    const lines = own(held, segment)
    if (index >= segment.first && index < segment.first + segment.count) change(lines, index - segment.first)
    return lines
  })
}

const exact = (name: string, files: Files, index: number): Mutation => ({ name, files, first: index, last: index, isExact: true })
const near = (name: string, files: Files, first: number, last: number): Mutation => ({ name, files, first, last, isExact: false })
const inCheckpoint = (name: string, files: Files, kept: readonly string[] = []): Mutation => ({ name, files, first: null, last: null, kept, isExact: true })

function withHash (json: string): string {
  return `${hash('sha256', json, 'hex')} ${json}\n`
}

function flip (held: Held, roll: Dice): Mutation {
  const segment = held.segments[roll(held.segments.length)] as Segment
  const bytes = Buffer.from(segment.header + own(held, segment).join(''))
  const at = roll(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 + roll(255))
  const before = at < Buffer.byteLength(segment.header) ? 0 : linesBefore(held, segment, at)
  return exact('flip', { [segment.name]: bytes }, segment.first + before)
}

function linesBefore (held: Held, segment: Segment, at: number): number {
  let end = Buffer.byteLength(segment.header)
  return own(held, segment).findIndex((line) => (end += Buffer.byteLength(line)) > at)
}

function insert (held: Held, roll: Dice): Mutation {
  const index = roll(held.lines.length)
  const prev = index === 0 ? '0'.repeat(64) : (held.lines[index - 1] ?? '').slice(0, 64)
  const copied = roll(held.lines.length)
  const [line, shown] = [
    [`${'junk'.repeat(1 + roll(40))}\n`, index],
    [held.lines[copied] ?? '', copied === index ? index + 1 : index],
    [withHash(`{"index":${index},"time":1,"prev":"${prev}","kind":"event","name":"forged","actor":null,"app":null,"environment":null,"session":null,"detail":{}}`), index + 1],
  ][roll(3)] as [string, number]
  return exact('insert', inSegmentOf(held, index, (lines, at) => { lines.splice(at, 0, line) }), shown)
}

function remove (held: Held, roll: Dice): Mutation {
  const index = roll(held.lines.length)
  return exact('delete', inSegmentOf(held, index, (lines, at) => { lines.splice(at, 1) }), index)
}

function reorder (held: Held, roll: Dice): Mutation {
  const [a, b] = [roll(held.lines.length), roll(held.lines.length - 1)].sort((one, other) => one - other) as [number, number]
  const [first, second] = a === b ? [a, a + 1] : [a, b]
  const lines = [...held.lines]
  ;[lines[first], lines[second]] = [lines[second] ?? '', lines[first] ?? '']
  return exact('reorder', filesOf(held, (segment) => lines.slice(segment.first, segment.first + segment.count)), first)
}

function truncate (held: Held, roll: Dice): Mutation {
  const which = roll(held.segments.length)
  const segment = held.segments[which] as Segment
  const bytes = Buffer.from(segment.header + own(held, segment).join(''))
  const at = roll(bytes.length)
  const whole = Math.max(0, bytes.subarray(0, at).toString('latin1').split('\n').length - 2)
  const gone = held.segments.slice(which + 1).map(({ name }) => [name, null])
  return near('truncate', { [segment.name]: bytes.subarray(0, at), ...Object.fromEntries(gone) as Files }, segment.first + whole, held.lines.length - 1)
}

/** Most entries that a splice puts in; the first of them that is another one is where it is found. */
export const SPLICED = 5

/** Entries of another ledger in the places of this one's: of a stranger, or of a twin that was the same up to `shared`. */
function splice (held: Held, roll: Dice, other: Held, shared: number): Mutation {
  const from = Math.max(1, shared) + roll(held.lines.length - Math.max(1, shared) - 1)
  const to = Math.min(held.lines.length, from + 1 + roll(SPLICED))
  const lines = held.lines.map((line, index) => index >= from && index < to ? other.lines[index] ?? '' : line)
  return near('splice', filesOf(held, (segment) => lines.slice(segment.first, segment.first + segment.count)), from, from === shared ? to : from)
}

/** An entry changed and every hash behind it made anew, with the tiles as they were or without: the chain holds. */
function rewrite (held: Held, roll: Dice, kept: readonly string[]): Mutation {
  const index = roll(held.lines.length)
  let prev = ''
  const lines = held.lines.map((line, at) => {
    if (at < index) return line
    const json = line.slice(65, -1)
    const changed = at === index ? json.replace(/"time":\d+/, `"time":${roll(1_000_000)}`) : json.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`)
    const made = withHash(changed)
    prev = made.slice(0, 64)
    return made
  })
  const headerOf = (segment: Segment): string => segment.first <= index ? segment.header : withHash(segment.header.slice(65, -1).replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${(lines[segment.first - 1] ?? '').slice(0, 64)}"`))
  const files = filesOf(held, (segment) => lines.slice(segment.first, segment.first + segment.count), headerOf)
  if (roll(2) === 0) return exact('rewrite', files, index)
  return { ...near('rewrite with its tiles', { ...files, 'ledger-log/tile': null }, index, index), kept }
}

function otherKey (held: Held, _: Dice, mine: KeyObject): Mutation {
  const signed = openCheckpoint(held.checkpoint, held.ledger.key)
  if (signed === null) throw new Error('it was signed')
  return inCheckpoint('change of the key', { 'ledger-log/checkpoint': Buffer.from(signCheckpoint(signed, mine)) })
}

function forged (held: Held, roll: Dice): Mutation {
  const bytes = Buffer.from(held.checkpoint)
  const at = roll(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 + roll(255))
  return inCheckpoint('forged checkpoint', { 'ledger-log/checkpoint': roll(8) === 0 ? null : bytes })
}

/** What somebody is shown who kept a checkpoint, by who signed a twin as well: the twin's checkpoint over these entries, all of the twin, or an older state. */
function splitView (held: Held, roll: Dice, twin: Held, shared: number): Mutation {
  const size = held.lines.length
  const all = held.ledger.checkpoints
  const checkpoint = { 'ledger-log/checkpoint': Buffer.from(twin.checkpoint) }
  switch (roll(4)) {
    case 0: return near('split view', checkpoint, shared, size - 1)
    case 1: return inCheckpoint('split view', checkpoint, all)
    case 2: {
      const files = { ...Object.fromEntries(held.segments.map(({ name }) => [name, null])), ...filesOf(twin, (segment) => own(twin, segment)), ...checkpoint, 'ledger-log/tile': null }
      return { ...near('split view', files, shared, size - 1), kept: all.slice(0, -1) }
    }
    default: return { ...near('rollback', { 'ledger-log/checkpoint': Buffer.from(all[0] ?? '') }, size - 1, size - 1), kept: all }
  }
}

export interface Stage { readonly held: Held, readonly stranger: Held, readonly twin: Held, readonly shared: number }

/** One random change of a ledger that was whole. */
export function mutationOf ({ held, stranger, twin, shared }: Stage, roll: Dice, mine: KeyObject = newKey()): Mutation {
  switch (roll(11)) {
    case 0: return flip(held, roll)
    case 1: return insert(held, roll)
    case 2: return remove(held, roll)
    case 3: return reorder(held, roll)
    case 4: return truncate(held, roll)
    case 5: return splice(held, roll, stranger, 0)
    case 6: return splice(held, roll, twin, shared)
    case 7: return rewrite(held, roll, held.ledger.checkpoints)
    case 8: return otherKey(held, roll, mine)
    case 9: return forged(held, roll)
    default: return splitView(held, roll, twin, shared)
  }
}

/** An export's text with one random change, and the lines (counted from 1) at which it must be found. */
export interface ExportMutation { readonly name: string, readonly text: Buffer, readonly line: number, readonly last: number }

/** @param isWhole whether it is an export of all entries: of one by a filter nothing shows that an entry was left out if the last line was made anew */
export function exportMutationOf ({ text, other, isWhole }: { readonly text: string, readonly other: string, readonly isWhole: boolean }, roll: Dice): ExportMutation {
  const lines = text.split('\n').slice(0, -1).map((line) => `${line}\n`)
  const at = 1 + roll(lines.length - 2) // an entry's line
  const end = lines.length
  switch (roll(6)) {
    case 0: {
      const bytes = Buffer.from(text)
      const place = roll(bytes.length)
      const line = bytes.subarray(0, place).toString('latin1').split('\n').length
      bytes[place] = (bytes[place] ?? 0) ^ (1 + roll(255))
      // A filter is part of no proof: that it was changed shows at the digest.
      return { name: 'flip', text: bytes, line, last: line === 1 ? end : line }
    }
    case 1: return { name: 'insert', text: joined([...lines.slice(0, at), lines[at] ?? '', ...lines.slice(at)]), line: at + 2, last: at + 2 }
    case 2: return { name: 'delete', text: joined(isWhole ? resealed(lines.toSpliced(at, 1), roll) : lines.toSpliced(at, 1)), line: at + 1, last: end - 1 }
    case 3: {
      const swapped = [...lines]
      ;[swapped[at], swapped[at + 1]] = [swapped[at + 1] ?? '', swapped[at] ?? '']
      return { name: 'reorder', text: joined(swapped), line: at + 1, last: at + 2 }
    }
    case 4: {
      const bytes = Buffer.from(text)
      const size = roll(bytes.length)
      const line = Math.max(1, bytes.subarray(0, size).toString('latin1').split('\n').length)
      return { name: 'truncate', text: bytes.subarray(0, size), line: line - 1, last: line }
    }
    default: {
      const theirs = other.split('\n')[at]
      return { name: 'splice', text: joined(resealed(lines.with(at, `${theirs ?? ''}\n`), roll)), line: at + 1, last: at + 2 }
    }
  }
}

/** With the last line as it was, or made anew as a forger would. */
function resealed (lines: readonly string[], roll: Dice): readonly string[] {
  if (roll(2) === 0) return lines
  const body = lines.slice(0, -1)
  const digest = createHash('sha256').update(body.join('')).digest('hex')
  return [...body, `{"entries":${body.length - 1},"sha256":"${digest}"}\n`]
}

function joined (lines: readonly string[]): Buffer {
  return Buffer.from(lines.join(''))
}
