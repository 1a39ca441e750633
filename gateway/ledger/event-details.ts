import { Type } from '../core/schema-type.ts'

const closed = { additionalProperties: false }
const text = Type.String()
const count = Type.Integer({ minimum: 0 })
const number = Type.Number()
const yesNo = Type.Boolean()
const orNull = (schema: Parameters<typeof Type.Union>[0][number]) => Type.Union([schema, Type.Null()])
const texts = Type.Array(text)
const release = { release: text, digest: text, commit: text, decision: orNull(count) }
const charge = { sessionSeconds: count, containerSeconds: count, milliCredits: number }
const owner = { org: text, groups: texts }
const answered = Type.Object({ approval: text, requestedBy: text, digest: text, scope: Type.Optional(text), untilMs: Type.Optional(orNull(number)) }, closed)
const key = { change: text, atMs: number, keyId: text, provider: text, weight: Type.Optional(number), retires: Type.Optional(Type.Union([text, number])) }
const verdictOf = Type.Object({ verdict: text, rule: text }, closed)
const terminal = { recording: text, terminal: text, request: orNull(text) }

/** What each event says, by its name. What is not here is not recorded: no content, no secret. */
export const EVENT_DETAILS = {
  'gateway-started': Type.Object({ revision: text, node: text, config: Type.Optional(orNull(text)) }, closed),
  'configuration-changed': Type.Object({ from: orNull(text), to: orNull(text), settings: texts }, closed),
  'connections-refused': Type.Object({ source: orNull(text), code: text, refused: count, sinceMs: number }, closed),
  'gateway-stopping': Type.Object({}, closed),
  'entries-expired': Type.Object({ segment: count, last: count, decisions: count, outcomes: count, sha256: text, rules: texts, by: text }, closed),
  'journal-recovered': Type.Object({ segment: text, offset: count, bytes: count, savedTo: text }, closed),
  'policy-loaded': Type.Object({ revision: text, rules: count }, closed),
  'policy-rejected': Type.Object({ revision: text, code: text }, closed),
  'policy-unreachable': Type.Object({ revision: text, code: text }, closed),
  'policy-fault': Type.Object({ revision: text, kind: text }, closed),
  'policy-shadow-difference': Type.Object({ of: count, from: verdictOf, to: verdictOf, revision: text }, closed),
  'policy-shadow-unusable': Type.Object({ code: text }, closed),
  'session-started': Type.Object({ commit: text, ...owner }, closed),
  'prompt-sent': Type.Object({ of: count, route: text, bytes: count, sha256: text }, closed),
  'session-stopped': Type.Object({ ...charge, reason: text, estimated: yesNo, ...owner }, closed),
  'limit-reached': Type.Object({ limit: text, used: number, allowed: number, ended: text }, closed),
  'changes-lost': Type.Object({ reason: text, since: number, files: orNull(count), paths: texts }, closed),
  'change-set-progress': Type.Object({ step: text, done: count, of: count }, closed),
  'change-set-committed': Type.Object({ commit: text, files: count, pending: count, denied: count, ignored: Type.Optional(count) }, closed),
  'commit-conflict': Type.Object({ paths: texts, count, files: count }, closed),
  'approved-command-started': Type.Object({ of: count }, closed),
  'model-socket-refused': Type.Object({ code: text, request: text }, closed),
  'approval-given': answered,
  'approval-refused': answered,
  'approval-used': answered,
  'approval-revoked': answered,
  'approval-expired': Type.Object({ approval: text, requestedBy: text, digest: text }, closed),
  'token-issued': Type.Object({ token: text, role: Type.Optional(orNull(text)), by: Type.Optional(text), expiresAtMs: number }, closed),
  'token-revoked': Type.Object({ token: text }, closed),
  'actor-tokens-revoked': Type.Object({ beforeMs: number }, closed),
  'actor-activated': Type.Object({}, closed),
  'actor-deactivated': Type.Object({}, closed),
  'group-left': Type.Object({ group: text }, closed),
  'group-gone': Type.Object({ group: text }, closed),
  'login-refused': Type.Object({ code: text, refused: count }, closed),
  'logged-out': Type.Object({ token: text }, closed),
  'signed-in': Type.Object({ token: text }, closed),
  'signed-out': Type.Object({ token: text }, closed),
  'mcp-tool-held': Type.Object({ server: text, tool: text, digest: text }, closed),
  'mcp-tool-approved': Type.Object({ server: text, tool: text, digest: text }, closed),
  'seat-taken': Type.Object({ org: text, month: text }, closed),
  'seat-released': Type.Object({ org: text, month: text, why: text, idleDays: orNull(count) }, closed),
  'budget-warning': Type.Object({ budget: text, account: text, limit: text, percent: count, period: text, max: number, used: number, mode: text }, closed),
  'key-set': Type.Object(key, closed),
  'key-retired': Type.Object({ ...key, replacedBy: text }, closed),
  'key-removed': Type.Object({ ...key, reason: text }, closed),
  'master-key-rotated': Type.Object({ change: text, atMs: number, from: text, to: text, keys: count }, closed),
  'hook-gave-up': Type.Object({ hook: text, event: text, of: orNull(count), type: text, attempts: count, problem: text }, closed),
  'forward-put-aside': Type.Object({ forwarder: text, from: count, to: count, count, problem: text }, closed),
  'publication-behind': Type.Object({ name: text, kind: text, published: count, signed: count, problem: text }, closed),
  'release-made': Type.Object({ ...release, files: count, bytes: count, withheld: count, atMs: number }, closed),
  'release-checked': Type.Object({ release: text, digest: text, check: text, passed: yesNo, decision: count }, closed),
  'release-promoted': Type.Object({ ...release, from: orNull(text), atMs: number }, closed),
  'release-rolled-back': Type.Object({ ...release, from: orNull(text), atMs: number }, closed),
  'terminal-opened': Type.Object({ ...terminal, input: yesNo }, closed),
  'terminal-closed': Type.Object({ ...terminal, opened: count, bytes: count, sha256: text, whole: yesNo, events: count, reason: text }, closed),
  'recording-removed': Type.Object({ recording: text, bytes: count, writtenAtMs: count }, closed),
} as const

const Attempt = Type.Object({ endpoint: text, keyId: orNull(text), status: orNull(count), code: orNull(text) }, closed)

const Usage = Type.Object({
  provider: text,
  model: text,
  inputTokens: count,
  outputTokens: count,
  cachedTokens: count,
  cacheWriteTokens: count,
  cacheWrite1hTokens: Type.Optional(count),
  reasoningTokens: count,
  audioInputTokens: Type.Optional(count),
  audioOutputTokens: Type.Optional(count),
  cachedAudioTokens: Type.Optional(count),
  webSearches: Type.Optional(count),
  fileSearches: Type.Optional(count),
  serviceTier: Type.Optional(text),
  estimated: yesNo,
  costNanoUsd: orNull(number),
  priced: yesNo,
  priceSource: orNull(text),
  unitPrices: Type.Optional(text),
  token: orNull(text),
  agentSession: orNull(text),
  parentSession: orNull(text),
}, { ...closed, description: 'What a model request used and cost.' })

/** Members that need not be there, of one type. */
function optional (names: string, schema: ReturnType<typeof orNull>): Readonly<Record<string, ReturnType<typeof orNull>>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, Type.Optional(schema)]))
}

const IDS_AND_WORDS = 'agentSession alias approval blob check commit digest file forwarder hook how keyId limit native performedBy problem provider reason recording release requestSha256 result revision rule server state tool verdict'
const COUNTS_AND_INDEXES = 'approvals bytes calls cells changed changedTo containerSeconds dead decision delivered entries failed files forwarders hooks index keys matches milliCredits outputBytes parts releases repeatedBy repeats replayed retired roles rows rules servers sessionSeconds size status to withheld'
const either = Type.Union([text, number, yesNo, Type.Null()])

/** What an outcome may say: sizes, codes, ids and tokens of an effect, whichever it was. */
export const OUTCOME_DETAIL = Type.Object({
  ...optional(IDS_AND_WORDS, orNull(text)),
  ...optional(COUNTS_AND_INDEXES, orNull(number)),
  code: Type.Optional(either),
  from: Type.Optional(either),
  refused: Type.Optional(either),
  released: Type.Optional(either),
  notes: Type.Optional(texts),
  attempts: Type.Optional(Type.Array(Attempt)),
  tests: Type.Optional(Type.Object({ total: count, failed: count }, closed)),
  usage: Type.Optional(Usage),
}, closed)
