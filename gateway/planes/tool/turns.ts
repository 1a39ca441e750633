/** How something takes its turn: `read` beside other reads, `change` alone, `beside` at once and beside everything. */
export type TurnKind = 'read' | 'change' | 'beside'

/** Lets what is asked run as if each had waited for those before it: reads share a turn. */
export interface Turns { run<T> (kind: TurnKind, work: () => Promise<T>): Promise<T> }

export function createTurns (): Turns {
  /** Ends of the changes, and of the reads since the last change. Neither rejects. */
  let changed: Promise<unknown> = Promise.resolve()
  let reads = new Set<Promise<unknown>>()
  return {
    run (kind, work) {
      if (kind === 'beside') return work()
      if (kind === 'read') {
        const mine = changed.then(work)
        const group = reads
        const end = mine.catch(() => undefined).then(() => { group.delete(end) })
        group.add(end)
        return mine
      }
      const mine = Promise.all([changed, ...reads]).then(work)
      changed = mine.catch(() => undefined) // who asked has the rejection; the next must run all the same
      reads = new Set()
      return mine
    },
  }
}
