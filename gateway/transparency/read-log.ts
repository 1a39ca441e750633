import { GatewayError } from '../core/errors.ts'
import { provesConsistency, provesInclusion } from './check-proof.ts'
import { openCheckpoint, type Checkpoint } from './checkpoint.ts'
import { readCheckpointFile } from './log-place.ts'
import { HASH_BYTES, leafHash } from './merkle.ts'
import { proofText } from './proof-text.ts'
import { createProofs } from './proofs.ts'
import { verifierKey, type NoteKey } from './signed-note.ts'
import { TILE_WIDTH, widthAt } from './tile-path.ts'
import { openTileStore } from './tile-store.ts'
import { BUNDLE_ITEM_BYTES } from './tree.ts'

/** The newest signed state of a log, as it stood when it was read. */
export interface LogReader {
  /** The signed note. */
  readonly note: string
  readonly signed: Checkpoint
  /** The key that signed it, as verifiers take it: `name+id+key`. */
  readonly verifierKey: string
  /** A proof, in the form of C2SP tlog-proof, that an entry is in the signed tree. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN when it is not */
  prove (index: number): Promise<string>
  /** The hashes that lead from an entry with this hash (32 bytes) to the signed root. Ask in rising order: near entries share tiles. @throws as `prove`; WEIR_ERR_LEDGER_CORRUPT also when it is not the entry that was signed */
  inclusion (index: number, entryHash: Buffer): Promise<readonly Buffer[]>
  /** The hashes that show that a tree of `from` entries is the beginning of one of `to`, 0 < from <= to. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN */
  consistency (from: number, to: number): Promise<ConsistencyProof>
}

export interface ConsistencyProof { readonly from: number, readonly to: number, readonly hashes: readonly Buffer[] }

/**
 * Reads a log's folder, along with its writer or without one. Nothing is handed out that was not checked.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when the checkpoint is not signed by the key, or a tile is not what was signed;
 * WEIR_ERR_ROUTE_UNKNOWN when there is no checkpoint yet
 */
export async function readLog (dir: string, key: NoteKey): Promise<LogReader> {
  const store = openTileStore(dir)
  const note = await readCheckpointFile(dir)
  if (note === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'Nothing of this ledger was signed yet.')
  const signed = openCheckpoint(note, key)
  if (signed === null) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', 'The checkpoint is not signed by the key of this ledger.')
  let near = { tile: 0, proofs: createProofs(store, signed.size) }

  const hashesFor = (index: number): Promise<readonly Buffer[]> => {
    const tile = Math.floor(index / TILE_WIDTH)
    if (near.tile !== tile) near = { tile, proofs: createProofs(store, signed.size) }
    return near.proofs.inclusion(index)
  }

  const checked = (index: number, entryHash: Buffer, hashes: readonly Buffer[]): readonly Buffer[] => {
    if (!provesInclusion(leafHash(entryHash), index, signed, hashes)) throw damaged()
    return hashes
  }

  return {
    note,
    signed,
    inclusion: async (index, entryHash) => checked(index, entryHash, await hashesFor(index)),
    verifierKey: verifierKey(key),
    async prove (index) {
      if (index >= signed.size) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', `Entry ${index} was not signed yet: the checkpoint has ${signed.size} entries.`)
      const [bundle, hashes] = await Promise.all([
        store.read({ level: 'entries', index: Math.floor(index / TILE_WIDTH), width: widthAt(index, signed.size) }, BUNDLE_ITEM_BYTES),
        hashesFor(index),
      ])
      const end = (index % TILE_WIDTH + 1) * BUNDLE_ITEM_BYTES
      return proofText({ index, hashes: checked(index, bundle.subarray(end - HASH_BYTES, end), hashes), checkpoint: note })
    },
    async consistency (from, to) {
      if (from < 1 || from > to || to > signed.size) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', `There are trees of 1 to ${signed.size} entries; ask for two of them, the smaller one first.`)
      const newer = createProofs(store, to, signed.size)
      const [hashes, root, olderRoot] = [await newer.consistency(from), await newer.root(), await createProofs(store, from, signed.size).root()]
      const isSigned = provesConsistency({ size: to, root }, signed, await createProofs(store, signed.size).consistency(to))
      if (!isSigned || !provesConsistency({ size: from, root: olderRoot }, { size: to, root }, hashes)) throw damaged()
      return { from, to, hashes }
    },
  }
}

function damaged (): GatewayError {
  return new GatewayError('WEIR_ERR_LEDGER_CORRUPT', 'The entries of the ledger, or the tiles of its log, are not what was signed. Run: weir audit verify')
}
