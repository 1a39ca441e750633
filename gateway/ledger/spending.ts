import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { BudgetWindow, Spender } from '../core/budget.ts'
import type { EventBody, LedgerEntry } from '../core/ledger-entry.ts'
import type { Journal } from './journal.ts'
import { listSegments } from './segment.ts'
import { joinSpenders, type SpenderJoin } from './spenders.ts'
import { beginOf, createSpendingSums, type SpendingAccount, type SpendingSums } from './spending-sums.ts'
import { readSnapshot, tailBehind, writeSnapshot } from './spending-snapshot.ts'
import { openTail, type RawEntry, type Tail } from './tail.ts'

const MAX_BATCH_ENTRIES = 2_000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
const RETRY_MS = 1_000
// Writing the sums of many accounts down takes some milliseconds; reading this many entries takes less than a second.
const SAVE_ENTRIES = 20_000
const SAVE_MS = 60_000

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
  /** Events of this name are read on the way; `known`: what `read` has to be told of them when reading goes on from a snapshot. */
  readonly events?: { readonly name: string, readonly read: (event: Pick<EventBody, 'detail'>) => void, readonly known: () => ReadonlyArray<EventBody['detail']> }
  /** Where what was added up is kept, so that a start need not read all of the journal. Default: nowhere. */
  readonly snapshot?: SnapshotPlace
}

export interface SnapshotPlace {
  readonly file: string
  /** Changes with what is counted. */
  readonly signature: string
  /** Whether to go on from the snapshot; else it is only written. */
  readonly restores: boolean
  /** Whether these are the sums to keep, now. */
  readonly keeps: () => boolean
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
  const state: State = { isRead: false, sinceMs: 0, sums: createSpendingSums(), join: joinSpenders(), last: null, savedAt: { index: -1, ms: performance.now() } }
  const running = run(options, state, stop.signal)
  return {
    // A clock that was ahead when reading began, and was corrected since, had older entries left out.
    sums: () => state.isRead && options.nowMs() >= state.sinceMs ? state.sums : null,
    async close () {
      stop.abort()
      await running
      await save(options, state)
    },
  }
}

/** `last` is the entry that was counted last; null before the first. `savedAt`: when and up to where the sums were kept last. */
interface State { isRead: boolean, sinceMs: number, sums: SpendingSums, join: SpenderJoin, last: Pick<RawEntry, 'index' | 'hash'> | null, savedAt: { readonly index: number, readonly ms: number } }

async function run (options: SpendingOptions, state: State, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await follow(options, state, signal)
    } catch (cause) {
      state.isRead = false
      options.onWarning('what was spent cannot be read from the journal; requests with a budget are refused', cause)
      await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined) // an abort ends the wait, and the loop
    }
  }
}

async function follow (options: SpendingOptions, state: State, signal: AbortSignal): Promise<void> {
  const { journal, nowMs } = options
  const tail = await begin(options, state)
  const news = createNews(journal, signal)
  try {
    while (!signal.aborted) {
      const arrived = news.next()
      const batch = await tail.read({ upTo: journal.head().index, maxEntries: MAX_BATCH_ENTRIES, maxBytes: MAX_BATCH_BYTES })
      for (const raw of batch) count(raw, state, options)
      state.last = batch.at(-1) ?? state.last
      if (batch.length > 0 && tail.next() <= journal.head().index) continue
      if (!state.isRead) {
        state.isRead = true
        options.onRead?.()
      }
      if (isDue(state)) await save(options, state)
      await arrived
      if (nowMs() < state.sinceMs) return // read again, from further back
    }
  } finally {
    news.end()
  }
}

/** From the snapshot on if there is one of this journal, else from the first segment that can hold an entry of the longest period. */
async function begin (options: SpendingOptions, state: State): Promise<Tail> {
  const { journal, journalDir, nowMs, lasts, snapshot, events } = options
  state.isRead = false
  const restored = snapshot?.restores === true ? await readSnapshot(snapshot.file, snapshot.signature) : null
  const goesOn = restored === null || restored.sinceMs > nowMs() ? null : await tailBehind(restored, journalDir, journal.head().index)
  if (restored !== null && goesOn !== null) {
    const { sums, spenders, sinceMs, index, hash } = restored
    Object.assign(state, { sinceMs, sums: createSpendingSums(sums), join: joinSpenders(spenders), last: { index, hash }, savedAt: { index, ms: performance.now() } })
    for (const detail of restored.events) events?.read({ detail })
    return goesOn
  }
  const sinceMs = beginOf(lasts, nowMs())
  Object.assign(state, { sinceMs, sums: createSpendingSums(), join: joinSpenders(), last: null, savedAt: { index: -1, ms: performance.now() } })
  return openTail(journalDir, await firstSince(journalDir, sinceMs))
}

function isDue ({ last, savedAt }: State): boolean {
  return last !== null && last.index - savedAt.index >= SAVE_ENTRIES && performance.now() - savedAt.ms >= SAVE_MS
}

async function save ({ snapshot, events, onWarning }: SpendingOptions, state: State): Promise<void> {
  const { isRead, last, savedAt, sinceMs, sums, join } = state
  if (snapshot === undefined || !isRead || last === null || last.index === savedAt.index || !snapshot.keeps()) return
  const { file, signature } = snapshot
  const { index, hash } = last
  state.savedAt = { index, ms: performance.now() }
  try {
    await writeSnapshot(file, { signature, sinceMs, index, hash, sums: sums.saved(), spenders: join.saved(), events: events?.known() ?? [] })
  } catch (cause) {
    onWarning('what was spent could not be kept beside the journal; the next start reads the journal from further back', cause)
  }
}

function count ({ json }: RawEntry, { join, sums }: State, { accountsOf, onCounted, events }: SpendingOptions): void {
  if (json === null) return // requests to models do not expire
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
