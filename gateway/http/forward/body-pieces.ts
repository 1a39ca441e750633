/** The pieces of one body. */
export interface BodyPieces {
  /** @returns how many bytes there are now */
  add (piece: Buffer): number
  /** All of them as one; at the end only. */
  whole (): Buffer
}

const MAX_AHEAD_BYTES = 4_194_304 // 4 MiB: more is not set aside for what a client only says that it will send

/**
 * Collects a body. Kept pieces outlive two collections of garbage, and then only a full one frees their memory: for bodies of 1 MiB that,
 * and copying all of them at the end, took more time than deciding. So each piece is copied to its place as it comes, and is free again.
 *
 * @param declared its length as the client declares it; another one only costs time
 * @param setAside where memory for it comes from
 */
export function createBodyPieces (declared: number, setAside: (bytes: number) => Buffer = Buffer.allocUnsafeSlow): BodyPieces {
  const pieces: Buffer[] = []
  let space: Buffer | null = null
  let size = 0
  return {
    add (piece) {
      const at = size
      size += piece.length
      // The first piece of most bodies is all of it, and needs no copy.
      if (at === 0 && piece.length < declared && declared <= MAX_AHEAD_BYTES) space = setAside(declared)
      if (space !== null && size <= space.length) piece.copy(space, at)
      else pieces.push(piece)
      return size
    },
    whole () {
      const [only] = pieces
      const begun = space === null ? [] : [space.subarray(0, size - pieces.reduce((sum, { length }) => sum + length, 0))]
      if (begun[0]?.length === size) return begun[0]
      return begun.length === 0 && pieces.length === 1 && only !== undefined ? only : Buffer.concat([...begun, ...pieces], size)
    },
  }
}
