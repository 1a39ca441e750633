import { createHash } from 'node:crypto'
import { checkSplit, parseEntry, ZERO_HASH } from '../ledger/entry-line.ts'
import { createExpiryBook, createTombstoneDigest, expiryIn, NOT_SAID_TO_EXPIRE } from '../ledger/tombstone.ts'
import { provesInclusion } from './check-proof.ts'
import { openCheckpoint, type Checkpoint } from './checkpoint.ts'
import { parseEnd, parseEntryLine, parseHeader, type ExportedEntry, type ExportFilter } from './export-format.ts'
import { exportLines, type ExportLine } from './export-lines.ts'
import { createMarkedTree, type MarkedTree } from './marked-tree.ts'
import { leafHash } from './merkle.ts'
import type { NoteKey } from './signed-note.ts'
import { createTree } from './tree.ts'
import { departed, NOT_SIGNED, openKept, type LogProblem } from './verify-log.ts'

/** The first thing in an export that does not hold, as `LogProblem`; `line` counts from 1 in `file`, which is null when the export is one file. */
export interface BadLine extends LogProblem { readonly file: string | null, readonly line: number }

/** What a check of an export found. */
export interface ExportReport {
  readonly ok: boolean
  /** Entries that were found good: all of them, or those before the first bad one. */
  readonly entries: number
  /** Entries of the signed ledger that it was taken from; null when the checkpoint cannot be trusted. */
  readonly size: number | null
  /** Null when it claims to hold every entry. */
  readonly filter: ExportFilter | null
  readonly firstBad: BadLine | null
}

export interface VerifyExportOptions {
  /** A file, or the folder of its parts. */
  readonly path: string
  readonly key: NoteKey
  /** Signed checkpoints that were kept elsewhere: an export of all must hold all of each. Default: none. */
  readonly kept?: readonly string[]
  /** Trees of this ledger that an index lists, as `kept`. Default: none. */
  readonly heads?: readonly Checkpoint[]
  /** Hears how many entries were checked. */
  readonly onProgress?: (entries: number) => void
}

/**
 * Checks an export by a public key alone. One of the whole ledger is shown to hold every signed entry in its place; of one by a filter,
 * each entry is shown to be what was signed at its index, but not that none was left out.
 *
 * @throws Error of the file system
 */
export async function verifyExport ({ path, key, kept = [], heads = [], onProgress }: VerifyExportOptions): Promise<ExportReport> {
  const digest = createHash('sha256')
  let body: Body | null = null
  let filter: ExportFilter | null = null
  let hasEnd = false
  let at: Pick<BadLine, 'file' | 'line'> = { file: null, line: 0 }

  function report (bad: LogProblem | string | null): ExportReport {
    const problem = typeof bad === 'string' ? { index: body?.next() ?? null, last: body?.next() ?? null, problem: bad } : bad
    return { ok: bad === null, entries: body?.entries() ?? 0, size: body?.signed.size ?? null, filter, firstBad: problem === null ? null : { ...problem, ...at } }
  }

  for await (const line of exportLines(path)) {
    at = { file: line.file, line: line.number }
    if ('problem' in line) return report(line.problem)
    if (hasEnd) return report({ index: null, last: null, problem: 'something follows the last line' })
    if (!line.whole) return report('the line has no end')
    if (body === null) {
      const header = parseHeader(line.bytes)
      if (header === null) return report({ index: null, last: null, problem: 'the first line is no header of an export' })
      const signed = openCheckpoint(header.checkpoint, key)
      if (signed === null) return report({ index: null, last: null, problem: NOT_SIGNED })
      const older = header.filter === null ? openKept({ kept, heads }, key, signed) : { marks: [] }
      if ('problem' in older) return report(older.problem)
      filter = header.filter
      body = filter === null ? wholeBody(signed, older.marks) : filteredBody(signed)
    } else {
      const end = parseEnd(line.bytes)
      const problem = end === null ? await body.add(line) : body.end() ?? endProblem(end.entries === body.entries() && end.sha256 === digest.digest('hex'))
      if (problem !== null) return report(problem)
      hasEnd = end !== null
    }
    digestLine(digest, line, hasEnd)
    if (body.entries() % PROGRESS_ENTRIES === 0) onProgress?.(body.entries())
  }
  return report(hasEnd ? null : 'the export ends before its last line')
}

const PROGRESS_ENTRIES = 1_000

function digestLine (digest: ReturnType<typeof createHash>, { bytes }: ExportLine, isEnd: boolean): void {
  if (!isEnd) digest.update(bytes).update('\n')
}

function endProblem (isSame: boolean): LogProblem | null {
  return isSame ? null : { index: null, last: null, problem: 'the export is not as it was written: its last line counts other entries, or has another digest' }
}

/** The entries between first and last line. */
interface Body {
  readonly signed: Checkpoint
  /** Entries that were good so far. */
  entries (): number
  /** Index of the entry that comes next, or at least where it is looked for. */
  next (): number
  add (line: ExportLine): Promise<LogProblem | string | null>
  /** What is wrong when there are no more of them. */
  end (): LogProblem | string | null
}

function wholeBody (signed: Checkpoint, marks: readonly Checkpoint[]): Body {
  const tree: MarkedTree = createMarkedTree(createTree(null), [...marks, signed])
  let prev = ZERO_HASH
  const tombstones = createTombstoneDigest()
  const expiries = createExpiryBook()

  function checked ({ split, tombstone }: ExportedEntry): { readonly hash: string } | { readonly problem: string } {
    if (tombstone === null) {
      const found = checkSplit(split, { index: tree.size(), prev })
      const expiry = 'entry' in found ? expiryIn(found.entry) : null
      if (expiry !== null) expiries.addExpiry(expiry)
      return found
    }
    if (tombstone.index !== tree.size()) return { problem: `the index is ${tombstone.index} where ${tree.size()} comes next` }
    const part = tombstones.add(tombstone)
    if (part !== null) expiries.addPart(part)
    return tombstone
  }

  function unsaid (): LogProblem | null {
    const last = tombstones.end()
    if (last !== null) expiries.addPart(last)
    const part = expiries.uncovered()
    return part === null ? null : { index: part.first, last: part.last, problem: NOT_SAID_TO_EXPIRE }
  }

  return {
    signed,
    entries: () => tree.size(),
    next: () => tree.size(),
    async add ({ bytes }) {
      const exported = parseEntryLine(bytes)
      if (exported === null || exported.proof !== null) return 'the line is not that of an entry'
      const found = checked(exported)
      if ('problem' in found) return found.problem
      if (tree.size() === signed.size) return `only ${signed.size} entries were signed`
      prev = found.hash
      await tree.add(Buffer.from(found.hash, 'hex'))
      const departure = tree.departure()
      return departure === null ? null : departed(departure)
    },
    end: () => tree.size() === signed.size ? unsaid() : { index: tree.size(), last: signed.size - 1, problem: `${signed.size} entries were signed, and the export ends here` },
  }
}

function filteredBody (signed: Checkpoint): Body {
  let entries = 0
  let next = 0
  return {
    signed,
    entries: () => entries,
    next: () => next,
    async add ({ bytes }) {
      const exported = parseEntryLine(bytes)
      const index = exported?.split == null ? null : parseEntry(exported.split.json)?.index ?? null
      const problem = filteredProblem(exported, index, { signed, next })
      // What a bad line says of its own index may be wrong as well, but it cannot stand before the lines that were good.
      if (problem !== null) return { index: next, last: signed.size - 1, ...(index !== null && index >= next && index < signed.size ? { index, last: index } : {}), problem }
      entries += 1
      next = (index ?? 0) + 1
      return null
    },
    end: () => null,
  }
}

function filteredProblem (exported: ExportedEntry | null, index: number | null, { signed, next }: { readonly signed: Checkpoint, readonly next: number }): string | null {
  if (exported === null || exported.proof === null) return 'the line is not that of an entry with its proof'
  if (exported.split === null) return 'the hash does not match the entry'
  if (index === null) return 'the entry is not JSON of an entry'
  if (index < next) return 'the entry is out of order, or there twice'
  return provesInclusion(leafHash(Buffer.from(exported.split.hash, 'hex')), index, signed, exported.proof) ? null : 'the proof does not show that the entry was signed'
}
