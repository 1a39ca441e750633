import { isExtended, isFulfilled, unfulfilled } from './bound-decision.ts'
import type { Decision } from './decision.ts'
import { inWords, type Operation } from './obligations.ts'
import type { PolicyInput } from './policy-input.ts'
import type { RewriteCall, RewrittenCall } from './subject.ts'

/** The changes that are not to be seen in the call already. */
export function neededChanges (operations: readonly Operation[], input: PolicyInput): readonly Operation[] {
  return operations.filter((operation) => !isFulfilled([operation], input))
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
  const flags = operations.flatMap((operation) => operation.op === 'add-flag' ? [operation.flag] : [])
  return flags.length === 0 || isExtended(before.command, after.command, flags)
}
