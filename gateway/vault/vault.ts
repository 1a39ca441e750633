import { randomBytes } from 'node:crypto'
import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { isKeyWeight, MAX_KEY_WEIGHT, seal, unseal, type KeyName, type SealedRecord } from './sealed-record.ts'
import { fileStamp, readVaultFile, writeVaultFile } from './vault-file.ts'

/** A provider key in use. `id` may be recorded; `value` goes to the provider and nowhere else. */
export interface ProviderKey { readonly id: string, readonly value: string, readonly weight: number }

export interface VaultOptions { readonly file: string, readonly masterKey: Buffer, readonly nowMs?: () => number }

/** How a key is stored: `add` keeps the keys that are there (default: it replaces them), `weight` is its share beside them, 1 to 1,000, default 1. */
export interface StoreOptions { readonly add?: boolean, readonly weight?: number }

/** Provider keys at rest. Values can be written and used, never listed. A provider and environment may have several. */
export interface Vault {
  /** The keys in force, oldest first; the same array until they change. Keys that another process set are seen within a second. @throws GatewayError WEIR_ERR_VAULT */
  keys (provider: string, environment: Environment): readonly ProviderKey[]
  /** Stores a key and returns its name. @throws GatewayError WEIR_ERR_VAULT, WEIR_ERR_DECODE_MALFORMED for an impossible value or one too many */
  set (provider: string, environment: Environment, value: string, options?: StoreOptions): Promise<KeyName>
  list (): readonly KeyName[]
  /** Removes the key with this id, or all of them. @returns whether there was one */
  remove (provider: string, environment: Environment, id?: string): Promise<boolean>
}

interface State { readonly stamp: string | null, readonly records: readonly SealedRecord[], readonly keys: ReadonlyMap<string, readonly ProviderKey[]> }

const RECHECK_MS = 1_000
const MAX_VALUE_CHARS = 8_192 // longest header value that common servers take
const MAX_KEYS = 32 // per provider and environment: each request weighs all of them
const NONE: readonly ProviderKey[] = Object.freeze([])

/** Opens the vault and every key in it. @throws GatewayError WEIR_ERR_VAULT when the file is corrupt or the master key another */
export async function openVault ({ file, masterKey, nowMs = Date.now }: VaultOptions): Promise<Vault> {
  let state = load(file, masterKey)
  let checkedMs = nowMs()
  let writing: Promise<unknown> = Promise.resolve()

  function current (): State {
    const now = nowMs()
    if (now - checkedMs < RECHECK_MS && now >= checkedMs) return state
    return refreshed(now)
  }
  function refreshed (now: number): State {
    if (fileStamp(file) !== state.stamp) state = load(file, masterKey)
    checkedMs = now // only after the load: a vault that fails to load keeps failing, it does not serve the old key
    return state
  }
  // Writes of this process queue up; each starts from what the file holds then.
  function write<T> (change: (records: readonly SealedRecord[]) => { records: readonly SealedRecord[], result: T }): Promise<T> {
    const next = writing.then(async () => {
      const { records, result } = change(refreshed(nowMs()).records)
      await writeVaultFile(file, records)
      state = load(file, masterKey)
      return result
    })
    writing = next.catch(() => undefined) // the caller has the error; the queue goes on
    return next
  }

  return {
    keys: (provider, environment) => current().keys.get(slot(provider, environment)) ?? NONE,
    set: async (provider, environment, value, { add = false, weight = 1 } = {}) => {
      const checked = checkedValue(value)
      const name: KeyName = { id: `key_${randomBytes(9).toString('base64url')}`, provider: checkedProvider(provider), environment, created: nowMs(), ...checkedWeight(weight) }
      return write((records) => {
        const kept = add ? records : records.filter((record) => !isOf(record, provider, environment))
        if (kept.filter((record) => isOf(record, provider, environment)).length >= MAX_KEYS) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `A provider has at most ${MAX_KEYS} keys per environment: remove one first.`)
        return { records: [...kept, seal(name, checked, masterKey)], result: name }
      })
    },
    list: () => current().records.map(({ id, provider, environment, created, weight }) => ({ id, provider, environment, created, ...(weight === undefined ? {} : { weight }) })),
    remove: (provider, environment, id) => write((records) => {
      const kept = records.filter((record) => !isOf(record, provider, environment) || (id !== undefined && record.id !== id))
      return { records: kept, result: kept.length < records.length }
    }),
  }
}

function load (file: string, masterKey: Buffer): State {
  const stamp = fileStamp(file)
  const records = readVaultFile(file)
  const keys = new Map<string, ProviderKey[]>()
  for (const record of records) {
    const key = { id: record.id, value: unseal(record, masterKey), weight: record.weight ?? 1 }
    const name = slot(record.provider, record.environment)
    keys.set(name, [...keys.get(name) ?? [], key])
  }
  return { stamp, records, keys }
}

function slot (provider: string, environment: Environment): string {
  return `${environment} ${provider}`
}

function isOf (name: KeyName, provider: string, environment: Environment): boolean {
  return name.provider === provider && name.environment === environment
}

// The usual weight is not written, so that records of one key look as they always did.
function checkedWeight (weight: number): { readonly weight?: number } {
  if (!isKeyWeight(weight)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `A weight is a whole number from 1 to ${MAX_KEY_WEIGHT}.`)
  return weight === 1 ? {} : { weight }
}

function checkedProvider (provider: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(provider)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'A provider name has 1 to 64 letters, digits, dots, dashes or underscores.')
  return provider
}

// A line break in a key would be a header of the caller's choice in every request to the provider.
function checkedValue (value: string): string {
  const trimmed = value.trim()
  if (trimmed === '' || trimmed.length > MAX_VALUE_CHARS || !/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `A key has 1 to ${MAX_VALUE_CHARS} printable ASCII characters and no space.`)
  }
  return trimmed
}
