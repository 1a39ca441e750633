import { PLANES } from './core/actor.ts'
import { VERDICTS } from './core/decision.ts'
import { FINDING_KINDS } from './core/finding.ts'
import { NO_CONTAINMENT, OUTCOMES } from './core/ledger-entry.ts'
import { Type } from './core/schema-type.ts'
import { EVENT_DETAILS, OUTCOME_DETAIL } from './ledger/event-details.ts'
import { PolicyInputSchema } from './policy/input-schema.ts'

const closed = { additionalProperties: false }
const SHA256 = { pattern: '^[0-9a-f]{64}$' }
const text = Type.String()
const textOrNull = Type.Union([text, Type.Null()])
const index = Type.Integer({ minimum: 0 })

const chained = {
  index: Type.Integer({ minimum: 0, description: 'Counts from 0 without gaps.' }),
  time: Type.Number({ description: 'Unix milliseconds.' }),
  prev: Type.String({ ...SHA256, description: 'SHA-256 of the entry before; zeros for the first.' }),
  containment: Type.Optional(Type.Literal(NO_CONTAINMENT, { description: 'Only in entries of a gateway that ran agents without a sandbox.' })),
}

const Operation = Type.Union([
  Type.Object({ op: Type.Literal('set'), arg: text, value: Type.Union([text, Type.Number(), Type.Boolean()]) }, closed),
  Type.Object({ op: Type.Literal('remove'), arg: text }, closed),
  Type.Object({ op: Type.Literal('add-flag'), flag: text }, closed),
  Type.Object({ op: Type.Literal('redact'), kind: Type.Enum([...FINDING_KINDS]) }, closed),
])

const Decision = Type.Object({
  verdict: Type.Enum([...VERDICTS]),
  rule: Type.String({ description: 'Id of the rule that decided.' }),
  reason: text,
  feedback: Type.String({ description: 'What the model was told.' }),
  also: Type.Array(text, { description: 'Other rules that fired.' }),
  obligations: Type.Object({ own_only: Type.Optional(Type.Boolean()), modify: Type.Optional(Type.Array(Operation)), redact: Type.Optional(Type.Array(text)) }, closed),
  revision: Type.String({ description: 'Digest of the policy that decided.' }),
  explanation: Type.Optional(Type.Object({ title: text, description: text, remedy: text }, closed)),
}, closed)

const DecisionEntry = Type.Object({
  ...chained,
  kind: Type.Literal('decision'),
  plane: Type.Enum([...PLANES], { description: 'Where it was asked.' }),
  request: Type.Union([text, Type.Null()], { description: 'Id of the request that asked; null when none did.' }),
  input: PolicyInputSchema,
  decision: Decision,
  digest: Type.Union([Type.String(SHA256), Type.Null()], { description: 'Binds the exact call; null for what is no call.' }),
  approval: Type.Union([text, Type.Null()], { description: 'Id of the approval that it waits for, or used up.' }),
  modified: Type.Optional(Type.Object({ of: index, operations: Type.Array(Operation) }, { ...closed, description: 'Which decision\'s call this is with what changed.' })),
}, { ...closed, description: 'A question, the answer, and all that is needed to make it again.' })

// What was too large, or could not be written, is recorded without its detail: that it happened is not lost.
const Omitted = Type.Object({ omitted: text }, closed)

const OutcomeEntry = Type.Object({
  ...chained,
  kind: Type.Literal('outcome'),
  of: Type.Integer({ minimum: 0, description: 'Index of the decision.' }),
  status: Type.Enum([...OUTCOMES]),
  detail: Type.Union([OUTCOME_DETAIL, Omitted]),
}, { ...closed, description: 'What became of an allowed effect.' })

const eventEntries = Object.entries(EVENT_DETAILS).map(([name, detail]) => Type.Object({
  ...chained,
  kind: Type.Literal('event'),
  name: Type.Literal(name),
  actor: textOrNull,
  app: textOrNull,
  environment: textOrNull,
  session: textOrNull,
  detail: Type.Union([detail, Omitted]),
}, closed))

/** Everything that this version records. Published as `docs/ledger-entry.schema.json`. */
export const LedgerEntrySchema = Type.Union([DecisionEntry, OutcomeEntry, ...eventEntries])

/** The JSON Schema of an entry, as it is published. */
export function entryJsonSchema (): string {
  const { $schema: _, ...input } = PolicyInputSchema as { readonly $schema?: string }
  const anyOf = [{ ...DecisionEntry, properties: { ...(DecisionEntry as { readonly properties: object }).properties, input } }, OutcomeEntry, ...eventEntries]
  return `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Weir ledger entry', description: 'One entry of the ledger (docs/ledger.md).', anyOf }, null, 2)}\n`
}
