// How the runtime of OPA 0.70 keeps values in memory.

/** Where a value is in a policy's memory; 0: it is nowhere. */
export type Address = number

/** Objects of the same keys in the same order, as OPA's parser lays them out. */
export interface Shape {
  readonly names: readonly string[]
  /** Of one that begins at 0. */
  readonly words: Int32Array
  /** Which of the words are addresses within the object itself. */
  readonly within: Int32Array
  /** Which word is the address of the value of each name. */
  readonly values: Int32Array
}

// The first word of a value: its kind, and for a number that its digits follow.
export const TEXT = 4
export const LIST = 5
const OBJECT = 6
export const NUMBER_OF_DIGITS = 0x203
const KIND_BYTE = 0xff

export const TEXT_WORDS = 3 // kind, length, where the bytes are
export const NUMBER_WORDS = 5 // kind, nothing, where the digits are, how many, whether they are to be freed
export const LIST_WORDS = 4 // kind, where the items are, how many, room for how many
const OBJECT_WORDS = 4 // kind, where the buckets are, how many, how many elements
const ELEMENT_WORDS = 3 // key, value, the next element of the bucket

/** What an object of OPA's parser looks like, with keys that stay. Null when it is not what is known of objects. */
export function shapeLike (model: Address, view: DataView, { names, keys }: { readonly names: readonly string[], readonly keys: readonly Address[] }): Shape | null {
  const [kind, buckets, count, elements] = wordsAt(view, model, OBJECT_WORDS)
  if (kind !== OBJECT || buckets === undefined || count === undefined || elements !== names.length) return null
  const shape = { names, words: new Int32Array(OBJECT_WORDS + count + elements * ELEMENT_WORDS), within: [1], values: new Int32Array(elements) }
  shape.words.set([OBJECT, OBJECT_WORDS * 4, count, elements])
  let next = OBJECT_WORDS + count
  for (const [bucket, first] of wordsAt(view, buckets, count).entries()) {
    let from = OBJECT_WORDS + bucket
    for (let element = first; element !== 0;) {
      const [key = 0, , behind = 0] = wordsAt(view, element, ELEMENT_WORDS)
      const name = names.indexOf(textAt(view, key) ?? '')
      if (name === -1 || next >= shape.words.length) return null
      shape.words[from] = next * 4
      shape.within.push(from)
      shape.words[next] = keys[name] ?? 0
      shape.values[name] = next + 1
      from = next + 2
      next += ELEMENT_WORDS
      element = behind
    }
  }
  return next === shape.words.length ? { ...shape, within: Int32Array.from(shape.within) } : null
}

function textAt (view: DataView, text: Address): string | null {
  const [kind = 0, length = 0, start = 0] = wordsAt(view, text, TEXT_WORDS)
  return (kind & KIND_BYTE) === TEXT ? Buffer.from(view.buffer, start, length).toString('utf8') : null
}

/** Words of the memory. OPA's own allocator aligns nothing. */
export function wordsAt (view: DataView, at: Address, count: number): number[] {
  return Array.from({ length: count }, (_, i) => view.getInt32(at + i * 4, true))
}
