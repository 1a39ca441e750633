import type { Rule } from '../../../adapters/model-format.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { Relayed } from './relay.ts'

/** The calls of one answer. */
export interface AnsweredCalls {
  readonly rule: Rule
  /** Tells the session which of its calls may come again, because the agent left before the answer's end. */
  ended (relayed: Pick<Relayed, 'notes'>): void
}

/** @param session null for a client whose calls nobody follows */
export function watchCalls (rule: Rule, session: Pick<AgentSession, 'released'> | null): AnsweredCalls {
  if (session === null) return { rule, ended () {} }
  const released: string[] = []
  let hasLeft = false
  return {
    async rule (call, mayHold) {
      const ruling = await rule(call, mayHold)
      if (ruling.allowed && hasLeft) session.released.interrupt([call.id]) // it was decided while the agent left
      else if (ruling.allowed) released.push(call.id)
      return ruling
    },
    ended ({ notes }) {
      hasLeft = notes.includes('client-left')
      if (hasLeft && released.length > 0) session.released.interrupt(released)
    },
  }
}
