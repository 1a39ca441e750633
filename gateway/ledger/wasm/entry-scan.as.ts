// AssemblyScript: `npm run wasm` compiles it to entry-scan-code.ts. It reads lines of a journal's segment as the journal writes them, and
// refuses what is in any other form: whoever calls reads such a line with JSON.parse. What it takes, JSON.parse would take, to the same
// members. Strings are skipped 16 bytes at a time, in which it is some ten times as fast as parsing.

const STACK: usize = 0 // one byte for each open bracket: the one that closes it
const PREV: usize = 128 // hash of the line before, 64 characters; the host writes that of the first
const TABLE: usize = 1_024 // a record of ten numbers for each line
const INPUT: usize = 262_144 // lines; the host writes them. Behind them stay zeros, at which every reading ends

const MAX_DEPTH: u32 = 100
const MAX_RECORDS: i32 = 4_096
const RECORD_BYTES: usize = 40
const HASH_CHARS: usize = 64
const MAX_DIGITS: usize = 15 // a safe integer

const LF: u8 = 0x0a
const SPACE: u8 = 0x20
const QUOTE: u8 = 0x22
const COMMA: u8 = 0x2c
const MINUS: u8 = 0x2d
const POINT: u8 = 0x2e
const ZERO: u8 = 0x30
const NINE: u8 = 0x39
const COLON: u8 = 0x3a
const OPEN_ARRAY: u8 = 0x5b
const BACKSLASH: u8 = 0x5c
const CLOSE_ARRAY: u8 = 0x5d
const OPEN_OBJECT: u8 = 0x7b
const CLOSE_OBJECT: u8 = 0x7d

// Names and words as the numbers that their bytes are (little-endian).
const INDEX_HEAD: u64 = 0x22_78_65_64_6e_69_22_7b // {"index"
const TIME_HEAD: u64 = 0x3a_22_65_6d_69_74_22_2c // ,"time":
const PREV_HEAD: u64 = 0x3a_22_76_65_72_70_22_2c // ,"prev":
const KIND: u32 = 0x64_6e_69_6b
const TIME: u32 = 0x65_6d_69_74
const PREV_NAME: u32 = 0x76_65_72_70
const RULE: u32 = 0x65_6c_75_72
const INDE: u32 = 0x65_64_6e_69
const EVEN: u32 = 0x6e_65_76_65
const OUTC: u32 = 0x63_74_75_6f
const DECISION: u64 = 0x6e_6f_69_73_69_63_65_64
const REVISION: u64 = 0x6e_6f_69_73_69_76_65_72
const PEND: u32 = 0x64_6e_65_70
const DENY: u32 = 0x79_6e_65_64
const ALLO: u32 = 0x6f_6c_6c_61
const TRUE: u32 = 0x65_75_72_74
const FALS: u32 = 0x73_6c_61_66
const NULL: u32 = 0x6c_6c_75_6e

// Members of an entry, and of its decision, that whoever calls wants to know.
const OTHER: i32 = 0
const KIND_MEMBER: i32 = 1
const OF_MEMBER: i32 = 2
const DECISION_MEMBER: i32 = 3
const VERDICT_MEMBER: i32 = 4
const RULE_MEMBER: i32 = 5
const REVISION_MEMBER: i32 = 6
const REFUSED: i32 = 7

let at: usize = 0
let next: u64 = 0
let hasEscape: bool = false // of the string that was skipped last
let hasHigh: bool = false // it has bytes that are no ASCII

/** Where the bytes of lines are to be written. */
export function input (): usize {
  return INPUT
}

/** Where the records of lines are: start and end of the line, 1 event 2 outcome 3 decision, 1 allow 2 pending 3 deny, start and end of rule, of revision and of `of`. */
export function table (): usize {
  return TABLE
}

/** Where the hash that the next line must name is to be written. */
export function prev (): usize {
  return PREV
}

/** Sets the index that the next line must have. */
export function expect (index: f64): void {
  next = <u64>index
}

/** Reads whole lines; `to` stands behind a line's end. @returns how many it took: all, as many as there are records for, or those before the first that it refused */
export function scan (from: i32, to: i32): i32 {
  const end = INPUT + <usize>to
  at = INPUT + <usize>from
  let count = 0
  while (at < end && count < MAX_RECORDS) {
    const start = at
    if (!line(TABLE + <usize>count * RECORD_BYTES) || at > end) {
      at = start
      break
    }
    memory.copy(PREV, start, HASH_CHARS)
    next++
    count++
  }
  return count
}

/** Where the first line that was not taken begins. */
export function position (): i32 {
  return <i32>(at - INPUT)
}

function line (record: usize): bool {
  const start = at
  if (load<u8>(start + HASH_CHARS) != SPACE) return false
  at = start + HASH_CHARS + 1
  if (load<u64>(at) != INDEX_HEAD || load<u8>(at + 8) != COLON) return false
  at += 9
  if (!digits() || value != next) return false
  if (load<u64>(at) != TIME_HEAD) return false
  at += 8
  if (!digits()) return false
  if (load<u64>(at) != PREV_HEAD || load<u8>(at + 8) != QUOTE) return false
  at += 9
  for (let part: usize = 0; part < HASH_CHARS; part += 8) if (load<u64>(at + part) != load<u64>(PREV + part)) return false
  at += HASH_CHARS
  if (load<u8>(at) != QUOTE || load<u8>(at + 1) != COMMA) return false
  at += 2
  memory.fill(record, 0, RECORD_BYTES)
  store<i32>(record, <i32>(start - INPUT))
  if (!members(record)) return false
  store<i32>(record + 4, <i32>(at - INPUT))
  if (load<u8>(at) != LF) return false
  at++
  const kind = load<i32>(record + 8)
  if (kind == 1) return true
  if (kind == 2) return load<i32>(record + 36) != 0
  return kind == 3 && load<i32>(record + 12) != 0 && load<i32>(record + 20) != 0 && load<i32>(record + 28) != 0
}

let value: u64 = 0

/** A whole number without a sign, into `value`. */
function digits (): bool {
  const start = at
  value = 0
  for (let byte = load<u8>(at); byte >= ZERO && byte <= NINE && at - start <= MAX_DIGITS; byte = load<u8>(at)) {
    value = value * 10 + <u64>(byte - ZERO)
    at++
  }
  const count = at - start
  return count > 0 && count <= MAX_DIGITS && (count == 1 || load<u8>(start) != ZERO)
}

/** The rest of the object whose first members were read, up to behind its closing bracket. */
function members (record: usize): bool {
  let depth: u32 = 1
  let hasDecision = false
  let isInDecision = false
  let isName = true
  store<u8>(STACK, CLOSE_OBJECT)
  while (true) {
    let member = OTHER
    if (isName) {
      const name = at + 1
      if (load<u8>(at) != QUOTE || !skipString()) return false
      if (depth == 1) member = hasEscape ? REFUSED : memberAt(name, at - 1 - name)
      else if (depth == 2 && isInDecision) member = hasEscape ? REFUSED : memberOfDecision(name, at - 1 - name)
      if (member == REFUSED || load<u8>(at) != COLON) return false
      at++
    }
    const begin = at
    const byte = load<u8>(at)
    if (byte == OPEN_OBJECT || byte == OPEN_ARRAY) {
      const isDecision = member == DECISION_MEMBER && byte == OPEN_OBJECT && !hasDecision
      if (member != OTHER && !isDecision) return false
      if (isDecision) hasDecision = true
      if (depth == MAX_DEPTH) return false
      const closer: u8 = byte + 2 // in ASCII each closing bracket stands two after its opening one
      at++
      if (load<u8>(at) != closer) {
        if (isDecision) isInDecision = true
        store<u8>(STACK + depth, closer)
        depth++
        isName = byte == OPEN_OBJECT
        continue
      }
      at++
    } else {
      if (member == DECISION_MEMBER || !scalar(byte)) return false
      if (member != OTHER && !note(record, member, begin, byte == QUOTE)) return false
    }
    while (true) {
      const mark = load<u8>(at++)
      const closer = load<u8>(STACK + depth - 1)
      if (mark == COMMA) {
        isName = closer == CLOSE_OBJECT
        break
      }
      if (mark != closer) return false
      depth--
      if (depth == 0) return true
      if (depth == 1) isInDecision = false
    }
  }
}

/** Keeps a member that is wanted: once, and only in the form in which the journal writes it. */
function note (record: usize, member: i32, begin: usize, isString: bool): bool {
  const isNumber = member == OF_MEMBER
  if (isString == isNumber || (isString && (hasEscape || hasHigh))) return false
  const from = isString ? begin + 1 : begin
  const to = isString ? at - 1 : at
  if (member == KIND_MEMBER || member == VERDICT_MEMBER) {
    const place = record + (member == KIND_MEMBER ? 8 : 12)
    const word = member == KIND_MEMBER ? kindAt(from, to - from) : verdictAt(from, to - from)
    if (word == 0 || load<i32>(place) != 0) return false
    store<i32>(place, word)
    return true
  }
  const place = record + (member == RULE_MEMBER ? 16 : member == REVISION_MEMBER ? 24 : 32)
  if (load<i32>(place + 4) != 0) return false
  if (isNumber) {
    at = begin
    if (!digits() || at != to) return false
  }
  store<i32>(place, <i32>(from - INPUT))
  store<i32>(place + 4, <i32>(to - INPUT))
  return true
}

function memberAt (name: usize, length: usize): i32 {
  if (length == 2) return load<u16>(name) == 0x66_6f ? OF_MEMBER : OTHER
  if (length == 4) {
    const word = load<u32>(name)
    return word == KIND ? KIND_MEMBER : word == TIME || word == PREV_NAME ? REFUSED : OTHER
  }
  if (length == 5) return load<u32>(name) == INDE && load<u8>(name + 4) == 0x78 ? REFUSED : OTHER
  return length == 8 && load<u64>(name) == DECISION ? DECISION_MEMBER : OTHER
}

function memberOfDecision (name: usize, length: usize): i32 {
  if (length == 4) return load<u32>(name) == RULE ? RULE_MEMBER : OTHER
  if (length == 7) return load<u32>(name) == 0x64_72_65_76 && load<u32>(name + 3) == 0x74_63_69_64 ? VERDICT_MEMBER : OTHER
  return length == 8 && load<u64>(name) == REVISION ? REVISION_MEMBER : OTHER
}

function kindAt (text: usize, length: usize): i32 {
  const word = load<u32>(text)
  if (length == 5) return word == EVEN && load<u8>(text + 4) == 0x74 ? 1 : 0
  if (length == 7) return word == OUTC && load<u32>(text + 3) == 0x65_6d_6f_63 ? 2 : 0
  return length == 8 && load<u64>(text) == DECISION ? 3 : 0
}

function verdictAt (text: usize, length: usize): i32 {
  const word = load<u32>(text)
  if (length == 5) return word == ALLO && load<u8>(text + 4) == 0x77 ? 1 : 0
  if (length == 7) return word == PEND && load<u32>(text + 3) == 0x67_6e_69_64 ? 2 : 0
  return length == 4 && word == DENY ? 3 : 0
}

function scalar (byte: u8): bool {
  if (byte == QUOTE) return skipString()
  if (byte == MINUS || (byte >= ZERO && byte <= NINE)) return skipNumber()
  const word = load<u32>(at)
  if (word == NULL || word == TRUE) {
    at += 4
    return true
  }
  if (word != FALS || load<u8>(at + 4) != 0x65) return false
  at += 5
  return true
}

function skipNumber (): bool {
  if (load<u8>(at) == MINUS) at++
  const first = load<u8>(at)
  if (!skipDigits() || (first == ZERO && isLong)) return false
  if (load<u8>(at) == POINT) {
    at++
    if (!skipDigits()) return false
  }
  if ((load<u8>(at) | 0x20) != 0x65) return true
  at++
  if (load<u8>(at) == 0x2b || load<u8>(at) == MINUS) at++
  return skipDigits()
}

let isLong: bool = false // more than one digit

function skipDigits (): bool {
  const start = at
  while (load<u8>(at) >= ZERO && load<u8>(at) <= NINE) at++
  isLong = at - start > 1
  return at > start
}

/** From a string's opening quote to behind its closing one. */
function skipString (): bool {
  hasEscape = false
  hasHigh = false
  at++
  while (true) {
    const block = v128.load(at)
    const high = i8x16.bitmask(block)
    const marks = i8x16.bitmask(v128.or(
      v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
      i8x16.lt_u(block, i8x16.splat(0x20))
    ))
    if (marks == 0) {
      if (high != 0) hasHigh = true
      at += 16
      continue
    }
    const place = ctz(marks)
    if ((high & ((1 << place) - 1)) != 0) hasHigh = true
    at += <usize>place
    const byte = load<u8>(at)
    if (byte == QUOTE) {
      at++
      return true
    }
    if (byte != BACKSLASH || !skipEscape()) return false
    hasEscape = true
  }
}

function skipEscape (): bool {
  const byte = load<u8>(at + 1)
  if (byte == 0x75) {
    for (let place: usize = 2; place < 6; place++) if (!isHex(load<u8>(at + place))) return false
    at += 6
    return true
  }
  at += 2
  return byte == QUOTE || byte == BACKSLASH || byte == 0x2f || byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74
}

function isHex (byte: u8): bool {
  return (byte >= ZERO && byte <= NINE) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}
