// AssemblyScript: `npm run wasm` compiles it to runtime-parts-code.ts. Functions of OPA's runtime that a decision spends most of its
// time in, with the results of OPA's own and faster. Whatever is not one of the usual cases is left to those.

@external("runtime", "opa_malloc") declare function opa_malloc (bytes: usize): usize
@external("own", "opa_value_get") declare function ownGet (node: usize, key: usize): usize
@external("own", "opa_value_iter") declare function ownIter (node: usize, before: usize): usize
@external("own", "opa_value_compare") declare function ownCompare (a: usize, b: usize): i32
// Rules are functions next to one another, and what they came to is kept by the function's index.
@external("rules", "first") declare const firstRule: i32
@external("rules", "count") declare const ruleCount: i32

// The first byte of a value says what it is. A text of the policy itself is `INTERNED`.
const STRING: u8 = 4
const OBJECT: u8 = 6
const SET: u8 = 7
const INTERNED: u8 = 8

// A text: its length, and where its bytes are. Of an interned one the two bytes behind the kind are free: half of its hash is kept there.
const HASH: usize = 2
const LENGTH: usize = 4
const BYTES: usize = 8

// Objects and sets: buckets of elements, each a list in order. An element of a set has no value.
const BUCKETS: usize = 4
const BUCKET_COUNT: usize = 8
const OBJECT_VALUE: usize = 4
const OBJECT_NEXT: usize = 8
const SET_NEXT: usize = 4
const FEW_BUCKETS: u32 = 32 // in which an element is found sooner by its address than by its hash

const FNV_START: u32 = 0x811c9dc5
const FNV_PRIME: u32 = 0x01000193

// What rules came to, for as long as the input and the data are the same: the kept results around it, then a value for each rule.
let results: usize = 0

function newResults (around: usize): usize {
  const bytes = <usize>ruleCount << 2
  const made = opa_malloc(bytes + 12)
  store<usize>(made, around)
  for (let at: usize = 0; at < bytes; at += 8) store<u64>(made + at, 0, 4)
  return made
}

function slotOf (rule: i32): usize {
  const place = <u32>(rule - firstRule)
  if (place >= <u32>ruleCount) unreachable()
  return results + (<usize>place << 2)
}

export function opa_memoize_init (): void {
  results = newResults(0)
}

export function opa_memoize_push (): void {
  results = newResults(results)
}

export function opa_memoize_pop (): void {
  results = load<usize>(results)
}

export function opa_memoize_get (rule: i32): usize {
  return load<usize>(slotOf(rule), 4)
}

export function opa_memoize_insert (rule: i32, value: usize): void {
  store<usize>(slotOf(rule), value, 4)
}

export function opa_value_get (node: usize, key: usize): usize {
  if (node == 0) return 0
  const kind = load<u8>(node)
  if (kind == OBJECT) {
    const buckets = load<u32>(node, BUCKET_COUNT)
    if (isText(key) && buckets <= 0x10000 && (buckets & (buckets - 1)) == 0) {
      let elem = load<usize>(load<usize>(node, BUCKETS) + ((hashOf(key) & (buckets - 1)) << 2))
      for (; elem != 0; elem = load<usize>(elem, OBJECT_NEXT)) if (isSameText(load<usize>(elem), key)) return load<usize>(elem, OBJECT_VALUE)
      return 0
    }
  } else if (kind == SET && isIn(node, key)) return key
  return ownGet(node, key)
}

// An element of a set that is found again, as each is while a rule goes through a set.
function isIn (node: usize, value: usize): bool {
  const buckets = load<u32>(node, BUCKET_COUNT)
  if (buckets > FEW_BUCKETS) return false
  let bucket = load<usize>(node, BUCKETS)
  for (const end = bucket + (buckets << 2); bucket < end; bucket += 4) {
    for (let elem = load<usize>(bucket); elem != 0; elem = load<usize>(elem, SET_NEXT)) if (load<usize>(elem) == value) return true
  }
  return false
}

/** The key or element behind this one; 0 behind the last. */
export function opa_value_iter (node: usize, before: usize): usize {
  if (node == 0 || before == 0) return ownIter(node, before)
  const kind = load<u8>(node)
  if (kind != OBJECT && kind != SET) return ownIter(node, before)
  const buckets = load<u32>(node, BUCKET_COUNT)
  if (buckets > FEW_BUCKETS) return ownIter(node, before)
  const next = kind == SET ? SET_NEXT : OBJECT_NEXT
  let bucket = load<usize>(node, BUCKETS)
  const end = bucket + (buckets << 2)
  for (; bucket < end; bucket += 4) {
    for (let elem = load<usize>(bucket); elem != 0; elem = load<usize>(elem + next)) {
      if (load<usize>(elem) != before) continue
      const behind = load<usize>(elem + next)
      return behind == 0 ? firstOf(bucket + 4, end) : load<usize>(behind)
    }
  }
  return ownIter(node, before)
}

function firstOf (from: usize, end: usize): usize {
  for (let bucket = from; bucket < end; bucket += 4) {
    const elem = load<usize>(bucket)
    if (elem != 0) return load<usize>(elem)
  }
  return 0
}

export function opa_value_compare (a: usize, b: usize): i32 {
  if (a == b) return 0
  if (a == 0 || b == 0 || !isText(a) || !isText(b)) return ownCompare(a, b)
  const length = load<u32>(a, LENGTH)
  const other = load<u32>(b, LENGTH)
  const shorter = min(length, other)
  const bytes = load<usize>(a, BYTES)
  const otherBytes = load<usize>(b, BYTES)
  let at: u32 = 0
  for (; at + 8 <= shorter; at += 8) if (load<u64>(bytes + at) != load<u64>(otherBytes + at)) break
  for (; at < shorter; at += 1) {
    const one = load<u8>(bytes + at)
    const two = load<u8>(otherBytes + at)
    if (one != two) return one < two ? -1 : 1
  }
  return length < other ? -1 : <i32>(length > other)
}

function isText (value: usize): bool {
  const kind = load<u8>(value)
  return kind == INTERNED || kind == STRING
}

function isSameText (value: usize, text: usize): bool {
  if (value == text) return true
  const length = load<u32>(text, LENGTH)
  if (!isText(value) || load<u32>(value, LENGTH) != length) return false
  const bytes = load<usize>(value, BYTES)
  const otherBytes = load<usize>(text, BYTES)
  let at: u32 = 0
  for (; at + 8 <= length; at += 8) if (load<u64>(bytes + at) != load<u64>(otherBytes + at)) return false
  for (; at < length; at += 1) if (load<u8>(bytes + at) != load<u8>(otherBytes + at)) return false
  return true
}

/** Its last 16 bits are those of OPA's hash. */
function hashOf (text: usize): u32 {
  const isInterned = load<u8>(text) == INTERNED
  if (isInterned) {
    const kept = load<u16>(text, HASH)
    if (kept != 0) return kept
  }
  let hash = FNV_START
  let at = load<usize>(text, BYTES)
  for (const end = at + load<u32>(text, LENGTH); at < end; at += 1) hash = (hash * FNV_PRIME) ^ load<u8>(at)
  if (isInterned) store<u16>(text, <u16>hash, HASH)
  return hash
}
