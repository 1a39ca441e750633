import { sha256 } from '../core/canonical-json.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'

/** `prev` of the first entry, and the head of an empty journal. */
export const ZERO_HASH = '0'.repeat(64)

/** Largest body of one entry, bytes of UTF-8. A decision's input is bounded well below; this stops a runaway `detail`. */
export const MAX_ENTRY_BYTES = 256 * 1024

const HASH_CHARS = 64
const SPACE = 0x20

/** One entry ready to be written. `line` is `<hash> <json>\n`. */
export interface EncodedEntry { readonly line: string, readonly hash: string }

/** A line taken apart: `json` holds exactly the bytes that were hashed. */
export interface SplitLine { readonly hash: string, readonly json: Buffer }

/** What the next entry of a chain must say: its index, and the hash of the one before. */
export interface Expected { readonly index: number, readonly prev: string }

/** A checked entry of the chain, or what is wrong with it. */
export type CheckedEntry = { readonly entry: LedgerEntry, readonly hash: string } | { readonly problem: string }

/**
 * Makes one line. The hash is SHA-256 over the JSON bytes alone: they hold `prev`, so each hash covers all before it.
 *
 * @param body the JSON text of an object that has at least one member and no `index`, `time` or `prev`
 */
export function encodeEntry (at: { readonly index: number, readonly timeMs: number, readonly prev: string }, body: string): EncodedEntry {
  const json = `{"index":${at.index},"time":${at.timeMs},"prev":"${at.prev}",${body.slice(1)}`
  const hash = sha256(json)
  return { line: `${hash} ${json}\n`, hash }
}

/** A line that stands alone (a segment's header): hashed like an entry, but in no chain. */
export function encodeHeader (header: object): string {
  const json = JSON.stringify(header)
  return `${sha256(json)} ${json}\n`
}

/** Takes a line (without its newline) apart and checks its hash. @returns null when it is not a line or the hash differs */
export function splitLine (bytes: Buffer): SplitLine | null {
  if (bytes.length < HASH_CHARS + 3 || bytes[HASH_CHARS] !== SPACE) return null
  const hash = bytes.toString('latin1', 0, HASH_CHARS)
  const json = bytes.subarray(HASH_CHARS + 1)
  return sha256(json) === hash ? { hash, json } : null
}

/** Checks one line as the next of the chain. */
export function checkEntry (bytes: Buffer, expected: Expected): CheckedEntry {
  return checkSplit(splitLine(bytes), expected)
}

/** The same of a line that was taken apart, null when its hash did not match. */
export function checkSplit (split: SplitLine | null, expected: Expected): CheckedEntry {
  if (split === null) return { problem: 'the hash does not match the entry' }
  const entry = parseEntry(split.json)
  if (entry === null) return { problem: 'the entry is not JSON of an entry' }
  if (entry.index !== expected.index) return { problem: `the index is ${entry.index} where ${expected.index} comes next` }
  if (entry.prev !== expected.prev) return { problem: 'the entry does not follow from the one before it' }
  return { entry, hash: split.hash }
}

/** The entry in these bytes, or null. Only the parts the ledger itself relies on are looked at. */
export function parseEntry (json: Buffer): LedgerEntry | null {
  const value = parseJson(json)
  if (typeof value !== 'object' || value === null) return null
  const { index, time, prev, kind, of, decision } = value as Record<string, unknown>
  if (!Number.isSafeInteger(index) || typeof time !== 'number' || typeof prev !== 'string') return null
  if (kind === 'outcome' && !Number.isSafeInteger(of)) return null
  if (kind === 'decision' && (typeof decision !== 'object' || decision === null)) return null
  if (kind !== 'outcome' && kind !== 'decision' && kind !== 'event') return null
  return value as LedgerEntry
}

/** The JSON value in these bytes, or undefined when they are no JSON. */
export function parseJson (json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'))
  } catch {
    return undefined // the caller reports it, with file and line
  }
}
