import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { EventBody } from '../core/ledger-entry.ts'
import { encodeHeader, parseJson, splitLine } from './entry-line.ts'
import type { SavedSpenders } from './spenders.ts'
import type { SavedSums } from './spending-sums.ts'
import { openTail, type Tail } from './tail.ts'

const FORMAT = 'weir-spending'
const VERSION = 1 // another one when what is in it, or what is counted in which account, changes
const MAX_BYTES = 256 * 1024 * 1024

/** What was added up of a journal up to an entry. */
export interface SpendingSnapshot {
  /** What was counted, in words that change with it. */
  readonly signature: string
  /** Since when every entry is in it, Unix ms. */
  readonly sinceMs: number
  /** The last entry that is in it, and its hash: another journal, or one that was cut off before it, has another. */
  readonly index: number
  readonly hash: string
  readonly sums: SavedSums
  readonly spenders: SavedSpenders
  readonly events: ReadonlyArray<EventBody['detail']>
}

/** Replaces the snapshot, whole or not at all. One that is too large to be read again is not kept. @throws the error of the file system */
export async function writeSnapshot (file: string, snapshot: SpendingSnapshot): Promise<void> {
  const text = encodeHeader({ format: FORMAT, version: VERSION, ...snapshot })
  if (text.length > MAX_BYTES) return
  const draft = `${file}.${randomUUID()}`
  try {
    await writeFile(draft, text, { mode: 0o600 })
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/**
 * The snapshot of this signature; null when there is none that is whole. Whether the journal is the same is to be seen by `hash`: the
 * snapshot is as trustworthy as the journal beside it, and no more.
 */
export async function readSnapshot (file: string, signature: string): Promise<SpendingSnapshot | null> {
  const line = await lineOf(file)
  const split = line === null ? null : splitLine(line)
  const value = split === null ? undefined : parseJson(split.json)
  return isSnapshot(value) && value.signature === signature ? value : null
}

/** A reader of what comes after the snapshot; null when the journal does not have its last entry. */
export async function tailBehind ({ index, hash }: SpendingSnapshot, journalDir: string, head: number): Promise<Tail | null> {
  if (index > head) return null
  const tail = openTail(journalDir, index)
  const [last] = await tail.read({ upTo: index, maxEntries: 1, maxBytes: 1 })
  return last?.hash === hash ? tail : null
}

async function lineOf (file: string): Promise<Buffer | null> {
  try {
    if ((await stat(file)).size > MAX_BYTES) return null
    return (await readFile(file)).subarray(0, -1)
  } catch {
    return null // it is there to save time: without it the journal is read
  }
}

// The digest says that it was written whole, the version by whom: its parts need not be looked at.
function isSnapshot (value: unknown): value is SpendingSnapshot {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT && 'version' in value && value.version === VERSION
}
