import Type, { type Static } from 'typebox'
import { VERDICTS, type Decision } from '../core/decision.ts'

const RULE_ID = '^[a-z0-9_]{1,64}\\.[a-z0-9_]{1,64}$'
const MAX_TEXT_CHARS = 8_192
const MAX_ALSO = 64

/** The schema of what Rego gives back, with a description of each member: `docs/policy-input.md` is made from it. */
export const AnswerSchema = Type.Object({
  verdict: Type.Enum([...VERDICTS], { type: 'string', description: 'The strictest that some rule asked for.' }),
  rule: Type.String({ pattern: RULE_ID, description: '`package.short_name` of the rule that decided, also of an allow; of several, the first by name.' }),
  reason: Type.String({ maxLength: MAX_TEXT_CHARS, description: 'Why, for people. Goes to the ledger: no content, no secrets.' }),
  feedback: Type.String({ maxLength: MAX_TEXT_CHARS, description: 'What to do instead, for the model, in place of the call\'s result. Of the first three rules.' }),
  also: Type.Array(Type.String({ pattern: RULE_ID }), { maxItems: MAX_ALSO, description: 'The other rules that fired, sorted, those that ask for something weaker included.' }),
  obligations: Type.Record(Type.String(), Type.Unknown(), { description: 'What an allow is bound to: `own_only` (the caller sees only what the same actor did or asked for).' }),
}, { title: 'Weir policy answer', description: 'What `data.weir.decision` gives back.' })

type Answer = Static<typeof AnswerSchema>

/** Does not compile when an answer could say what a Decision can not carry. */
export const ANSWER_IS_A_DECISION: Answer extends Omit<Decision, 'revision'> ? true : never = true
