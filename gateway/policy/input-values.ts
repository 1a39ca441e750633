import type { Reads } from './syntax/input-reads.ts'
import type { Address, Shape, ValueMemory } from './wasm/value-memory.ts'

const MAX_DEPTH = 8 // of lists and objects; what is nested deeper is rare, or has no end
const MAX_SHAPES = 8 // of the objects in one place: a model chooses the names of arguments
const MAX_MEMBERS = 30 // what fits into a small integer

const ABSENT = -1 // JSON has nothing for it

/** Writes what rules read of their input into the memory of a policy. 0 when it is no usual input: then it is put as text. */
export type PutInput = (input: unknown) => Address

/** @returns the address; 0 when it cannot be put; `ABSENT` */
type Put = (value: unknown) => Address

/**
 * Makes the writer of what rules read of their input: of all of it, or only of these members. What it puts is what the parser makes of the text
 * that `createInputWriter` writes, for the inputs that are usual.
 */
export function createInputValues (reads: Reads, memory: ValueMemory): PutInput {
  const put = putterOf(reads, memory)
  return (input) => {
    memory.begin()
    return Math.max(put(input), 0)
  }
}

function putterOf (reads: Reads, memory: ValueMemory): Put {
  const putWhole = wholePutter(memory)
  // A member of the name `__proto__` cannot be looked up like others.
  if (reads === 'all' || reads.length > MAX_MEMBERS || reads.some(([name]) => name === '__proto__')) return (value) => putWhole(value, MAX_DEPTH)
  const members = reads.map(([name, inner]) => ({ name, put: putterOf(inner, memory) }))
  const shapes = new Map<number, Shape | null>()
  const values = new Int32Array(members.length)

  function shapeOf (present: number): Shape | null {
    const known = shapes.get(present)
    if (known !== undefined || shapes.size >= MAX_SHAPES) return known ?? null
    const shape = memory.shape(members.filter((_, i) => (present & (1 << i)) !== 0).map(({ name }) => name))
    shapes.set(present, shape)
    return shape
  }

  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return putWhole(value, MAX_DEPTH)
    let present = 0
    let count = 0
    for (let i = 0; i < members.length; i += 1) {
      const member = members[i]
      if (member === undefined) return 0
      const put = member.put((value as Readonly<Record<string, unknown>>)[member.name])
      if (put === 0) return 0
      if (put === ABSENT) continue
      present |= 1 << i
      values[count] = put
      count += 1
    }
    const shape = shapeOf(present)
    const at = shape === null ? 0 : memory.object(shape)
    if (shape === null || at === 0) return 0
    for (let i = 0; i < count; i += 1) memory.setValue(at, shape, i, values[i] ?? 0)
    return at
  }
}

/** Puts a value whole; `left` is how deep it may still go. */
function wholePutter (memory: ValueMemory): (value: unknown, left: number) => Address {
  const shapes: (Shape | null)[] = []

  function put (value: unknown, left: number): Address {
    if (typeof value === 'string') return memory.text(value)
    if (value === null) return memory.null
    if (typeof value === 'boolean') return value ? memory.true : memory.false
    if (typeof value === 'number') return Number.isFinite(value) ? memory.number(value) : memory.null
    if (value === undefined) return ABSENT
    if (typeof value !== 'object' || left === 0 || 'toJSON' in value) return 0
    if (Array.isArray(value)) return putList(value, left - 1)
    return Object.getPrototypeOf(value) === Object.prototype ? putObject(value as Readonly<Record<string, unknown>>, left - 1) : 0
  }

  function putList (values: readonly unknown[], left: number): Address {
    const { length } = values
    const list = memory.list(length)
    if (list === 0) return 0
    for (let i = 0; i < length; i += 1) {
      const item = put(values[i], left)
      if (item === 0) return 0
      memory.setItem(list, i, item === ABSENT ? memory.null : item)
    }
    return list
  }

  function putObject (value: Readonly<Record<string, unknown>>, left: number): Address {
    const names = Object.keys(value)
    const shape = shapeOf(names)
    const at = shape === null ? 0 : memory.object(shape)
    if (shape === null || at === 0) return 0
    for (let i = 0; i < names.length; i += 1) {
      const member = put(value[names[i] ?? ''], left)
      if (member === 0 || member === ABSENT) return 0
      memory.setValue(at, shape, i, member)
    }
    return at
  }

  // Objects in one place nearly always have the same names.
  function shapeOf (names: readonly string[]): Shape | null {
    for (const shape of shapes) if (shape !== null && isSame(shape.names, names)) return shape
    if (shapes.length >= MAX_SHAPES) return null
    const shape = memory.shape(names)
    shapes.push(shape)
    return shape
  }

  return put
}

function isSame (names: readonly string[], others: readonly string[]): boolean {
  if (names.length !== others.length) return false
  for (let i = 0; i < names.length; i += 1) if (names[i] !== others[i]) return false
  return true
}
