import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { GatewayError } from '../core/errors.ts'

const KEY_BYTES = 32 // AES-256

export interface MasterKeySource { readonly dataDir: string, readonly env: NodeJS.ProcessEnv }

/**
 * The vault's 32-byte master key: `WEIR_MASTER_KEY` in hex or base64, else `master.key` in the data directory, made on
 * first use with mode 0600.
 *
 * @throws GatewayError WEIR_ERR_VAULT when it has another length, or others may read the file
 */
export function readMasterKey ({ dataDir, env }: MasterKeySource): Buffer {
  const given = env['WEIR_MASTER_KEY']
  if (given !== undefined && given !== '') return decodeKey(given, 'WEIR_MASTER_KEY')
  const file = join(dataDir, 'master.key')
  return readKeyFile(file) ?? makeKeyFile(file)
}

function decodeKey (text: string, source: string): Buffer {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, /^[0-9a-fA-F]{64}$/.test(trimmed) ? 'hex' : 'base64')
  if (key.length !== KEY_BYTES) throw new GatewayError('WEIR_ERR_VAULT', `${source} must be 32 bytes in hex or base64.`)
  return key
}

function readKeyFile (file: string): Buffer | null {
  try {
    const stat = lstatSync(file)
    if (!stat.isFile() || (stat.mode & 0o077) !== 0) throw new GatewayError('WEIR_ERR_VAULT', 'master.key must be a file that only its owner can read (mode 0600).')
    return decodeKey(readFileSync(file, 'utf8'), 'master.key')
  } catch (error) {
    if (isMissing(error)) return null
    throw error instanceof GatewayError ? error : new GatewayError('WEIR_ERR_VAULT', 'master.key could not be read.', { cause: error })
  }
}

function makeKeyFile (file: string): Buffer {
  const key = randomBytes(KEY_BYTES)
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const handle = openSync(file, 'wx', 0o600) // `x`: never over a key that another process made meanwhile
    try {
      writeSync(handle, `${key.toString('base64')}\n`)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    return key
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_VAULT', 'master.key could not be made in the data directory.', { cause })
  }
}

function isMissing (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
