import { hash } from 'node:crypto'

/** Bytes of one hash (SHA-256). */
export const HASH_BYTES = 32

const LEAF = 0x00
const NODE = 0x01

/** Root of the tree without leaves (RFC 6962, section 2.1). */
export const EMPTY_ROOT: Buffer = digestOf('')

/** Hash of a leaf. The prefix keeps a leaf from ever being taken for an inner node (second preimages). */
export function leafHash (data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + data.length)
  bytes[0] = LEAF
  bytes.set(data, 1)
  return digestOf(bytes)
}

/** Hash of an inner node. */
export function nodeHash (left: Uint8Array, right: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + 2 * HASH_BYTES)
  bytes[0] = NODE
  bytes.set(left, 1)
  bytes.set(right, 1 + HASH_BYTES)
  return digestOf(bytes)
}

/**
 * Hash of the tree over these hashes, 32 bytes each and at least one of them. Taking pairs and passing on what is left over makes the
 * tree of RFC 6962, which splits at the largest power of two below its size.
 */
export function foldHashes (hashes: Buffer): Buffer {
  const row = Buffer.from(hashes)
  const pair = Buffer.allocUnsafe(1 + 2 * HASH_BYTES)
  pair[0] = NODE
  let count = row.length / HASH_BYTES
  while (count > 1) {
    const pairs = count >> 1
    for (let at = 0; at < pairs; at += 1) {
      row.copy(pair, 1, at * 2 * HASH_BYTES, (at + 1) * 2 * HASH_BYTES)
      row.write(hash('sha256', pair, 'binary'), at * HASH_BYTES, 'latin1')
    }
    if (count % 2 === 1) row.copy(row, pairs * HASH_BYTES, (count - 1) * HASH_BYTES, count * HASH_BYTES)
    count = pairs + count % 2
  }
  return row.subarray(0, HASH_BYTES)
}

// By way of a string: a buffer of its own for each hash takes twice as long to make.
function digestOf (data: string | Uint8Array): Buffer {
  return Buffer.from(hash('sha256', data, 'binary'), 'latin1')
}

/** The largest power of two below a size of 2 or more. Counts go beyond 32 bits, so nothing here shifts. */
export function splitPoint (size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}
