import type { Static } from 'typebox'
import { APPROVAL_SCOPES } from '../core/approval-scope.ts'
import { ENVIRONMENTS } from '../core/actor.ts'
import { BUDGET_LIMITS, BUDGET_MODES } from '../core/budget.ts'
import { WEEKDAYS } from '../core/circumstances.ts'
import { FINDING_KINDS } from '../core/finding.ts'
import { NO_CONTAINMENT } from '../core/ledger-entry.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import { Type } from '../core/schema-type.ts'
import { RELEASE_ACTIONS } from '../core/subject.ts'
import { ACCESSES, CONTENT_SIGNS, PATH_CLASSES, PERMISSIONS, TOOLS } from '../core/tool-call.ts'

/** The kinds of question that policy is asked. */
export const QUESTION_KINDS = ['tool-call', 'route', 'model-request', 'session', 'approval', 'release'] as const satisfies ReadonlyArray<PolicyInput['kind']>

const closed = { additionalProperties: false }
// Of a list of words alone OPA's type checker knows nothing: it goes by the type.
const word = { type: 'string' }

const Actor = Type.Object({
  id: Type.String({ description: 'Who asks.' }),
  role: Type.String({ description: 'What the actor is to the app: a key of `data.weir.data.roles` and `data.weir.data.grants`.' }),
  groups: Type.Array(Type.String(), { description: 'Groups of the actor, in no particular order.' }),
  org: Type.String({ description: 'Organisation of the actor.' }),
}, { ...closed, description: 'Who asks. From a verified token, never from a prompt, a header or a body.' })

const Session = Type.Object({
  id: Type.String({ description: 'Weir\'s id of the session.' }),
  client: Type.String({ description: 'The client that opened it. What a client says of itself: never permit by it.' }),
  agent: Type.String({ description: 'The agent\'s own name for it. What an agent says of itself: never permit by it.' }),
}, closed)

const Tool = Type.Object({
  name: Type.Enum([...TOOLS], { ...word, description: 'What the call is, whatever its client names it. `other`: a native tool that Weir has no word for.' }),
  native: Type.String({ description: 'The name in the client\'s own protocol, e.g. `edit` or `bash`; of an MCP tool, its full name.' }),
  protocol: Type.String({ description: 'Which adapter decoded it: `opencode`, `agent` for other coding agents, `acp`, `mcp` for calls over MCP, or `weir` for those of Weir\'s own protocol and for what the file plane asks about.' }),
  args: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
    description: 'Short scalar arguments, cut at 256 characters; never file content. Compare `targets`, `command` and `url` instead where they tell the same.',
  }),
}, closed)

const Target = Type.Object({
  path: Type.String({ description: 'Canonical: relative to the workspace (`src/a.ts`; `.` is its root), or absolute when outside of it.' }),
  class: Type.Enum([...PATH_CLASSES], { ...word, description: 'What the path is, by `data.weir.data.paths`; the strictest when several fit.' }),
  access: Type.Enum([...ACCESSES], { ...word, description: 'What the call does with it.' }),
}, closed)

const Command = Type.Object({
  text: Type.String({ description: 'The command line as it will run. For people: rules compare `programs`.' }),
  programs: Type.Array(Type.Object({
    name: Type.String({ description: 'Base name of the program.' }),
    argv: Type.Array(Type.String(), { description: 'The words of its start; `argv[0]` as written, e.g. `/usr/bin/git`. At least one.' }),
  }, closed), { description: 'Every program that the command can start, however deep it is wrapped.' }),
  opaque: Type.Boolean({ description: 'Some part could not be understood from the text. Never guessed harmless.' }),
  problems: Type.Array(Type.String(), { description: 'Which parts: short codes such as `unknown-program`. Beside them `data-loss`, which makes no command opaque: it throws away what is in no commit.' }),
  network: Type.Boolean({ description: 'Some part would speak to the network.' }),
  writes: Type.Array(Type.String(), { description: 'Paths as the text names them; canonical and classed they are in `targets`.' }),
  reads: Type.Array(Type.String(), { description: 'The same for what is read.' }),
}, closed)

const Url = Type.Object({
  url: Type.String({ description: 'The address, normalised.' }),
  scheme: Type.String({ description: 'Without the colon, e.g. `https`.' }),
  host: Type.String({ description: 'Lower case, ASCII (punycode), without a port.' }),
  port: Type.Number({ description: 'The scheme\'s own when the address names none.' }),
  address: Type.Enum(['public', 'private', 'loopback', 'link-local', 'name', 'invalid'], { ...word, description: 'What the host is: `name` is one that only a resolver could tell; the others are literal addresses.' }),
}, closed)

const Content = Type.Object({
  signs: Type.Array(Type.Enum([...CONTENT_SIGNS], word), { description: 'What the text would do when it runs: `reads-secret`, `sends-secrets` to another machine, `harmful-command` (a shell for somebody else), `remote-code` run as it comes, `destroys` a home folder or the whole disk; `unread`: there is too much of it to be looked through.' }),
  secrets: Type.Array(Type.String(), { description: 'Paths of class `secret` that it reads, canonical.' }),
}, closed)

const Finding = Type.Object({
  rule: Type.String({ description: 'What it looks like, e.g. `github` or `email`; `provider-key` is a key of this gateway\'s own.' }),
  kind: Type.Enum([...FINDING_KINDS], { ...word, description: 'A credential, or data about people.' }),
  count: Type.Number({ description: 'How often.' }),
}, closed)

const Model = Type.Object({
  provider: Type.String({ description: 'Id of the provider in `weir.yaml`.' }),
  id: Type.String({ description: 'Id of the model.' }),
  stream: Type.Boolean({ description: 'Whether the answer is to be streamed.' }),
  bytes: Type.Number({ description: 'Size of the request body, bytes.' }),
  scanned: Type.Boolean({ description: 'Whether the request was looked through for what must not leave. False when data have no `outgoing`, and when it holds too many look-alikes, or is too large to look for private data in.' }),
  findings: Type.Array(Finding, { description: 'What was found. What it says is kept from rules and from the ledger.' }),
}, closed)

const Route = Type.Object({
  method: Type.String({ description: 'HTTP method, upper case.' }),
  path: Type.String({ description: 'Template of the route, e.g. `/session/:id/message`.' }),
  class: Type.String({ description: 'Class of the route, from Weir\'s table: what a role\'s list in `data.weir.data.routes` names; `observe` when it is somebody else\'s session that is to be read.' }),
  owner: Type.Union([Type.Object({
    id: Type.String({ description: 'Actor id.' }),
    role: Type.String({ description: 'Role in which the session was started.' }),
    groups: Type.Array(Type.String(), { description: 'Groups at that time, in no particular order.' }),
  }, closed), Type.Null()], { description: 'Whose session is to be read, always of the actor\'s own organisation; null unless `class` is `observe`.' }),
}, closed)

const Approval = Type.Object({
  id: Type.String({ description: 'Id of the queue item.' }),
  by: Type.Union([Type.String(), Type.Null()], { description: 'Who answered.' }),
  requestedBy: Type.String({ description: 'Who asked for the call. Never the one who may answer.' }),
  ageMs: Type.Number({ description: 'How long ago the call was held, ms.' }),
  scope: Type.Enum([...APPROVAL_SCOPES], { ...word, description: 'How far a yes reaches: this call `once`, the same call again in its `session`, or the same call `until` a time.' }),
  standsMs: Type.Union([Type.Number(), Type.Null()], { description: 'With `kind` `approval` and scope `until`: for how long it is to stand, ms; else null.' }),
}, closed)

const Release = Type.Object({
  id: Type.String({ description: 'Name of the release.' }),
  digest: Type.String({ description: 'Names its content in full.' }),
  action: Type.Enum([...RELEASE_ACTIONS], { ...word, description: 'What is to be done with it in `environment`.' }),
  madeBy: Type.String({ description: 'Actor id of who made it.' }),
  live: Type.Array(Type.Enum([...ENVIRONMENTS], word), { description: 'The environments that point, or once pointed, at exactly this digest.' }),
  checks: Type.Array(Type.String(), { description: 'Names of the checks that exactly this digest has passed, each run by Weir itself.' }),
  from: Type.Union([Type.String(), Type.Null()], { description: 'Digest of the release that `environment` points at now; null when at none.' }),
}, closed)

const Time = Type.Object({
  day: Type.Enum([...WEEKDAYS], { ...word, description: 'Local weekday.' }),
  clock: Type.String({ description: 'Local time, `HH:MM`; text of this form compares as time does.' }),
}, closed)

const BudgetUse = Type.Object({
  budget: Type.String({ description: 'Name of the budget in the data.' }),
  account: Type.String({ description: 'Which of its accounts, e.g. `group payments`; `all` when it has one.' }),
  limit: Type.Enum([...BUDGET_LIMITS], { ...word, description: 'Which of its limits.' }),
  max: Type.Number({ description: 'The limit: US dollars, tokens or requests.' }),
  used: Type.Union([Type.Number(), Type.Null()], { description: 'What is used up of it: what was spent, what running requests hold, and this request. Null while it is not known.' }),
  mode: Type.Enum([...BUDGET_MODES], { ...word, description: 'Whether it refuses (`hard`) or only warns.' }),
}, closed)

const Seats = Type.Object({
  limit: Type.Union([Type.Number(), Type.Null()], { description: 'How many members of the actor\'s organisation may start sessions in a UTC month; null when it has no limit.' }),
  used: Type.Union([Type.Number(), Type.Null()], { description: 'How many did in this month, those included who are starting their first now. Null while it is not known.' }),
  member: Type.Boolean({ description: 'Whether the actor is surely one of them.' }),
  idle_days: Type.Union([Type.Number(), Type.Null()], { description: 'Whole days without a session of whoever would have to give up a seat to the actor: of the members of longest absence, as many as are needed, the one who was there last. Null while there is room, unless data release seats, and when there are too few without a session.' }),
}, closed)

const Delegation = Type.Object({
  running: Type.Number({ description: 'Subagents that were let start and have not ended. One that was started by another runs inside of it, so this limits how deep they nest as well.' }),
  total: Type.Number({ description: 'Subagents that were let start since the session began.' }),
}, closed)

/**
 * The schema of what Rego is given, with a description of each member. `policies/input.schema.json`, which the build hands to OPA's
 * type checker, and `docs/policy-input.md` are made from it; the types below keep it equal to `PolicyInput`.
 */
export const PolicyInputSchema = Type.Object({
  kind: Type.Enum([...QUESTION_KINDS], { ...word, description: 'What is asked. Begin each rule with it.' }),
  actor: Actor,
  app: Type.String({ description: 'Name of the app in `weir.yaml`.' }),
  environment: Type.Enum([...ENVIRONMENTS], { ...word, description: 'Where. A name that is not known arrives as `PROD`.' }),
  session: Type.Union([Session, Type.Null()], { description: 'The session that the question belongs to; null before there is one.' }),
  permission: Type.Union([Type.Enum([...PERMISSIONS], word), Type.Null()], { description: 'The strongest permission that the call needs; for `approval`, the one that the waiting call needs; else null.' }),
  tool: Type.Union([Tool, Type.Null()], { description: 'The call; null unless `kind` is `tool-call`.' }),
  targets: Type.Array(Target, { description: 'Every path that the call touches, also those inside a command; empty when there are none.' }),
  command: Type.Union([Command, Type.Null()], { description: 'Facts about a shell command; null when the call runs none.' }),
  url: Type.Union([Url, Type.Null()], { description: 'The address that the call would fetch; null when there is none.' }),
  content: Type.Union([Content, Type.Null()], { description: 'Strong signs of harm in the text that the call puts into files. The text itself is kept from rules and from the ledger. Null when there are none, and when the call writes no text.' }),
  model: Type.Union([Model, Type.Null()], { description: 'The request to a model; null unless `kind` is `model-request`.' }),
  route: Type.Union([Route, Type.Null()], { description: 'The request to the agent\'s API or Weir\'s own; null unless `kind` is `route`.' }),
  approval: Type.Union([Approval, Type.Null()], { description: 'With `kind` `approval`: the waiting call. With `tool-call`: the answer that was given to exactly this call, else null.' }),
  release: Type.Union([Release, Type.Null()], { description: 'The release that `environment` is to point at; null unless `kind` is `release`.' }),
  time: Type.Union([Time, Type.Null()], { description: 'Local time by the minute; null while the data have no working hours, so that answers can be remembered for longer.' }),
  usage: Type.Union([Type.Array(BudgetUse), Type.Null()], { description: 'Every limit of every budget that is for this request; null while the data have no budgets, for questions that spend nothing, and when it cannot be said.' }),
  seats: Type.Union([Seats, Type.Null()], { description: 'The seats of the actor\'s organisation; null while the data have no seats, and unless `kind` is `session`.' }),
  delegation: Type.Union([Delegation, Type.Null()], { description: 'The subagents of the session; null while the data have no `delegation`, unless the call starts one, and for clients whose subagents are not seen.' }),
  containment: Type.Union([Type.Enum([NO_CONTAINMENT], word), Type.Null()], { description: '`none` where this gateway runs agents and their commands without a sandbox; null where they have one.' }),
  now_ms: Type.Number({ description: 'The time of the question, Unix milliseconds. A rule that reads it is asked anew at every call.' }),
}, {
  ...closed,
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Weir policy input',
  description: 'What rules are given as `input`. No member is ever missing: what does not apply is null.',
})

type Frozen<T> = T extends string | number | boolean | null ? T : { readonly [K in keyof T]: Frozen<T[K]> }
type Written = Frozen<Static<typeof PolicyInputSchema>>
type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : never : never

// The type leaves these two words open: one comes from the queue's file, the other is `other` for what could not be read.
type Strict<T> = Omit<T, 'permission' | 'tool'>
type Shape<T> = T extends string ? string : T extends number | boolean | null ? T : { readonly [K in keyof T]: Shape<T[K]> }

/** Does not compile when the schema and `PolicyInput` differ: whoever adds a fact describes it here. */
export const SCHEMA_IS_THE_TYPE: Same<Strict<Written>, Strict<PolicyInput>> & Same<Shape<Written>, Shape<PolicyInput>> = true
