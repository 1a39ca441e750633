import { GatewayError } from '../core/errors.ts'
import { openHashTail } from '../ledger/hash-tail.ts'
import { openCheckpoint } from './checkpoint.ts'
import { readCheckpointFile } from './log-place.ts'
import type { NoteKey } from './signed-note.ts'
import { TILE_WIDTH, tilePath } from './tile-path.ts'
import { openTileStore, type TileStore } from './tile-store.ts'
import { BUNDLE_ITEM_BYTES, createTree } from './tree.ts'
import { HASH_BYTES } from './merkle.ts'

/** What a check of the signed tree found. `size` counts the entries that are signed, null when no checkpoint can be trusted. */
export interface LogReport { readonly size: number | null, readonly problem: LogProblem | null }

/** What does not hold. `index` is the first entry that is not the signed one, null when that cannot be told. */
export interface LogProblem { readonly index: number | null, readonly problem: string }

/**
 * Checks that a journal is the one that was signed: the checkpoint's signature, the tree over the entries' hashes, and every tile of it.
 * That the entries are true to their hashes is `verifyJournal`'s, to be asked first. Reads only; a gateway may be writing.
 */
export async function verifyLog ({ dir, journalDir, key }: { readonly dir: string, readonly journalDir: string, readonly key: NoteKey }): Promise<LogReport> {
  const note = await readCheckpointFile(dir)
  if (note === null) return { size: null, problem: { index: null, problem: 'there is no signed checkpoint' } }
  const signed = openCheckpoint(note, key)
  if (signed === null) return { size: null, problem: { index: null, problem: 'the checkpoint is not signed by this key, or is of another ledger' } }
  const { size } = signed
  const { store, differences } = comparingStore(openTileStore(dir))
  const tree = createTree(store)
  const tail = openHashTail(journalDir, 0)
  while (tail.next() < size) {
    const hashes = await tail.read(size - 1)
    if (hashes.length === 0) return { size, problem: { index: tail.next(), problem: `${size} entries were signed, and the ledger ends here` } }
    await tree.add(hashes)
  }
  await tree.save()
  const [first] = differences.filter(({ index }) => index !== null)
  if (!tree.root().equals(signed.root)) return { size, problem: { index: first?.index ?? null, problem: `the first ${size} entries are not those that were signed` } }
  return { size, problem: differences[0] === undefined ? null : { index: null, problem: differences[0].problem } }
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
        differences.push({ index, problem: `${tilePath(tile)} is missing, or not what was signed` })
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
