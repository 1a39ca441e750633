import { PIECE_SEARCH_CODE } from './piece-search-code.ts'

/** Bytes of one piece. */
export const PIECE_BYTES = 4

/** Most groups of pieces. */
export const MAX_GROUPS = 8

/** What a piece may be: one set of characters for each of its four bytes; null for any byte. */
export type PieceClasses = readonly [string | null, string | null, string | null, string | null]

/** Finds where pieces may begin. Synchronous; one search at a time. */
export interface PieceSearch {
  /** Calls `visit` with each place, in order, until it says to stop. Among them is each where a piece begins; there are others. */
  each (body: Buffer, visit: (at: number) => boolean): void
}

interface Exports {
  readonly memory: WebAssembly.Memory
  tablesAddress (): number
  hitsAddress (): number
  bytesAddress (): number
  search (length: number): number
}

const STRETCH_BYTES = 65_536
const TABLE_BYTES = 16

/** @param groups pieces that are alike, up to `MAX_GROUPS`: each byte of a place is compared with all of the group's at once */
export function createPieceSearch (groups: readonly (readonly PieceClasses[])[]): PieceSearch {
  if (groups.length > MAX_GROUPS) throw new TypeError('too many groups of pieces')
  const module = new WebAssembly.Module(Buffer.from(PIECE_SEARCH_CODE, 'base64'))
  const { memory, tablesAddress, hitsAddress, bytesAddress, search } = new WebAssembly.Instance(module).exports as unknown as Exports
  fillTables(new Uint8Array(memory.buffer, tablesAddress(), TABLE_BYTES * 2 * PIECE_BYTES), groups)
  const hits = new Int32Array(memory.buffer, hitsAddress(), STRETCH_BYTES)
  const bytes = new Uint8Array(memory.buffer, bytesAddress(), STRETCH_BYTES + PIECE_BYTES - 1)
  return {
    each (body, visit) {
      for (let from = 0; from < body.length; from += STRETCH_BYTES) {
        body.copy(bytes, 0, from, from + bytes.length)
        const found = search(Math.min(STRETCH_BYTES, body.length - from))
        for (let hit = 0; hit < found; hit += 1) if (!visit(from + (hits[hit] as number))) return
      }
    },
  }
}

function fillTables (tables: Uint8Array, groups: readonly (readonly PieceClasses[])[]): void {
  for (const [group, pieces] of groups.entries()) {
    for (const piece of pieces) {
      for (const [place, chars] of piece.entries()) addClass(tables.subarray(place * 2 * TABLE_BYTES, (place + 1) * 2 * TABLE_BYTES), chars, 1 << group)
    }
  }
}

function addClass (halves: Uint8Array, chars: string | null, bit: number): void {
  if (chars === null) {
    for (let at = 0; at < halves.length; at += 1) halves[at] = (halves[at] as number) | bit
    return
  }
  for (const byte of Buffer.from(chars, 'latin1')) {
    const upper = TABLE_BYTES + (byte >> 4)
    halves[byte & 0x0f] = (halves[byte & 0x0f] as number) | bit
    halves[upper] = (halves[upper] as number) | bit
  }
}
