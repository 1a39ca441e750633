import { GatewayError } from '../core/errors.ts'
import { createJsonScan, type JsonScan, type ScanProblem } from './wasm/json-scan.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/
const MAX_SCALAR_BYTES = 64
const SHORT_STRING = 64 // names and flags: not worth a call into WebAssembly

let shared: JsonScan | null = null // it keeps nothing from one value to the next

/** Index of the first byte at or after `at` that is not JSON white space. */
export function skipSpace (bytes: Uint8Array, at: number): number {
  let next = at
  for (let byte = bytes[next]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[next]) next += 1
  return next
}

/**
 * Index just after the JSON value that starts at `at`. Of a nested value only strings and brackets are read, which is
 * what makes this many times faster than parsing; its inside may still be wrong JSON, but its end is exact.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED
 */
export function endOfValue (bytes: Buffer, at: number): number {
  const first = bytes[at]
  if (first === QUOTE) return endOfString(bytes, at)
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return ended(scan().endOfNested(bytes, at))
  return endOfScalar(bytes, at)
}

/** Index just after the string that starts at `at`. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function endOfString (bytes: Buffer, at: number): number {
  const shortEnd = Math.min(bytes.length, at + SHORT_STRING)
  let next = at + 1
  while (next < shortEnd) {
    const byte = bytes[next]
    if (byte === QUOTE) return next + 1
    next += byte === BACKSLASH ? 2 : 1
  }
  return ended(scan().endOfString(bytes, next))
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

function scan (): JsonScan {
  shared ??= createJsonScan()
  return shared
}

const PROBLEMS = {
  unfinished: 'a string or a bracket does not end',
  'wrong-bracket': 'its brackets do not match',
  'too-deep': 'it is nested too deep',
  'stray-backslash': 'a backslash stands outside of a string',
} as const satisfies Record<ScanProblem, string>

function ended (end: number | ScanProblem): number {
  if (typeof end === 'string') throw malformed(PROBLEMS[end])
  return end
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
