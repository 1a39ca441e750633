import type { ReleasedCalls } from './released-calls.ts'

/** Null when there is nothing to look at; else resolves, or rejects, as the look does. */
export type CallReview = () => Promise<void> | null

/**
 * Looks at what released calls did, once for as many as there were. Who asks while a look runs waits for it too: a subagent's request must
 * not pass its parent's.
 */
export function createCallReview (released: Pick<ReleasedCalls, 'takeChanging' | 'markChanging'>, look: () => Promise<void>): CallReview {
  let running: Promise<void> | null = null
  async function run (before: Promise<void> | null): Promise<void> {
    if (before !== null) await before.catch(() => {}) // those who asked for it have its error
    try {
      await look()
    } catch (thrown) {
      released.markChanging() // not looked at: whoever asks next has to try again
      throw thrown
    }
  }
  return () => {
    if (!released.takeChanging()) return running
    const mine = run(running)
    running = mine
    const leave = (): void => { if (running === mine) running = null }
    mine.then(leave, leave)
    return mine
  }
}
