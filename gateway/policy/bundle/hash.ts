import { sha256 } from '../../core/canonical-json.ts'
import { decodeUtf8, parseStrictJson } from '../../decode/strict-json.ts'

const MAX_JSON_BYTES = 64 * 1024 * 1024
const STRUCTURED = /(?:^|\/)(?:data\.json|\.manifest)$/

/**
 * SHA-256 (hex) of one file of a bundle as OPA's signatures have it: of the bytes, but for `data.json` and `.manifest`, where it
 * is of the JSON in one form, so that white space and the order of keys do not matter.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED when such a file is not JSON that every reader reads alike
 */
export function bundleHash (name: string, content: Uint8Array): string {
  return sha256(STRUCTURED.test(name) ? opaJson(decodeUtf8(content)) : content)
}

/**
 * The form of JSON text that OPA hashes: no spaces, keys in the order of their UTF-8 bytes, numbers as they were written
 * (`1.0` is not `1`), strings as Go's encoder writes them.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED, WEIR_ERR_DECODE_TOO_LARGE
 */
export function opaJson (text: string): string {
  // The scanner below expects sound JSON of bounded depth, with no key twice.
  parseStrictJson(text, { maxBytes: MAX_JSON_BYTES })
  const tokens = text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|[^\s,:{}[\]"]+/g)
  return valueOf(next(tokens), tokens)
}

type Tokens = Iterator<RegExpExecArray>

function next (tokens: Tokens): string {
  return tokens.next().value?.[0] ?? ''
}

function valueOf (token: string, tokens: Tokens): string {
  if (token === '{') return objectOf(tokens)
  if (token === '[') return arrayOf(tokens)
  return token.startsWith('"') ? goString(token) : token
}

function arrayOf (tokens: Tokens): string {
  const items: string[] = []
  for (let token = next(tokens); token !== ']'; token = next(tokens)) items.push(valueOf(token, tokens))
  return `[${items.join(',')}]`
}

function objectOf (tokens: Tokens): string {
  const members: Array<{ readonly key: Buffer, readonly text: string }> = []
  for (let token = next(tokens); token !== '}'; token = next(tokens)) {
    const text = `${goString(token)}:${valueOf(next(tokens), tokens)}`
    members.push({ key: Buffer.from(String(JSON.parse(token))), text })
  }
  return `{${members.sort((a, b) => a.key.compare(b.key)).map(({ text }) => text).join(',')}}`
}

// JSON.stringify and Go's encoder (HTML escaping off) differ in the two separators alone.
function goString (token: string): string {
  return JSON.stringify(JSON.parse(token)).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
