import { randomBytes } from 'node:crypto'
import { lstatSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { parseStrictJson } from '../decode/strict-json.ts'
import { replaceFile } from '../files/replace-file.ts'
import { readKeyChange, type KeyChange } from './key-change.ts'
import { readFirstRecord, readRecord, type FirstRecord, type SealedRecord } from './sealed-record.ts'

const VERSION = 2
const MAX_BYTES = 4_194_304 // 4 MiB: some thousand keys

/** What a vault file of this version holds. `changes` are those that are not in the ledger yet, oldest first. */
export interface VaultContent {
  /** Id of the master key that new records are sealed with. */
  readonly master: string
  readonly records: readonly SealedRecord[]
  readonly changes: readonly KeyChange[]
}

/** A file of either version. */
export type ReadContent = VaultContent | { readonly master: null, readonly records: readonly FirstRecord[], readonly changes: readonly KeyChange[] }

const NOTHING: ReadContent = { master: null, records: [], changes: [] }

/** What identifies one state of the file without reading it; null when there is none. */
export function fileStamp (file: string): string | null {
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? null : `${stat.ino} ${stat.mtimeNs} ${stat.size}`
}

/** What the file holds, nothing when it does not exist. @throws GatewayError WEIR_ERR_VAULT */
export function readVaultFile (file: string): ReadContent {
  let text: string
  try {
    if (fileStamp(file) === null) return NOTHING
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_VAULT', 'The vault file could not be read.', { cause })
  }
  return contentOf(text)
}

/** Replaces the file as a whole: a crash leaves the old one or the new one. @throws GatewayError WEIR_ERR_VAULT */
export async function writeVaultFile (file: string, { master, records, changes }: VaultContent): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const draft = `${file}.${randomBytes(6).toString('hex')}.tmp` // commands and the gateway write it, each in its own process
    await replaceFile(file, `${JSON.stringify({ version: VERSION, master, records, changes }, null, 2)}\n`, draft)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_VAULT', 'The vault file could not be written.', { cause })
  }
}

function contentOf (text: string): ReadContent {
  let value: unknown
  try {
    value = parseStrictJson(text, { maxBytes: MAX_BYTES })
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_VAULT', 'The vault file is corrupt: it is not the JSON that was written.', { cause })
  }
  const { version, master, records, changes } = (typeof value === 'object' && value !== null ? { ...value } : {}) as Readonly<Record<string, unknown>>
  if (!Array.isArray(records)) throw corrupt()
  if (version === 1) return { master: null, records: records.map(readFirstRecord), changes: [] }
  if (version !== VERSION || typeof master !== 'string' || !Array.isArray(changes)) throw corrupt()
  return { master, records: records.map(readRecord), changes: changes.map(readKeyChange) }
}

function corrupt (): GatewayError {
  return new GatewayError('WEIR_ERR_VAULT', 'The vault file is corrupt or of another version.')
}
