import { setTimeout as delay } from 'node:timers/promises'
import { backoffMs } from '../hooks/backoff.ts'
import type { LedgerSource, OutwardEntry } from '../ledger/formats/outward-entry.ts'
import type { ForwarderConfig } from './forward-config.ts'
import type { ForwardFiles, ForwardPlace, PutAside } from './forward-files.ts'
import { openOutwardReader } from './outward-reader.ts'
import { resendLetters, type Resent } from './resend.ts'
import type { Sink } from './sink.ts'

const LOOK_MS = 500 // between two looks at the ledger's end
const TROUBLE_MS = 5_000
const REST = 3 // times as long as reading and writing out took: a backlog has a quarter of a processor, requests have the rest

/** How a forwarder stands. `next` is the first entry that the receiver may not have; `problem` what keeps it from going on now. */
export interface ForwardState { readonly next: number, readonly delivered: number, readonly failed: number, readonly putAside: number, readonly dead: number, readonly problem: string | null }

export interface Forwarder {
  start (): void
  state (): ForwardState
  /** Sends the oldest of what was put aside once more; who asks meanwhile gets the same answer. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT, WEIR_ERR_STORE */
  resend (most: number): Promise<Resent>
  /** Ends within a moment: what is under way is broken, and sent again by the next start. */
  close (): Promise<void>
}

export interface ForwarderOptions {
  readonly config: ForwarderConfig
  readonly journalDir: string
  /** Index of the last durable entry. */
  readonly head: () => number
  /** The ledger's name; null while it is empty. */
  readonly origin: () => Promise<string | null>
  readonly version: string
  readonly files: ForwardFiles
  readonly sink: Sink
  readonly nowMs: () => number
  readonly onPutAside: (letter: PutAside) => void
  /** It cannot go on for now. Called once until it works again. */
  readonly onTrouble: (problem: string, cause: unknown) => void
}

/**
 * Sends what the journal holds, in order, beginning where it stopped: the journal is the queue, and an append waits for nothing of it. Entries
 * are behind it when the receiver took them or when they were put aside, so whatever ends the process, each is delivered at least once.
 */
export function createForwarder (options: ForwarderOptions): Forwarder {
  const { config, files, sink, nowMs } = options
  const stop = new AbortController()
  const counts = { delivered: 0, failed: 0, putAside: 0 }
  let place = files.place
  let problem: string | null = null
  let running: Promise<void> | null = null
  let resending: Promise<Resent> | null = null

  async function run (): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const source = await begin()
        if (source !== null) await follow(source)
        else await pause(LOOK_MS)
      } catch (cause) {
        if (stop.signal.aborted) return
        trouble('the ledger, or the forwarder\'s files, cannot be read or written', cause)
        await pause(TROUBLE_MS)
      }
    }
  }

  /** Where to begin; a place in another ledger is none in this one. */
  async function begin (): Promise<LedgerSource | null> {
    const origin = await options.origin()
    if (origin === null) return null
    if (place?.origin !== origin) await moveTo({ origin, next: config.from === 'now' && place === null ? options.head() + 1 : 0 })
    return { origin, version: options.version }
  }

  async function moveTo (to: ForwardPlace): Promise<void> {
    await files.save(to)
    place = to
  }

  async function follow (source: LedgerSource): Promise<void> {
    const reader = openOutwardReader(options.journalDir, place?.next ?? 0, config)
    while (!stop.signal.aborted) {
      const beganAt = performance.now()
      const batch = await reader.read(options.head())
      const tookMs = performance.now() - beganAt
      if (batch === null) {
        await pause(LOOK_MS)
        continue
      }
      if (batch.entries.length > 0 && !await deliver(batch.entries, source)) return
      await moveTo({ origin: source.origin, next: batch.next })
      problem = null
      await pause(tookMs * REST)
    }
  }

  /** @returns whether they were taken or put aside; false when the forwarder is to end */
  async function deliver (entries: readonly OutwardEntry[], source: LedgerSource): Promise<boolean> {
    for (let failures = 1; ; failures += 1) {
      const sent = await sink.send(entries, source)
      if (stop.signal.aborted) return false
      if (sent.kind === 'taken') {
        counts.delivered += entries.length - Math.min(sent.rejected, entries.length)
        if (sent.rejected > 0) await putAside(entries, source, { count: sent.rejected, refusal: sent.problem ?? '' })
        return true
      }
      counts.failed += 1
      if (sent.kind === 'refused') return await split(entries, source, sent.problem)
      trouble(sent.problem, null)
      await pause(backoffMs(failures, sent.retryAfterMs))
      if (stop.signal.aborted) return false
    }
  }

  /** One entry that a receiver does not take must not keep the others from it: halves are sent until it is alone. */
  async function split (entries: readonly OutwardEntry[], source: LedgerSource, refusal: string): Promise<boolean> {
    const half = Math.floor(entries.length / 2)
    if (half > 0) return await deliver(entries.slice(0, half), source) && await deliver(entries.slice(half), source)
    await putAside(entries, source, { count: entries.length, refusal })
    return true
  }

  async function putAside (entries: readonly OutwardEntry[], { origin }: LedgerSource, { count, refusal }: { readonly count: number, readonly refusal: string }): Promise<void> {
    const letter: PutAside = { origin, from: entries[0]?.entry.index ?? 0, to: entries.at(-1)?.entry.index ?? 0, count, problem: refusal, atMs: nowMs() }
    await files.putAside(letter)
    counts.putAside += count
    options.onPutAside(letter)
  }

  function trouble (what: string, cause: unknown): void {
    if (problem === null) options.onTrouble(what, cause)
    problem = what
  }

  async function pause (ms: number): Promise<void> {
    await delay(ms, undefined, { signal: stop.signal }).catch(() => undefined) // it is to end
  }

  return {
    start () { running ??= run() },
    state: () => ({ ...counts, next: place?.next ?? 0, dead: files.dead(), problem }),
    resend (most) {
      resending ??= resendLetters(options, most).finally(() => { resending = null })
      return resending
    },
    async close () {
      stop.abort()
      await sink.close()
      await resending?.catch(() => undefined) // told to whoever asked
      await running
    },
  }
}
