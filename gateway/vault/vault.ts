import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { KeyChange } from './key-change.ts'
import { afterRemove, afterRetirement, afterRotate, afterSet, type Change, type RotateOptions, type StoreOptions } from './key-changes.ts'
import type { KeyName, Slot } from './key-name.ts'
import { findMasterKey, type MasterKey, type MasterKeys } from './master-key.ts'
import { asOf, readOpened, type OpenedVault, type ProviderKey } from './opened-vault.ts'
import { nameOf, seal, type SealedRecord } from './sealed-record.ts'
import { withVaultLock } from './vault-lock.ts'
import { fileStamp, writeVaultFile } from './vault-file.ts'

export type { ProviderKey } from './opened-vault.ts'

export interface VaultOptions {
  readonly file: string
  readonly masterKeys: MasterKeys
  /** Reads the master keys again, when the vault holds records under one that is not at hand. Default: they stay as they are. */
  readonly rereadMasterKeys?: () => Promise<MasterKeys>
  readonly onWarning?: (message: string, cause: unknown) => void
  readonly nowMs?: () => number
}

/** Provider keys at rest. Values can be written and used, never listed. A provider and environment may have several. */
export interface Vault {
  /**
   * The keys in force, oldest first: the app's own, else those of the environment. The same array until they change. Keys that another
   * process set are seen within a second. @throws GatewayError WEIR_ERR_VAULT
   */
  keys (provider: string, environment: Environment, app?: string | null): readonly ProviderKey[]
  /** Every value, in force or not: for finding keys where none may be. The same array until the vault changes. @throws GatewayError WEIR_ERR_VAULT */
  values (): readonly string[]
  /** Stores a key and returns its name. @throws GatewayError WEIR_ERR_VAULT, WEIR_ERR_DECODE_MALFORMED for an impossible value or one too many */
  set (slot: Slot, value: string, by: string, options?: StoreOptions): Promise<KeyName>
  /** Stores a key beside those that are there, and retires them. @throws GatewayError as `set` does, and WEIR_ERR_KEY_MISSING when there is none */
  rotate (slot: Slot, value: string, by: string, options: RotateOptions): Promise<{ readonly key: KeyName, readonly retired: readonly KeyName[] }>
  list (): readonly KeyName[]
  /** Removes the key with this id, or all of the slot. @returns their names */
  remove (slot: Slot, by: string, id?: string): Promise<readonly KeyName[]>
  /** Removes the keys that have retired, if there are any. */
  prune (by: string): Promise<void>
  /** What was done by any process and is not known to be in the ledger, oldest first. @throws GatewayError WEIR_ERR_VAULT */
  changes (): readonly KeyChange[]
  /** Forgets changes that are in the ledger. */
  acknowledge (ids: ReadonlySet<string>): Promise<void>
}

const RECHECK_MS = 1_000
const REREAD_MS = 5_000 // a master key that is not at hand may take a command to get
const MAX_CHANGES = 1_000 // only a gateway takes them away; without a bound a vault that never meets one would grow for ever

/** Opens the vault and every key in it. @throws GatewayError WEIR_ERR_VAULT when the file is corrupt or the master key another */
export async function openVault (options: VaultOptions): Promise<Vault> {
  const { file, rereadMasterKeys, nowMs = Date.now, onWarning } = options
  let { masterKeys } = options
  let state = readOpened(file, masterKeys, { nowMs: nowMs(), before: null })
  if (state.missing.size > 0) await reread() // a rotation may have ended between the reading of the key and of the vault
  if (state.missing.size > 0) throw new GatewayError('WEIR_ERR_VAULT', `The vault is under the master key ${[...state.missing].join(', ')}; the one given is ${masterKeys.current.id}.`)
  let checkedMs = nowMs()
  let rereadMs = -Infinity
  let writing: Promise<unknown> = Promise.resolve()

  function current (): OpenedVault {
    const now = nowMs()
    if (now - checkedMs < RECHECK_MS && now >= checkedMs && now < state.validUntilMs) return state
    return refreshed(now)
  }
  function refreshed (now: number): OpenedVault {
    if (fileStamp(file) !== state.stamp) state = readOpened(file, masterKeys, { nowMs: now, before: state })
    else if (now >= state.validUntilMs) state = asOf(state, now)
    checkedMs = now // only after the load: a vault that fails to load keeps failing, it does not serve the old key
    if (state.missing.size > 0 && now - rereadMs > REREAD_MS) {
      rereadMs = now
      reread().catch((error: unknown) => { onWarning?.('the vault was moved to a master key that could not be read', error) })
    }
    return state
  }
  async function reread (): Promise<void> {
    if (rereadMasterKeys === undefined) return
    masterKeys = await rereadMasterKeys()
    state = readOpened(file, masterKeys, { nowMs: nowMs(), before: state })
  }
  async function sealingKey (): Promise<MasterKey> {
    const master = state.content.master ?? masterKeys.current.id
    if (findMasterKey(masterKeys, master) === null) await reread()
    const found = findMasterKey(masterKeys, master)
    if (found === null) throw new GatewayError('WEIR_ERR_VAULT', `The vault was moved to the master key ${master}: this process must be started with it to write.`)
    return found
  }
  // Writes of this process queue up, those of others wait for the lock; each starts from what the file holds then.
  function write<T> (change: (records: readonly SealedRecord[], master: MasterKey) => Change<T>, acknowledged: ReadonlySet<string> = new Set()): Promise<T> {
    const next = writing.then(() => withVaultLock(file, async () => {
      refreshed(nowMs())
      const master = await sealingKey()
      const { records, changes, result } = change(recordsOf(state, master), master)
      const waiting = [...state.content.changes.filter(({ id }) => !acknowledged.has(id)), ...changes]
      if (waiting.length > MAX_CHANGES) throw new GatewayError('WEIR_ERR_VAULT', `${MAX_CHANGES} changes wait to be recorded: start the gateway.`)
      await writeVaultFile(file, { master: master.id, records, changes: waiting })
      state = readOpened(file, masterKeys, { nowMs: nowMs(), before: state })
      return result
    }))
    writing = next.catch(() => undefined) // the caller has the error; the queue goes on
    return next
  }
  const doing = (by: string): { readonly by: string, readonly atMs: number } => ({ by, atMs: nowMs() })

  return {
    keys: (provider, environment, app = null) => current().find(provider, environment, app),
    values: () => current().held,
    set: async (slot, value, by, stored) => write((records, master) => afterSet(records, { slot, value, master, doing: doing(by) }, stored)),
    rotate: async (slot, value, by, rotated) => write((records, master) => afterRotate(records, { slot, value, master, doing: doing(by), values: state.values }, rotated)),
    list: () => current().content.records.map(nameOf),
    remove: async (slot, by, id) => write((records) => afterRemove(records, { slot, id, doing: doing(by) })),
    async prune (by) {
      const now = nowMs()
      if (!current().content.records.some(({ retires = Infinity }) => retires <= now)) return
      await write((records) => afterRetirement(records, doing(by)))
    },
    changes: () => current().content.changes,
    async acknowledge (ids) {
      if (ids.size > 0) await write((records) => ({ records, changes: [], result: undefined }), ids)
    },
  }
}

/** The records of a vault as this version keeps them. */
export function recordsOf ({ content, values }: OpenedVault, master: MasterKey): readonly SealedRecord[] {
  return content.records.map((record) => record.key === null ? seal(nameOf(record), values.get(record.id) ?? '', master) : record)
}
