import { generateKeyPairSync } from 'node:crypto'

/** A key pair in PEM, made for one test. */
export interface SigningKeys { readonly privateKey: string, readonly publicKey: string }

export function rsaKeys (modulusLength = 2_048): SigningKeys {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
  return pem(privateKey, publicKey)
}

export function ecKeys (namedCurve: 'prime256v1' | 'secp384r1' | 'secp256k1' = 'prime256v1'): SigningKeys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  return pem(privateKey, publicKey)
}

type Exportable = ReturnType<typeof generateKeyPairSync>['privateKey']

function pem (privateKey: Exportable, publicKey: Exportable): SigningKeys {
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}
