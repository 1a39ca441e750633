import { GatewayError } from '../core/errors.ts'
import { masterKeyChange, type KeyChange } from './key-change.ts'
import { makeMasterKeyFile, MASTER_KEY_FILES, promoteNextMasterKey } from './master-key-file.ts'
import { isKeptInFile, isNextGiven, readMasterKeys, type MasterKeySource } from './master-key-source.ts'
import type { MasterKey, MasterKeys } from './master-key.ts'
import { readOpened, type OpenedVault } from './opened-vault.ts'
import { rewrap, sealId } from './sealed-record.ts'
import { recordsOf } from './vault.ts'
import { withVaultLock } from './vault-lock.ts'
import { writeVaultFile } from './vault-file.ts'

/** A rotation: ids of the two master keys, how many keys are under the new one, and whether the key file was replaced as well. */
export interface MasterRotation { readonly from: string, readonly to: string, readonly keys: number, readonly kept: 'file' | 'outside' }

/**
 * Puts every data key of a vault under the next master key. Where the key is kept in a file, the next one is made here; else it must be
 * given by the environment or by a command.
 *
 * A crash leaves one of these, and each opens with the keys that are there: (1) `master.key.next` made and the vault as it was;
 * (2) the vault under the next key and both files; (3) done. Running it again ends (2).
 *
 * @throws GatewayError WEIR_ERR_VAULT
 */
export async function rotateMasterKey (file: string, source: MasterKeySource, by: string): Promise<MasterRotation> {
  return await withVaultLock(file, async () => {
    const keys = await readMasterKeys(source)
    const isOurs = isKeptInFile(source) && !isNextGiven(source)
    if (keys.next === null && !isOurs) throw new GatewayError('WEIR_ERR_VAULT', 'The next master key is needed: WEIR_MASTER_KEY_NEXT, or vault.nextMasterKeyCommand.')
    const next = keys.next ?? makeMasterKeyFile(source.dataDir, MASTER_KEY_FILES.next)
    if (next.id === keys.current.id) throw new GatewayError('WEIR_ERR_VAULT', 'The next master key is the one in force.')
    const count = await moved(file, { current: keys.current, next }, by)
    if (isOurs) promoteNextMasterKey(source.dataDir)
    return { from: keys.current.id, to: next.id, keys: count, kept: isOurs ? 'file' : 'outside' }
  })
}

async function moved (file: string, keys: MasterKeys & { readonly next: MasterKey }, by: string): Promise<number> {
  const atMs = Date.now()
  const opened = readOpened(file, keys, { nowMs: atMs, before: null })
  if (opened.missing.size > 0) throw new GatewayError('WEIR_ERR_VAULT', `The vault is under the master key ${[...opened.missing].join(', ')}, which was not given.`)
  const { length } = opened.content.records
  if (opened.content.master === keys.next.id) return length // a crash, or a run of this before: only the key file is left to do
  const change = masterKeyChange({ by, atMs }, { from: keys.current.id, to: keys.next.id, keys: length })
  await writeVaultFile(file, movedContent(opened, keys, change))
  return length
}

function movedContent (opened: OpenedVault, { current, next }: MasterKeys & { readonly next: MasterKey }, change: KeyChange): Parameters<typeof writeVaultFile>[1] {
  // Those of version 1 have no data key yet; sealing gives them one.
  const records = opened.content.master === null
    ? recordsOf(opened, next)
    : recordsOf(opened, current).map((record) => rewrap(record, demand(opened.dataKeys.get(sealId(record))), next))
  return { master: next.id, records, changes: [...opened.content.changes, change] }
}

function demand (dataKey: Buffer | undefined): Buffer {
  if (dataKey === undefined) throw new GatewayError('WEIR_ERR_VAULT', 'A key in the vault does not open.')
  return dataKey
}
