import { unfulfilled, unmet } from './bound-decision.ts'
import { flagsOf, hasFlag, isExtended, timesToAdd } from './command-flags.ts'
import type { Decision } from './decision.ts'
import { inWords, OBLIGATION_LIMITS, type Operation } from './obligations.ts'
import type { PolicyInput } from './policy-input.ts'
import type { RewriteCall, RewrittenCall } from './subject.ts'

/** The changes that are not to be seen in the call already; an option twice where the first may be taken for another one's value. */
export function neededChanges (operations: readonly Operation[], input: PolicyInput): readonly Operation[] {
  const missing = unmet(operations, input)
  const first = missing.find(({ op }) => op === 'add-flag')
  if (first === undefined || missing.length === OBLIGATION_LIMITS.operations || timesToAdd(input.command, flagsOf(operations)) === 1) return missing
  return missing.flatMap((operation) => operation === first ? [first, first] : [operation])
}

/** The call as policy wants it, or null when it cannot be made so. Never throws. */
export function changedCall (rewrite: RewriteCall, operations: readonly Operation[]): RewrittenCall | null {
  try {
    const rewritten = rewrite(operations)
    return rewritten?.call.readable === true ? rewritten : null
  } catch {
    return null // what cannot be changed is denied, like what may not be
  }
}

/** The deny for a call that cannot be made as policy wants it. */
export function unchangeable (decision: Decision, operations: readonly Operation[]): Decision {
  return unfulfilled(decision, `This is allowed only changed, and it cannot be changed here: ${inWords(operations)}. Make a simple call that is so by itself.`)
}

/**
 * Whether options came to stand where they are the program's. Text is only ever added to the end of a command, which can be inside a
 * comment, behind another program or in a quoted word: the command is read again, and must be the old one with the options.
 */
export function hasItsFlags (before: PolicyInput, after: PolicyInput, operations: readonly Operation[]): boolean {
  const added = operations.flatMap((operation) => operation.op === 'add-flag' ? [operation.flag] : [])
  if (added.length === 0) return true
  const flags = new Set(added)
  return isExtended(before.command, after.command, added) && added.every((flag) => hasFlag(after.command, flag, flags))
}
