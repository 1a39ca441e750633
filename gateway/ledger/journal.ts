import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { eventBody, type EntryBody, type OutcomeBody, type Uncontained } from '../core/ledger-entry.ts'
import type { Ledger } from '../core/ports.ts'
import { AppendQueue, type Queued } from './append-queue.ts'
import { createChain, type Chain, type Head } from './chain.ts'
import { startDurableWriter, type DurableWriter } from './durable-writer.ts'
import { MAX_ENTRY_BYTES, ZERO_HASH } from './entry-line.ts'
import { createGroupCommit } from './group-commit.ts'
import { markOf, MAX_OPEN } from './open-decisions.ts'
import { recoverEnd, type ChainEnd, type Recovery } from './recovery.ts'
import { createSegment, listSegments, syncFolder } from './segment.ts'
import { createSegmentFile, openDurable, type SegmentFile } from './segment-file.ts'
import { lockWriter, type WriterLock } from './writer-lock.ts'

/** A segment that has reached this size, bytes, is followed by a new one. A start reads at most about this much. */
const SEGMENT_BYTES = 64 * 1024 * 1024

/** Where the journal of a data directory is. */
export function journalDirOf (dataDir: string): string {
  return join(dataDir, 'journal')
}

export interface JournalOptions {
  readonly dir: string
  readonly nowMs: () => number
  /** Called for what loses nothing but should be seen: a disk error, an outcome that could not be kept. Message without payload. */
  readonly onWarning: (message: string, cause: unknown) => void
  /** Rotation size in bytes. Default 67,108,864 (64 MiB). */
  readonly segmentBytes?: number
  /** Hears what is queued and how long each write took. Default: nobody. */
  readonly watch?: { queued (body: EntryBody): void, committed (ms: number): void }
  /** Most allowed decisions that may await an outcome. Default 50,000. */
  readonly maxOpen?: number
  /** `none` is said in every entry from here on. Default: agents run in sandboxes, and entries say nothing of it. */
  readonly containment?: Uncontained['containment'] | null
}

/** The ledger on disk: append-only, hash-chained, group-committed. One writer per folder. */
export interface Journal extends Ledger {
  /** Records an event or outcome with the next group commit, which is not waited for. */
  record (body: EntryBody): void
  /** The last durable entry; index -1 and 64 zeros when there is none. */
  head (): Head
  /** Has the next entry begin a new segment: one that is not written to any more is retention's. */
  closeSegment (): void
  /** Whether the last write failed. Every append is refused until one succeeds; each append tries. */
  isFailing (): boolean
  /** Whether no append can succeed any more until the journal is opened anew, in a process of its own. */
  isEnded (): boolean
  /** What opening had to cut off, or null. */
  readonly recovery: Recovery | null
  /** Calls back after each group commit, with the new head. @returns a function that ends it */
  onAppend (listener: (head: Head) => void): () => void
  /** Writes what is queued and frees the lock. */
  close (): Promise<void>
}

/**
 * Opens a journal, or begins one: takes the lock, checks the last segment, cuts off a torn tail, and closes as `unknown`
 * every allowed decision that the last run left without an outcome.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_LOCKED, WEIR_ERR_LEDGER_CORRUPT (names file and line), WEIR_ERR_LEDGER_APPEND (disk)
 */
export async function openJournal (options: JournalOptions): Promise<Journal> {
  const made = await mkdir(options.dir, { recursive: true, mode: 0o700 })
  if (made !== undefined) await syncFolder(dirname(options.dir))
  const lock = await lockWriter(options.dir)
  const writer = startDurableWriter((fault) => { options.onWarning('the ledger can be written no more; nothing takes effect until the gateway is started again', fault) })
  try {
    const { end, file, first, recovery } = await openEnd(options, writer)
    const chain = createChain({ dir: options.dir, end, file, first, segmentBytes: options.segmentBytes ?? SEGMENT_BYTES, writer })
    const journal = createJournal(options, chain, { lock, recovery, writer })
    await closeLastRun(journal, [...chain.open])
    return journal
  } catch (error) {
    await writer.close()
    await lock.release()
    throw error
  }
}

async function openEnd (options: JournalOptions, writer: DurableWriter): Promise<{ end: ChainEnd, file: SegmentFile, first: number, recovery: Recovery | null }> {
  const last = (await listSegments(options.dir)).at(-1)
  if (last === undefined) {
    const { file, size } = await createSegment(options.dir, { first: 0, prev: ZERO_HASH, open: [] })
    return { end: { next: 0, head: ZERO_HASH, open: new Set(), size }, file: createSegmentFile(file, size, writer), first: 0, recovery: null }
  }
  const { end, recovery } = await recoverEnd(options.dir, last, options.nowMs())
  const file = await openDurable(last.path, 0)
  // A process that was killed in a write may have left whole entries that are in memory only. What follows them must not outlive them.
  await file.sync()
  return { end, file: createSegmentFile(file, end.size, writer), first: last.first, recovery }
}

async function closeLastRun (journal: Journal, unsettled: readonly number[]): Promise<void> {
  const outcomes = unsettled.map((of): OutcomeBody => ({ kind: 'outcome', of, status: 'unknown', detail: { reason: 'the gateway ended before the outcome was known' } }))
  const recovered = journal.recovery === null ? [] : [eventBody('journal-recovered', null, { ...journal.recovery })]
  await Promise.all([...recovered, ...outcomes].map((body) => journal.append(body)))
}

function createJournal (options: JournalOptions, chain: Chain, held: { readonly lock: WriterLock, readonly recovery: Recovery | null, readonly writer: DurableWriter }): Journal {
  const { nowMs, onWarning, containment } = options
  const said: Uncontained = typeof containment === 'string' ? { containment } : {}
  const queue = new AppendQueue()
  const closing = new Set<number>()
  const listeners = new Set<(head: Head) => void>()
  const commits = createGroupCommit({ queue, chain, writer: held.writer, onGroup, onFailure: refuseWaiting })
  let isClosed = false
  let isFailing = false

  function enqueue (body: EntryBody, waiter: Queued['waiter']): void {
    if (isClosed) throw new GatewayError('WEIR_ERR_LEDGER_APPEND', 'The ledger is closed.')
    const item = { body: serialise(body, said), timeMs: nowMs(), mark: markOf(body), waiter }
    if (!queue.push(item)) throw new GatewayError('WEIR_ERR_LEDGER_APPEND', 'The disk does not keep up with the ledger.')
    options.watch?.queued(body)
    commits.push()
  }

  function onGroup (group: readonly Queued[], ms: number): void {
    options.watch?.committed(ms)
    if (isFailing) onWarning('the ledger can be written again', null)
    isFailing = false
    const head = chain.head()
    const first = head.index + 1 - group.length
    group.forEach((item, place) => {
      if (item.mark.closes !== null) closing.delete(item.mark.closes)
      item.waiter?.resolve(first + place)
    })
    closeOldest()
    for (const listener of listeners) callSafely(() => listener(head))
  }

  // A listener serves tails and the mirror; it must not turn a durable append into a failed one.
  function callSafely (call: () => void): void {
    try {
      call()
    } catch (error) {
      onWarning('a listener of the ledger failed', error)
    }
  }

  function refuseWaiting (cause: unknown): void {
    const refused = queue.takeWaiting()
    // Once per trouble: under load every group would say it again.
    if (!isFailing) onWarning('the ledger could not be written; nothing takes effect until it can', cause)
    isFailing = true
    for (const item of refused) item.waiter?.reject(new GatewayError('WEIR_ERR_LEDGER_APPEND', undefined, { cause }))
  }

  function closeOldest (): void {
    let excess = chain.open.size - closing.size - (options.maxOpen ?? MAX_OPEN)
    for (const index of chain.open) {
      if (excess <= 0) return
      if (closing.has(index)) continue
      queueOutcome({ kind: 'outcome', of: index, status: 'unknown', detail: { reason: 'too many decisions without an outcome' } })
      excess -= 1
    }
  }

  function queueOutcome (body: OutcomeBody): void {
    closing.add(body.of)
    if (!keep(body)) closing.delete(body.of)
  }

  /** Queues what nobody waits for; what cannot be kept is reported, for there is nobody to throw at. */
  function keep (body: EntryBody): boolean {
    try {
      enqueue(body, null)
      return true
    } catch (error) {
      const shortened = withoutDetail(body)
      if (shortened !== null && !isClosed) return keep(shortened)
      onWarning('an entry that nobody waits for could not be kept', error)
      return false
    }
  }

  return {
    recovery: held.recovery,
    append: (body) => new Promise((resolve, reject) => { enqueue(body, { resolve, reject }) }),
    record (body) { keep(body) },
    settle (permit, status, detail) {
      // The first report counts: a second one could turn a failure into a success.
      if (!chain.open.has(permit.entry) || closing.has(permit.entry)) return onWarning(`entry ${permit.entry} awaits no outcome`, null)
      queueOutcome({ kind: 'outcome', of: permit.entry, status, detail })
    },
    head: () => chain.head(),
    closeSegment: () => chain.closeSegment(),
    isFailing: () => isFailing,
    isEnded: () => held.writer.fault() !== null,
    onAppend (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    async close () {
      if (isClosed) return
      isClosed = true
      await commits.idle()
      if (queue.length > 0) {
        commits.push() // what a failing disk left, once more
        await commits.idle()
      }
      try {
        await chain.close()
      } finally {
        await held.writer.close()
        await held.lock.release()
      }
    },
  }
}

function serialise (body: EntryBody, said: Uncontained): string {
  let text: string
  try {
    text = JSON.stringify(said.containment === undefined ? body : { ...body, ...said })
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_LEDGER_APPEND', 'This entry cannot be written as JSON.', { cause })
  }
  if (Buffer.byteLength(text) > MAX_ENTRY_BYTES) throw new GatewayError('WEIR_ERR_LEDGER_APPEND', `This entry is larger than ${MAX_ENTRY_BYTES} bytes.`)
  return text
}

const SHORTENED = { omitted: 'the detail could not be recorded' }

/** The same body with a detail that surely fits, or null when that was tried or there is none. */
function withoutDetail (body: EntryBody): EntryBody | null {
  return body.kind === 'decision' || body.detail === SHORTENED ? null : { ...body, detail: SHORTENED }
}
