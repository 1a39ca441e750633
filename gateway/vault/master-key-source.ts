import { masterKeyByCommand, type MasterKeyCommand } from './master-key-command.ts'
import { makeMasterKeyFile, MASTER_KEY_FILES, readMasterKeyFile } from './master-key-file.ts'
import { decodeMasterKey, type MasterKey, type MasterKeys } from './master-key.ts'

/** Where master keys come from: the environment wins over a command, and that over the file in the data directory. */
export interface MasterKeySource {
  readonly dataDir: string
  readonly env: NodeJS.ProcessEnv
  readonly command?: MasterKeyCommand | undefined
  readonly nextCommand?: MasterKeyCommand | undefined
}

/**
 * The master key in force (`WEIR_MASTER_KEY`, a command, or `master.key`, which is made on first use), and the one that a rotation
 * moves to, if there is one (`WEIR_MASTER_KEY_NEXT`, a command, or `master.key.next`).
 *
 * @throws GatewayError WEIR_ERR_VAULT
 */
export async function readMasterKeys (source: MasterKeySource): Promise<MasterKeys> {
  return Object.freeze({ current: await currentKey(source), next: await nextKey(source) })
}

/** Whether the key in force is the file's, so that a rotation can make and keep the next one itself. */
export function isKeptInFile ({ env, command }: MasterKeySource): boolean {
  return isUnset(env['WEIR_MASTER_KEY']) && command === undefined
}

/** Whether the next key is given from outside: by environment or command. */
export function isNextGiven ({ env, nextCommand }: MasterKeySource): boolean {
  return !isUnset(env['WEIR_MASTER_KEY_NEXT']) || nextCommand !== undefined
}

async function currentKey ({ dataDir, env, command }: MasterKeySource): Promise<MasterKey> {
  const given = env['WEIR_MASTER_KEY']
  if (given !== undefined && given !== '') return decodeMasterKey(given, 'WEIR_MASTER_KEY')
  if (command !== undefined) return await masterKeyByCommand(command, env)
  return readMasterKeyFile(dataDir, MASTER_KEY_FILES.current) ?? makeMasterKeyFile(dataDir, MASTER_KEY_FILES.current)
}

async function nextKey ({ dataDir, env, nextCommand }: MasterKeySource): Promise<MasterKey | null> {
  const given = env['WEIR_MASTER_KEY_NEXT']
  if (given !== undefined && given !== '') return decodeMasterKey(given, 'WEIR_MASTER_KEY_NEXT')
  if (nextCommand !== undefined) return await masterKeyByCommand(nextCommand, env)
  return readMasterKeyFile(dataDir, MASTER_KEY_FILES.next)
}

function isUnset (value: string | undefined): boolean {
  return value === undefined || value === ''
}
