import { parseJson } from '../ledger/entry-line.ts'
import { isFilter, type ExportEnd, type ExportHeader } from './export-format.ts'

/** The file of an export in parts that is written last: without it the parts are a beginning. */
export const MANIFEST = 'manifest.json'
/** Folder of the parts beside it. */
export const PARTS = 'entries'
/** Of some 400,000 parts. */
export const MANIFEST_MAX_BYTES = 64 * 1024 * 1024

const FORMAT = 'weir-ledger-export-parts'
const VERSION = 1
const SHA256 = /^[0-9a-f]{64}$/
const INDEX_DIGITS = 20

/** Some lines of an export, as a file: how many, and of what bytes. */
export interface ExportPart extends ExportEnd { readonly bytes: number }

/** An export in parts: its first line, its parts in order, and what its last line says. Put together they are the export as one file, byte for byte. */
export interface ExportManifest extends ExportHeader, ExportEnd { readonly parts: readonly ExportPart[] }

export function manifestText ({ filter, checkpoint, parts, entries, sha256 }: ExportManifest): string {
  const listed = parts.map((part) => ({ entries: part.entries, bytes: part.bytes, sha256: part.sha256 }))
  return `${JSON.stringify({ format: FORMAT, version: VERSION, filter, checkpoint, parts: listed, entries, sha256 })}\n`
}

/** The manifest in a file, null when it is none of this version. Only the one form that `manifestText` writes is one. */
export function parseManifest (bytes: Buffer): ExportManifest | null {
  const value = parseJson(bytes)
  if (typeof value !== 'object' || value === null) return null
  const { filter, checkpoint, parts, entries, sha256 } = value as Record<string, unknown>
  if (typeof checkpoint !== 'string' || (filter !== null && !isFilter(filter)) || !Array.isArray(parts) || !parts.every(isPart) || !isEnd({ entries, sha256 })) return null
  const manifest = { filter, checkpoint, parts, entries: Number(entries), sha256: String(sha256) }
  return manifestText(manifest) === bytes.toString('utf8') ? manifest : null
}

/**
 * Name of a part below the folder of its export. The same lines have the same name in every export, so a later one of a ledger that has
 * grown adds to what is there.
 *
 * @param before entries in the parts before it
 */
export function partName (before: number, { sha256 }: Pick<ExportPart, 'sha256'>): string {
  return `${PARTS}/${String(before).padStart(INDEX_DIGITS, '0')}-${sha256}.jsonl`
}

function isPart (value: unknown): value is ExportPart {
  return isEnd(value) && isCount((value as Partial<ExportPart>).bytes)
}

function isEnd (value: unknown): value is ExportEnd {
  if (typeof value !== 'object' || value === null) return false
  const { entries, sha256 } = value as Record<string, unknown>
  return isCount(entries) && typeof sha256 === 'string' && SHA256.test(sha256)
}

function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
