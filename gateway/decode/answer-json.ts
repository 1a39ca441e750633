import { GatewayError } from '../core/errors.ts'
import { parseStrictJson } from './strict-json.ts'

export type JsonRecord = Readonly<Record<string, unknown>>

const MAX_FOLDED_KEYS = 1_024
const MAX_FOLDED_CHARS = 64
const foldedKeys = new Map<string, string>()

/**
 * A provider's JSON. `exact` means that every parser reads its bytes as `value`, so the bytes themselves may be passed
 * on; otherwise only `value`, serialised again, says to the client what was decided here.
 */
export interface AnswerJson { readonly value: unknown, readonly exact: boolean }

/** @throws GatewayError WEIR_ERR_UPSTREAM when the bytes are no JSON that could be serialised again */
export function readAnswerJson (bytes: Buffer): AnswerJson {
  const text = bytes.toString('utf8')
  try {
    // A replacement character can stand for broken UTF-8, which clients replace differently.
    return { value: parseStrictJson(text, { maxBytes: Number.MAX_SAFE_INTEGER }), exact: !text.includes('\ufffd') }
  } catch {
    return { value: readLeniently(text), exact: false }
  }
}

/** The value as a record. @throws GatewayError WEIR_ERR_UPSTREAM */
export function recordOf (value: unknown, what: string): JsonRecord {
  if (!isRecord(value)) throw notUnderstood(`${what} is not an object`)
  return value
}

/** The value as a list; absent and null are an empty one. @throws GatewayError WEIR_ERR_UPSTREAM */
export function listOf (value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw notUnderstood(`${what} is not a list`)
  return value
}

/** Lists are none: their indexes would pass for names. */
export function isRecord (value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member of what may be no record; undefined when it is not there. */
export function member (value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}

/**
 * Refuses keys that differ from these names only in case or underscores. Parsers that ignore case (Go, .NET) would
 * read a `Tool_Calls` that this gateway did not decide.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM
 */
export function refuseLookalikes (record: JsonRecord, names: ReadonlyMap<string, string>): void {
  for (const key of Object.keys(record)) {
    const name = names.get(foldedKey(key))
    if (name !== undefined && name !== key) throw notUnderstood('a key of it imitates another')
  }
}

/** Names for `refuseLookalikes`, by their form without case and underscores. */
export function folded (names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name.toLowerCase().replaceAll('_', ''), name]))
}

// The keys of answers are few and always the same; folding each anew cost as much as a third of parsing the answer.
function foldedKey (key: string): string {
  const known = foldedKeys.get(key)
  if (known !== undefined) return known
  const fold = key.normalize('NFKC').toLowerCase().replaceAll('_', '')
  if (foldedKeys.size < MAX_FOLDED_KEYS && key.length <= MAX_FOLDED_CHARS) foldedKeys.set(key, fold)
  return fold
}

/** An answer that cannot be understood cannot be decided, so it is not passed on. */
export function notUnderstood (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_UPSTREAM', `The provider's answer was not understood: ${what}.`)
}

function readLeniently (text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.parse(JSON.stringify(value)) // fails on nesting too deep to be serialised again
  } catch {
    throw notUnderstood('it is not JSON')
  }
}
