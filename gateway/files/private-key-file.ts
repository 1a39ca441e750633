import { createPrivateKey, type KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { writeOnce } from './write-once.ts'

/**
 * The private key in a PEM file, made on first use with mode 0600. Of what kind it is, is for the caller to check.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when the file is there but cannot be read, or holds no private key
 */
export function openPrivateKeyFile (file: string, make: () => KeyObject): KeyObject {
  const key = readKey(file)
  if (key !== null) return key
  const made = make()
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // A key that is there already is never replaced, or all that it signed would be a stranger's. Of two first starts at once one wins; the
  // other reads what the winner wrote at its next start.
  writeOnce(file, made.export({ type: 'pkcs8', format: 'pem' }))
  return made
}

function readKey (file: string): KeyObject | null {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${file} cannot be read.`, { cause })
  }
  try {
    return createPrivateKey(pem)
  } catch {
    // What a parser says of a key stays out of messages and logs.
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${file} is not a private key in PEM form.`)
  }
}
