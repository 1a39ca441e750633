import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'
import { openPrivateKeyFile } from '../files/private-key-file.ts'
import type { Manifest, SignedManifest } from './release.ts'

// Nothing else that this key might ever sign can be taken for a manifest.
const PURPOSE = 'weir release manifest 1\n'

export interface ReleaseKey {
  readonly publicKey: KeyObject
  sign (manifest: Manifest): SignedManifest
}

export function releaseKeyFile (dataDir: string): string {
  return join(dataDir, 'identity', 'release-key.pem')
}

/**
 * The Ed25519 key that releases are signed with, made on first use with mode 0600.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when the file is there but holds another kind of key
 */
export function openReleaseKey (file: string): ReleaseKey {
  const privateKey = openPrivateKeyFile(file, () => generateKeyPairSync('ed25519').privateKey)
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${file} is not an Ed25519 private key.`)
  const publicKey = createPublicKey(privateKey)
  const key = keyName(publicKey)
  return {
    publicKey,
    sign: (manifest) => Object.freeze({ manifest, signature: sign(null, signedBytes(manifest), privateKey).toString('base64'), key }),
  }
}

/** Whether this key signed exactly this manifest. Never throws. */
export function isSignedBy ({ manifest, signature }: SignedManifest, publicKey: KeyObject): boolean {
  // Of another kind of key the default algorithm is another one: nobody may choose it by the key.
  return publicKey.asymmetricKeyType === 'ed25519' && verify(null, signedBytes(manifest), publicKey, Buffer.from(signature, 'base64'))
}

/** SHA-256 (hex) of the public key's DER form. */
export function keyName (publicKey: KeyObject): string {
  return sha256(publicKey.export({ type: 'spki', format: 'der' }))
}

/** A public key in PEM. @throws GatewayError WEIR_ERR_CONFIG_INVALID when it is none of Ed25519 */
export function readReleasePublicKey (pem: string): KeyObject {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // what a parser says of a key stays out of messages; the refusal below is the same
  }
  throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'The key that releases are checked with is not an Ed25519 key in PEM.')
}

function signedBytes (manifest: Manifest): Buffer {
  return Buffer.from(`${PURPOSE}${canonicalJson(manifest)}`)
}
