import { GatewayError } from '../core/errors.ts'
import { openHashTail } from '../ledger/hash-tail.ts'
import { openCheckpoint, type Checkpoint } from './checkpoint.ts'
import { readCheckpointFile } from './log-place.ts'
import { createMarkedTree, type Departure } from './marked-tree.ts'
import type { NoteKey } from './signed-note.ts'
import { TILE_WIDTH, tilePath } from './tile-path.ts'
import { openTileStore, type TileStore } from './tile-store.ts'
import { BUNDLE_ITEM_BYTES, createTree } from './tree.ts'
import { HASH_BYTES } from './merkle.ts'

/** What a check of the signed tree found. `size` counts the entries that are signed, null when no checkpoint can be trusted. */
export interface LogReport { readonly size: number | null, readonly problem: LogProblem | null }

/**
 * What does not hold: `index` is the first entry that is not the signed one, or, where that cannot be told, the first of those up to `last`
 * among which it is. Both are null when it is not an entry that is at fault but a checkpoint, a key or a tile.
 */
export interface LogProblem { readonly index: number | null, readonly last: number | null, readonly problem: string }

export interface VerifyLogOptions {
  readonly dir: string
  readonly journalDir: string
  readonly key: NoteKey
  /** Signed checkpoints that were kept elsewhere: the ledger must hold all of each. Default: none. */
  readonly kept?: readonly string[]
  /** Trees of this ledger that an index lists, as `kept`. Default: none. */
  readonly heads?: readonly Checkpoint[]
  /** Hears how many entries were compared. */
  readonly onProgress?: (entries: number) => void
}

/**
 * Checks that a journal is the one that was signed: the checkpoint's signature, the tree over the entries' hashes, and every tile of it.
 * That the entries are true to their hashes is `verifyJournal`'s, to be asked first. Reads only; a gateway may be writing.
 */
export async function verifyLog ({ dir, journalDir, key, kept = [], heads = [], onProgress }: VerifyLogOptions): Promise<LogReport> {
  const note = await readCheckpointFile(dir)
  if (note === null) return { size: null, problem: unplaced('there is no signed checkpoint') }
  const signed = openCheckpoint(note, key)
  if (signed === null) return { size: null, problem: unplaced(NOT_SIGNED) }
  const { size } = signed
  const older = openKept({ kept, heads }, key, signed)
  if ('problem' in older) return { size, problem: older.problem }
  const { store, differences } = comparingStore(openTileStore(dir))
  const tree = createTree(store)
  const marked = createMarkedTree(tree, [...older.marks, signed])
  const tail = openHashTail(journalDir, 0)
  while (tail.next() < size) {
    const hashes = await tail.read(size - 1)
    if (hashes.length === 0) break
    await marked.add(hashes)
    onProgress?.(tail.next())
  }
  if (marked.departure() === null && tree.size() < size) return { size, problem: { index: tree.size(), last: size - 1, problem: `${size} entries were signed, and the ledger ends here` } }
  await tree.save()
  return { size, problem: problemOf(marked.departure(), differences, size) }
}

export const NOT_SIGNED = 'the checkpoint is not signed by this key, or is of another ledger'

/** The trees in checkpoints that were kept, and those that are known otherwise, for a ledger with this last one; or what is wrong with one. */
export function openKept ({ kept, heads }: { readonly kept: readonly string[], readonly heads: readonly Checkpoint[] }, key: NoteKey, signed: Checkpoint): { readonly marks: readonly Checkpoint[] } | { readonly problem: LogProblem } {
  const marks = kept.map((note) => openCheckpoint(note, key))
  if (marks.includes(null)) return { problem: unplaced('a checkpoint that was kept is not signed by this key, or is of another ledger') }
  const opened = [...marks.filter((mark) => mark !== null), ...heads]
  const most = Math.max(0, ...opened.map((mark) => mark.size))
  if (most > signed.size) return { problem: { index: signed.size, last: most - 1, problem: `${most} entries were signed once, and the last checkpoint here is over ${signed.size}` } }
  const other = opened.find((mark) => mark.size === signed.size && !mark.root.equals(signed.root))
  if (other !== undefined) return { problem: unplaced(`two ledgers of ${signed.size} entries are signed by this key: others are shown another one`) }
  return { marks: opened }
}

/** What is wrong where the entries are not those that were signed. */
export function departed ({ first, last }: Departure): LogProblem {
  return { index: first, last, problem: first === last ? 'it is not the entry that was signed' : `the entries ${first} to ${last} are not those that were signed` }
}

function problemOf (departure: Departure | null, differences: readonly LogProblem[], size: number): LogProblem | null {
  if (departure === null) return differences[0] === undefined ? null : unplaced(differences[0].problem)
  const told = differences.find(({ index }) => index !== null && index >= departure.first && index <= departure.last)
  return told === undefined ? departed(departure) : { index: told.index, last: told.index, problem: `the first ${size} entries are not those that were signed` }
}

function unplaced (problem: string): LogProblem {
  return { index: null, last: null, problem }
}

/** A store that writes nothing, and tells in what the tiles that are there differ from those that would be written. */
function comparingStore (there: TileStore): { readonly store: TileStore, readonly differences: readonly LogProblem[] } {
  const differences: LogProblem[] = []
  return {
    differences,
    store: {
      read: (tile, itemBytes) => there.read(tile, itemBytes),
      async write (tile, bytes) {
        const isBundle = tile.level === 'entries'
        const itemBytes = isBundle ? BUNDLE_ITEM_BYTES : HASH_BYTES
        const found = await readOrNull(there, tile, itemBytes)
        if (found?.equals(bytes) === true) return
        const index = found === null || !isBundle ? null : tile.index * TILE_WIDTH + firstDifference(found, bytes, itemBytes)
        differences.push({ index, last: index, problem: `${tilePath(tile)} is missing, or not what was signed` })
      },
      sync: async () => undefined,
    },
  }
}

async function readOrNull (store: TileStore, tile: Parameters<TileStore['read']>[0], itemBytes: number): Promise<Buffer | null> {
  try {
    return await store.read(tile, itemBytes)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'WEIR_ERR_LEDGER_CORRUPT') return null
    throw error
  }
}

function firstDifference (found: Buffer, wanted: Buffer, itemBytes: number): number {
  let item = 0
  while (found.subarray(item * itemBytes, (item + 1) * itemBytes).equals(wanted.subarray(item * itemBytes, (item + 1) * itemBytes))) item += 1
  return item
}
