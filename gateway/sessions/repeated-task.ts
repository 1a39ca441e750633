/** One task that is run again and again, never twice at once. */
export interface RepeatedTask {
  /** Resolves, or rejects, as a run does that begins after this call: the one that waits for its turn is shared by all who ask meanwhile. */
  run (): Promise<void>
}

export function createRepeatedTask (task: () => Promise<void>): RepeatedTask {
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null

  function begin (): Promise<void> {
    next = null
    const mine = task()
    const over = mine.catch(() => {}).then(() => { // those who asked have the rejection; the next run must begin all the same
      if (running === over) running = null
    })
    running = over
    return mine
  }

  return {
    run () {
      if (next !== null) return next
      if (running === null) return begin()
      next = running.then(begin)
      return next
    },
  }
}
