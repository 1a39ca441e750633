import { eventBody, type EntryBody } from '../core/ledger-entry.ts'
import type { LogReader } from '../transparency/read-log.ts'
import type { Witness } from '../transparency/witness.ts'
import type { Destination } from './destinations.ts'

const FAILURES_TO_TELL = 3 // in a row: one that passes by itself is a metric, not an entry

/** How a destination, or a witness, stands: entries of the last checkpoint that it has, and what is wrong. */
export interface PublishState { readonly name: string, readonly kind: 'destination' | 'witness', readonly size: number, readonly problem: string | null }

export interface Publisher {
  start (): void
  /** Publishes what is signed, if it is not. Never throws. */
  publish (): Promise<void>
  list (): readonly PublishState[]
  close (): Promise<void>
}

export interface PublisherOptions {
  readonly everyMs: number
  readonly quorum: number
  readonly witnesses: Readonly<Record<string, Witness>>
  readonly destinations: Readonly<Record<string, Destination>>
  /** What is signed now; null when it is nothing yet. */
  readonly read: () => Promise<LogReader | null>
  readonly record: (body: EntryBody) => void
  readonly onWarning: (message: string, cause: unknown) => void
}

interface Party { readonly name: string, readonly kind: PublishState['kind'], size: number, failures: number, problem: string | null }

/**
 * Takes signed checkpoints to witnesses and then to where they are kept. Nothing waits for it: an effect needs its entry, not a checkpoint, and
 * a checkpoint that could not be published is a part of the next one.
 */
export function createPublisher ({ everyMs, quorum, witnesses, destinations, read, record, onWarning }: PublisherOptions): Publisher {
  const party = (kind: Party['kind']) => (name: string): Party => ({ name, kind, size: 0, failures: 0, problem: null })
  const asked = Object.keys(witnesses).map(party('witness'))
  const kept = Object.keys(destinations).map(party('destination'))
  let running: Promise<void> | null = null
  let cosigned: { readonly size: number, readonly lines: Map<string, string> } = { size: 0, lines: new Map() }

  async function attempt (one: Party, size: number, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      one.size = size
      one.failures = 0
      one.problem = null
    } catch (cause) {
      failed(one, size, cause instanceof Error ? cause.message : 'it failed', cause)
    }
  }

  function failed (one: Party, size: number, problem: string, cause: unknown): void {
    one.failures += 1
    one.problem = problem
    if (one.failures === 1) onWarning(`checkpoints do not come to the ${one.kind} ${one.name} for now`, cause)
    if (one.failures === FAILURES_TO_TELL) record(eventBody('publication-behind', null, { name: one.name, kind: one.kind, published: one.size, signed: size, problem }))
  }

  async function cosign (log: LogReader): Promise<readonly string[]> {
    const { size } = log.signed
    if (cosigned.size !== size) cosigned = { size, lines: new Map() }
    const { lines } = cosigned
    await Promise.all(asked.filter(({ name }) => !lines.has(name)).map((one) => attempt(one, size, async () => {
      const line = await witnesses[one.name]?.cosign(log)
      if (line !== undefined) lines.set(one.name, line)
    })))
    return asked.flatMap(({ name }) => lines.get(name) ?? [])
  }

  async function round (): Promise<void> {
    const log = await read()
    if (log === null) return
    const { size, origin } = log.signed
    if (kept.every((one) => one.size === size)) return
    const lines = await cosign(log)
    if (lines.length < quorum) {
      for (const one of kept) failed(one, size, `${lines.length} of ${quorum} witnesses have cosigned the checkpoint`, null)
      return
    }
    const note = `${log.note}${lines.join('')}`
    // First the one that stays: `checkpoint` never names a tree that is not kept beside it.
    const texts = [[`${origin}/checkpoints/${size}`, note], [`${origin}/checkpoint`, note]] as const
    await Promise.all(kept.filter((one) => one.size !== size).map((one) => attempt(one, size, async () => { await destinations[one.name]?.put(texts) })))
  }

  function publish (): Promise<void> {
    running ??= round().catch((cause: unknown) => onWarning('the ledger\'s log could not be read to publish it; it is tried again', cause)).finally(() => { running = null })
    return running
  }

  let timer: NodeJS.Timeout | null = null
  return {
    start () {
      timer ??= setInterval(() => { void publish() }, everyMs).unref()
      void publish()
    },
    publish,
    list: () => [...asked, ...kept].map(({ name, kind, size, problem }) => ({ name, kind, size, problem })),
    async close () {
      clearInterval(timer ?? undefined)
      await Promise.all([...Object.values(witnesses), ...Object.values(destinations)].map((part) => part.close()))
      await running
    },
  }
}
