import { LIST, LIST_WORDS, NUMBER_OF_DIGITS, NUMBER_WORDS, shapeLike, TEXT, TEXT_WORDS, wordsAt, type Address, type Shape } from './value-layout.ts'

export type { Address, Shape }

/** What the memory needs of a policy. */
export interface ValueAbi {
  opa_malloc (bytes: number): Address
  opa_json_dump (value: Address): Address
  /** Parses JSON text as OPA does. */
  parse (jsonText: string): Address
  readText (address: Address): string
}

/**
 * Writes values where rules read them, as OPA's parser would leave them there. To put them as JSON text and have that parsed takes ten
 * times as long. What it has no place or no way for is 0: then they are put as text after all.
 */
export interface ValueMemory {
  readonly null: Address
  readonly true: Address
  readonly false: Address
  /** Begins a new question: what was written for the last one is no more. */
  begin (): void
  text (value: string): Address
  /** Of a finite number. */
  number (value: number): Address
  /** A list without its items: each has to be set. */
  list (length: number): Address
  setItem (list: Address, at: number, value: Address): void
  /** The shape of objects with these keys; null where there is no place for one more. It may be used for as long as the memory. */
  shape (names: readonly string[]): Shape | null
  /** An object without its values: each has to be set. */
  object (shape: Shape): Address
  setValue (object: Address, shape: Shape, at: number, value: Address): void
}

const KEPT_BYTES = 16 * 1024 // keys of shapes
const KNOWN_BYTES = 128 * 1024 // short texts and numbers, which come again and again
const QUESTION_BYTES = 64 * 1024 // everything else of one question: a longer one goes as text
const MAX_KNOWN_CHARS = 64
const MAX_ITEMS = 64
const MAX_NAMES = 30
const ALIGNMENT = 8
const MAX_UNIT_BYTES = 3 // of a UTF-16 unit in UTF-8

/**
 * The memory for the values of a policy, before anything is asked. Null when its runtime keeps values otherwise than OPA 0.70: one value of
 * each kind is written and compared with what OPA's parser makes of it.
 */
export function openValueMemory (memory: WebAssembly.Memory, abi: ValueAbi): ValueMemory | null {
  const values = createValueMemory(memory, abi)
  return values !== null && agrees(values, abi) ? values : null
}

function createValueMemory (memory: WebAssembly.Memory, abi: ValueAbi): ValueMemory | null {
  const encoder = new TextEncoder()
  const indexes = indexNumbers(memory, abi)
  if (indexes === null) return null
  const constants = { null: abi.parse('null'), true: abi.parse('true'), false: abi.parse('false') }
  const kept = createRegion(abi, KEPT_BYTES)
  const lasting = createRegion(abi, KNOWN_BYTES)
  const passing = createRegion(abi, QUESTION_BYTES)
  const known = new Map<string | number, Address>()
  let isFull = false
  let words = new Int32Array(memory.buffer)
  let bytes = new Uint8Array(memory.buffer)

  // Memory that has grown is another buffer.
  function renew (): void {
    if (words.buffer === memory.buffer) return
    words = new Int32Array(memory.buffer)
    bytes = new Uint8Array(memory.buffer)
  }

  function writeText (value: string, region: Region): Address {
    const room = value.length * MAX_UNIT_BYTES
    const at = region.take(TEXT_WORDS * 4 + room)
    if (at === 0) return 0
    const start = at + TEXT_WORDS * 4
    let length = value.length > MAX_KNOWN_CHARS ? -1 : writeAscii(value, start)
    if (length === -1) {
      if (!value.isWellFormed()) return 0
      length = encoder.encodeInto(value, bytes.subarray(start, start + room)).written
    }
    words[at >> 2] = TEXT
    words[(at >> 2) + 1] = length
    words[(at >> 2) + 2] = start
    region.end(start + length)
    return at
  }

  /** @returns how many bytes; -1 when it is no ASCII */
  function writeAscii (value: string, start: number): number {
    for (let i = 0; i < value.length; i += 1) {
      const unit = value.charCodeAt(i)
      if (unit > 0x7f) return -1
      bytes[start + i] = unit
    }
    return value.length
  }

  function writeNumber (value: number): Address {
    const digits = String(value)
    const at = lasting.take(NUMBER_WORDS * 4 + digits.length)
    if (at === 0) return 0
    const start = at + NUMBER_WORDS * 4
    words.set([NUMBER_OF_DIGITS, 0, start, writeAscii(digits, start), 0], at >> 2)
    return at
  }

  /** What is written once and found again. A full region is emptied before the next question, in whose way nothing of it is. */
  function remember (value: string | number, at: Address): Address {
    if (at === 0) isFull = true
    else known.set(value, at)
    return at
  }

  return {
    ...constants,
    begin () {
      renew()
      passing.clear()
      if (!isFull) return
      isFull = false
      known.clear()
      lasting.clear()
    },
    text (value) {
      if (value.length > MAX_KNOWN_CHARS) return writeText(value, passing)
      return known.get(value) ?? remember(value, writeText(value, lasting))
    },
    number: (value) => known.get(value) ?? remember(value, writeNumber(value)),
    list (length) {
      const at = length > MAX_ITEMS ? 0 : passing.take((LIST_WORDS + length * 2) * 4)
      if (at === 0) return 0
      const items = (at >> 2) + LIST_WORDS
      words[at >> 2] = LIST
      words[(at >> 2) + 1] = length === 0 ? 0 : items << 2
      words[(at >> 2) + 2] = length
      words[(at >> 2) + 3] = length
      for (let i = 0; i < length; i += 1) words[items + i * 2] = indexes[i] ?? 0
      return at
    },
    setItem (list, at, value) {
      words[(list >> 2) + LIST_WORDS + at * 2 + 1] = value
    },
    shape (names) {
      if (names.length > MAX_NAMES || !names.every((name) => name.isWellFormed())) return null
      const model = abi.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join(',')}}`)
      renew()
      const keys = names.map((name) => writeText(name, kept))
      return keys.includes(0) ? null : shapeLike(model, new DataView(memory.buffer), { names, keys })
    },
    object ({ words: model, within }) {
      const at = passing.take(model.length * 4)
      if (at === 0) return 0
      const from = at >> 2
      for (let i = 0; i < model.length; i += 1) words[from + i] = model[i] ?? 0
      for (let i = 0; i < within.length; i += 1) {
        const place = from + (within[i] ?? 0)
        words[place] = (words[place] ?? 0) + at
      }
      return at
    },
    setValue (object, { values }, at, value) {
      words[(object >> 2) + (values[at] ?? 0)] = value
    },
  }
}

/** The numbers that OPA's lists keep beside their items, as its parser made them; null when lists are not what is known of them. */
function indexNumbers (memory: WebAssembly.Memory, abi: ValueAbi): Int32Array | null {
  const list = abi.parse(JSON.stringify(Array.from({ length: MAX_ITEMS }, () => null)))
  const view = new DataView(memory.buffer)
  const [kind, items = 0, length] = wordsAt(view, list, LIST_WORDS)
  if (kind !== LIST || length !== MAX_ITEMS) return null
  const numbers = Int32Array.from(wordsAt(view, items, MAX_ITEMS * 2).filter((_, i) => i % 2 === 0))
  return numbers.every((number, i) => abi.readText(abi.opa_json_dump(number)) === String(i)) ? numbers : null
}

/** Whether OPA reads what is written as what was meant. */
function agrees (values: ValueMemory, abi: ValueAbi): boolean {
  const shape = values.shape(['one', 'zwölf'])
  if (shape === null) return false
  values.begin()
  const object = values.object(shape)
  values.setValue(object, shape, 0, values.number(-1.5e30))
  values.setValue(object, shape, 1, values.list(0))
  const items = [object, values.text(''), values.text('text'), values.text('größer'), values.text('länger'.repeat(MAX_KNOWN_CHARS)), values.null, values.true, values.false]
  const list = values.list(items.length)
  for (const [at, item] of items.entries()) values.setItem(list, at, item)
  const meant = abi.parse(JSON.stringify([{ one: -1.5e30, zwölf: [] }, '', 'text', 'größer', 'länger'.repeat(MAX_KNOWN_CHARS), null, true, false]))
  return abi.readText(abi.opa_json_dump(list)) === abi.readText(abi.opa_json_dump(meant))
}

interface Region { take (bytes: number): Address, end (at: Address): void, clear (): void }

/** Memory that is given out from its beginning to its end, and taken back all at once. */
function createRegion ({ opa_malloc: allocate }: ValueAbi, size: number): Region {
  const aligned = (at: Address): Address => (at + ALIGNMENT - 1) & -ALIGNMENT
  const start = aligned(allocate(size + ALIGNMENT))
  let next = start
  return {
    /** @returns 0 when that much is not left */
    take (bytes) {
      const at = next
      if (at + bytes > start + size) return 0
      next = aligned(at + bytes)
      return at
    },
    /** What was taken last ends here. */
    end (at) { next = aligned(at) },
    clear () { next = start },
  }
}
