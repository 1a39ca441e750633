import type { Decision } from '../core/decision.ts'

const GENERATION_ENTRIES = 4_096 // two generations are kept: at most 8,192 decisions of a few kilobytes each
const MAX_ANSWER_CHARS = 4_096 // longer ones are rare and do not come twice

/** Decisions by the text that rules answered with. One cache belongs to one policy and ends with it. */
export interface AnswerCache {
  get (answer: string): Decision | undefined
  /** Returns the decision. */
  set (answer: string, decision: Decision): Decision
}

/** Forgets the least recently used half at a time: no list to keep in order on the hot path. */
export function createAnswerCache (): AnswerCache {
  let young = new Map<string, Decision>()
  let old = new Map<string, Decision>()
  function set (answer: string, decision: Decision): Decision {
    if (answer.length > MAX_ANSWER_CHARS) return decision
    if (young.size >= GENERATION_ENTRIES) {
      old = young
      young = new Map()
    }
    young.set(answer, decision)
    return decision
  }
  return {
    set,
    get (answer) {
      const known = young.get(answer)
      if (known !== undefined) return known
      const older = old.get(answer)
      if (older !== undefined) set(answer, older)
      return older
    },
  }
}
