import type { Decision } from '../core/decision.ts'

const GENERATION_ENTRIES = 4_096 // two generations are kept: at most 8,192 decisions of a few kilobytes each
const MAX_KEY_CHARS = 4_096 // longer questions are rare and do not come twice

/** Decisions by what they follow from: what rules could read, or what they answered. One cache belongs to one policy and ends with it. */
export interface DecisionCache {
  get (question: string): Decision | undefined
  /** Returns the decision. */
  set (question: string, decision: Decision): Decision
}

/** Forgets the least recently used half at a time: no list to keep in order on the hot path. */
export function createDecisionCache (): DecisionCache {
  let young = new Map<string, Decision>()
  let old = new Map<string, Decision>()
  function set (question: string, decision: Decision): Decision {
    if (question.length > MAX_KEY_CHARS) return decision
    if (young.size >= GENERATION_ENTRIES) {
      old = young
      young = new Map()
    }
    young.set(question, decision)
    return decision
  }
  return {
    set,
    get (question) {
      const known = young.get(question)
      if (known !== undefined) return known
      const older = old.get(question)
      if (older !== undefined) set(question, older)
      return older
    },
  }
}
