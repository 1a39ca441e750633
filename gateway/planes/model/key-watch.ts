import { onOneLine } from '../../decode/sse-json.ts'
import { ASSUMED_CHARS, type KeyMatch } from './key-match.ts'
import { textsOf, type TextPiece } from './text-pieces.ts'

/** Keeps a key out of a stream whose events each hold a piece of it. */
export interface KeyWatch {
  /** Whole events in; those that may pass out, unchanged and at once unless the text of one may go on as the key. */
  pass (events: Buffer): Buffer
  /** Whether events are kept back. */
  readonly isHolding: boolean
  /** What was kept back for `heldMs`, without most of a key: the text may just end so. What it goes on as is looked at as before. */
  ease (): Buffer
  /** What was kept back. After it nothing may come. */
  rest (): Buffer
}

export interface KeyWatchOptions {
  readonly match: KeyMatch
  /** Whether a text of these events ends in a beginning of the key, or may. */
  readonly hasBeginning: (events: string) => boolean
  readonly replacement: string
}

export const KEY_WATCH_LIMITS = {
  /** Characters of the key that pass before anything is kept back: less than what all keys of a provider begin with. */
  openChars: 4,
  /** Bytes kept back: a whole key in pieces of one character each needs less. Beyond, what is kept is blanked. */
  heldBytes: 65_536,
  /** Longest time that events are kept back, ms: a text that ends as a key begins and does not go on must not hold up what follows. */
  heldMs: 250,
  /** Texts of one stream that end in the beginning of a key at one time. */
  texts: 64,
} as const

/** A text that ends in the beginning of the key. `since` is the event in which that began; PASSED when none of it is kept back. */
interface Suspect { readonly matched: number, readonly since: number }
interface Held { readonly serial: number, bytes: Buffer, readonly event: ReadEvent | null }
interface ReadEvent { readonly head: string, readonly value: unknown, readonly pieces: readonly TextPiece[] }

const NOTHING = Buffer.alloc(0)
const PASSED = Infinity

/**
 * Clients put the text of a stream together from its events, so a key can stand in it that stands in none of them. While no text ends in
 * the beginning of the key (one search per write), nothing is parsed; while one ends in more of it than many texts do, events wait.
 */
export function createKeyWatch ({ match, hasBeginning, replacement }: KeyWatchOptions): KeyWatch {
  const suspects = new Map<string, Suspect>()
  let held: Held[] = []
  let serial = 0

  function take (bytes: Buffer): void {
    const event = readEvent(bytes)
    const next: Held = { serial: serial += 1, bytes, event }
    held.push(next)
    if (event === null) return
    let isChanged = false
    for (let at = 0; at < event.pieces.length; at += 1) isChanged = read(event.pieces, at) || isChanged
    if (isChanged) next.bytes = written(event)
  }

  function read (pieces: readonly TextPiece[], at: number): boolean {
    const piece = pieces[at]
    if (piece === undefined) return false
    const { text, value } = piece
    if (value === '') return false
    const known = suspects.get(text)
    const { matched, ends } = match.advance(known?.matched ?? ASSUMED_CHARS, value)
    remember(text, matched, matched > value.length && known !== undefined ? Math.min(known.since, serial) : serial)
    const [first] = ends
    if (first === undefined) return false
    piece.value = blanked(value, ends)
    blankEnds(text, takeOff(pieces.slice(0, at), text, match.length - first), held.slice(0, -1))
    return true
  }

  function remember (text: string, matched: number, since: number): void {
    suspects.delete(text)
    if (matched <= ASSUMED_CHARS) return
    const [oldest] = suspects.size < KEY_WATCH_LIMITS.texts ? [] : suspects.keys()
    if (oldest !== undefined) suspects.delete(oldest)
    suspects.set(text, { matched, since })
  }

  function blanked (text: string, ends: readonly number[]): string {
    let out = ''
    let from = 0
    for (const end of ends) {
      out += text.slice(from, Math.max(from, end - match.length)) + replacement
      from = end
    }
    return out + text.slice(from)
  }

  function release (): Buffer {
    if (held.reduce((sum, { bytes }) => sum + bytes.length, 0) > KEY_WATCH_LIMITS.heldBytes) blankSuspects(KEY_WATCH_LIMITS.openChars)
    let since = PASSED
    for (const suspect of suspects.values()) if (suspect.matched >= KEY_WATCH_LIMITS.openChars) since = Math.min(since, suspect.since)
    const passing = held.filter((one) => one.serial < since)
    held = held.filter((one) => one.serial >= since)
    return joined(passing)
  }

  // What they may go on as is still looked for: the rest of the key is blanked too.
  function blankSuspects (fromChars: number): void {
    for (const [text, { matched }] of suspects) {
      if (matched < fromChars) continue
      blankEnds(text, matched, held)
      suspects.set(text, { matched, since: PASSED })
    }
  }

  // Most of a key is as good as the key.
  function all (): Buffer {
    blankSuspects(match.length / 2)
    for (const [text, { matched }] of suspects) suspects.set(text, { matched, since: PASSED })
    const out = joined(held)
    held = []
    return out
  }

  return {
    pass (events) {
      if (suspects.size === 0 && !hasBeginning(events.toString('latin1'))) return events
      for (const bytes of eventsIn(events)) take(bytes)
      return release()
    },
    get isHolding () { return held.length > 0 },
    ease: all,
    rest: all,
  }
}

/** Takes so many characters off the end of a text, as far as it was kept back: what is missing has passed, and is less than a key. */
function blankEnds (text: string, chars: number, held: readonly Held[]): void {
  let left = chars
  for (const one of held.toReversed()) {
    if (left <= 0) return
    if (one.event === null) continue
    const after = takeOff(one.event.pieces, text, left)
    if (after < left) one.bytes = written(one.event)
    left = after
  }
}

/** @returns how many characters are left to take off */
function takeOff (pieces: readonly TextPiece[], text: string, chars: number): number {
  let left = chars
  for (const piece of pieces.toReversed()) {
    if (left <= 0 || piece.text !== text) continue
    const { value } = piece
    const off = Math.min(left, value.length)
    piece.value = value.slice(0, value.length - off)
    left -= off
  }
  return left
}

function joined (held: readonly Held[]): Buffer {
  return held.length === 0 ? NOTHING : Buffer.concat(held.map(({ bytes }) => bytes))
}

function * eventsIn (events: Buffer): Generator<Buffer> {
  let from = 0
  while (from < events.length) {
    const end = events.indexOf('\n\n', from)
    const next = end === -1 ? events.length : end + 2
    yield events.subarray(from, next)
    from = next
  }
}

/** Null for what holds no JSON: a comment, the end mark. */
function readEvent (bytes: Buffer): ReadEvent | null {
  const text = bytes.toString()
  const start = /(?:^|\n)data: /.exec(text)
  if (start === null) return null
  const at = start.index + start[0].length
  try {
    const value: unknown = JSON.parse(text.slice(at))
    return { head: text.slice(0, at), value, pieces: textsOf(value) }
  } catch {
    return null // the end mark of a stream is no JSON
  }
}

function written ({ head, value }: ReadEvent): Buffer {
  return Buffer.concat([Buffer.from(head), onOneLine(Buffer.from(JSON.stringify(value))), Buffer.from('\n\n')])
}
