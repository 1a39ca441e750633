import { generateKeyPairSync, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { openPrivateKeyFile } from '../files/private-key-file.ts'
import { openHashTail } from '../ledger/hash-tail.ts'
import type { NoteKey } from './signed-note.ts'

const ORIGIN = 'weir-ledger/'
const ORIGIN_BYTES = 8

/** Where the log of a data directory is: a folder that any static file server can serve. */
export function logDirOf (dataDir: string): string {
  return join(dataDir, 'ledger-log')
}

export function checkpointFileOf (logDir: string): string {
  return join(logDir, 'checkpoint')
}

export function ledgerKeyFileOf (dataDir: string): string {
  return join(dataDir, 'identity', 'ledger-key.pem')
}

/**
 * The Ed25519 key that checkpoints of a data directory are signed with, made on first use with mode 0600.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when the file is there but holds another kind of key
 */
export function openLedgerKey (dataDir: string): KeyObject {
  const file = ledgerKeyFileOf(dataDir)
  const key = openPrivateKeyFile(file, () => generateKeyPairSync('ed25519').privateKey)
  if (key.asymmetricKeyType !== 'ed25519') throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${file} is not an Ed25519 private key.`)
  return key
}

/**
 * What a journal's log is called, by its first entry; null while there is none. A chain that is begun anew is another log: by the name of
 * the old one its checkpoints would be those of a log that says two things.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when the journal does not begin with entry 0
 */
export async function originOf (journalDir: string): Promise<string | null> {
  const first = await openHashTail(journalDir, 0).read(0)
  return first.length === 0 ? null : originFor(first)
}

/** The same from the hash of the first entry. */
export function originFor (firstHash: Buffer): string {
  return `${ORIGIN}${firstHash.subarray(0, ORIGIN_BYTES).toString('hex')}`
}

/** The key of a data directory by the name of its log; null while the journal is empty. */
export async function noteKeyOf (dataDir: string, journalDir: string): Promise<NoteKey | null> {
  const name = await originOf(journalDir)
  return name === null ? null : { name, publicKey: createPublicKey(openLedgerKey(dataDir)) }
}

/** The last signed checkpoint in a log's folder; null when there is none. */
export async function readCheckpointFile (logDir: string): Promise<string | null> {
  try {
    return await readFile(checkpointFileOf(logDir), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
