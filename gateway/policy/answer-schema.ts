import type { Static } from 'typebox'
import { VERDICTS, type Decision } from '../core/decision.ts'
import { FINDING_KINDS } from '../core/finding.ts'
import { ARGUMENT_NAME, FINDING_NAME, FLAG, OBLIGATION_LIMITS } from '../core/obligations.ts'
import { Type } from '../core/schema-type.ts'

const RULE_ID = '^[a-z0-9_]{1,64}\\.[a-z0-9_]{1,64}$'
const MAX_TEXT_CHARS = 8_192
const MAX_ALSO = 64

const closed = { additionalProperties: false }
const argument = Type.String({ pattern: ARGUMENT_NAME, description: 'Name of an argument of the native tool.' })

const OperationSchema = Type.Union([
  Type.Object({
    op: Type.Literal('set'),
    arg: argument,
    value: Type.Union([Type.String({ maxLength: OBLIGATION_LIMITS.textChars }), Type.Number(), Type.Boolean()], { description: 'What the argument is set to, whatever it was.' }),
  }, closed),
  Type.Object({ op: Type.Literal('remove'), arg: argument }, closed),
  Type.Object({
    op: Type.Literal('add-flag'),
    flag: Type.String({ pattern: FLAG, description: 'Option that is put behind the command, which must start exactly one program and hide nothing.' }),
  }, closed),
  Type.Object({
    op: Type.Literal('redact'),
    kind: Type.Enum([...FINDING_KINDS], { description: 'What is blanked in all arguments, `[redacted:RULE]` in its place: what looks like a secret, or the private data that `outgoing.private` of the policy data names. A call that cannot be looked through for it is denied.' }),
  }, closed),
])

const ObligationsSchema = Type.Object({
  own_only: Type.Optional(Type.Boolean({ description: 'For routes: the caller sees only what the same actor did or asked for.' })),
  modify: Type.Optional(Type.Array(OperationSchema, { minItems: 1, maxItems: OBLIGATION_LIMITS.operations, description: 'For tool calls: how the call is changed, in this order. The changed call is decided again and must be allowed as it is then. A call that is so already passes; where a call can not be changed (anywhere but in a model\'s answer and in calls of Weir\'s own tools), it is denied with words that say what to change.' })),
  redact: Type.Optional(Type.Array(Type.String({ pattern: FINDING_NAME }), { minItems: 1, maxItems: OBLIGATION_LIMITS.redactions, description: 'For model requests: names of the findings that are blanked before the request is sent.' })),
}, { ...closed, description: 'What an allow is bound to. Anything else in it is a deny by `weir.obligation_unknown`.' })

/** The schema of what Rego gives back, with a description of each member: `docs/policy-input.md` is made from it. */
export const AnswerSchema = Type.Object({
  verdict: Type.Enum([...VERDICTS], { type: 'string', description: 'The strictest that some rule asked for.' }),
  rule: Type.String({ pattern: RULE_ID, description: '`package.short_name` of the rule that decided, also of an allow; of several, the first by name.' }),
  reason: Type.String({ maxLength: MAX_TEXT_CHARS, description: 'Why, for people. Goes to the ledger: no content, no secrets.' }),
  feedback: Type.String({ maxLength: MAX_TEXT_CHARS, description: 'What to do instead, for the model, in place of the call\'s result. Of the first three rules.' }),
  also: Type.Array(Type.String({ pattern: RULE_ID }), { maxItems: MAX_ALSO, description: 'The other rules that fired, sorted, those that ask for something weaker included.' }),
  obligations: ObligationsSchema,
}, { title: 'Weir policy answer', description: 'What `data.weir.decision` gives back.' })

type Answer = Static<typeof AnswerSchema>

/** Does not compile when an answer could say what a Decision can not carry. */
export const ANSWER_IS_A_DECISION: Answer extends Omit<Decision, 'revision'> ? true : never = true
