import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { syncFolder } from '../files/sync-folder.ts'
import { writeOnce } from '../files/write-once.ts'
import { decodeMasterKey, masterKeyOf, type MasterKey } from './master-key.ts'

/** The key in force, and the one a rotation is moving to. Both are files in the data directory, mode 0600. */
export const MASTER_KEY_FILES = { current: 'master.key', next: 'master.key.next' } as const

/** @returns null when there is no such file. @throws GatewayError WEIR_ERR_VAULT, also when others may read it */
export function readMasterKeyFile (dataDir: string, name: string): MasterKey | null {
  const file = join(dataDir, name)
  try {
    const stat = lstatSync(file)
    if (!stat.isFile() || (stat.mode & 0o077) !== 0) throw new GatewayError('WEIR_ERR_VAULT', `${name} must be a file that only its owner can read (mode 0600).`)
    return decodeMasterKey(readFileSync(file, 'utf8'), name)
  } catch (error) {
    if (isMissing(error)) return null
    throw error instanceof GatewayError ? error : new GatewayError('WEIR_ERR_VAULT', `${name} could not be read.`, { cause: error })
  }
}

/** Makes a key file, durably: what is sealed with the key must not outlive it. @throws GatewayError WEIR_ERR_VAULT when there is one */
export function makeMasterKeyFile (dataDir: string, name: string): MasterKey {
  const key = randomBytes(32)
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    writeOnce(join(dataDir, name), `${key.toString('base64')}\n`)
    return masterKeyOf(key)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_VAULT', `${name} could not be made in the data directory.`, { cause })
  }
}

/** Ends a rotation: the next key takes the place of the current one, which is gone. @throws GatewayError WEIR_ERR_VAULT */
export function promoteNextMasterKey (dataDir: string): void {
  try {
    renameSync(join(dataDir, MASTER_KEY_FILES.next), join(dataDir, MASTER_KEY_FILES.current))
    syncFolder(dataDir)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_VAULT', `${MASTER_KEY_FILES.next} could not take the place of ${MASTER_KEY_FILES.current}; the vault opens with both files there.`, { cause })
  }
}

function isMissing (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
