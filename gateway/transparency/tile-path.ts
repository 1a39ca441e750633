/** Hashes in a full tile, and entries in a full bundle (C2SP tlog-tiles). */
export const TILE_WIDTH = 256

/** The part of a tree that one file holds: `width` hashes at a level, or entries. */
export interface Tile { readonly level: number | 'entries', readonly index: number, readonly width: number }

/** Path of a tile below the folder of its log, e.g. `tile/0/x001/234` or `tile/1/003.p/17`. */
export function tilePath ({ level, index, width }: Tile): string {
  return `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** Path of the folder of a tile's partial forms. */
export function partialsPath ({ level, index }: Tile): string {
  return `tile/${level}/${indexPath(index)}.p`
}

// Three digits a path element: no folder has more than some two thousand names.
function indexPath (index: number): string {
  const digits = String(index)
  const elements = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  return elements.map((element, at) => at === elements.length - 1 ? element : `x${element}`).join('/')
}

/** How wide the tile is that holds the hash `at` of its level, in a tree with `count` hashes at that level. */
export function widthAt (at: number, count: number): number {
  const index = Math.floor(at / TILE_WIDTH)
  return Math.min(TILE_WIDTH, count - index * TILE_WIDTH)
}
