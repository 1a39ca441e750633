import type { Write } from './input-writer.ts'

const MAX_INPUT_BYTES = 256 * 1024
const MAX_UNIT_BYTES = 6 // of a UTF-16 unit in JSON text: `\u001f`
const MAX_SCALAR_BYTES = 32 // the longest number has 25, and there are quotes, colon and comma
const MAX_DEPTH = 64
// JSON.stringify writes `\ud8…` only for a lone surrogate; an even number of backslashes before it is text about one.
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/
const UNWRITABLE = 'it cannot be written as JSON'

/** The JSON text that policy is asked with, or why there is none. */
export type InputText = { readonly text: string } | { readonly problem: string }

/** The text that `write` makes of the input. Never throws: what cannot be written is a problem, and a problem is a deny. */
export function inputText (input: unknown, write: Write): InputText {
  let text: string | undefined
  try {
    text = write(input)
  } catch {
    return { problem: UNWRITABLE }
  }
  if (typeof text !== 'string') return { problem: 'it is not an object' }
  if (text.length > MAX_INPUT_BYTES || (text.length * 3 > MAX_INPUT_BYTES && Buffer.byteLength(text) > MAX_INPUT_BYTES)) return { problem: `it is larger than ${MAX_INPUT_BYTES} bytes` }
  if (text.includes('\\ud') && LONE_SURROGATE.test(text)) return { problem: 'it holds text that is not well-formed Unicode' }
  if (isDeeperThan(text, MAX_DEPTH)) return { problem: `it is nested deeper than ${MAX_DEPTH}` }
  return { text }
}

/** Why policy may not be asked about this value, or null: what `inputText` says of it whole. Never throws. */
export function problemOf (value: unknown): string | null {
  try {
    if (isFlatAndShort(value)) return null
  } catch {
    return UNWRITABLE
  }
  const written = inputText(value, JSON.stringify)
  return 'problem' in written ? written.problem : null
}

// Nearly every call has a few short arguments: to look at each takes a fifth of the time that writing them takes.
function isFlatAndShort (value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false
  let bytes = 2
  for (const name of Object.keys(value)) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[name]
    bytes += name.length * MAX_UNIT_BYTES + MAX_SCALAR_BYTES
    if (typeof member === 'string') bytes += member.length * MAX_UNIT_BYTES
    else if (typeof member !== 'number' && typeof member !== 'boolean') return false
    if (bytes > MAX_INPUT_BYTES || !name.isWellFormed() || (typeof member === 'string' && !member.isWellFormed())) return false
  }
  return true
}

function isDeeperThan (text: string, limit: number): boolean {
  return opensMoreThan(text, limit) && nestsDeeperThan(text, limit)
}

// Nearly every question opens fewer objects and arrays than it may nest: a search for them takes a tenth of the walk below.
function opensMoreThan (text: string, limit: number): boolean {
  let opened = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      opened += 1
      if (opened > limit) return true
    }
  }
  return false
}

function nestsDeeperThan (text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (inString) {
      if (unit === 0x5c) i += 1
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x7b || unit === 0x5b) {
      depth += 1
      if (depth > limit) return true
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1
  }
  return false
}
