import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../core/errors.ts'
import { ZERO_HASH } from '../ledger/entry-line.ts'
import type { Journal } from '../ledger/journal.ts'
import { openTail, type RawEntry, type Tail } from '../ledger/tail.ts'
import { appendBatch, emptyLedger, readCursor, type Cursor } from './ledger-table.ts'
import type { Store } from './store.ts'

const MAX_BATCH_ENTRIES = 2_000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
const GATHER_MS = 100 // one row at a time costs the database about as much as a hundred
// Under load the embedded database took a whole core, half of this gateway's requests per second. While the event loop is
// busier than this, the mirror rests nineteen times as long as it worked; a reader who waits, or a quiet moment, ends the rest.
const BUSY_LOOP = 0.5
const REST_FACTOR = 19
const LONGEST_REST_MS = 5_000
// The embedded database is opened for a reader, or for so many entries; for this long after a reader it follows the journal at once.
const LOT_ENTRIES = 2_000
const READING_MS = 60_000
// Making the embedded database takes seconds of a core, which a start, and its first prompt, need more than a copy.
const START_REST_MS = 10_000
const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 30_000

export interface MirrorOptions {
  readonly journal: Journal
  readonly journalDir: string
  readonly store: Store
  /** Called when the store starts to fail (once, until it works again) and when it works again. Default: nobody. */
  readonly onWarning?: (message: string, cause: unknown) => void
}

/** Copies the journal into the store, behind the hot path. */
export interface Mirror {
  /**
   * Resolves when all that was durable at the call is in the store. `timeoutMs` (default: none) begins when the store is open.
   *
   * @throws GatewayError WEIR_ERR_STORE on close or after the time
   */
  caughtUp (timeoutMs?: number): Promise<void>
  /** Index of the last entry in the store, -1 when there is none or it is not known yet. */
  mirrored (): number
  close (): Promise<void>
}

interface Waiter { readonly index: number, resolve (): void, reject (error: Error): void }

/**
 * Starts copying after a moment, or as soon as somebody waits for it: at most one batch at a time, from where the store is.
 * The journal never waits for it. The embedded store, which nobody but this gateway reads, is filled in lots while there
 * is no reader, so that its process may end in between.
 */
export function startMirror (options: MirrorOptions): Mirror {
  const { journal, store } = options
  const stop = new AbortController()
  const waiters = new Set<Waiter>()
  let mirrored = -1
  let losses = store.losses() // at which `mirrored` is true
  let readAtMs = Number.NEGATIVE_INFINITY
  let retryMs = FIRST_RETRY_MS
  let wake: () => void = () => undefined
  let hurry: () => void = () => undefined

  const stopListening = journal.onAppend(() => { wake() })

  function news (): Promise<void> {
    return new Promise((resolve) => { wake = resolve })
  }

  /** Waits a moment, unless somebody waits for the store. */
  async function rest (ms: number): Promise<void> {
    if (waiters.size > 0) return
    const called = new Promise<void>((resolve) => { hurry = resolve })
    await Promise.race([pause(ms, stop.signal), called])
  }

  function reached (index: number): void {
    mirrored = index
    if (retryMs > FIRST_RETRY_MS) options.onWarning?.('the store works again', null)
    retryMs = FIRST_RETRY_MS
    for (const waiter of waiters) if (waiter.index <= mirrored) settle(waiter, null)
  }

  function settle (waiter: Waiter, error: Error | null): void {
    waiters.delete(waiter)
    if (error === null) waiter.resolve()
    else waiter.reject(error)
  }

  const isKnown = (): boolean => store.losses() === losses

  function isDue (): boolean {
    const behind = journal.head().index - mirrored
    if (behind <= 0) return false
    return store.kind === 'postgres' || waiters.size > 0 || behind >= LOT_ENTRIES || performance.now() - readAtMs < READING_MS
  }

  /** Copies until the mirror is closed, or the store has lost what it held. */
  async function copyAll (tail: Tail): Promise<void> {
    while (!stop.signal.aborted && isKnown()) {
      const arrived = news()
      if (!isDue()) {
        await arrived
        await rest(GATHER_MS)
        continue
      }
      const before = { ms: performance.now(), loop: performance.eventLoopUtilization() }
      const batch = await tail.read({ upTo: journal.head().index, maxEntries: MAX_BATCH_ENTRIES, maxBytes: MAX_BATCH_BYTES })
      if (batch.length > 0) await appendBatch(store, batch)
      reached(tail.next() - 1)
      const isBusy = performance.eventLoopUtilization(before.loop).utilization > BUSY_LOOP
      if (isBusy) await rest(Math.min((performance.now() - before.ms) * REST_FACTOR, LONGEST_REST_MS))
    }
  }

  async function run (): Promise<void> {
    await rest(START_REST_MS)
    while (!stop.signal.aborted) {
      try {
        await store.open()
        losses = store.losses()
        const next = await resume(options)
        reached(next - 1)
        await copyAll(openTail(options.journalDir, next))
      } catch (error) {
        if (stop.signal.aborted) return
        if (retryMs === FIRST_RETRY_MS) options.onWarning?.('the store failed; the ledger goes on without it', error)
        await pause(retryMs, stop.signal)
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
      }
    }
  }

  const running = run()
  return {
    mirrored: () => isKnown() ? mirrored : -1,
    async caughtUp (timeoutMs) {
      const { index } = journal.head()
      readAtMs = performance.now()
      // Only an open store knows what it has lost. One that does not open may do so before the time is over.
      await store.open().catch(() => undefined)
      if (stop.signal.aborted) throw new GatewayError('WEIR_ERR_STORE', 'The store is closed.')
      if (isKnown() && index <= mirrored) return
      await new Promise<void>((resolve, reject) => {
        const waiter: Waiter = { index, resolve, reject }
        waiters.add(waiter)
        hurry()
        wake()
        if (timeoutMs === undefined) return
        const timer = setTimeout(() => { settle(waiter, new GatewayError('WEIR_ERR_STORE', 'The store is behind the ledger.')) }, timeoutMs)
        timer.unref()
      })
    },
    async close () {
      stopListening()
      stop.abort()
      wake()
      await running
      for (const waiter of waiters) settle(waiter, new GatewayError('WEIR_ERR_STORE', 'The store is closed.'))
    },
  }
}

/** Where to go on, after making sure that the store holds this journal and no other. */
async function resume ({ journal, journalDir, store }: MirrorOptions): Promise<number> {
  const cursor = await readCursor(store)
  if (await belongsTo(cursor, journal, journalDir)) return cursor.next
  // A shared database may belong to a gateway that is alive and well; the embedded one belongs to this folder.
  if (store.kind === 'postgres') throw new GatewayError('WEIR_ERR_STORE', 'This database holds the ledger of another journal. Give this gateway a database of its own.')
  await emptyLedger(store)
  return 0
}

async function belongsTo (cursor: Cursor, journal: Journal, journalDir: string): Promise<boolean> {
  if (cursor.next === 0) return cursor.head === ZERO_HASH
  if (cursor.next > journal.head().index + 1) return false
  const [last]: readonly RawEntry[] = await openTail(journalDir, cursor.next - 1).read({ upTo: cursor.next - 1, maxEntries: 1, maxBytes: 1 })
  return last?.hash === cursor.head
}

async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
