import { createPublicKey, generateKeyPairSync, type KeyObject, createPrivateKey } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { GatewayError } from '../core/errors.ts'

export interface SigningKey { readonly privateKey: KeyObject, readonly publicKey: KeyObject }

/**
 * The embedded provider's ES256 key, made on first use with mode 0600.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when the file is there but is not an EC P-256 private key
 */
export function openSigningKey (file: string): SigningKey {
  const privateKey = readKey(file) ?? makeKey(file)
  if (privateKey.asymmetricKeyType !== 'ec' || privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${file} is not an EC P-256 private key.`)
  }
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

function readKey (file: string): KeyObject | null {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${file} cannot be read.`, { cause })
  }
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${file} is not a private key in PEM form.`, { cause })
  }
}

function makeKey (file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // `wx`: of two first starts at once, one wins and the other reads what the winner wrote at its next start.
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
  return privateKey
}
