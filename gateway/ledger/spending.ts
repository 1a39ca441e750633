import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { BudgetWindow, Spender } from '../core/budget.ts'
import type { EventBody, LedgerEntry } from '../core/ledger-entry.ts'
import type { Journal } from './journal.ts'
import { listSegments } from './segment.ts'
import { joinSpenders, type SpenderJoin } from './spenders.ts'
import { beginOf, createSpendingSums, type SpendingAccount, type SpendingSums } from './spending-sums.ts'
import { openTail, type RawEntry } from './tail.ts'

const MAX_BATCH_ENTRIES = 2_000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
const RETRY_MS = 1_000

export interface SpendingOptions {
  readonly journal: Pick<Journal, 'head' | 'onAppend'>
  readonly journalDir: string
  readonly nowMs: () => number
  /** Everything that a request of this spender counts towards. */
  readonly accountsOf: (spender: Spender) => readonly SpendingAccount[]
  /** The longest period that anybody asks about: how far back the journal is read. */
  readonly lasts: BudgetWindow
  /** Called when the journal cannot be read: until it can be, nothing is known. */
  readonly onWarning: (message: string, cause: unknown) => void
  /** Called in the turn in which the outcome of that decision has been counted, or was seen to have cost nothing. */
  readonly onCounted?: (entry: number) => void
  /** Called in the turn in which the journal is first read up to its end. */
  readonly onRead?: () => void
  /** Events of this name are read on the way. */
  readonly events?: { readonly name: string, readonly read: (event: EventBody) => void }
}

/** What accounts spent on models in the UTC periods that now are, by the journal. */
export interface Spending {
  /** Synchronous. Null while the journal is not read up to its end. */
  sums (): Pick<SpendingSums, 'of' | 'keys'> | null
  close (): Promise<void>
}

/** Follows a journal from the first segment that can hold an entry of the longest period. One writer's journal: replicas do not share it. */
export function followSpending (options: SpendingOptions): Spending {
  const stop = new AbortController()
  const state: State = { isRead: false, sinceMs: 0, sums: createSpendingSums() }
  const running = run(options, state, stop.signal)
  return {
    // A clock that was ahead when reading began, and was corrected since, had older entries left out.
    sums: () => state.isRead && options.nowMs() >= state.sinceMs ? state.sums : null,
    async close () {
      stop.abort()
      await running
    },
  }
}

interface State { isRead: boolean, sinceMs: number, sums: SpendingSums }

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
  const { journal, journalDir, nowMs, lasts } = options
  const sinceMs = beginOf(lasts, nowMs())
  Object.assign(state, { isRead: false, sinceMs })
  const tail = openTail(journalDir, await firstSince(journalDir, sinceMs))
  const join = joinSpenders()
  const news = createNews(journal, signal)
  try {
    while (!signal.aborted) {
      const arrived = news.next()
      const batch = await tail.read({ upTo: journal.head().index, maxEntries: MAX_BATCH_ENTRIES, maxBytes: MAX_BATCH_BYTES })
      for (const raw of batch) count(raw, join, state.sums, options)
      if (batch.length > 0 && tail.next() <= journal.head().index) continue
      if (!state.isRead) {
        state.isRead = true
        options.onRead?.()
      }
      await arrived
      if (nowMs() < sinceMs) return // read again, from further back
    }
  } finally {
    news.end()
  }
}

function count ({ json }: RawEntry, join: SpenderJoin, sums: SpendingSums, { accountsOf, onCounted, events }: SpendingOptions): void {
  // Most entries are about tool calls and routes: to parse them would take most of the time.
  const isOfRequest = json.includes('"model-request"') || json.includes('"outcome"')
  if (!isOfRequest && (events === undefined || !json.includes(events.name))) return
  const entry = JSON.parse(json) as LedgerEntry
  if (entry.kind === 'event' && entry.name === events?.name) return events.read(entry)
  const spent = join.spendingOf(entry)
  if (spent !== null) for (const account of accountsOf(spent.spender)) sums.add(account, spent.timeMs, spent.usage)
  if (entry.kind === 'outcome') onCounted?.(entry.of)
}

/** Index from which on entries can be as young, with one segment more: a request begins before it ends. */
export async function firstSince (dir: string, beginMs: number): Promise<number> {
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
