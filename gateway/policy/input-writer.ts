import type { Reads } from './syntax/input-reads.ts'

const SHORT_CHARS = 64 // longer text is faster in JSON.stringify

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
  return members === null ? writeWhole : (value) => isRecord(value) ? writeMembers(value, members) : writeWhole(value)
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

function writeWhole (value: unknown): string | undefined {
  if (typeof value === 'string') return isPlain(value) ? `"${value}"` : JSON.stringify(value)
  if (value === null) return 'null'
  if (value === true) return 'true'
  if (value === false) return 'false'
  return value === undefined ? undefined : JSON.stringify(value)
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
