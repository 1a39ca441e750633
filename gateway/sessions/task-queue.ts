/** Runs tasks one after the other; each caller sees only its own task's outcome. */
export interface TaskQueue { run (task: () => Promise<void>): Promise<void> }

export function createTaskQueue (): TaskQueue {
  let tail: Promise<void> = Promise.resolve()
  return {
    run (task) {
      const mine = tail.then(task)
      tail = mine.catch(() => {}) // its caller has the rejection; the next task must run all the same
      return mine
    },
  }
}
