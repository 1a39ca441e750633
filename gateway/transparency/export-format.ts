import { open } from 'node:fs/promises'
import { sha256 } from '../core/canonical-json.ts'
import { parseJson, type SplitLine } from '../ledger/entry-line.ts'
import { parseTombstone, type Tombstone } from '../ledger/tombstone.ts'

const FORMAT = 'weir-ledger-export'
const VERSION = 1
const BEGINNING = `{"format":"${FORMAT}",`
/** What stands before an entry's own bytes, which come last and end before the line's last brace. */
const ENTRY_HEAD = /^\{"hash":"([0-9a-f]{64})",(?:"proof":\[((?:"[A-Za-z0-9+/]{43}="(?:,"[A-Za-z0-9+/]{43}=")*)?)\],)?"entry":(?=\{)/
const ENTRY_HEAD_CHARS = 4_096 // a proof has at most 53 hashes of 47 characters
const ENTRY_ALONE_CHARS = `{"hash":"${'0'.repeat(64)}","entry":`.length
const END = /^\{"entries":(0|[1-9]\d{0,15}),"sha256":"([0-9a-f]{64})"\}$/
const END_MAX_BYTES = 128
const TOMBSTONE_CHARS = 192 // more than one has
const CLOSING_BRACE = 0x7d

/** What was asked of the ledger, by the names of `EntryFilter`. */
export type ExportFilter = Readonly<Record<string, string | number>>

/** First line of an export. Without a filter it holds every entry of the signed checkpoint; with one, those that match, each with its proof. */
export interface ExportHeader { readonly filter: ExportFilter | null, readonly checkpoint: string }

/** A line of one entry, its hash checked, or of one that expired; `proof` only in an export by a filter. */
export interface ExportedEntry { readonly split: SplitLine | null, readonly proof: readonly Buffer[] | null, readonly tombstone: Tombstone | null }

/** Last line: how many entries came before, and the SHA-256 of all bytes before it. It shows accidents; forgeries are shown by proofs and signature. */
export interface ExportEnd { readonly entries: number, readonly sha256: string }

export function headerLine ({ filter, checkpoint }: ExportHeader): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, filter, checkpoint })}\n`
}

export function entryLine ({ hash, json }: { readonly hash: string, readonly json: string }, proof: readonly Buffer[] | null): string {
  return `${entryHead(hash, proof)}${json}}\n`
}

function entryHead (hash: string, proof: readonly Buffer[] | null): string {
  const hashes = proof === null ? '' : `"proof":${JSON.stringify(proof.map((one) => one.toString('base64')))},`
  return `{"hash":"${hash}",${hashes}"entry":`
}

export function endLine ({ entries, sha256 }: ExportEnd): string {
  return `{"entries":${entries},"sha256":"${sha256}"}\n`
}

/** The header in a line, null when it is none of this version. Only the one form that `headerLine` writes is one. */
export function parseHeader (bytes: Buffer): ExportHeader | null {
  const value = parseJson(bytes)
  if (typeof value !== 'object' || value === null) return null
  const { filter, checkpoint } = value as Record<string, unknown>
  if (typeof checkpoint !== 'string' || (filter !== null && !isFilter(filter))) return null
  const header = { filter, checkpoint }
  return headerLine(header) === `${bytes.toString('utf8')}\n` ? header : null
}

/** The entry in a line; null when it is no line of an entry, `split` null when the hash is not that of the entry. */
export function parseEntryLine (bytes: Buffer): ExportedEntry | null {
  const [head, hash, hashes] = ENTRY_HEAD.exec(bytes.toString('latin1', 0, ENTRY_HEAD_CHARS)) ?? []
  if (head === undefined || hash === undefined || bytes.at(-1) !== CLOSING_BRACE) return null
  const json = bytes.subarray(head.length, -1)
  const proof = head.length === ENTRY_ALONE_CHARS ? null : proofOf(hashes ?? '')
  if (proof !== null && entryHead(hash, proof) !== head) return null // base64 has several texts for the same bytes
  return { split: sha256(json) === hash ? { hash, json } : null, proof, tombstone: parseTombstone(Buffer.from(`${hash} ${json.toString('latin1', 0, TOMBSTONE_CHARS)}`, 'latin1')) }
}

export function parseEnd (bytes: Buffer): ExportEnd | null {
  const [, entries, digest] = bytes.length > END_MAX_BYTES ? [] : END.exec(bytes.toString('latin1')) ?? []
  return entries === undefined || digest === undefined ? null : { entries: Number(entries), sha256: digest }
}

/** Whether a file begins as an export does, of whatever version. */
export async function isExport (path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0)
    return buffer.toString('latin1', 0, bytesRead) === BEGINNING
  } finally {
    await file.close()
  }
}

function proofOf (hashes: string): readonly Buffer[] {
  return hashes === '' ? [] : hashes.slice(1, -1).split('","').map((hash) => Buffer.from(hash, 'base64'))
}

/** Whether a value is a filter as a header names one. */
export function isFilter (value: unknown): value is ExportFilter {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((member) => typeof member === 'string' || typeof member === 'number')
}
