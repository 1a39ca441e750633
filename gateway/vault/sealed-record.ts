import { randomBytes } from 'node:crypto'
import { ENVIRONMENTS } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { openBytes, sealBytes, type Sealed } from './aead.ts'
import { isKeyWeight, type KeyName } from './key-name.ts'
import type { MasterKey } from './master-key.ts'

/** The data key of one record, sealed with the master key of that id. */
export interface WrappedKey extends Sealed { readonly master: string }

/** A key as it lies on disk: the value under a data key of its own, the data key under a master key. */
export interface SealedRecord extends KeyName, Sealed { readonly key: WrappedKey }

/** A record of version 1: the value directly under the master key. */
export interface FirstRecord extends KeyName, Sealed { readonly key: null }

export function seal (name: KeyName, value: string, master: MasterKey): SealedRecord {
  const dataKey = randomBytes(32)
  return { ...name, key: wrap(name, dataKey, master), ...sealBytes(Buffer.from(value), dataKey, boundValue(name)) }
}

/** Names one sealing of a value: a record that is sealed anew has another data key under the same id. */
export function sealId ({ id, tag }: SealedRecord): string {
  return `${id} ${tag}`
}

/** The same record under another master key. The value's own bytes stay, so who has the data key need not know the master key. */
export function rewrap (record: SealedRecord, dataKey: Buffer, master: MasterKey): SealedRecord {
  return { ...record, key: wrap(record, dataKey, master) }
}

/** @throws GatewayError WEIR_ERR_VAULT when it was changed, moved to another record, or sealed with another master key */
export function openDataKey (record: SealedRecord, master: MasterKey): Buffer {
  return opened(() => openBytes(record.key, master.key, boundKey(record, master)))
}

/** @throws GatewayError WEIR_ERR_VAULT when the record was changed, moved to another name, or sealed with another data key */
export function openValue (record: SealedRecord, dataKey: Buffer): string {
  return opened(() => openBytes(record, dataKey, boundValue(record))).toString('utf8')
}

/** @throws GatewayError WEIR_ERR_VAULT as `openValue` does */
export function openFirst (record: FirstRecord, master: MasterKey): string {
  const { provider, environment, id, weight } = record
  const names = ['weir-vault-1', provider, environment, id]
  return opened(() => openBytes(record, master.key, JSON.stringify(weight === undefined ? names : [...names, weight]))).toString('utf8')
}

/** @throws GatewayError WEIR_ERR_VAULT */
export function readRecord (value: unknown): SealedRecord {
  const fields = fieldsOf(value)
  const key = fieldsOf(fields['key'])
  return { ...nameOf(fields), key: { master: text(key['master']), ...sealedOf(key) }, ...sealedOf(fields) }
}

/** @throws GatewayError WEIR_ERR_VAULT */
export function readFirstRecord (value: unknown): FirstRecord {
  const fields = fieldsOf(value)
  // Nothing of that version authenticates them.
  if (fields['app'] !== undefined || fields['retires'] !== undefined) throw corrupt()
  return { ...nameOf(fields), key: null, ...sealedOf(fields) }
}

function wrap (name: KeyName, dataKey: Buffer, master: MasterKey): WrappedKey {
  return { master: master.id, ...sealBytes(dataKey, master.key, boundKey(name, master)) }
}

// A record cannot be passed off as the key of another provider, environment or app: its names are authenticated with it.
function boundValue ({ provider, environment, app, id, created, weight, retires }: KeyName): string {
  return JSON.stringify(['weir-vault-2', provider, environment, app ?? null, id, created, weight ?? null, retires ?? null])
}

function boundKey ({ provider, environment, app, id }: KeyName, master: MasterKey): string {
  return JSON.stringify(['weir-vault-2-data-key', master.id, provider, environment, app ?? null, id])
}

function opened (open: () => Buffer): Buffer {
  try {
    return open()
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_VAULT', 'A key in the vault does not open: it was changed, or it was sealed with another master key.', { cause })
  }
}

type Fields = Readonly<Record<string, unknown>>

/** The plain names of a record, without what is sealed. @throws GatewayError WEIR_ERR_VAULT */
export function nameOf (fields: Fields | SealedRecord | FirstRecord): KeyName {
  const { id, provider, environment, app, created, weight, retires } = fields
  const known = ENVIRONMENTS.find((name) => name === environment)
  if (known === undefined) throw corrupt()
  return {
    id: text(id),
    provider: text(provider),
    environment: known,
    ...(app === undefined ? {} : { app: text(app) }),
    created: time(created),
    ...(weight === undefined ? {} : { weight: weightOf(weight) }),
    ...(retires === undefined ? {} : { retires: time(retires) }),
  }
}

function fieldsOf (value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw corrupt()
  return { ...value }
}

function sealedOf ({ nonce, tag, data }: Fields): Sealed {
  return { nonce: text(nonce), tag: text(tag), data: text(data) }
}

function weightOf (value: unknown): number {
  if (typeof value !== 'number' || !isKeyWeight(value)) throw corrupt()
  return value
}

function time (value: unknown): number {
  if (typeof value !== 'number') throw corrupt()
  return value
}

function text (value: unknown): string {
  if (typeof value !== 'string') throw corrupt()
  return value
}

function corrupt (): GatewayError {
  return new GatewayError('WEIR_ERR_VAULT', 'The vault file holds a record that is not one.')
}
