import { createHash } from 'node:crypto'
import { environmentOf, type Environment } from '../core/actor.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'

/** Name of the event without which no tombstone counts. */
export const ENTRIES_EXPIRED = 'entries-expired'

const HASH = /^[0-9a-f]{64} /
const TOMBSTONE = /^\{"tombstone":(0|[1-9]\d{0,14}),"segment":(0|[1-9]\d{0,14})(?:,(?:"opens":"(DEV|TEST|PROD)"|"closes":(0|[1-9]\d{0,14})))?\}$/
const HASH_CHARS = 64
const BEGIN = Buffer.from(' {"tombstone":')
const MAX_BYTES = 192

/**
 * What stands in place of an entry that expired: the line keeps the entry's hash, so the chain, the tree and every proof stay as they were,
 * and says what the entry did to the set of open decisions, which the headers of segments are checked by. `segment` is the segment's first index;
 * `environment` that of a decision that opened, by which its outcome will expire.
 */
export type Tombstone = { readonly index: number, readonly segment: number, readonly hash: string } & (
  | { readonly opens: true, readonly closes: null, readonly environment: Environment }
  | { readonly opens: false, readonly closes: number | null }
)

/** The line, without its newline. */
export function tombstoneLine (tombstone: Tombstone): string {
  return `${tombstone.hash} ${tombstoneText(tombstone)}`
}

/** What stands in the line behind the hash. */
export function tombstoneText (tombstone: Tombstone): string {
  const { index, segment, opens, closes } = tombstone
  const mark = opens ? `,"opens":"${tombstone.environment}"` : closes === null ? '' : `,"closes":${closes}`
  return `{"tombstone":${index},"segment":${segment}${mark}}`
}

/** Whether a line begins as a tombstone does: entries begin with their index. */
export function looksExpired (line: Buffer): boolean {
  return line.subarray(HASH_CHARS, HASH_CHARS + BEGIN.length).equals(BEGIN)
}

/** The tombstone in a line, without its newline; null when it is none. Nothing in it proves itself: a `TombstoneDigest` does, in an entry that does. */
export function parseTombstone (line: Buffer): Tombstone | null {
  if (line.length > MAX_BYTES || !looksExpired(line)) return null
  const text = line.toString('latin1')
  const [whole, index, segment, opens, closes] = TOMBSTONE.exec(text.slice(HASH_CHARS + 1)) ?? []
  if (whole === undefined || !HASH.test(text)) return null
  const place = { index: Number(index), segment: Number(segment), hash: text.slice(0, HASH_CHARS) }
  if (opens !== undefined) return { ...place, opens: true, closes: null, environment: environmentOf(opens) }
  return { ...place, opens: false, closes: closes === undefined ? null : Number(closes) }
}

/** All tombstones of one segment: the first and the last index, and the SHA-256 (hex) of their lines in order, each with its newline. */
export interface ExpiredPart { readonly segment: number, readonly first: number, readonly last: number, readonly entries: number, readonly sha256: string }

/** Gathers the tombstones of a segment, or of segments one after the other. */
export interface TombstoneDigest {
  /** @returns the segment before, when this is the first tombstone of another one */
  add (tombstone: Tombstone): ExpiredPart | null
  /** The segment that is being gathered; null when there is none. */
  end (): ExpiredPart | null
}

export function createTombstoneDigest (): TombstoneDigest {
  let part: Omit<ExpiredPart, 'sha256'> | null = null
  let digest = createHash('sha256')

  const end = (): ExpiredPart | null => part === null ? null : { ...part, sha256: digest.copy().digest('hex') }

  return {
    end,
    add (tombstone) {
      const { segment, index } = tombstone
      const before = part !== null && part.segment !== segment ? end() : null
      if (part === null || before !== null) {
        part = { segment, first: index, last: index, entries: 0 }
        digest = createHash('sha256')
      }
      part = { ...part, last: index, entries: part.entries + 1 }
      digest.update(`${tombstoneLine(tombstone)}\n`)
      return before
    },
  }
}

/** What an entry says that expired: the tombstones of one segment, by their digest. `index` is its own. */
export interface Expiry { readonly index: number, readonly segment: number, readonly sha256: string }

/** Null for every entry that is no `entries-expired`. */
export function expiryIn (entry: LedgerEntry): Expiry | null {
  if (entry.kind !== 'event' || entry.name !== ENTRIES_EXPIRED) return null
  const { segment, sha256 } = entry.detail
  return typeof segment === 'number' && typeof sha256 === 'string' ? { index: entry.index, segment, sha256 } : null
}

/** Tombstones, and the entries that say so. */
export interface ExpiryBook {
  addPart (part: ExpiredPart): void
  addExpiry (expiry: Expiry): void
  /** The first tombstones that no entry says of that they expired; null when there are none. */
  uncovered (): ExpiredPart | null
  /** Tombstones so far. */
  entries (): number
  /** Index of the last of the entries that are needed to cover them all, -1 without tombstones: what is signed must reach behind it. */
  coveredBy (): number
}

/** Both come in the order in which they stand in the ledger. Holds a line for each segment. */
export function createExpiryBook (): ExpiryBook {
  const parts: ExpiredPart[] = []
  const expiries = new Map<string, number>()
  const keyOf = ({ segment, sha256 }: Pick<ExpiredPart, 'segment' | 'sha256'>): string => `${segment} ${sha256}`
  return {
    addPart (part) { parts.push(part) },
    addExpiry (expiry) { if (!expiries.has(keyOf(expiry))) expiries.set(keyOf(expiry), expiry.index) },
    uncovered: () => parts.find((part) => !expiries.has(keyOf(part))) ?? null,
    entries: () => parts.reduce((sum, part) => sum + part.entries, 0),
    coveredBy: () => parts.reduce((most, part) => Math.max(most, expiries.get(keyOf(part)) ?? -1), -1),
  }
}

export const NOT_SAID_TO_EXPIRE = 'no entry of the ledger says that these expired, or they are not as it says'
