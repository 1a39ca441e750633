import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Bytes sealed with AES-256-GCM; nonce, tag and ciphertext in base64. */
export interface Sealed { readonly nonce: string, readonly tag: string, readonly data: string }

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12 // NIST SP 800-38D: the length for which GCM needs no extra hashing
const TAG_BYTES = 16

/** @param bound what the bytes belong to: they open only with the same */
export function sealBytes (bytes: Buffer, key: Buffer, bound: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(bound))
  const data = Buffer.concat([cipher.update(bytes), cipher.final()])
  return { nonce: nonce.toString('base64'), tag: cipher.getAuthTag().toString('base64'), data: data.toString('base64') }
}

/** @throws Error when they were changed, belong to something else, or were sealed with another key */
export function openBytes ({ nonce, tag, data }: Sealed, key: Buffer, bound: string): Buffer {
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64'), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(bound))
  decipher.setAuthTag(Buffer.from(tag, 'base64'))
  return Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()])
}
