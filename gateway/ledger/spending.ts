import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Amount, Circumstances, Spent } from '../core/circumstances.ts'
import type { EventBody, LedgerEntry } from '../core/ledger-entry.ts'
import { joinOutcomes, type OutcomeJoin } from './entry-about.ts'
import type { Journal } from './journal.ts'
import { listSegments } from './segment.ts'
import { createSpendingSums, type SpendingSums } from './spending-sums.ts'
import { openTail, type RawEntry } from './tail.ts'

const MAX_BATCH_ENTRIES = 2_000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
const RETRY_MS = 1_000

export interface SpendingOptions {
  readonly journal: Pick<Journal, 'head' | 'onAppend'>
  readonly journalDir: string
  readonly nowMs: () => number
  /** Called when the journal cannot be read: until it can be, nothing is known. */
  readonly onWarning: (message: string, cause: unknown) => void
  /** What running requests hold: added to what was spent. Default: nothing. */
  readonly held?: (actor: string, environment: string) => Amount
  /** Called in the turn in which the outcome of that decision has been counted, or was seen to have cost nothing. */
  readonly onCounted?: (entry: number) => void
  /** Events of this name are read on the way. */
  readonly events?: { readonly name: string, readonly read: (event: EventBody) => void }
}

/** What actors spent on models in this UTC day and month, by the journal. Reads nothing before it is first asked. */
export interface Spending {
  /** Synchronous. Null while the journal is not read up to its end; a request that runs counts as what it holds. */
  spent (actor: string, environment: string, nowMs: number): { readonly day: Spent, readonly month: Spent } | null
  close (): Promise<void>
}

/** Follows a journal from the first segment that can hold an entry of this month. One writer's journal: replicas do not share it. */
export function followSpending (options: SpendingOptions): Spending {
  const stop = new AbortController()
  const state = { isRead: false, sums: createSpendingSums() }
  let running: Promise<void> | null = null
  return {
    spent (actor, environment, nowMs): Circumstances['usage'] {
      running ??= run(options, state, stop.signal)
      return state.isRead ? state.sums.of(actor, environment, nowMs, options.held?.(actor, environment)) : null
    },
    async close () {
      stop.abort()
      await running
    },
  }
}

interface State { isRead: boolean, sums: SpendingSums }

async function run (options: SpendingOptions, state: State, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      state.sums = createSpendingSums()
      await follow(options, state, signal)
    } catch (cause) {
      state.isRead = false
      options.onWarning('what was spent cannot be read from the journal; requests with a budget are refused', cause)
      await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined) // an abort ends the wait, and the loop
    }
  }
}

async function follow (options: SpendingOptions, state: State, signal: AbortSignal): Promise<void> {
  const { journal, journalDir, nowMs } = options
  const tail = openTail(journalDir, await firstOfMonth(journalDir, nowMs()))
  const join = joinOutcomes()
  const news = createNews(journal, signal)
  try {
    while (!signal.aborted) {
      const arrived = news.next()
      const batch = await tail.read({ upTo: journal.head().index, maxEntries: MAX_BATCH_ENTRIES, maxBytes: MAX_BATCH_BYTES })
      for (const raw of batch) count(raw, join, state.sums, options)
      if (batch.length > 0 && tail.next() <= journal.head().index) continue
      state.isRead = true
      await arrived
    }
  } finally {
    news.end()
  }
}

function count ({ json }: RawEntry, join: OutcomeJoin, sums: SpendingSums, { onCounted, events }: SpendingOptions): void {
  // Most entries are about tool calls and routes: to parse them would take most of the time.
  const isOfRequest = json.includes('"model-request"') || json.includes('"outcome"')
  if (!isOfRequest && (events === undefined || !json.includes(events.name))) return
  const entry = JSON.parse(json) as LedgerEntry
  if (entry.kind === 'event' && entry.name === events?.name) return events.read(entry)
  const of = join.decisionOf(entry)
  if (entry.kind !== 'outcome') return
  if (of?.actor != null && of.environment !== null && 'usage' in entry.detail) sums.add(of.actor, of.environment, entry.time, entry.detail['usage'])
  onCounted?.(entry.of)
}

/** Index from which on entries can be of this month, with one segment more: a request begins before it ends. */
async function firstOfMonth (dir: string, nowMs: number): Promise<number> {
  const now = new Date(nowMs)
  const beginMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)
  const segments = await listSegments(dir)
  for (const [i, { path }] of segments.entries()) {
    if ((await stat(path)).mtimeMs >= beginMs) return segments[Math.max(0, i - 1)]?.first ?? 0
  }
  return segments.at(-1)?.first ?? 0
}

interface News { next (): Promise<void>, end (): void }

function createNews (journal: Pick<Journal, 'onAppend'>, signal: AbortSignal): News {
  let wake: () => void = () => undefined
  const woken = (): void => wake()
  const stopListening = journal.onAppend(woken)
  signal.addEventListener('abort', woken)
  return {
    next: () => new Promise((resolve) => { wake = resolve }),
    end () {
      stopListening()
      signal.removeEventListener('abort', woken)
    },
  }
}
