import type { LedgerEntry } from '../core/ledger-entry.ts'
import { about, type EntryAbout } from './entry-about.ts'
import { wordsOfEntry, wordsOfSearch } from './entry-words.ts'

export const KINDS = ['decision', 'outcome', 'event'] as const
export type EntryKind = typeof KINDS[number]

/** Entries of one page: when nothing is said, and at most. */
export const PAGE_ENTRIES = { usual: 100, most: 1_000 } as const

/** Which entries are wanted; absent parts do not limit. Times are Unix milliseconds, `since` inclusive, `until` exclusive. */
export interface EntryFilter {
  readonly env?: string | undefined
  readonly actor?: string | undefined
  readonly app?: string | undefined
  readonly session?: string | undefined
  readonly request?: string | undefined
  readonly verdict?: string | undefined
  readonly rule?: string | undefined
  /** Class of a path that the decision is about. */
  readonly pathClass?: string | undefined
  /** Words that are all in the decision's reason or its paths; `wordsOfSearch` says which can be looked for. */
  readonly text?: string | undefined
  /** Id of a provider key: requests that used or tried it, and what was done to it. */
  readonly key?: string | undefined
  readonly kind?: EntryKind | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
  /** Entries with a lower index only, for the next page of newest first. */
  readonly before?: number | undefined
  /** Entries with a higher index only, for the next page of oldest first. */
  readonly after?: number | undefined
  /** 1 to 1,000. Default 100. */
  readonly limit?: number | undefined
  /** Default `newest` (first). */
  readonly order?: 'newest' | 'oldest' | undefined
}

/** Whether an entry is wanted. `of` is what is known of the decision that an outcome belongs to. */
export function matches (entry: LedgerEntry, filter: EntryFilter, of: EntryAbout | null): boolean {
  const known = about(entry, of)
  return same(filter.env, known.environment) && same(filter.actor, known.actor) && same(filter.app, known.app) &&
    same(filter.session, known.session) && same(filter.request, known.request) && same(filter.verdict, known.verdict) && same(filter.rule, known.rule) &&
    same(filter.kind, entry.kind) && (filter.key === undefined || namesKey(entry, filter.key)) && (filter.pathClass === undefined || touches(entry, filter.pathClass)) && (filter.text === undefined || says(entry, filter.text)) &&
    entry.time >= (filter.sinceMs ?? -Infinity) && entry.time < (filter.untilMs ?? Infinity) &&
    entry.index < (filter.before ?? Infinity) && entry.index > (filter.after ?? -1)
}

function same (wanted: string | undefined, found: string | null): boolean {
  return wanted === undefined || wanted === found
}

function namesKey (entry: LedgerEntry, key: string): boolean {
  if (entry.kind === 'decision') return false
  const { keyId, attempts } = entry.detail
  return keyId === key || (Array.isArray(attempts) && attempts.some((attempt: { readonly keyId?: unknown } | null) => attempt?.keyId === key))
}

function touches (entry: LedgerEntry, wanted: string): boolean {
  return entry.kind === 'decision' && entry.input.targets.some((target) => target.class === wanted)
}

function says (entry: LedgerEntry, text: string): boolean {
  const wanted = wordsOfSearch(text)
  if (wanted === null || entry.kind !== 'decision') return false
  const words = wordsOfEntry(entry)
  return wanted.every((word) => words.has(word))
}

const DURATION = /^(\d{1,9})([smhd])$/
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time as people write it: Unix milliseconds, an ISO date, or an age (`90s`, `15m`, `12h`, `7d`). @returns null when it is none */
export function parseTimeMs (text: string, nowMs: number): number | null {
  if (/^\d{1,16}$/.test(text)) return Number(text)
  const [, count, unit] = DURATION.exec(text) ?? []
  if (count !== undefined && unit !== undefined) return nowMs - Number(count) * (UNIT_MS[unit] ?? 0)
  // Date.parse alone takes almost any text for a date.
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(time) ? null : time
}
