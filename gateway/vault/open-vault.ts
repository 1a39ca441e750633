import { join } from 'node:path'
import { readMasterKey } from './master-key.ts'
import { openVault, type Vault } from './vault.ts'

/** The vault of a data directory. @throws GatewayError WEIR_ERR_VAULT */
export async function openVaultOf (dataDir: string, env: NodeJS.ProcessEnv): Promise<Vault> {
  return openVault({ file: join(dataDir, 'vault.json'), masterKey: readMasterKey({ dataDir, env }) })
}
