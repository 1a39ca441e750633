import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import { openPrivateKeyFile } from '../files/private-key-file.ts'

export interface SigningKey { readonly privateKey: KeyObject, readonly publicKey: KeyObject }

/**
 * The embedded provider's ES256 key, made on first use with mode 0600.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when the file is there but is not an EC P-256 private key
 */
export function openSigningKey (file: string): SigningKey {
  const privateKey = openPrivateKeyFile(file, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  if (privateKey.asymmetricKeyType !== 'ec' || privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${file} is not an EC P-256 private key.`)
  }
  return { privateKey, publicKey: createPublicKey(privateKey) }
}
