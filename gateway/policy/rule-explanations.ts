import type { Decision, Explanation } from '../core/decision.ts'
import type { RuleText } from './rule-texts.ts'

export type Explain = (decision: Decision) => Decision

/**
 * Gives decisions the texts of their rule, so that the ledger, people and the model are told what the rule's author says. A
 * refusal's feedback ends with the rule and its remedy: a model that knows what helps does not try the same thing in other words.
 */
export function createExplain (rules: readonly RuleText[]): Explain {
  const explanations = new Map(rules.map(({ id, title, description, solution }): [string, Explanation] => [id, Object.freeze({ title, description, remedy: solution })]))
  return (decision) => {
    const explanation = explanations.get(decision.rule)
    if (explanation === undefined) return decision
    const feedback = decision.verdict === 'allow' ? decision.feedback : withRemedy(decision, explanation)
    return Object.freeze({ ...decision, feedback, explanation })
  }
}

function withRemedy ({ feedback, rule }: Decision, { title, remedy }: Explanation): string {
  return `${feedback} (rule ${rule}, ${title}. What to do: ${remedy})`
}
