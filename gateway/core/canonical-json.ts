import { hash } from 'node:crypto'

const MAX_DEPTH = 64 // the same bound as policy input; deeper values are refused before they get here

/**
 * The one byte form of a JSON value: keys sorted by UTF-16 code units, no spaces, `undefined` members dropped
 * (RFC 8785, whose number and string forms are those of `JSON.stringify`).
 *
 * @throws RangeError when nested deeper than 64
 */
export function canonicalJson (value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) throw new RangeError('value is nested deeper than 64')
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`
  let members = ''
  // Without a comparison of one's own, names are sorted by their code units.
  for (const key of Object.keys(value).sort()) {
    const member = (value as Readonly<Record<string, unknown>>)[key]
    if (member !== undefined) members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member, depth + 1)}`
  }
  return `{${members}}`
}

/** SHA-256 of text (as UTF-8) or bytes, in hex. */
export function sha256 (data: string | Uint8Array): string {
  return hash('sha256', data, 'hex')
}

/** SHA-256 (hex) of the canonical JSON of a value. */
export function digestOf (value: unknown): string {
  return sha256(canonicalJson(value))
}
