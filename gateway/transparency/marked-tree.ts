import type { TreeHead } from './check-proof.ts'
import { HASH_BYTES } from './merkle.ts'
import type { Tree } from './tree.ts'

/** Where a ledger is not what was signed: one of the entries `first` to `last`, both included, was changed. */
export interface Departure { readonly first: number, readonly last: number }

/** A tree that is compared, as it grows, with signed trees of as many entries. */
export interface MarkedTree {
  size (): number
  /** Adds entries, 32 bytes each. @throws Error of the tree's store */
  add (entries: Buffer): Promise<void>
  /** Between the last signed tree that it agreed with and the first that it did not; null while it agreed with all. */
  departure (): Departure | null
}

/** The more signed trees there are, the closer a change is told. Those larger than the tree ever gets are not looked at. */
export function createMarkedTree (tree: Tree, marks: readonly TreeHead[]): MarkedTree {
  const ahead = marks.toSorted((a, b) => a.size - b.size)
  let agreed = 0
  let departure: Departure | null = null

  function compare (): void {
    for (let mark = ahead[0]; mark !== undefined && mark.size <= tree.size(); mark = ahead[0]) {
      ahead.shift()
      if (!tree.root().equals(mark.root)) departure ??= { first: agreed, last: Math.max(agreed, mark.size - 1) }
      agreed = mark.size
    }
  }

  compare()
  return {
    size: () => tree.size(),
    departure: () => departure,
    async add (entries) {
      for (let at = 0; at < entries.length;) {
        const room = (ahead[0]?.size ?? Infinity) - tree.size()
        const part = entries.subarray(at, at + room * HASH_BYTES)
        await tree.add(part)
        at += part.length
        compare()
      }
    },
  }
}
