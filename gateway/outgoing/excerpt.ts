import type { Windows } from './windows.ts'

/** Text with where each of its UTF-16 units stands in the body: the bytes `[starts[i], ends[i])`. */
export interface Excerpt { readonly text: string, readonly starts: Uint32Array, readonly ends: Uint32Array }

const NEWLINE = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const LETTER_U = 0x75
const PLAIN_ESCAPES: ReadonlyMap<number, number> = new Map([[0x22, 0x22], [0x5c, 0x5c], [0x2f, 0x2f], [0x6e, 0x0a], [0x72, 0x0d], [0x74, 0x09], [0x62, 0x08], [0x66, 0x0c]])

/**
 * The strings of a JSON body in these windows as their reader has them. A quote that begins or ends a string becomes a line break: what
 * stands in two strings is never one word, but a name and its value are still side by side.
 *
 * @param body UTF-8
 */
export function excerptOf (body: Buffer, windows: Windows): Excerpt {
  return unescaped(rawExcerpt(body, windows), { delimiters: true })
}

/** The text of JSON, or of program text, that stands inside of this text; null when nothing in it is escaped. */
export function innerExcerpt (excerpt: Excerpt): Excerpt | null {
  return excerpt.text.includes('\\') ? unescaped(excerpt, { delimiters: false }) : null
}

function rawExcerpt (body: Buffer, windows: Windows): Excerpt {
  const out = createWriter(unitsOf(windows))
  for (let i = 0; i < windows.length; i += 2) {
    const end = windows[i + 1] as number
    let at = aligned(body, windows[i] as number)
    while (at < end) {
      const { point, bytes } = codePointAt(body, at)
      if (point > 0xffff) {
        out.push(0xd800 + ((point - 0x10000) >> 10), at, at + bytes)
        out.push(0xdc00 + ((point - 0x10000) & 0x3ff), at, at + bytes)
      } else {
        out.push(point, at, at + bytes)
      }
      at += bytes
    }
    out.push(NEWLINE, at, at)
  }
  return out.excerpt()
}

// A window begins with a whole character, and not between a backslash and what it escapes: their number says which one that is.
function aligned (body: Buffer, start: number): number {
  let at = start
  while (at > 0 && ((body[at] as number) & 0xc0) === 0x80) at -= 1
  let row = at
  while (row > 0 && body[row - 1] === BACKSLASH) row -= 1
  return (at - row) % 2 === 0 ? at : at - 1
}

function codePointAt (body: Buffer, at: number): { readonly point: number, readonly bytes: number } {
  const byte = body[at] as number
  if (byte < 0x80) return { point: byte, bytes: 1 }
  const rest = (offset: number): number => (body[at + offset] ?? 0x80) & 0x3f
  if (byte < 0xe0) return { point: ((byte & 0x1f) << 6) | rest(1), bytes: 2 }
  if (byte < 0xf0) return { point: ((byte & 0x0f) << 12) | (rest(1) << 6) | rest(2), bytes: 3 }
  return { point: ((byte & 0x07) << 18) | (rest(1) << 12) | (rest(2) << 6) | rest(3), bytes: 4 }
}

function unescaped ({ text, starts, ends }: Excerpt, { delimiters }: { readonly delimiters: boolean }): Excerpt {
  const out = createWriter(text.length)
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const escape = code === BACKSLASH ? escapeAt(text, at) : null
    const units = escape?.units ?? 1
    const plain = delimiters && code === QUOTE ? NEWLINE : code
    out.push(escape?.code ?? plain, starts[at] as number, ends[at + units - 1] as number)
    at += units
  }
  return out.excerpt()
}

function escapeAt (text: string, at: number): { readonly code: number, readonly units: number } | null {
  const next = text.charCodeAt(at + 1)
  if (next === LETTER_U) {
    const hex = text.slice(at + 2, at + 6)
    return /^[0-9a-f]{4}$/i.test(hex) ? { code: Number.parseInt(hex, 16), units: 6 } : null
  }
  const code = PLAIN_ESCAPES.get(next)
  return code === undefined ? null : { code, units: 2 }
}

function createWriter (most: number): { push (code: number, start: number, end: number): void, excerpt (): Excerpt } {
  const codes = new Uint16Array(most)
  const starts = new Uint32Array(most)
  const ends = new Uint32Array(most)
  let length = 0
  return {
    push (code, start, end) {
      codes[length] = code
      starts[length] = start
      ends[length] = end
      length += 1
    },
    excerpt: () => ({ text: Buffer.from(codes.buffer, 0, length * 2).toString('utf16le'), starts: starts.subarray(0, length), ends: ends.subarray(0, length) }),
  }
}

// No unit takes less than a byte. Aligning adds three bytes to a window at most, its last character as many, and a line break ends it.
function unitsOf (windows: Windows): number {
  let units = 0
  for (let i = 0; i < windows.length; i += 2) units += (windows[i + 1] as number) - (windows[i] as number) + 8
  return units
}
