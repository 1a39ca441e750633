import { constants, type SigningOptions } from 'node:crypto'

/** Signatures that are taken. None that is made with a shared secret, and never `none`: whoever knows the public key could make one. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const
export type SignatureAlgorithm = typeof SIGNATURE_ALGORITHMS[number]

/** How a signature of one algorithm is verified (RFC 7518, 3; RFC 8037, 3.1), and what key that needs. */
export interface SignatureScheme {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  /** The curve of its key; null for RSA. */
  readonly crv: string | null
  /** Null when the algorithm hashes by itself. */
  readonly hash: string | null
  readonly how: Readonly<SigningOptions>
}

export const SIGNATURE_SCHEMES: Readonly<Record<SignatureAlgorithm, SignatureScheme>> = Object.freeze({
  RS256: pkcs1('sha256'),
  RS384: pkcs1('sha384'),
  RS512: pkcs1('sha512'),
  PS256: pss('sha256'),
  PS384: pss('sha384'),
  PS512: pss('sha512'),
  ES256: ecdsa('P-256', 'sha256'),
  ES384: ecdsa('P-384', 'sha384'),
  ES512: ecdsa('P-521', 'sha512'),
  EdDSA: Object.freeze({ kty: 'OKP', crv: 'Ed25519', hash: null, how: Object.freeze({}) }),
})

function pkcs1 (hash: string): SignatureScheme {
  return Object.freeze({ kty: 'RSA', crv: null, hash, how: Object.freeze({ padding: constants.RSA_PKCS1_PADDING }) })
}

function pss (hash: string): SignatureScheme {
  return Object.freeze({ kty: 'RSA', crv: null, hash, how: Object.freeze({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }) })
}

function ecdsa (crv: string, hash: string): SignatureScheme {
  return Object.freeze({ kty: 'EC', crv, hash, how: Object.freeze({ dsaEncoding: 'ieee-p1363' }) })
}
