/** Where something stands in a text: line and column, both from 1. */
export interface TextPlace { readonly row: number, readonly col: number }

const MAX_DEPTH = 64 // deeper data have places only down to there
const STRING = /"(?:[^"\\]|\\.)*"/y
const SCALAR = /[^\s,\]}]+/y
const SPACE = /\s*/y

interface Reader { readonly text: string, at: number, readonly places: Map<string, number>, twice: number | null }

/**
 * The places of all members of a JSON text: of an object's member its key, of a list's its value. By JSON pointer (RFC 6901), `''` is the
 * whole. Of a text that is not JSON, the places up to where it stops being it.
 */
export function jsonPlaces (text: string): ReadonlyMap<string, TextPlace> {
  return placed(text, read(text).places)
}

/** Where a key stands that its object has already; else where a text stops being JSON. */
export function faultPlace (text: string): TextPlace {
  if (text.startsWith('\ufeff')) return { row: 1, col: 1 } // a space to the reader below
  const { twice, at } = read(text)
  return placed(text, new Map([['', twice ?? at]])).get('') ?? { row: 1, col: 1 }
}

/** The pointer to a member, from its steps. */
export function pointerOf (steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function read (text: string): Reader {
  const reader: Reader = { text, at: 0, places: new Map(), twice: null }
  skipSpace(reader)
  reader.places.set('', reader.at)
  readValue(reader, '', 0)
  return reader
}

/** @returns whether a whole value was read */
function readValue (reader: Reader, pointer: string, depth: number): boolean {
  const first = reader.text[reader.at]
  if (first === '{' && depth < MAX_DEPTH) return readMembers(reader, pointer, depth, '}')
  if (first === '[' && depth < MAX_DEPTH) return readMembers(reader, pointer, depth, ']')
  return take(reader, first === '"' ? STRING : SCALAR) !== null
}

function readMembers (reader: Reader, pointer: string, depth: number, end: '}' | ']'): boolean {
  reader.at += 1
  for (let index = 0; ; index += 1) {
    skipSpace(reader)
    if (index === 0 && reader.text[reader.at] === end) break
    const startsAt = reader.at
    const step = end === ']' ? String(index) : keyOf(take(reader, STRING))
    if (step === null) return false
    const member = pointer + pointerOf([step])
    if (end === '}' && !takeChar(reader, ':')) return false
    if (reader.places.has(member)) reader.twice ??= startsAt
    else reader.places.set(member, startsAt)
    if (!readValue(reader, member, depth + 1)) return false
    if (!takeChar(reader, ',')) break
  }
  return takeChar(reader, end)
}

function keyOf (token: string | null): string | null {
  if (token === null) return null
  try {
    return JSON.parse(token) as string
  } catch {
    return null // a raw control character or a wrong escape: no JSON from here on
  }
}

function takeChar (reader: Reader, char: string): boolean {
  skipSpace(reader)
  if (reader.text[reader.at] !== char) return false
  reader.at += 1
  skipSpace(reader)
  return true
}

function take (reader: Reader, token: RegExp): string | null {
  token.lastIndex = reader.at
  const found = token.exec(reader.text)?.[0] ?? null
  reader.at += found?.length ?? 0
  return found
}

function skipSpace (reader: Reader): void {
  take(reader, SPACE)
}

function placed (text: string, places: Reader['places']): ReadonlyMap<string, TextPlace> {
  const lines = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.push(at + 1)
  let row = 0
  // Members were met in the order in which they stand, so one walk over the lines places them all.
  return new Map([...places].map(([pointer, at]) => {
    while (row + 1 < lines.length && (lines[row + 1] ?? 0) <= at) row += 1
    return [pointer, { row: row + 1, col: at - (lines[row] ?? 0) + 1 }]
  }))
}
