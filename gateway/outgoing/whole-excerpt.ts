import type { Excerpt } from './excerpt.ts'

/** Stands for everything outside of strings that is not part of a number. */
export const STRUCTURE = 0x01

const EDGE = 0x02 // of a string
const QUOTE = 0x22
const BACKSLASH = 0x5c
const LETTER_U = 0x75
const ESCAPED: Uint16Array = escapedCharacters()

/**
 * All strings and numbers of a JSON body as their reader has them, in one pass. No pattern matches across their edges.
 *
 * @param body JSON that was read strictly, so UTF-8 with whole escapes
 */
export function wholeExcerpt (body: Buffer): Excerpt {
  const size = body.length // no unit takes less than a byte
  const codes = new Uint16Array(size)
  const starts = new Uint32Array(size)
  const ends = new Uint32Array(size)
  let length = 0
  let isInside = false
  for (let at = 0; at < size;) {
    const byte = body[at] as number
    let code = byte
    let bytes = 1
    if (byte === QUOTE) {
      isInside = !isInside
      code = EDGE
    } else if (!isInside) {
      code = isOfNumber(byte) ? byte : STRUCTURE
    } else if (byte === BACKSLASH) {
      const next = body[at + 1] as number
      bytes = next === LETTER_U ? 6 : 2
      code = next === LETTER_U ? Number.parseInt(body.toString('latin1', at + 2, at + 6), 16) : ESCAPED[next] as number
    } else if (byte >= 0x80) {
      bytes = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
      const point = body.toString('utf8', at, at + bytes)
      code = point.charCodeAt(0)
      if (bytes === 4) {
        codes[length] = code
        starts[length] = at
        ends[length] = at + bytes
        length += 1
        code = point.charCodeAt(1)
      }
    }
    codes[length] = code
    starts[length] = at
    ends[length] = at + bytes
    length += 1
    at += bytes
  }
  return { text: Buffer.from(codes.buffer, 0, length * 2).toString('utf16le'), starts: starts.subarray(0, length), ends: ends.subarray(0, length) }
}

function isOfNumber (byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e
}

function escapedCharacters (): Uint16Array {
  const table = new Uint16Array(256)
  for (const [letter, code] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, n: 0x0a, r: 0x0d, t: 0x09, b: 0x08, f: 0x0c })) table[letter.charCodeAt(0)] = code
  return table
}
