import { join } from 'node:path'
import type { MasterKeyCommand } from './master-key-command.ts'
import { readMasterKeys, type MasterKeySource } from './master-key-source.ts'
import { rotateMasterKey, type MasterRotation } from './rotate-master.ts'
import { openVault, type Vault, type VaultOptions } from './vault.ts'

/** Where a vault and its master key are. */
export interface VaultPlace {
  readonly dataDir: string
  readonly vault?: { readonly masterKeyCommand?: MasterKeyCommand, readonly nextMasterKeyCommand?: MasterKeyCommand }
}

/** The vault of a data directory. @throws GatewayError WEIR_ERR_VAULT */
export async function openVaultOf (place: VaultPlace, env: NodeJS.ProcessEnv, onWarning?: VaultOptions['onWarning']): Promise<Vault> {
  const source = sourceOf(place, env)
  return openVault({
    file: fileOf(place),
    masterKeys: await readMasterKeys(source),
    rereadMasterKeys: () => readMasterKeys(source),
    ...(onWarning === undefined ? {} : { onWarning }),
  })
}

/** Moves the vault of a data directory to its next master key. @throws GatewayError WEIR_ERR_VAULT */
export async function rotateMasterKeyOf (place: VaultPlace, env: NodeJS.ProcessEnv, by: string): Promise<MasterRotation> {
  return rotateMasterKey(fileOf(place), sourceOf(place, env), by)
}

function sourceOf ({ dataDir, vault }: VaultPlace, env: NodeJS.ProcessEnv): MasterKeySource {
  return { dataDir, env, command: vault?.masterKeyCommand, nextCommand: vault?.nextMasterKeyCommand }
}

function fileOf ({ dataDir }: VaultPlace): string {
  return join(dataDir, 'vault.json')
}
