import { randomBytes } from 'node:crypto'
import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { seal, unseal, type KeyName, type SealedRecord } from './sealed-record.ts'
import { fileStamp, readVaultFile, writeVaultFile } from './vault-file.ts'

/** A provider key in use. `id` may be recorded; `value` goes to the provider and nowhere else. */
export interface ProviderKey { readonly id: string, readonly value: string }

export interface VaultOptions { readonly file: string, readonly masterKey: Buffer, readonly nowMs?: () => number }

/** Provider keys at rest. Values can be written and used, never listed. One key per provider and environment. */
export interface Vault {
  /** The key in force, or null. Keys that another process set are seen within a second. @throws GatewayError WEIR_ERR_VAULT */
  get (provider: string, environment: Environment): ProviderKey | null
  /** Sets the key and returns its name. @throws GatewayError WEIR_ERR_VAULT, WEIR_ERR_DECODE_MALFORMED for an impossible value */
  set (provider: string, environment: Environment, value: string): Promise<KeyName>
  list (): readonly KeyName[]
  /** @returns whether there was one */
  remove (provider: string, environment: Environment): Promise<boolean>
}

interface State { readonly stamp: string | null, readonly records: readonly SealedRecord[], readonly keys: ReadonlyMap<string, ProviderKey> }

const RECHECK_MS = 1_000
const MAX_VALUE_CHARS = 8_192 // longest header value that common servers take

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
    get: (provider, environment) => current().keys.get(slot(provider, environment)) ?? null,
    set: async (provider, environment, value) => {
      const checked = checkedValue(value)
      const name: KeyName = { id: `key_${randomBytes(9).toString('base64url')}`, provider: checkedProvider(provider), environment, created: nowMs() }
      return write((records) => ({ records: [...without(records, name), seal(name, checked, masterKey)], result: name }))
    },
    list: () => current().records.map(({ id, provider, environment, created }) => ({ id, provider, environment, created })),
    remove: (provider, environment) => write((records) => {
      const kept = without(records, { provider, environment })
      return { records: kept, result: kept.length < records.length }
    }),
  }
}

function load (file: string, masterKey: Buffer): State {
  const stamp = fileStamp(file)
  const records = readVaultFile(file)
  const keys = new Map(records.map((record) => [slot(record.provider, record.environment), { id: record.id, value: unseal(record, masterKey) }]))
  return { stamp, records, keys }
}

function slot (provider: string, environment: Environment): string {
  return `${environment} ${provider}`
}

function without (records: readonly SealedRecord[], name: Pick<KeyName, 'provider' | 'environment'>): readonly SealedRecord[] {
  return records.filter(({ provider, environment }) => provider !== name.provider || environment !== name.environment)
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
