import type { LedgerEntry } from '../core/ledger-entry.ts'
import { createUsageReader, type Used } from './usage-entry.ts'

export const USAGE_GROUPS = ['org', 'group', 'actor', 'app', 'environment', 'session', 'provider', 'model', 'key', 'day'] as const
/** `day` is the UTC day on which a request or a session ended, `2026-11-20`. */
export type UsageGroup = typeof USAGE_GROUPS[number]

/**
 * What is added up. Tokens and nano-dollars are of model requests, the rest from `sessions` on of platform use; the two are never added
 * together. Cached and cache-write tokens are parts of the input, those written for an hour of the cache-write tokens, reasoning tokens of the output. `costNanoUsd` leaves out `unpricedRequests`, and counts
 * `guessedRequests` by a worst rate, of tokens, of a service tier or of searches;
 * what is estimated is a part of the whole.
 */
export const USAGE_FIGURES = [
  'requests', 'estimatedRequests', 'unpricedRequests', 'guessedRequests', 'webSearches', 'fileSearches',
  'inputTokens', 'cachedTokens', 'cacheWriteTokens', 'cacheWrite1hTokens', 'audioInputTokens', 'outputTokens', 'reasoningTokens', 'audioOutputTokens',
  'costNanoUsd', 'estimatedCostNanoUsd',
  'sessions', 'estimatedSessions', 'sessionSeconds', 'containerSeconds', 'milliCredits',
] as const
export type UsageFigure = typeof USAGE_FIGURES[number]
export type UsageFigures = Readonly<Record<UsageFigure, number>>

/**
 * What its cost was made with, in order: where the prices came from, and of each model what they were, `openai/gpt-5-mini: input 0.25, output 2`
 * in US dollars for a million tokens.
 */
export interface UsagePrices { readonly priceSources: readonly string[], readonly unitPrices: readonly string[] }

/** What a group used. */
export interface UsageRow extends UsageFigures, UsagePrices { readonly group: Readonly<Partial<Record<UsageGroup, string | null>>> }

/** Unix milliseconds, `since` inclusive, `until` exclusive. */
export interface UsagePeriod { readonly sinceMs?: number | undefined, readonly untilMs?: number | undefined }

interface Sum { readonly group: UsageRow['group'], readonly figures: Record<UsageFigure, number>, readonly sources: Set<string>, readonly units: Set<string> }

/** Whose usage is wanted; absent parts do not limit. */
export interface UsageOwner { readonly actor?: string | undefined, readonly app?: string | undefined, readonly environment?: string | undefined }

/** Usage as it is added up. Feed it every entry in ledger order, from the first one on: an outcome is joined to its decision. */
export interface UsageSums { add (entry: LedgerEntry): void, rows (): readonly UsageRow[] }

export function createUsageSums (group: readonly UsageGroup[], wanted: UsagePeriod & UsageOwner = {}): UsageSums {
  const { sinceMs = -Infinity, untilMs = Infinity, ...owner } = wanted
  const usedIn = createUsageReader()
  const names = USAGE_GROUPS.filter((name) => group.includes(name))
  const sums = new Map<string, Sum>()
  return {
    add (entry) {
      const used = usedIn(entry)
      if (used === null || entry.time < sinceMs || entry.time >= untilMs || !isOf(used.keys, owner)) return
      const keys = { ...used.keys, day: dayOf(entry.time) }
      const id = JSON.stringify(names.map((name) => keys[name]))
      let sum = sums.get(id)
      if (sum === undefined) sums.set(id, sum = begun(names, keys))
      add(sum, used)
    },
    rows: () => sortUsage([...sums.values()].map(({ group, figures, sources, units }) => ({ group, ...figures, priceSources: [...sources].sort(), unitPrices: [...units].sort() }))),
  }
}

/** Sums usage over all entries of a ledger, in its order. */
export async function foldUsage (entries: AsyncIterable<LedgerEntry>, group: readonly UsageGroup[], period: UsagePeriod = {}): Promise<readonly UsageRow[]> {
  const sums = createUsageSums(group, period)
  for await (const entry of entries) sums.add(entry)
  return sums.rows()
}

function isOf (keys: Used['keys'], owner: UsageOwner): boolean {
  return (['actor', 'app', 'environment'] as const).every((name) => owner[name] === undefined || owner[name] === keys[name])
}

/** Largest spend first, then most credits, then by group. */
export function sortUsage (rows: readonly UsageRow[]): readonly UsageRow[] {
  const name = (row: UsageRow): string => JSON.stringify(row.group)
  return rows.toSorted((a, b) => b.costNanoUsd - a.costNanoUsd || b.milliCredits - a.milliCredits || (name(a) < name(b) ? -1 : 1))
}

/** The groups in a list joined by commas (`env` is short for `environment`), or null when one is unknown. */
export function parseUsageGroups (text: string): readonly UsageGroup[] | null {
  const groups = text.split(',').map((part) => part.trim()).filter((part) => part !== '').map((part) => USAGE_GROUPS.find((known) => known === (part === 'env' ? 'environment' : part)))
  return groups.every((name) => name !== undefined) ? groups : null
}

function dayOf (timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

function begun (names: readonly UsageGroup[], keys: Readonly<Record<UsageGroup, string | null>>): Sum {
  return {
    group: Object.fromEntries(names.map((name) => [name, keys[name]])),
    figures: Object.fromEntries(USAGE_FIGURES.map((name) => [name, 0])) as Record<UsageFigure, number>,
    sources: new Set(),
    units: new Set(),
  }
}

function add ({ figures, sources, units }: Sum, used: Used): void {
  for (const name of USAGE_FIGURES) figures[name] += used.figures[name] ?? 0
  if (used.priceSource !== null) sources.add(used.priceSource)
  if (used.unitPrices !== null) units.add(used.unitPrices)
}
