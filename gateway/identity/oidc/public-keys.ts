import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { GatewayError } from '../../core/errors.ts'
import { SIGNATURE_SCHEMES, type SignatureAlgorithm } from '../signature-schemes.ts'

const MIN_RSA_BITS = 2_048 // RFC 7518, 3.3
const MAX_KEYS = 1_000 // of a megabyte of them; each is looked at for every new token

type Jwk = Readonly<Record<string, unknown>>

/** The public keys of a JSON Web Key Set (RFC 7517). */
export interface PublicKeys {
  /** What the keys are, as text: the same for the same keys. */
  readonly text: string
  /**
   * The one key for tokens of this algorithm that name this key id, or none; null when there is none.
   *
   * @throws GatewayError WEIR_ERR_AUTH_INVALID when there are several, or the one is no key that may be used
   */
  find (alg: SignatureAlgorithm, kid: unknown): KeyObject | null
}

/** @throws GatewayError WEIR_ERR_UPSTREAM when this is no set of keys */
export function readPublicKeys (set: unknown): PublicKeys {
  const keys: unknown = isObject(set) ? set['keys'] : undefined
  if (!Array.isArray(keys) || keys.length > MAX_KEYS || !keys.every(isObject)) throw new GatewayError('WEIR_ERR_UPSTREAM', 'What the identity provider publishes is no set of keys.')
  const usable = keys.filter(isPublic)
  const imported = new Map<Jwk, KeyObject>()
  return {
    text: JSON.stringify(usable),
    find (alg, kid) {
      const found = usable.filter((jwk) => isFor(jwk, alg, kid))
      const [jwk] = found
      if (jwk === undefined) return null
      if (found.length > 1) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
      const key = imported.get(jwk) ?? importKey(jwk)
      imported.set(jwk, key)
      return key
    },
  }
}

/** A set with a shared secret or a private key in it is a mistake of who published it, which must not become a way in: everybody knows that key. */
function isPublic (jwk: Jwk): boolean {
  return (jwk['kty'] === 'RSA' || jwk['kty'] === 'EC' || jwk['kty'] === 'OKP') && !Object.hasOwn(jwk, 'd') && !Object.hasOwn(jwk, 'k')
}

/** By what the key says of itself: a key for encryption, or for another algorithm, verifies nothing (RFC 8725, 3.1). */
function isFor (jwk: Jwk, alg: SignatureAlgorithm, kid: unknown): boolean {
  const { kty, crv } = SIGNATURE_SCHEMES[alg]
  const operations = jwk['key_ops']
  return (kid === undefined || (typeof kid === 'string' && kid === jwk['kid'])) && jwk['kty'] === kty && (crv === null || jwk['crv'] === crv) &&
    (jwk['alg'] === undefined || jwk['alg'] === alg) && (jwk['use'] === undefined || jwk['use'] === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
}

function importKey ({ kty, n, e, crv, x, y }: Jwk): KeyObject {
  let key: KeyObject
  try {
    // Only what makes a public key, whatever else the set says. What is no text in it is refused there.
    const members = kty === 'RSA' ? { kty, n, e } : { kty, crv, x, ...(kty === 'EC' ? { y } : {}) }
    key = createPublicKey({ key: members as JsonWebKey, format: 'jwk' })
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_AUTH_INVALID', undefined, { cause })
  }
  if (kty === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  return key
}

function isObject (value: unknown): value is Jwk {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
