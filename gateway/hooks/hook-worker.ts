import { setTimeout as delay } from 'node:timers/promises'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { openSieve, type LineTest, type Sieve } from '../ledger/sieve.ts'
import { backoffMs } from './backoff.ts'
import { bodyOf, hookEvent, isTold, type EventPorts, type HookEvent } from './hook-event.ts'
import type { DeadLetter, HookFiles } from './hook-files.ts'
import type { HookNews } from './hook-news.ts'
import type { Sender, Sent } from './send.ts'
import { signedHeaders } from './signature.ts'

const MAX_READ = 100 // entries in memory at once
const SAVE_MS = 250 // a crash repeats what was delivered since; a disk write for each would be felt by the ledger
const SAVE_ENTRIES = 10_000
const TROUBLE_MS = 5_000
const MAX_KNOWN = 10_000 // approvals that can wait
const MAX_DEAD = 1_000

/** What a hook has done since the start. */
export interface HookCounts { readonly delivered: number, readonly failed: number, readonly putAside: number }

export interface HookWorker {
  /** Begins to deliver. */
  start (): void
  counts (): HookCounts
  dead (): readonly DeadLetter[]
  /** The event that is being tried, and what went wrong so far; null when none waits. */
  trying (): { readonly type: string, readonly sinceMs: number, readonly attempts: number, readonly problem: string | null } | null
  /** One attempt for each of these dead letters, oldest first; ends early when the receiver is away. @returns how many were delivered */
  retry (ids: ReadonlySet<string> | null): Promise<{ readonly delivered: number, readonly failed: number, readonly problem: string | null }>
  /** One attempt of an event that is in no queue. */
  sendNow (event: HookEvent): Promise<Sent>
  /** Ends within a moment: what is under way is broken, and sent again by the next start. */
  close (): Promise<void>
}

export interface HookWorkerOptions extends EventPorts {
  readonly journalDir: string
  readonly head: () => number
  readonly news: HookNews
  readonly files: HookFiles
  readonly sender: Sender
  readonly keys: readonly Buffer[]
  /** Whether the hook is to be told of this. */
  readonly isWanted: (event: HookEvent) => boolean
  readonly attempts: number
  readonly giveUpMs: number
  readonly nowMs: () => number
  /** An event was put aside. */
  readonly onPutAside: (letter: DeadLetter) => void
  /** The hook cannot go on for now: files, journal. Called once until it works again. */
  readonly onTrouble: (cause: unknown) => void
}

/**
 * Delivers what the journal holds, one event after the other, beginning where it stopped: the journal is the queue. An event leaves it when
 * the receiver took it or when it was put aside, so whatever ends the process, it is delivered at least once.
 */
export function createHookWorker (options: HookWorkerOptions): HookWorker {
  const worker = createWorker(options)
  let running: Promise<void> | null = null
  return {
    start () { running ??= worker.run() },
    counts: () => ({ ...worker.counts }),
    dead: () => worker.dead,
    trying: () => worker.trying,
    retry: (ids) => worker.retry(ids),
    sendNow: (event) => attempt(options, event),
    async close () {
      worker.stop()
      await options.sender.close()
      await running
    },
  }
}

interface Trying { readonly type: string, readonly sinceMs: number, attempts: number, problem: string | null }

function createWorker (options: HookWorkerOptions) {
  const { files, nowMs, news } = options
  const stop = new AbortController()
  const counts = { delivered: 0, failed: 0, putAside: 0 }
  const told = new Set<string>()
  let dead: readonly DeadLetter[] = files.dead
  let trying: Trying | null = null
  let saved = { next: files.next ?? -1, atMs: 0 }
  let reached = saved.next // everything before it is delivered, put aside, or nothing for this hook
  let isTroubled = false
  let retrying: Promise<unknown> = Promise.resolve()

  async function run (): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await follow(openSieve(options.journalDir, await startOf(), canBeTold))
      } catch (cause) {
        if (stop.signal.aborted) return
        if (!isTroubled) options.onTrouble(cause)
        isTroubled = true
        await pause(TROUBLE_MS)
      }
    }
  }

  /** A hook is told of what happens from its first start on. */
  async function startOf (): Promise<number> {
    const isNew = saved.next < 0 || saved.next > options.head() + 1 // or of another journal
    if (isNew) await save(options.head() + 1)
    reached = saved.next
    return reached
  }

  async function follow (sieve: Sieve): Promise<void> {
    let wake: () => void = () => undefined
    const stopListening = news.listen(() => { wake() })
    stop.signal.addEventListener('abort', () => { wake() }, { once: true })
    try {
      while (!stop.signal.aborted) {
        const arrived = new Promise<void>((resolve) => { wake = resolve })
        const entries = await sieve.read(options.head(), MAX_READ)
        for (const entry of entries) {
          if (!await settle(entry)) return
          await reach(entry.index + 1)
        }
        isTroubled = false
        await reach(sieve.next())
        if (sieve.next() > options.head() && !stop.signal.aborted) await arrived
      }
    } finally {
      stopListening()
      if (reached > saved.next) await save(reached)
    }
  }

  /** @returns whether it was delivered, put aside, or is nothing for this hook; false when the worker is to end */
  async function settle (entry: LedgerEntry): Promise<boolean> {
    const event = hookEvent(entry, options)
    if (event === null || !options.isWanted(event) || told.has(event.id)) return true
    const since: Trying = { type: event.type, sinceMs: event.timeMs, attempts: 0, problem: null }
    trying = since
    for (;;) {
      const sent = await attempt(options, hookEvent(entry, options) ?? event)
      if (stop.signal.aborted) return false
      since.attempts += 1
      if (sent.kind === 'delivered') counts.delivered += 1
      else {
        counts.failed += 1
        since.problem = sent.problem
        if (!isOver(sent, since)) {
          await pause(backoffMs(since.attempts, sent.retryAfterMs))
          if (stop.signal.aborted) return false
          continue
        }
        await putAside({ id: event.id, entry: entry.index, type: event.type, attempts: since.attempts, problem: sent.problem, atMs: nowMs() })
      }
      note(event.id)
      trying = null
      return true
    }
  }

  function isOver (sent: Sent, { attempts, sinceMs }: Trying): boolean {
    return sent.kind === 'refused' ? attempts >= options.attempts : nowMs() - sinceMs >= options.giveUpMs
  }

  function note (id: string): void {
    const oldest = told.size < MAX_KNOWN ? undefined : told.values().next().value
    if (oldest !== undefined) told.delete(oldest)
    told.add(id)
  }

  async function putAside (letter: DeadLetter): Promise<void> {
    counts.putAside += 1
    dead = [...dead.filter(({ id }) => id !== letter.id), letter].slice(-MAX_DEAD)
    await files.saveDead(dead)
    options.onPutAside(letter)
  }

  async function reach (next: number): Promise<void> {
    reached = next
    const isDue = nowMs() - saved.atMs >= SAVE_MS || next - saved.next >= SAVE_ENTRIES
    if (next > saved.next && isDue) await save(next)
  }

  async function save (next: number): Promise<void> {
    await files.saveNext(next)
    saved = { next, atMs: nowMs() }
  }

  async function retryAll (ids: ReadonlySet<string> | null) {
    let delivered = 0
    let failed = 0
    for (const letter of dead.filter(({ id }) => ids === null || ids.has(id))) {
      const sent = await resend(letter)
      if (sent.kind === 'delivered') delivered += 1
      else failed += 1
      // Nobody would wait for the others of a receiver that is away.
      if (sent.kind === 'away') return { delivered, failed, problem: sent.problem }
    }
    return { delivered, failed, problem: null }
  }

  async function resend (letter: DeadLetter): Promise<Sent> {
    const [entry] = await openSieve(options.journalDir, letter.entry, () => true).read(letter.entry, 1)
    const event = entry?.index === letter.entry ? hookEvent(entry, options) : null
    const sent: Sent = event === null ? { kind: 'refused', status: null, problem: 'its ledger entry is not there any more', retryAfterMs: null } : await attempt(options, event)
    if (sent.kind === 'delivered') counts.delivered += 1
    else counts.failed += 1
    dead = sent.kind === 'delivered'
      ? dead.filter(({ id }) => id !== letter.id)
      : dead.map((one) => one.id === letter.id ? { ...one, attempts: one.attempts + 1, problem: sent.problem } : one)
    await files.saveDead(dead)
    return sent
  }

  async function pause (ms: number): Promise<void> {
    await delay(ms, undefined, { signal: stop.signal, ref: false }).catch(() => undefined) // an abort ends the wait, and the loop
  }

  return {
    run,
    counts,
    get dead () { return dead },
    get trying () { return trying },
    // One after the other: two people who retry at once must not both send everything.
    async retry (ids: ReadonlySet<string> | null) {
      const done = retrying.then(() => retryAll(ids))
      retrying = done.catch(() => undefined) // told to whoever waits for it; the next one goes on all the same
      return await done
    },
    stop: () => stop.abort(),
  }
}

const canBeTold: LineTest = ({ kind, name }, line) => {
  if (kind === 'event') return isTold({ kind, name: name ?? '', actor: null, app: null, environment: null, session: null, detail: {} })
  if (kind !== 'decision') return false
  return (line.includes('"verdict":"pending"') && line.includes('"approval":"apr_')) || (line.includes('"verdict":"deny"') && line.includes('"kind":"release"'))
}

async function attempt ({ sender, keys, nowMs }: HookWorkerOptions, event: HookEvent): Promise<Sent> {
  const body = bodyOf(event)
  return await sender.send(body, signedHeaders({ id: event.id, body }, keys, nowMs()))
}
