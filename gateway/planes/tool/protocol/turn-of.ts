import { LOOKING } from '../looking.ts'
import type { TurnKind } from '../turns.ts'
import type { Asked } from './messages.ts'

/** The turn that a request takes, by what it says alone: it is taken in the order in which requests come, before anything is waited for. */
export function turnOf (message: Asked): TurnKind {
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
