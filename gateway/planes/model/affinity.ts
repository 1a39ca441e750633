/** Something that takes a share of the requests. `weight` is that share, beside those of the others. */
export interface Weighted { readonly id: string, readonly weight: number }

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const HASHES = 2 ** 32

/**
 * The items, best first, for whatever the name stands for. The same name meets the same order as long as the items are the same, and an
 * item that comes or goes moves nobody but those it serves: a provider's prompt cache stays warm. Over many names, each item is first as
 * often as its weight says. This is weighted rendezvous hashing: nothing is remembered per session.
 *
 * @param affinity null for an order by chance, with the same shares
 */
export function rank<T extends Weighted> (items: readonly T[], affinity: string | null): readonly T[] {
  if (items.length < 2) return items
  const scored = items.map((item) => ({ item, score: -Math.log(affinity === null ? 1 - Math.random() : unit(`${affinity}\n${item.id}`)) / item.weight }))
  return scored.sort((one, other) => one.score - other.score).map(({ item }) => item)
}

// A number in (0, 1): FNV-1a with the finish of MurmurHash3, without which names that differ in their last letter hash alike.
function unit (text: string): number {
  let hash = FNV_OFFSET
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / HASHES
}
