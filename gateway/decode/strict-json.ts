/// <reference lib="es2024.string" />
import { GatewayError } from '../core/errors.ts'

/** `maxDepth` counts nested arrays and objects (default 64); `maxBytes` is UTF-8 bytes of the text. */
export interface StrictJsonLimits { readonly maxDepth?: number, readonly maxBytes: number }

const MAX_DEPTH = 64 // what policy input and the canonical form allow; deeper values could not be decided

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const BYTE_ORDER_MARK = 0xfeff

/**
 * A JSON value from text that every conforming parser reads the same way.
 *
 * RFC 8259 leaves duplicate keys and unpaired surrogates to the parser. Two parsers that differ there let one call be
 * decided and another be executed, so both are refused at any depth, and so is a byte order mark.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED, WEIR_ERR_DECODE_TOO_LARGE
 */
export function parseStrictJson (text: string, limits: StrictJsonLimits): unknown {
  if (text.length > limits.maxBytes || Buffer.byteLength(text) > limits.maxBytes) throw new GatewayError('WEIR_ERR_DECODE_TOO_LARGE')
  if (text.charCodeAt(0) === BYTE_ORDER_MARK) throw malformed('it starts with a byte order mark')
  const value = parse(text)
  checkStructure(text, limits.maxDepth ?? MAX_DEPTH)
  if (!text.isWellFormed()) throw malformed('it holds an unpaired surrogate')
  return value
}

/**
 * Text of UTF-8 bytes.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED when the bytes are not UTF-8; a byte order mark stays, for `parseStrictJson` to refuse
 */
export function decodeUtf8 (bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'The text is not UTF-8.', { cause })
  }
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which may hold secrets: it is not kept as a cause.
    throw malformed('it is not JSON')
  }
}

/** One pass over text already known to be JSON, so the scanner needs only brackets, commas and strings. */
function checkStructure (text: string, maxDepth: number): void {
  const open: Array<Set<string> | null> = [] // a set of keys for an object, null for an array
  let keys: Set<string> | null = null
  let atKey = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      if (atKey && keys !== null) addKey(keys, text.slice(at, end + 1))
      else checkString(text, at, end)
      atKey = false
      at = end
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      keys = code === OPEN_OBJECT ? new Set() : null
      if (open.push(keys) > maxDepth) throw malformed(`it is nested deeper than ${maxDepth}`)
      atKey = keys !== null
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      open.pop()
      keys = open.at(-1) ?? null
      atKey = false
    } else if (code === COMMA) {
      atKey = keys !== null
    }
  }
}

function endOfString (text: string, start: number): number {
  let at = start + 1
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) at += code === BACKSLASH ? 2 : 1
  return at
}

// Keys are compared as decoded: `"a"` and `"\u0061"` are the same key to every reader.
function addKey (keys: Set<string>, token: string): void {
  const key = token.includes('\\') ? escapedKey(token) : token.slice(1, -1)
  if (keys.has(key)) throw malformed('an object has the same key twice')
  keys.add(key)
}

function escapedKey (token: string): string {
  const key = String(JSON.parse(token))
  if (!key.isWellFormed()) throw malformed('it holds an unpaired surrogate')
  return key
}

// Only an escape can hide a surrogate from the check of the whole text.
function checkString (text: string, start: number, end: number): void {
  const escape = text.indexOf('\\u', start)
  if (escape === -1 || escape > end) return
  if (!String(JSON.parse(text.slice(start, end + 1))).isWellFormed()) throw malformed('it holds an unpaired surrogate')
}

function malformed (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The JSON is refused: ${what}.`)
}
