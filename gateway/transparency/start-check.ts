import { GatewayError } from '../core/errors.ts'
import { openHashTail } from '../ledger/hash-tail.ts'
import { provesInclusion } from './check-proof.ts'
import type { Checkpoint } from './checkpoint.ts'
import { leafHash } from './merkle.ts'
import { createProofs } from './proofs.ts'
import type { TileStore } from './tile-store.ts'
import { createTree, loadTree, type Tree } from './tree.ts'

export interface StartOptions {
  readonly journalDir: string
  /** Index of the last durable entry. */
  readonly head: number
  readonly store: TileStore
  readonly signed: Checkpoint
  readonly onWarning: (message: string, cause: unknown) => void
}

/**
 * The tree to go on with: that of the last checkpoint, when the journal still holds what was signed. The last entry's hash covers all
 * before it, so this one is compared; when the tiles do not bear it out, all of the journal is read. Tiles that are damaged are made
 * again, from an empty tree.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when the journal is shorter than what was signed, or another one
 */
export async function treeToGoOnWith (options: StartOptions): Promise<Tree> {
  const { journalDir, head, store, signed, onWarning } = options
  if (signed.size === 0) return createTree(store)
  if (signed.size > head + 1) {
    throw corrupt(`The ledger has ${head + 1} entries, and ${signed.size} were signed: entries are missing at its end. Restore the journal from a copy`)
  }
  const tree = await loadTree(store, signed.size).catch(tilesMissing)
  if (tree !== null && tree.root().equals(signed.root) && await isInPlace(options)) return tree
  const whole = createTree(null)
  await follow(whole, journalDir, signed.size - 1)
  if (!whole.root().equals(signed.root)) {
    throw corrupt(`The ledger's first ${signed.size} entries are not those that were signed: it was changed. Run weir audit verify, and restore the journal from a copy`)
  }
  onWarning('the tiles of the ledger\'s log are damaged; they are made again from the journal', null)
  return createTree(store)
}

/** Adds a journal's entries up to an index to a tree. */
async function follow (tree: Tree, journalDir: string, upTo: number): Promise<void> {
  const tail = openHashTail(journalDir, tree.size())
  while (tail.next() <= upTo) {
    const hashes = await tail.read(upTo)
    if (hashes.length === 0) throw corrupt(`The ledger has no entry ${tail.next()}, which was signed. Restore the journal from a copy`)
    await tree.add(hashes)
  }
}

async function isInPlace ({ journalDir, store, signed }: StartOptions): Promise<boolean> {
  const last = signed.size - 1
  const hash = await openHashTail(journalDir, last).read(last)
  const proof = await createProofs(store, signed.size).inclusion(last).catch(tilesMissing)
  return proof !== null && provesInclusion(leafHash(hash), last, signed, proof)
}

function tilesMissing (error: unknown): null {
  if (error instanceof GatewayError && error.code === 'WEIR_ERR_LEDGER_CORRUPT') return null
  throw error
}

function corrupt (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `${what}, or move both journal and ledger-log away to begin a new one.`)
}
