import { holderIn, isLabel, type Holder } from './event-labels.ts'

/** A string of an event, in its place: to set `value` changes the event. `text` names the text that clients make of such strings. */
export interface TextPiece { readonly text: string, value: string }

const MAX_DEPTH = 64 // what the strict reader of answers takes; no client looks for text below
const PLACES = ['index', 'output_index', 'content_index'] as const

/**
 * The strings of an event in order. Those that go on each other over events have the same name: the members above them, with the indexes
 * that the wire formats tell texts of one kind apart by. Where a string stands in a list says nothing of that. Labels are left out.
 */
export function textsOf (value: unknown): readonly TextPiece[] {
  const pieces: TextPiece[] = []
  gather(value, { path: '', holder: 'event', depth: 0 }, pieces)
  return pieces
}

interface Place { readonly path: string, readonly holder: Holder, readonly depth: number }

function gather (value: unknown, { path, holder, depth }: Place, pieces: TextPiece[]): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return
  const members = value as Record<string, unknown>
  const isList = Array.isArray(value)
  const place = isList ? path : `${path}${placeOf(members)}`
  for (const name of Object.keys(members)) {
    const at = isList ? place : `${place}.${name}`
    if (typeof members[name] !== 'string') gather(members[name], { path: at, holder: holderIn(holder, isList ? null : name), depth: depth + 1 }, pieces)
    else if (!isLabel(holder, name)) pieces.push(pieceOf(members, name, at))
  }
}

function placeOf (holder: Readonly<Record<string, unknown>>): string {
  let place = ''
  for (const name of PLACES) if (typeof holder[name] === 'number') place += `#${holder[name]}`
  return place
}

function pieceOf (holder: Record<string, unknown>, name: string, text: string): TextPiece {
  return {
    text,
    get value () { return holder[name] as string },
    set value (next) { Object.defineProperty(holder, name, { value: next, writable: true, enumerable: true, configurable: true }) },
  }
}
