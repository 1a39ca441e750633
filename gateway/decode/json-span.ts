import { GatewayError } from '../core/errors.ts'

const MAX_DEPTH = 128 // tool schemas of real clients stay under 20; a bound keeps the stack of brackets a fixed size

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/
const MAX_SCALAR_BYTES = 64
const closers = new Uint8Array(MAX_DEPTH) // of the one value being read: nothing waits while it is
const PLAIN_RUN = 64 // a native search costs as much as some 50 bytes of this loop: worth it in long strings only

/** Index of the first byte at or after `at` that is not JSON white space. */
export function skipSpace (bytes: Uint8Array, at: number): number {
  let next = at
  for (let byte = bytes[next]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[next]) next += 1
  return next
}

/**
 * Index just after the JSON value that starts at `at`. Of a nested value only strings and brackets are read, which is
 * what makes this several times faster than parsing; its inside may still be wrong JSON, but its end is exact.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED
 */
export function endOfValue (bytes: Buffer, at: number): number {
  const first = bytes[at]
  if (first === QUOTE) return endOfString(bytes, at)
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return endOfNested(bytes, at)
  return endOfScalar(bytes, at)
}

/** Index just after the string that starts at `at`. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function endOfString (bytes: Buffer, at: number): number {
  const { length } = bytes
  let next = at + 1
  let plainUntil = next + PLAIN_RUN
  while (next < length) {
    const byte = bytes[next]
    if (byte === QUOTE) return next + 1
    next += byte === BACKSLASH ? 2 : 1
    if (next < plainUntil) continue
    const quote = bytes.indexOf(QUOTE, next)
    if (quote === -1) break
    // `next` is not escaped, so a quote is if and only if an odd number of backslashes stands between them, right before it.
    if (backslashesBefore(bytes, quote, next) % 2 === 0) return quote + 1
    next = quote + 1
    plainUntil = next + PLAIN_RUN
  }
  throw malformed('a string does not end')
}

/** The string a token stands for. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function stringAt (bytes: Buffer, start: number, end: number): string {
  const value = parseToken(bytes.toString('utf8', start, end))
  if (typeof value !== 'string') throw malformed('a string was expected')
  return value
}

/** A refusal of the body. It names what is wrong, never what the body says. */
export function malformed (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The request body is refused: ${what}.`)
}

/** JSON.parse without the parser's message, which would quote the body. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function parseToken (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('it is not JSON')
  }
}

function backslashesBefore (bytes: Buffer, end: number, start: number): number {
  let at = end
  while (at > start && bytes[at - 1] === BACKSLASH) at -= 1
  return end - at
}

function endOfNested (bytes: Buffer, at: number): number {
  const { length } = bytes
  let depth = 0
  let next = at
  while (next < length) {
    const byte = bytes[next]
    if (byte === QUOTE) {
      next = endOfString(bytes, next)
      continue
    }
    // The bits that all four brackets have in common: one test instead of four for nearly every byte.
    if (byte === undefined || (byte & 0x59) !== 0x59) {
      next += 1
      continue
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (depth === MAX_DEPTH) throw malformed(`it is nested deeper than ${MAX_DEPTH}`)
      closers[depth] = byte + 2 // in ASCII each closing bracket stands two after its opening one
      depth += 1
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1
      if (closers[depth] !== byte) throw malformed('its brackets do not match')
      if (depth === 0) return next + 1
    }
    next += 1
  }
  throw malformed('its brackets do not match')
}

function endOfScalar (bytes: Buffer, at: number): number {
  let next = at
  for (let byte = bytes[next]; byte !== undefined && isScalarByte(byte); byte = bytes[next]) next += 1
  if (next - at > MAX_SCALAR_BYTES || !SCALAR.test(bytes.toString('latin1', at, next))) throw malformed('a value is not JSON')
  return next
}

function isScalarByte (byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x45
}
