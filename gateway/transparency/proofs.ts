import { EMPTY_ROOT, foldHashes, HASH_BYTES, nodeHash, splitPoint } from './merkle.ts'
import { TILE_WIDTH, widthAt } from './tile-path.ts'
import type { TileStore } from './tile-store.ts'

const TILE_HEIGHT = 8
const MAX_TILES = 32 // of one proof; a tree of 2^53 leaves has 7 levels of tiles

type Tiles = Pick<TileStore, 'read'>

/** Proofs of a tree of one size, from its tiles. All throw GatewayError WEIR_ERR_LEDGER_CORRUPT when a tile is missing. */
export interface Proofs {
  /** The hashes that lead from the leaf at `index`, below the tree's size, to the root (RFC 6962, section 2.1.1). */
  inclusion (index: number): Promise<readonly Buffer[]>
  /** The hashes that show that the tree of this size, 1 or more and at most this tree's, is the beginning of this one (section 2.1.2). */
  consistency (from: number): Promise<readonly Buffer[]>
  leaf (index: number): Promise<Buffer>
  root (): Promise<Buffer>
}

/** @param written size of the tree that the tiles are of, when it has grown since: narrower partial tiles may be gone */
export function createProofs (tiles: Tiles, size: number, written = size): Proofs {
  const kept = new Map<string, Promise<Buffer>>()

  function tileAt (level: number, first: number): Promise<Buffer> {
    const index = Math.floor(first / TILE_WIDTH)
    const name = `${level}/${index}`
    let tile = kept.get(name)
    if (tile === undefined) {
      tile = tiles.read({ level, index, width: widthAt(first, Math.floor(written / TILE_WIDTH ** level)) }, HASH_BYTES)
      if (kept.size < MAX_TILES) kept.set(name, tile)
    }
    return tile
  }

  /** Asks for all tiles that a proof of this leaf needs: one after the other, each would wait for the file system anew. */
  function askAhead (index: number): void {
    for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / TILE_WIDTH)) {
      const own = Math.floor(index / TILE_WIDTH ** level)
      const ask = (item: number): void => { tileAt(level, item).catch(() => undefined) } // whoever comes to need it hears of it
      if (own < count) ask(own)
      if (count % TILE_WIDTH !== 0) ask(count - 1)
    }
  }

  /** Hash over `count` leaves from `start` on: a power of two, of which `start` is a multiple. */
  async function wholeTree (start: number, count: number): Promise<Buffer> {
    const level = Math.floor(Math.log2(count) / TILE_HEIGHT)
    const first = start / TILE_WIDTH ** level
    const at = first % TILE_WIDTH
    const tile = await tileAt(level, first)
    return foldHashes(tile.subarray(at * HASH_BYTES, (at + count / TILE_WIDTH ** level) * HASH_BYTES))
  }

  async function range (start: number, end: number): Promise<Buffer> {
    const count = end - start
    if (Number.isInteger(Math.log2(count))) return wholeTree(start, count)
    const middle = start + splitPoint(count)
    return nodeHash(await wholeTree(start, middle - start), await range(middle, end))
  }

  async function path (index: number, start: number, end: number): Promise<Buffer[]> {
    if (end - start === 1) return []
    const middle = start + splitPoint(end - start)
    return index < middle
      ? [...await path(index, start, middle), await range(middle, end)]
      : [...await path(index, middle, end), await range(start, middle)]
  }

  /** `isRoot`: the older tree is all of this part, and its root is what the asker has. */
  async function subproof (older: number, start: number, end: number, isRoot: boolean): Promise<Buffer[]> {
    if (older === end) return isRoot ? [] : [await range(start, end)]
    const middle = start + splitPoint(end - start)
    return older <= middle
      ? [...await subproof(older, start, middle, isRoot), await range(middle, end)]
      : [...await subproof(older, middle, end, false), await range(start, middle)]
  }

  return {
    inclusion (index) {
      askAhead(index)
      return path(index, 0, size)
    },
    consistency: (from) => subproof(from, 0, size, true),
    leaf: (index) => wholeTree(index, 1),
    root: async () => size === 0 ? EMPTY_ROOT : range(0, size),
  }
}
