import { LOOKING } from '../looking.ts'
import type { Cancel, ClientMessage, Hello } from './messages.ts'

/** How a request takes its turn: `read` beside other reads, `change` alone, `beside` at once and beside everything. */
export type TurnKind = 'read' | 'change' | 'beside'

/** Lets requests run as if each had waited for those before it: reads share a turn. */
export interface Turns { run<T> (kind: TurnKind, work: () => Promise<T>): Promise<T> }

/** The turn that a request takes, by what it says alone: it is taken in the order in which requests come, before anything is waited for. */
export function turnOf (message: Exclude<ClientMessage, Hello | Cancel>): TurnKind {
  switch (message.verb) {
    case 'observe': return message.follow === false ? 'read' : 'beside'
    case 'plan': case 'log': return 'read'
    case 'revert': return 'change'
    case 'apply': {
      if (message.parallel === true) return 'beside'
      const calls = message.calls ?? (message.call === undefined ? [] : [message.call])
      return message.plan === undefined && calls.every(({ tool }) => LOOKING.includes(tool)) ? 'read' : 'change'
    }
  }
}

export function createTurns (): Turns {
  /** Ends of the changes, and of the reads since the last change. Neither rejects. */
  let changed: Promise<unknown> = Promise.resolve()
  let reads: Array<Promise<unknown>> = []
  return {
    run (kind, work) {
      if (kind === 'beside') return work()
      if (kind === 'read') {
        const mine = changed.then(work)
        const end = mine.catch(() => undefined).then(() => { reads = reads.filter((other) => other !== end) })
        reads.push(end)
        return mine
      }
      const mine = Promise.all([changed, ...reads]).then(work)
      changed = mine.catch(() => undefined) // who asked has the rejection; the next must run all the same
      reads = []
      return mine
    },
  }
}
