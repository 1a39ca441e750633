import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { ENVIRONMENTS, type Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'

/** Names of one stored key. `created` is Unix milliseconds, `weight` its share of the traffic beside other keys: 1 to 1,000, default 1. */
export interface KeyName { readonly id: string, readonly provider: string, readonly environment: Environment, readonly created: number, readonly weight?: number }

/** A key as it lies on disk: AES-256-GCM, with nonce, tag and ciphertext in base64. */
export interface SealedRecord extends KeyName { readonly nonce: string, readonly tag: string, readonly data: string }

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12 // NIST SP 800-38D: the length for which GCM needs no extra hashing
const TAG_BYTES = 16

export const MAX_KEY_WEIGHT = 1_000

export function seal (name: KeyName, value: string, masterKey: Buffer): SealedRecord {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, masterKey, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(bound(name))
  const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
  return { ...name, nonce: nonce.toString('base64'), tag: cipher.getAuthTag().toString('base64'), data: data.toString('base64') }
}

/** @throws GatewayError WEIR_ERR_VAULT when the record was changed, moved to another name, or sealed with another key */
export function unseal (record: SealedRecord, masterKey: Buffer): string {
  try {
    const decipher = createDecipheriv(CIPHER, masterKey, Buffer.from(record.nonce, 'base64'), { authTagLength: TAG_BYTES })
    decipher.setAAD(bound(record))
    decipher.setAuthTag(Buffer.from(record.tag, 'base64'))
    return Buffer.concat([decipher.update(Buffer.from(record.data, 'base64')), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_VAULT', 'A key in the vault does not open: it was changed, or it was sealed with another master key.', { cause })
  }
}

/** @throws GatewayError WEIR_ERR_VAULT */
export function readRecord (value: unknown): SealedRecord {
  if (typeof value !== 'object' || value === null) throw corrupt()
  const { id, provider, environment, created, weight, nonce, tag, data } = { ...value } as Readonly<Record<string, unknown>>
  const known = ENVIRONMENTS.find((name) => name === environment)
  if (known === undefined || typeof created !== 'number') throw corrupt()
  const weighed = weight === undefined ? {} : { weight: weightOf(weight) }
  return { id: text(id), provider: text(provider), environment: known, created, ...weighed, nonce: text(nonce), tag: text(tag), data: text(data) }
}

// A record cannot be passed off as the key of another provider or environment: its name is authenticated with it.
function bound ({ provider, environment, id, weight }: KeyName): Buffer {
  return Buffer.from(JSON.stringify(weight === undefined ? ['weir-vault-1', provider, environment, id] : ['weir-vault-1', provider, environment, id, weight]))
}

function weightOf (value: unknown): number {
  if (typeof value !== 'number' || !isKeyWeight(value)) throw corrupt()
  return value
}

/** Whether this can be a key's weight. */
export function isKeyWeight (value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_KEY_WEIGHT
}

function text (value: unknown): string {
  if (typeof value !== 'string') throw corrupt()
  return value
}

function corrupt (): GatewayError {
  return new GatewayError('WEIR_ERR_VAULT', 'The vault file holds a record that is not one.')
}
