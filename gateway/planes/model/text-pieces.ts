/** A string of an event, in its place: to set `value` changes the event. `text` names the text that clients make of such strings. */
export interface TextPiece { readonly text: string, value: string }

const MAX_DEPTH = 64 // what the strict reader of answers takes; no client looks for text below
const PLACES = ['index', 'output_index', 'content_index'] as const

/**
 * The strings of an event in order. Those that go on each other over events have the same name: the members above them, with the indexes
 * that the wire formats tell texts of one kind apart by. Where a string stands in a list says nothing of that.
 */
export function textsOf (value: unknown): readonly TextPiece[] {
  const pieces: TextPiece[] = []
  gather(value, '', pieces, 0)
  return pieces
}

function gather (value: unknown, path: string, pieces: TextPiece[], depth: number): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return
  const holder = value as Record<string, unknown>
  const place = Array.isArray(value) ? path : `${path}${placeOf(holder)}`
  for (const name of Object.keys(holder)) {
    const at = Array.isArray(value) ? place : `${place}.${name}`
    if (typeof holder[name] === 'string') pieces.push(pieceOf(holder, name, at))
    else gather(holder[name], at, pieces, depth + 1)
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
