import type { AppendQueue, Queued } from './append-queue.ts'
import type { Chain } from './chain.ts'
import type { DurableWriter } from './durable-writer.ts'

/**
 * How long a group gathers, ms: to the end of this turn of the event loop, but no longer than this. Callers that come in one turn share a
 * write, and a turn that decides many calls does not hold its first ones until its end. Shorter makes more writes than it saves waiting.
 */
const GATHER_MS = 1

/** Writes what is queued, group after group. A group forms while the one before it is written, and then to the end of that turn. */
export interface GroupCommit {
  /** Something was queued. Also the moment at which a write that has ended is seen. */
  push (): void
  /** Resolves once nothing is being written: the queue is empty, or the last group failed. */
  idle (): Promise<void>
}

export interface GroupCommitOptions {
  readonly queue: AppendQueue
  readonly chain: Chain
  readonly writer: Pick<DurableWriter, 'poll'>
  /** A group is durable; `ms` is how long its write took. */
  readonly onGroup: (group: readonly Queued[], ms: number) => void
  /** The group is back at the front of the queue. What is left in the queue is tried again with the next push. */
  readonly onFailure: (cause: Error) => void
}

export function createGroupCommit ({ queue, chain, writer, onGroup, onFailure }: GroupCommitOptions): GroupCommit {
  let isWriting = false
  let isGathering = false
  let sinceMs = 0
  let waiting: Array<() => void> = []

  function push (): void {
    if (queue.length === 1) sinceMs = performance.now()
    if (isWriting) writer.poll()
    else gather()
  }

  /** Writes at once when a group has gathered long enough, else at the end of this turn. */
  function gather (): void {
    if (isWriting || queue.length === 0) return
    if (performance.now() - sinceMs >= GATHER_MS) return write()
    if (isGathering) return
    isGathering = true
    setImmediate(() => {
      isGathering = false
      if (isWriting) return
      if (queue.length > 0) write()
      else settle()
    })
  }

  function write (): void {
    const group = queue.take()
    const startedMs = performance.now()
    isWriting = true
    let isEnded = false
    function ended (error: Error | null): void {
      if (isEnded) return
      isEnded = true
      isWriting = false
      if (error === null) {
        sinceMs = performance.now() // who waited for this group may have more to write
        onGroup(group, sinceMs - startedMs)
        gather()
      } else {
        queue.putBack(group)
        onFailure(error)
      }
      if (error !== null || queue.length === 0) settle()
    }
    try {
      chain.commit(group, ended)
    } catch (thrown) {
      ended(asError(thrown)) // else this group, and everything behind it, would wait for ever
    }
  }

  function settle (): void {
    const settled = waiting
    waiting = []
    for (const resolve of settled) resolve()
  }

  return {
    push,
    idle: () => !isWriting && !isGathering ? Promise.resolve() : new Promise((resolve) => { waiting.push(resolve) }),
  }
}

function asError (thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a group of entries could not be written', { cause: thrown })
}
