import type { Approval } from './approval.ts'

const MAX_WAITERS = 1_024 // each keeps a stream open; beyond that, calls are answered at once

/**
 * Hears what a second person said, or that policy changed before anybody said anything (`waiting`). Called once, and never in the turn in which
 * that was.
 */
export type OnSaid = (approval: Approval) => void

/** Who waits for a word on which approval. */
export interface Waiters {
  /** @returns the way to stop waiting, or null when too many wait already */
  add (id: string, onSaid: OnSaid): (() => void) | null
  tell (approval: Approval): void
  /** What is waited for. */
  ids (): readonly string[]
}

export function createWaiters (): Waiters {
  const byId = new Map<string, Set<OnSaid>>()
  let size = 0

  function remove (id: string, onSaid: OnSaid): void {
    const waiting = byId.get(id)
    if (waiting?.delete(onSaid) !== true) return
    size -= 1
    if (waiting.size === 0) byId.delete(id)
  }

  return {
    add (id, onSaid) {
      if (size >= MAX_WAITERS) return null
      const waiting = byId.get(id) ?? new Set()
      byId.set(id, waiting.add(onSaid))
      size += 1
      return () => remove(id, onSaid)
    },
    ids: () => [...byId.keys()],
    tell (approval) {
      for (const onSaid of byId.get(approval.id) ?? []) {
        remove(approval.id, onSaid)
        // Whoever says a word must not run what others make of it, nor fail with them.
        setImmediate(onSaid, approval)
      }
    },
  }
}
