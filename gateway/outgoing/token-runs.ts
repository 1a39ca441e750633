/**
 * Shortest secret that is looked for, in characters. Everything the rules find has an unbroken run of so many letters, digits, `_` and `-`,
 * which is what makes the search fast: it looks at every fifteenth byte and, in text, at the few before it.
 */
export const MIN_RUN = 15

/** Whether a byte belongs to a run: 1 or 0. */
export const IS_RUN_BYTE: Uint8Array = runBytes()

const ANCHOR_CHARS = 4
const LAST = ANCHOR_CHARS - 1

/** Four-character pieces, laid out for a search that skips. */
export interface Anchors { readonly shifts: Uint8Array, readonly pieces: ReadonlySet<number> }

/** @param pieces each of exactly four characters of a run */
export function createAnchors (pieces: readonly string[]): Anchors {
  const shifts = new Uint8Array(65_536).fill(LAST)
  for (const piece of pieces) {
    for (let at = 0; at < LAST; at += 1) {
      const pair = (piece.charCodeAt(at) << 8) | piece.charCodeAt(at + 1)
      shifts[pair] = Math.min(shifts[pair] ?? LAST, LAST - 1 - at)
    }
  }
  return { shifts, pieces: new Set(pieces.map((piece) => Buffer.from(piece, 'latin1').readInt32BE(0))) }
}

/**
 * Calls `visit` with each run of at least `MIN_RUN` bytes, in order. Boyer and Moore's idea for a class of bytes: a run that long must
 * cover the last byte of a window that long, so a window is read from its end, and left at the first byte that belongs to no run.
 */
export function eachRun (body: Buffer, visit: (start: number, end: number) => void): void {
  const { length } = body
  let start = 0
  let last = MIN_RUN - 1
  while (last < length) {
    let at = last
    while (at >= start && IS_RUN_BYTE[body[at] as number] === 1) at -= 1
    if (at >= start) {
      start = at + 1
      last = at + MIN_RUN
      continue
    }
    let end = last + 1
    while (end < length && IS_RUN_BYTE[body[end] as number] === 1) end += 1
    visit(start, end)
    start = end + 1
    last = end + MIN_RUN
  }
}

/** Calls `visit` with where each anchor in the run begins (Wu and Manber's search, by pairs of bytes). */
export function eachAnchor (body: Buffer, start: number, end: number, { shifts, pieces }: Anchors, visit: (at: number) => void): void {
  let at = start + LAST
  while (at < end) {
    const shift = shifts[((body[at - 1] as number) << 8) | (body[at] as number)] as number
    if (shift > 0) {
      at += shift
      continue
    }
    if (pieces.has(body.readInt32BE(at - LAST))) visit(at - LAST)
    at += 1
  }
}

function runBytes (): Uint8Array {
  const table = new Uint8Array(256)
  for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-') table[char.charCodeAt(0)] = 1
  return table
}
