import { canonicalJson } from './canonical-json.ts'
import { hostDenial, HOST_RULES, type Decision } from './decision.ts'
import { flagsOf, hasFlag } from './command-flags.ts'
import { inWords, type Operation } from './obligations.ts'
import type { PolicyInput } from './policy-input.ts'

/** What whoever asked can do about obligations. */
export interface Means {
  /** Whether it carries out the obligations that a question of this kind can have, before anything takes effect. */
  readonly fulfils: boolean
  /** The changes that were already made to the call that is asked about; null when it is as it came. */
  readonly applied: readonly Operation[] | null
}

/** For questions about what came as it is, where nothing can be changed. */
export const NO_MEANS: Means = Object.freeze({ fulfils: false, applied: null })

/**
 * The decision with its obligations taken seriously: an allow that is bound to something which will not be done is a deny. Pure, and
 * from nothing but what the ledger keeps, so that a replay comes to the same answer.
 */
export function boundDecision (decision: Decision, input: PolicyInput, { fulfils, applied }: Means): Decision {
  if (applied !== null) return afterChange(decision, input, applied)
  const { modify, redact } = decision.obligations
  if (decision.verdict !== 'allow' || fulfils) return decision
  if (redact !== undefined) return unfulfilled(decision, 'This is allowed only with parts of it blanked, which is not done here.')
  if (modify === undefined || unmet(modify, input).length === 0) return decision
  return unfulfilled(decision, `This is allowed only changed: ${inWords(modify)}. Make the call that way.`)
}

/**
 * The changes that the call does not have already, as far as policy input shows. What it does not show is taken not to be so: arguments
 * may hold a value that is not kept, so that nothing can be seen to be missing.
 */
export function unmet (operations: readonly Operation[], input: PolicyInput): readonly Operation[] {
  const flags = flagsOf(operations)
  return operations.filter((operation) => !isSo(operation, input, flags))
}

function isSo (operation: Operation, input: PolicyInput, flags: ReadonlySet<string>): boolean {
  switch (operation.op) {
    case 'set': return input.tool !== null && Object.hasOwn(input.tool.args, operation.arg) && input.tool.args[operation.arg] === operation.value
    case 'remove':
    case 'redact': return false
    case 'add-flag': return hasFlag(input.command, operation.flag, flags)
  }
}

/** The deny in place of an allow whose obligations are not met. They stay readable: they say what would be allowed. */
export function unfulfilled (decision: Decision, reason: string): Decision {
  const also = [...new Set([decision.rule, ...decision.also])].sort()
  return Object.freeze({ ...hostDenial(HOST_RULES.unfulfilled, reason, decision.revision), also: Object.freeze(also), obligations: decision.obligations })
}

function afterChange (decision: Decision, input: PolicyInput, applied: readonly Operation[]): Decision {
  if (decision.verdict === 'deny') return decision
  if (decision.verdict === 'pending') return unfulfilled(decision, `Changed as policy demands, the call is not allowed either: ${decision.reason}`)
  const { modify } = decision.obligations
  if (modify === undefined || unmet(modify, input).every((operation) => isLast(operation, applied))) return decision
  return unfulfilled(decision, 'Changed as policy demands, the call would have to be changed again.')
}

// Rules cannot see every argument, and oblige again to what was done. A change that a later one undid was not done.
function isLast (operation: Operation, applied: readonly Operation[]): boolean {
  const last = applied.findLast((one) => placeOf(one) === placeOf(operation))
  return last !== undefined && canonicalJson(last) === canonicalJson(operation)
}

function placeOf (operation: Operation): string {
  switch (operation.op) {
    case 'add-flag': return `option ${operation.flag}`
    case 'redact': return `findings ${operation.kind}`
    case 'set':
    case 'remove': return `argument ${operation.arg}`
  }
}
