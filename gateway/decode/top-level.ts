import { isUtf8 } from 'node:buffer'
import { endOfString, endOfValue, malformed, skipSpace, stringAt } from './json-span.ts'

/** Where a value stands in the body: `[start, end)` in bytes. */
export interface Span { readonly start: number, readonly end: number }

/** The members of a body's object, by decoded name. `bodyStart` is the byte just after the opening brace, where a member can be spliced in. */
export interface TopLevel { readonly members: ReadonlyMap<string, Span>, readonly bodyStart: number }

const MAX_KEYS = 256 // the published requests have some forty members
const MAX_MODEL_CHARS = 256

const COMMA = 0x2c
const COLON = 0x3a
const QUOTE = 0x22
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Finds the members of a JSON object in one pass, without parsing what they hold. Duplicates are refused, and so are names that differ
 * from one of `readNames` in case only: the gateway decides by those, and Go's decoder, which Ollama has, takes `Model` and `\u017ftream`
 * for them, and the last one wins.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED
 */
export function readTopLevel (body: Buffer, readNames: readonly string[]): TopLevel {
  if (!isUtf8(body)) throw malformed('it is not UTF-8')
  const members = new Map<string, Span>()
  let at = skipSpace(body, 0)
  if (body[at] !== OPEN_OBJECT) throw malformed('it is not a JSON object')
  const bodyStart = at + 1
  at = skipSpace(body, bodyStart)
  while (body[at] !== CLOSE_OBJECT) {
    at = readMember(body, at, members, readNames)
    if (body[at] === CLOSE_OBJECT) break
    if (body[at] !== COMMA) throw malformed('a comma or the end of the object was expected')
    at = skipSpace(body, at + 1)
    if (body[at] === CLOSE_OBJECT) throw malformed('a member name was expected')
  }
  if (skipSpace(body, at + 1) !== body.length) throw malformed('something follows the object')
  return { members, bodyStart }
}

/** The name of a model. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function modelName (body: Buffer, span: Span | undefined): string {
  if (span === undefined || body[span.start] !== QUOTE) throw malformed('the member "model" must be a string')
  return checkedModelName(stringAt(body, span.start, span.end))
}

/** @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function checkedModelName (model: string): string {
  if (model === '' || model.length > MAX_MODEL_CHARS) throw malformed(`the model's name must have 1 to ${MAX_MODEL_CHARS} characters`)
  // Policy cannot be given a lone surrogate, and a provider may read one as another name.
  if (/[\p{Cc}\p{Surrogate}]/u.test(model)) throw malformed('the model\'s name holds a character no model name has')
  return model
}

/** A truth value; absent and null are false. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function flagAt (body: Buffer, span: Span | undefined, name: string): boolean {
  if (span === undefined) return false
  const token = body.toString('latin1', span.start, Math.min(span.end, span.start + 8))
  if (token === 'true') return true
  if (token === 'false' || token === 'null') return false
  throw malformed(`the member "${name}" must be true or false`)
}

/** The span of a list, or null when it is absent, null or empty. */
export function listAt (body: Buffer, span: Span | undefined): Span | null {
  if (span === undefined) return null
  const isEmpty = span.end - span.start <= 4 && /^(?:null|\[\s*\])$/.test(body.toString('latin1', span.start, span.end))
  return isEmpty ? null : span
}

function readMember (body: Buffer, at: number, members: Map<string, Span>, readNames: readonly string[]): number {
  if (body[at] !== QUOTE) throw malformed('a member name was expected')
  const keyEnd = endOfString(body, at)
  const key = stringAt(body, at, keyEnd)
  if (members.has(key)) throw malformed('a member stands in it twice')
  if (!readNames.includes(key) && readNames.includes(key.normalize('NFKC').toLowerCase())) throw malformed('a member imitates another')
  if (members.size === MAX_KEYS) throw malformed(`it has more than ${MAX_KEYS} members`)
  const colon = skipSpace(body, keyEnd)
  if (body[colon] !== COLON) throw malformed('a colon was expected')
  const start = skipSpace(body, colon + 1)
  const end = endOfValue(body, start)
  members.set(key, { start, end })
  return skipSpace(body, end)
}
