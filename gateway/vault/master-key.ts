import { createHmac } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'

const KEY_BYTES = 32 // AES-256
const ID_BYTES = 12

/** A key that seals the data keys of a vault. `id` names it and cannot be turned back into it. */
export interface MasterKey { readonly id: string, readonly key: Buffer }

/** The master keys at hand. `next` is there while a vault is moved from one to the other: a record may be under either. */
export interface MasterKeys { readonly current: MasterKey, readonly next: MasterKey | null }

/** @throws GatewayError WEIR_ERR_VAULT when it is not 32 bytes long */
export function masterKeyOf (key: Buffer): MasterKey {
  if (key.length !== KEY_BYTES) throw new GatewayError('WEIR_ERR_VAULT', 'A master key has 32 bytes.')
  const id = createHmac('sha256', key).update('weir master key id').digest().subarray(0, ID_BYTES).toString('base64url')
  return Object.freeze({ id: `mk_${id}`, key })
}

/**
 * A master key as people and programs write it: 32 bytes in hex or base64, with white space around.
 *
 * @param source what to call it in an error
 * @throws GatewayError WEIR_ERR_VAULT; the text is not in it
 */
export function decodeMasterKey (text: string, source: string): MasterKey {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, /^[0-9a-fA-F]{64}$/.test(trimmed) ? 'hex' : 'base64')
  if (key.length !== KEY_BYTES) throw new GatewayError('WEIR_ERR_VAULT', `${source} must be 32 bytes in hex or base64.`)
  return masterKeyOf(key)
}

export function findMasterKey ({ current, next }: MasterKeys, id: string): MasterKey | null {
  if (current.id === id) return current
  return next?.id === id ? next : null
}
