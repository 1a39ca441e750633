import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { GatewayError } from '../../core/errors.ts'

/** Signature algorithms that both OPA and Weir know. No HMAC: every gateway that could check a bundle could then sign one. */
export const SIGNING_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const
export type SigningAlgorithm = typeof SIGNING_ALGORITHMS[number]

const MIN_RSA_BITS = 2_048 // RFC 7518, section 3.3
const CURVES: Readonly<Record<string, SigningAlgorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/**
 * A public key or certificate in PEM, for checking signatures by this algorithm.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when it is none, does not fit the algorithm, or is a private key
 */
export function readPublicKey (pem: string, algorithm: SigningAlgorithm): KeyObject {
  // Node would take the public half of a private key; who can sign has no business on a gateway.
  if (pem.includes('PRIVATE KEY')) throw invalid('The key that checks bundles is a private key. Configure its public half; keep the private one where bundles are signed.')
  const key = parseKey(() => createPublicKey(pem), 'The key that checks bundles is not a public key or certificate in PEM.')
  demandFit(key, algorithm)
  return key
}

/**
 * A private key in PEM, for signing.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when it is none, or its passphrase is wrong or missing
 */
export function readPrivateKey (pem: string, passphrase: string | undefined): KeyObject {
  // The cause would quote nothing of the key, but its words are OpenSSL's and help nobody.
  return parseKey(() => createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) }), 'The signing key is not a private key in PEM, or its passphrase is not the right one.')
}

/** The algorithm to sign with by this key when none is named. @throws GatewayError WEIR_ERR_CONFIG_INVALID when there is none */
export function defaultAlgorithm (key: KeyObject): SigningAlgorithm {
  const algorithm = key.asymmetricKeyType === 'rsa' ? 'RS256' : CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (algorithm === undefined) throw invalid('Bundles are signed by RSA keys, or by elliptic-curve keys on P-256, P-384 or P-521.')
  return algorithm
}

/** @throws GatewayError WEIR_ERR_CONFIG_INVALID when the key is of another kind, another curve or too short */
export function demandFit (key: KeyObject, algorithm: SigningAlgorithm): void {
  const details = key.asymmetricKeyDetails ?? {}
  const fits = algorithm.startsWith('ES')
    ? key.asymmetricKeyType === 'ec' && CURVES[details.namedCurve ?? ''] === algorithm
    : key.asymmetricKeyType === 'rsa'
  if (!fits) throw invalid(`The key does not fit the algorithm ${algorithm}.`)
  if (key.asymmetricKeyType === 'rsa' && (details.modulusLength ?? 0) < MIN_RSA_BITS) throw invalid(`The key is shorter than ${MIN_RSA_BITS} bits.`)
}

function parseKey (parse: () => KeyObject, problem: string): KeyObject {
  try {
    return parse()
  } catch {
    throw invalid(problem) // no cause: what a parser says of a private key stays out of logs
  }
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
