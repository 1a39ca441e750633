// AssemblyScript: `npm run wasm` compiles it to piece-search-code.ts. It finds where one of many four-byte pieces may begin, 16 bytes at a
// time: "Teddy" of Hyperscan. Each of the four bytes is looked up by its lower and its upper half in tables of 16, whose bits stand for
// eight groups of pieces; where all eight look-ups share a bit, a piece of that group may begin. Who asks looks closer.

const TABLES: usize = 0 // eight of 16 bytes: lower and upper halves of the first byte, of the second, …
const HITS: usize = 128 // where pieces may begin: 4 bytes each
const BYTES: usize = 128 + 4 * 65536 // a stretch of the body and the three bytes behind it; the host writes it

export function tablesAddress (): usize { return TABLES }
export function hitsAddress (): usize { return HITS }
export function bytesAddress (): usize { return BYTES }

/** Looks at each of `length` bytes (up to 65,536) as a beginning. @returns how many places were written to the list of hits */
export function search (length: i32): i32 {
  let hits: i32 = 0
  const low0 = v128.load(TABLES)
  const high0 = v128.load(TABLES, 16)
  const low1 = v128.load(TABLES, 32)
  const high1 = v128.load(TABLES, 48)
  const low2 = v128.load(TABLES, 64)
  const high2 = v128.load(TABLES, 80)
  const low3 = v128.load(TABLES, 96)
  const high3 = v128.load(TABLES, 112)
  const halfMask = i8x16.splat(0x0f)
  const zero = i8x16.splat(0)
  let before0 = zero
  let before1 = zero
  let before2 = zero
  // A piece is seen at its last byte, three behind its first.
  for (let at: i32 = 0; at < length + 3; at += 16) {
    const bytes = v128.load(BYTES + <usize>at)
    const lower = v128.and(bytes, halfMask)
    const upper = v128.and(i16x8.shr_u(bytes, 4), halfMask)
    const as0 = v128.and(i8x16.swizzle(low0, lower), i8x16.swizzle(high0, upper))
    const as1 = v128.and(i8x16.swizzle(low1, lower), i8x16.swizzle(high1, upper))
    const as2 = v128.and(i8x16.swizzle(low2, lower), i8x16.swizzle(high2, upper))
    const as3 = v128.and(i8x16.swizzle(low3, lower), i8x16.swizzle(high3, upper))
    const first = i8x16.shuffle(before0, as0, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28)
    const second = i8x16.shuffle(before1, as1, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)
    const third = i8x16.shuffle(before2, as2, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
    before0 = as0
    before1 = as1
    before2 = as2
    const groups = v128.and(v128.and(first, second), v128.and(third, as3))
    if (!v128.any_true(groups)) continue
    let places = i8x16.bitmask(i8x16.ne(groups, zero))
    while (places != 0) {
      const place = at + ctz(places) - 3
      places &= places - 1
      if (place < 0) continue
      if (place >= length) break
      store<i32>(HITS + (<usize>hits << 2), place)
      hits++
    }
  }
  return hits
}
