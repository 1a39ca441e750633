import { HOST_RULES, VERDICTS, type Verdict } from '../../core/decision.ts'
import { obligationsOf, type Operation } from '../../core/obligations.ts'
import type { PolicyInput } from '../../core/policy-input.ts'
import type { CommandFacts, UrlFacts } from '../../core/tool-call.ts'

/** A recorded decision that can be made again. `timeMs` is Unix milliseconds. */
export interface RecordedDecision {
  readonly kind: 'decision'
  readonly index: number
  readonly timeMs: number
  readonly input: PolicyInput
  readonly verdict: Verdict
  readonly rule: string
  readonly obligations: Readonly<Record<string, unknown>>
  readonly plane: string
  /** What was changed in the call before it was decided; null for a call as it came. */
  readonly modified: { readonly of: number, readonly operations: readonly Operation[] } | null
}

/** What an entry is to a replay. `host` is a denial that was made before policy was asked: no policy changes it. */
export type Recorded =
  | RecordedDecision
  | { readonly kind: 'host', readonly timeMs: number, readonly input: PolicyInput }
  | { readonly kind: 'unreplayable', readonly index: number | null, readonly timeMs: number | null, readonly problem: string }
  | { readonly kind: 'other' }

type Fields = Readonly<Record<string, unknown>>
type Members<T> = { readonly [Name in keyof T as Record<never, never> extends Pick<T, Name> ? never : Name]: true }

// An entry of an older Weir lacks what that Weir did not know. Rules deny such an input, which says nothing about the policy.
// The types keep these lists whole: a new member of the input does not compile until it is named here.
const INPUT: Members<Omit<PolicyInput, 'containment' | 'content'>> = {
  kind: true,
  actor: true,
  app: true,
  environment: true,
  session: true,
  permission: true,
  tool: true,
  targets: true,
  command: true,
  url: true,
  model: true,
  route: true,
  approval: true,
  release: true,
  time: true,
  usage: true,
  seats: true,
  delegation: true,
  now_ms: true,
}
const COMMAND: Members<CommandFacts> = { text: true, programs: true, opaque: true, problems: true, network: true, writes: true, reads: true }
const URL: Members<UrlFacts> = { url: true, scheme: true, host: true, port: true, address: true }

const NULLABLE = ['session', 'tool', 'command', 'url', 'model', 'route', 'approval', 'release', 'time', 'seats', 'delegation'] as const satisfies ReadonlyArray<keyof PolicyInput>

const NO_ENTRY = 'it is not an entry of a ledger'
const BEFORE_POLICY: readonly string[] = [HOST_RULES.unreadable, HOST_RULES.classify]

/** Reads one entry. It may come from an export, so from anybody: every part that is used is checked. Never throws. */
export function recordedDecision (entry: unknown): Recorded {
  if (!isFields(entry)) return { kind: 'unreplayable', index: null, timeMs: null, problem: NO_ENTRY }
  if (entry['kind'] === 'outcome' || entry['kind'] === 'event') return { kind: 'other' }
  const { input, decision } = entry
  const index = numberOrNull(entry['index'])
  const timeMs = numberOrNull(entry['time'])
  if (entry['kind'] !== 'decision' || index === null || timeMs === null || !isFields(decision)) return { kind: 'unreplayable', index, timeMs, problem: NO_ENTRY }
  const { rule, obligations } = decision
  const verdict = VERDICTS.find((known) => known === decision['verdict'])
  if (verdict === undefined || typeof rule !== 'string' || !isFields(obligations)) return { kind: 'unreplayable', index, timeMs, problem: 'its decision is of another form' }
  const problem = inputProblem(input)
  if (problem !== null) return { kind: 'unreplayable', index, timeMs, problem }
  const whole = withLaterParts(input as PolicyInput)
  return BEFORE_POLICY.includes(rule) ? { kind: 'host', timeMs, input: whole } : { kind: 'decision', index, timeMs, input: whole, verdict, rule, obligations, plane: String(entry['plane']), modified: modifiedOf(entry['modified']) }
}

// Before Weir could run without a sandbox it always ran with one, so an older entry lacks nothing but the word. What texts said was not
// looked at: what was decided then was decided without.
function withLaterParts (input: PolicyInput): PolicyInput {
  return 'containment' in input && 'content' in input ? input : { containment: null, content: null, ...(input as Partial<PolicyInput>) } as PolicyInput
}

// Only its operations tell what is decided again; those that are not known were made by another version, and the answer will differ.
function modifiedOf (value: unknown): RecordedDecision['modified'] {
  if (!isFields(value)) return null
  const operations = obligationsOf({ modify: value['operations'] })?.modify ?? []
  return { of: numberOrNull(value['of']) ?? -1, operations }
}

function numberOrNull (value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

function inputProblem (input: unknown): string | null {
  if (!isFields(input)) return 'its input is missing'
  const missing = missingMember(input, INPUT) ?? missingPart(input, 'command', COMMAND) ?? missingPart(input, 'url', URL)
  if (missing !== null) return `its input has no "${missing}": another version recorded it`
  const { actor, app, environment, targets, usage } = input
  if (!isFields(actor) || typeof actor['id'] !== 'string') return 'its input names no actor'
  const hasForm = typeof app === 'string' && typeof environment === 'string' && Array.isArray(targets) && targets.every(isFields) && (usage === null || Array.isArray(usage)) &&
    NULLABLE.every((part) => input[part] === null || isFields(input[part]))
  return hasForm ? null : 'its input is of another form'
}

function missingPart (input: Fields, part: string, members: Fields): string | null {
  const value = input[part]
  const missing = isFields(value) ? missingMember(value, members) : null
  return missing === null ? null : `${part}.${missing}`
}

function missingMember (value: Fields, members: Fields): string | null {
  for (const name in members) if (value[name] === undefined) return name
  return null
}

function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
