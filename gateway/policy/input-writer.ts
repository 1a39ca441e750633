import type { Reads } from './syntax/input-reads.ts'

const SHORT_CHARS = 64 // longer text is faster in JSON.stringify
const MAX_QUICK_DEPTH = 4

/** The text of a value, or undefined where JSON has none. Throws what `JSON.stringify` throws. */
export type Write = (value: unknown) => string | undefined

interface Member { readonly name: string, readonly label: string, readonly inner: Write }

/**
 * Makes the writer of what rules read of their input, as JSON: all of it, or only these members. Rules cannot tell the difference.
 *
 * The way through the members is laid out once: to build the smaller object first and then write it takes twice as long.
 */
export function createInputWriter (reads: Reads): Write {
  const members = membersOf(reads)
  return members === null ? (value) => writeWhole(value) : (value) => isRecord(value) ? writeMembers(value, members) : writeWhole(value)
}

// A member of the name `__proto__` cannot be looked up like others.
function membersOf (reads: Reads): readonly Member[] | null {
  if (reads === 'all' || reads.some(([name]) => name === '__proto__')) return null
  return reads.map(([name, inner]) => ({ name, label: `${JSON.stringify(name)}:`, inner: createInputWriter(inner) }))
}

function writeMembers (value: Readonly<Record<string, unknown>>, members: readonly Member[]): string {
  let text = '{'
  for (const { name, label, inner } of members) {
    const written = inner(value[name])
    if (written === undefined) continue
    text += text.length === 1 ? label : `,${label}`
    text += written
  }
  return `${text}}`
}

/** What `JSON.stringify` writes. Of the few short values that a question is made of it takes twice the time to begin. */
function writeWhole (value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return isPlain(value) ? `"${value}"` : JSON.stringify(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value === null) return 'null'
  // What is nested deeper is rare, or has no end: then it throws.
  if (depth === MAX_QUICK_DEPTH || 'toJSON' in value) return JSON.stringify(value)
  if (Array.isArray(value)) return writeList(value, depth)
  return Object.getPrototypeOf(value) === Object.prototype ? writeRecord(value as Readonly<Record<string, unknown>>, depth) : JSON.stringify(value)
}

function writeList (values: readonly unknown[], depth: number): string {
  let text = '['
  for (let i = 0; i < values.length; i += 1) {
    if (i > 0) text += ','
    text += writeWhole(values[i], depth + 1) ?? 'null'
  }
  return `${text}]`
}

function writeRecord (value: Readonly<Record<string, unknown>>, depth: number): string {
  let text = '{'
  for (const name of Object.keys(value)) {
    const written = writeWhole(value[name], depth + 1)
    if (written === undefined) continue
    if (text.length > 1) text += ','
    text += isPlain(name) ? `"${name}":` : `${JSON.stringify(name)}:`
    text += written
  }
  return `${text}}`
}

/** Whether it is short and has nothing to escape: twice as fast to say as to have it quoted, and nearly all values are. */
function isPlain (value: string): boolean {
  if (value.length > SHORT_CHARS) return false
  for (let i = 0; i < value.length; i += 1) {
    const unit = value.charCodeAt(i)
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || unit > 0x7e) return false
  }
  return true
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
