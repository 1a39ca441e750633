import { HASH_BYTES, nodeHash } from './merkle.ts'

/** A tree as somebody knows it: how many leaves, and the root over them. */
export interface TreeHead { readonly size: number, readonly root: Buffer }

/** Whether a proof shows that the leaf with this hash is at `index` of the tree (RFC 9162, section 2.1.3.2). Never throws. */
export function provesInclusion (leaf: Buffer, index: number, tree: TreeHead, proof: readonly Buffer[]): boolean {
  if (!isCount(index) || !isSize(tree.size) || leaf.length !== HASH_BYTES || index >= tree.size) return false
  let node = index
  let last = tree.size - 1
  let root = leaf
  for (const hash of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      root = nodeHash(hash, root)
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, half(last)]
    } else {
      root = nodeHash(root, hash)
    }
    [node, last] = [half(node), half(last)]
  }
  return last === 0 && root.equals(tree.root)
}

/** Whether a proof shows that the older tree, of one leaf or more, is the beginning of the newer one (RFC 9162, section 2.1.4.2). Never throws. */
export function provesConsistency (older: TreeHead, newer: TreeHead, proof: readonly Buffer[]): boolean {
  if (!isSize(older.size) || !isSize(newer.size) || older.size > newer.size) return false
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root)
  const hashes = isPowerOfTwo(older.size) ? [older.root, ...proof] : [...proof]
  const first = hashes.shift()
  if (first === undefined) return false
  return foldsToBoth(first, hashes, older, newer)
}

function foldsToBoth (first: Buffer, hashes: readonly Buffer[], older: TreeHead, newer: TreeHead): boolean {
  let node = older.size - 1
  let last = newer.size - 1
  while (node % 2 === 1) [node, last] = [half(node), half(last)]
  let olderRoot = first
  let newerRoot = first
  for (const hash of hashes) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      olderRoot = nodeHash(hash, olderRoot)
      newerRoot = nodeHash(hash, newerRoot)
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, half(last)]
    } else {
      newerRoot = nodeHash(newerRoot, hash)
    }
    [node, last] = [half(node), half(last)]
  }
  return last === 0 && olderRoot.equals(older.root) && newerRoot.equals(newer.root)
}

function half (count: number): number {
  return Math.floor(count / 2)
}

function isSize (value: number): boolean {
  return isCount(value) && value > 0
}

function isCount (value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isPowerOfTwo (size: number): boolean {
  return Number.isInteger(Math.log2(size))
}
