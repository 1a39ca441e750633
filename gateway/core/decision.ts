import { NO_OBLIGATIONS, type Obligations } from './obligations.ts'

/** Verdicts, in rising strictness. */
export const VERDICTS = ['allow', 'pending', 'deny'] as const
export type Verdict = typeof VERDICTS[number]

/**
 * The answer to one question. `rule` is `package.short_name`, also for an allow; `feedback` is written for the
 * model; `also` names the other rules that fired; `revision` is the digest of the policy bundle that decided.
 */
export interface Decision {
  readonly verdict: Verdict
  readonly rule: string
  readonly reason: string
  readonly feedback: string
  readonly also: readonly string[]
  readonly obligations: Obligations
  readonly revision: string
  /** What the rule's author says of it. Absent when the host refused by itself, or the rule has no texts. */
  readonly explanation?: Explanation
}

/** The rule's texts for people: what it is called, what it does, and what to do about it. */
export interface Explanation { readonly title: string, readonly description: string, readonly remedy: string }

/** Rule ids of refusals that the host makes because policy could not decide. Each is a deny. */
export const HOST_RULES = {
  unreadable: 'weir.unreadable_call',
  undefined: 'weir.policy_undefined',
  threw: 'weir.policy_error',
  timeout: 'weir.policy_timeout',
  malformed: 'weir.policy_malformed_answer',
  input: 'weir.input_rejected',
  classify: 'weir.classification_failed',
  obligation: 'weir.obligation_unknown',
  unfulfilled: 'weir.obligation_unfulfilled',
} as const
export type HostRule = typeof HOST_RULES[keyof typeof HOST_RULES]

/** A deny that the host makes itself. `reason` is for people, the model reads the same text. */
export function hostDenial (rule: HostRule, reason: string, revision: string): Decision {
  return Object.freeze({ verdict: 'deny', rule, reason, feedback: `${reason} (rule ${rule})`, also: [], obligations: NO_OBLIGATIONS, revision })
}

/** The strictest of several verdicts; of none, `deny`. */
export function strictest (verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return 'deny'
  return verdicts.reduce((a, b) => VERDICTS.indexOf(b) > VERDICTS.indexOf(a) ? b : a)
}
