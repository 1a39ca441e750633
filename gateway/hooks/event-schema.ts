import type { Static } from 'typebox'
import { APPROVAL_STATES } from '../approvals/approval.ts'
import { APPROVAL_SCOPES } from '../core/approval-scope.ts'
import { Type } from '../core/schema-type.ts'
import { RELEASE_ACTIONS } from '../core/subject.ts'
import { ACCESSES, PATH_CLASSES } from '../core/tool-call.ts'

const closed = { additionalProperties: false }
const text = (description: string) => Type.String({ description })
const maybe = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

const about = {
  entry: Type.Union([Type.Integer(), Type.Null()], { description: 'Index of the ledger entry that the event is made of; null for a test.' }),
  actor: maybe('Whose act it was about; null when nobody\'s.'),
  app: maybe('The app; null when none.'),
  environment: maybe('DEV, TEST or PROD; null when none.'),
  session: maybe('The session; null when none.'),
}

const LinksSchema = Type.Object({
  approve: text('Opens a page that says yes after a login.'),
  deny: text('Opens a page that says no after a login.'),
}, closed)

const PendingSchema = Type.Object({
  ...about,
  approval: text('Id of the approval.'),
  requestedBy: text('Who asked.'),
  role: text('In which role.'),
  permission: maybe('The permission that it needs.'),
  tool: maybe('The tool by its own name; null when it is no call.'),
  targets: Type.Array(Type.Object({ path: Type.String(), access: Type.Enum([...ACCESSES]), class: Type.Enum([...PATH_CLASSES]) }, closed), { description: 'Paths that it touches, the first 20.' }),
  targetCount: Type.Integer({ description: 'How many it touches.' }),
  command: maybe('The command, its first 500 characters; null when it is none.'),
  rule: text('The rule that leaves it to people.'),
  reason: text('Why, in that rule\'s words.'),
  expires: maybe('When nobody can answer any more; null when that is over already.'),
  links: Type.Union([LinksSchema, Type.Null()], { description: 'Where to answer in a browser; null when it was answered already.' }),
}, closed)

const DecidedSchema = Type.Object({
  ...about,
  approval: text('Id of the approval.'),
  state: Type.Enum([...APPROVAL_STATES], { description: 'given, refused or revoked.' }),
  by: maybe('Who said so.'),
  requestedBy: maybe('Who had asked.'),
  scope: Type.Union([Type.Enum([...APPROVAL_SCOPES]), Type.Null()], { description: 'How far a yes reaches; null for a no.' }),
  until: maybe('Until when a yes stands that covers more than one call.'),
}, closed)

const ExpiredSchema = Type.Object({ ...about, approval: text('Id of the approval.'), requestedBy: maybe('Who had asked.') }, closed)

const BudgetSchema = Type.Object({
  ...about,
  budget: text('Its name in policy data.'),
  account: text('Whose share of it.'),
  limit: text('Which of its limits.'),
  percent: Type.Number({ description: 'How much of it is used up: 50, 80 or 100.' }),
  period: text('The period, in UTC.'),
  max: Type.Number({ description: 'The limit.' }),
  used: Type.Number({ description: 'What is used, running requests included.' }),
  mode: text('What happens at 100 %.'),
}, closed)

const PolicySchema = Type.Object({
  ...about,
  revision: text('Revision in force after it.'),
  rules: Type.Union([Type.Integer(), Type.Null()], { description: 'Number of rules; null when it was refused.' }),
  code: maybe('Error code of the refusal; null when it was taken.'),
}, closed)

const release = text('Name of the release.')
const digest = text('What names its content in full, SHA-256 in hex.')
const commit = text('The commit that it holds.')
const decision = Type.Union([Type.Integer(), Type.Null()], { description: 'Index of the ledger entry that allowed it.' })
const MadeSchema = Type.Object({
  ...about,
  release,
  digest,
  commit,
  files: Type.Union([Type.Integer(), Type.Null()], { description: 'How many files and links it holds.' }),
  bytes: Type.Union([Type.Integer(), Type.Null()], { description: 'Size of its archive.' }),
  decision,
}, closed)
const PointedSchema = Type.Object({ ...about, release, digest, commit, from: maybe('The release that the environment pointed at before; null for none.'), decision }, closed)
const RefusedSchema = Type.Object({
  ...about,
  release: maybe('Name of the release; null when it was not made, so that it has none.'),
  action: Type.Enum([...RELEASE_ACTIONS], { description: 'What was asked for.' }),
  role: text('In which role.'),
  rule: text('The rule that denies it.'),
  reason: text('Why, in that rule\'s words.'),
}, closed)

const StartedSchema = Type.Object(about, closed)
const EndedSchema = Type.Object({
  ...about,
  reason: maybe('Why it ended.'),
  containerSeconds: Type.Union([Type.Number(), Type.Null()], { description: 'How long its container ran.' }),
}, closed)
const TestSchema = Type.Object({ ...about, hook: text('Name of the hook.') }, closed)

/** What is in each event, by its type. */
export const EVENT_DATA = {
  'approval.pending': PendingSchema,
  'approval.decided': DecidedSchema,
  'approval.expired': ExpiredSchema,
  'budget.warning': BudgetSchema,
  'budget.exhausted': BudgetSchema,
  'policy.activated': PolicySchema,
  'policy.refused': PolicySchema,
  'release.made': MadeSchema,
  'release.promoted': PointedSchema,
  'release.rolled-back': PointedSchema,
  'release.refused': RefusedSchema,
  'session.started': StartedSchema,
  'session.ended': EndedSchema,
  'hook.test': TestSchema,
} as const

export type EventData = { readonly [Name in keyof typeof EVENT_DATA]: Static<typeof EVENT_DATA[Name]> }

/** The JSON Schema of the bodies that hooks post, as it is published. */
export function hookEventJsonSchema (): string {
  const forms = Object.entries(EVENT_DATA).map(([type, data]) => Type.Object({
    type: Type.Literal(type),
    timestamp: Type.String({ description: 'When it happened, ISO 8601 in UTC.' }),
    data,
  }, closed))
  return `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Weir hook event', description: 'The body of a webhook (docs/hooks.md).', anyOf: forms }, null, 2)}\n`
}
