import { verify, type KeyObject } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import { decodeUtf8, parseStrictJson } from '../decode/strict-json.ts'
import { SIGNATURE_SCHEMES, type SignatureAlgorithm } from './signature-schemes.ts'

const MAX_TOKEN_CHARS = 65_536 // an exchange takes one in its body, with all groups of a large directory
const MAX_HEADER_CHARS = 4_096
const MAX_DEPTH = 16
// Media types of tokens that say who somebody is. What is signed with the same keys for another end (a logout, a security event) says `typ` otherwise.
const TYPES: readonly string[] = ['jwt', 'at+jwt']

export type Claims = Readonly<Record<string, unknown>>

/** A token as it came: whoever made it says all of this. */
export interface SignedToken {
  readonly alg: SignatureAlgorithm
  readonly kid: unknown
  /** What it claims, if it was signed with this key, which must be one for `alg`. @throws GatewayError WEIR_ERR_AUTH_INVALID, WEIR_ERR_DECODE_MALFORMED */
  claims (key: KeyObject): Claims
}

/**
 * Reads a token (JWS Compact Serialization, RFC 7515) that is to be verified. Nothing its header says brings a key, or an algorithm that was not
 * chosen before. Only one text is a token: base64url in its one form, JSON that every parser reads the same way.
 *
 * By the crypto of Node on the calling thread: of 190 µs that WebCrypto takes for a token of RS256, 110 are the way to its thread and back.
 *
 * @throws GatewayError WEIR_ERR_AUTH_INVALID, WEIR_ERR_DECODE_MALFORMED
 */
export function readSigned (token: string, algorithms: readonly SignatureAlgorithm[]): SignedToken {
  if (token.length > MAX_TOKEN_CHARS) throw invalid()
  const [head = '', body = '', mark = '', more] = token.split('.', 4)
  if (more !== undefined || head.length > MAX_HEADER_CHARS) throw invalid()
  const header = objectOf(bytesOf(head))
  const alg = algorithms.find((name) => name === header['alg'])
  // No extension is known here, so each that must be understood is a refusal (RFC 7515, 4.1.11).
  if (alg === undefined || Object.hasOwn(header, 'crit') || !isOfType(header['typ'])) throw invalid()
  const payload = bytesOf(body)
  const signature = bytesOf(mark)
  return {
    alg,
    kid: header['kid'],
    claims (key) {
      const { hash, how } = SIGNATURE_SCHEMES[alg]
      if (!verify(hash, Buffer.from(`${head}.${body}`, 'latin1'), { key, ...how }, signature)) throw invalid()
      return objectOf(payload)
    },
  }
}

/** Who the token says it is of, which nobody has verified; null when it says nothing. */
export function unverifiedIssuer (token: string): unknown {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString())
    return (claims as Claims | null)?.['iss'] ?? null
  } catch {
    return null // no token, so nobody's
  }
}

function isOfType (typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && TYPES.includes(typ.toLowerCase().replace(/^application\//, '')))
}

/** Decoders pass over what they do not know and over bits at the end: then one token had many texts, and each of them another digest. */
function bytesOf (text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (text === '' || bytes.toString('base64url') !== text) throw invalid()
  return bytes
}

function objectOf (bytes: Buffer): Claims {
  const value = parseStrictJson(decodeUtf8(bytes), { maxBytes: MAX_TOKEN_CHARS, maxDepth: MAX_DEPTH })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid()
  return value as Claims
}

function invalid (): GatewayError {
  return new GatewayError('WEIR_ERR_AUTH_INVALID')
}
