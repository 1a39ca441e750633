import type { Mark } from './open-decisions.ts'

/** An entry's body, serialised and waiting for its place in the chain. `waiter` is null when nobody waits for it. */
export interface Queued {
  readonly body: string
  readonly timeMs: number
  readonly mark: Mark
  readonly waiter: { resolve (index: number): void, reject (error: Error): void } | null
}

/** Most entries and characters that one group commit writes: bounds how long hashing holds the event loop, and the bytes of a write. */
const MAX_BATCH_ENTRIES = 1_000
const MAX_BATCH_CHARS = 1024 * 1024

/** Most characters that may wait for the disk; an append beyond it is refused. Reached only when the disk stands still. */
const MAX_QUEUED_CHARS = 64 * 1024 * 1024

/** Entries in the order in which they will stand in the chain. */
export class AppendQueue {
  #items: Queued[] = []
  #chars = 0

  get length (): number { return this.#items.length }

  /** @returns false, and keeps nothing, when the queue is full */
  push (item: Queued): boolean {
    if (this.#chars + item.body.length > MAX_QUEUED_CHARS) return false
    this.#items.push(item)
    this.#chars += item.body.length
    return true
  }

  /** Removes and returns the next group. */
  take (): readonly Queued[] {
    let count = 0
    let chars = 0
    for (const item of this.#items) {
      if (count === MAX_BATCH_ENTRIES || (count > 0 && chars + item.body.length > MAX_BATCH_CHARS)) break
      count += 1
      chars += item.body.length
    }
    this.#chars -= chars
    return this.#items.splice(0, count)
  }

  /** Puts a group that was taken back to the front. */
  putBack (items: readonly Queued[]): void {
    this.#items.unshift(...items)
    this.#chars += items.reduce((sum, item) => sum + item.body.length, 0)
  }

  /** Removes and returns what somebody waits for; the rest stays for the next group. */
  takeWaiting (): readonly Queued[] {
    const waiting = this.#items.filter((item) => item.waiter !== null)
    this.#items = this.#items.filter((item) => item.waiter === null)
    this.#chars = this.#items.reduce((sum, item) => sum + item.body.length, 0)
    return waiting
  }
}
