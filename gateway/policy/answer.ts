import { hostDenial, HOST_RULES, VERDICTS, type Decision, type HostRule } from '../core/decision.ts'
import { NO_OBLIGATIONS, obligationsOf } from '../core/obligations.ts'

const MAX_TEXT_CHARS = 8_192
const MAX_ALSO = 64
const RULE_ID = /^[a-z0-9_]{1,64}\.[a-z0-9_]{1,64}$/

/**
 * The Decision in a result set of the entrypoint. Anything but one whole, well-typed answer is a deny with a host rule id.
 * Never throws.
 */
export function answerOf (resultText: string, revision: string): Decision {
  let results: unknown
  try {
    results = JSON.parse(resultText)
  } catch {
    return refusal(HOST_RULES.malformed, 'Policy gave an answer that could not be read.', revision)
  }
  if (!Array.isArray(results) || results.length === 0) return refusal(HOST_RULES.undefined, 'Policy gave no answer.', revision)
  const answer = results.length === 1 ? field(results[0], 'result') : undefined
  return decisionOf(answer, revision) ?? refusal(HOST_RULES.malformed, 'Policy gave an answer of the wrong shape.', revision)
}

function decisionOf (answer: unknown, revision: string): Decision | null {
  const verdict = VERDICTS.find((known) => known === field(answer, 'verdict'))
  const rule = field(answer, 'rule')
  const reason = field(answer, 'reason')
  const feedback = field(answer, 'feedback')
  const also = field(answer, 'also')
  if (verdict === undefined || !isRuleId(rule) || !isText(reason) || !isText(feedback)) return null
  if (!Array.isArray(also) || also.length > MAX_ALSO || !also.every(isRuleId)) return null
  const given = field(answer, 'obligations')
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null
  const obligations = obligationsOf(given)
  if (obligations === null) return refusal(HOST_RULES.obligation, 'Policy obliges to something that this gateway does not know.', revision)
  return Object.freeze({
    verdict,
    rule,
    reason,
    feedback,
    also: Object.freeze([...also]),
    revision,
    obligations: obligations === NO_OBLIGATIONS ? NO_OBLIGATIONS : deepFrozen(obligations),
  })
}

// One answer is handed to every question that has it.
function deepFrozen<T extends object> (value: T): T {
  const left: object[] = [value]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    Object.freeze(next)
    for (const inner of Object.values(next)) if (typeof inner === 'object' && inner !== null) left.push(inner as object)
  }
  return value
}

function refusal (rule: HostRule, reason: string, revision: string): Decision {
  return hostDenial(rule, reason, revision)
}

function field (value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

function isText (value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_CHARS
}

function isRuleId (value: unknown): value is string {
  return typeof value === 'string' && RULE_ID.test(value)
}
