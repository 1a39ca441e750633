import { EMPTY_ROOT, foldHashes, HASH_BYTES, leafHash } from './merkle.ts'
import { TILE_WIDTH, type Tile } from './tile-path.ts'
import type { TileStore } from './tile-store.ts'

/** Bytes of an item of an entry bundle: its length in two bytes, then the entry, which is a hash. */
export const BUNDLE_ITEM_BYTES = 2 + HASH_BYTES

/** A growing Merkle tree whose full tiles are written as they fill. Holds the unfinished tile of each level: some 50 KB at most. */
export interface Tree {
  size (): number
  root (): Buffer
  /** Adds entries, 32 bytes each. After an error it is not to be used any more. @throws Error of the file system */
  add (entries: Buffer): Promise<void>
  /** Writes what is unfinished, and makes everything of the tree durable. @throws Error of the file system */
  save (): Promise<void>
}

/** The unfinished tile of one level: `count` items in `bytes`, of which `saved` are in a file. `index` counts the tiles before it. */
interface Edge { readonly level: Tile['level'], readonly itemBytes: number, readonly bytes: Buffer, index: number, count: number, saved: number }

interface FullTile { readonly tile: Tile, readonly bytes: Buffer }

/** An empty tree; with no store, one that is computed and not written. */
export function createTree (store: TileStore | null): Tree {
  return treeOf(store, { size: 0, levels: [], bundle: edgeOf('entries') })
}

/** The tree of a size as its tiles hold it. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when one that is needed is not there */
export async function loadTree (store: TileStore, size: number): Promise<Tree> {
  const levels: Edge[] = []
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / TILE_WIDTH)) {
    levels.push(await loadEdge(store, edgeOf(level), count))
  }
  return treeOf(store, { size, levels, bundle: await loadEdge(store, edgeOf('entries'), size) })
}

async function loadEdge (store: TileStore, edge: Edge, count: number): Promise<Edge> {
  edge.index = Math.floor(count / TILE_WIDTH)
  edge.count = edge.saved = count % TILE_WIDTH
  if (edge.count > 0) edge.bytes.set(await store.read({ level: edge.level, index: edge.index, width: edge.count }, edge.itemBytes))
  return edge
}

function treeOf (store: TileStore | null, start: { readonly size: number, readonly levels: Edge[], readonly bundle: Edge }): Tree {
  const { levels, bundle } = start
  let size = start.size

  function push (level: number, hash: Buffer, filled: FullTile[]): void {
    const edge = levels[level] ??= edgeOf(level)
    hash.copy(edge.bytes, edge.count * HASH_BYTES)
    edge.count += 1
    if (edge.count === TILE_WIDTH) push(level + 1, foldHashes(takeFull(edge, filled)), filled)
  }

  function pushEntry (entry: Buffer, filled: FullTile[]): void {
    entry.copy(bundle.bytes, bundle.bytes.writeUInt16BE(HASH_BYTES, bundle.count * BUNDLE_ITEM_BYTES))
    bundle.count += 1
    if (bundle.count === TILE_WIDTH) takeFull(bundle, filled)
  }

  return {
    size: () => size,
    root () {
      // What is over at one level is the last item of the next: the tree then has the shape of RFC 6962.
      let over: Buffer | null = null
      for (const { bytes, count } of levels) {
        const hashes = bytes.subarray(0, count * HASH_BYTES)
        const row: Buffer = over === null ? hashes : Buffer.concat([hashes, over])
        if (row.length > 0) over = foldHashes(row)
      }
      return over ?? EMPTY_ROOT
    },
    async add (entries) {
      const filled: FullTile[] = []
      for (let at = 0; at < entries.length; at += HASH_BYTES) {
        const entry = entries.subarray(at, at + HASH_BYTES)
        push(0, leafHash(entry), filled)
        if (store !== null) pushEntry(entry, filled)
      }
      size += entries.length / HASH_BYTES
      for (const { tile, bytes } of filled) await store?.write(tile, bytes)
    },
    async save () {
      if (store === null) return
      for (const edge of [...levels, bundle]) {
        if (edge.count === edge.saved) continue
        await store.write({ level: edge.level, index: edge.index, width: edge.count }, edge.bytes.subarray(0, edge.count * edge.itemBytes))
        edge.saved = edge.count
      }
      await store.sync()
    },
  }
}

function edgeOf (level: Tile['level']): Edge {
  const itemBytes = level === 'entries' ? BUNDLE_ITEM_BYTES : HASH_BYTES
  return { level, itemBytes, bytes: Buffer.alloc(TILE_WIDTH * itemBytes), index: 0, count: 0, saved: 0 }
}

/** Takes a full tile out of its edge, which goes on with the next. */
function takeFull (edge: Edge, filled: FullTile[]): Buffer {
  const bytes = Buffer.from(edge.bytes)
  filled.push({ tile: { level: edge.level, index: edge.index, width: TILE_WIDTH }, bytes })
  edge.index += 1
  edge.count = edge.saved = 0
  return bytes
}
