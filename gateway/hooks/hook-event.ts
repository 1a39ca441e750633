import { createHash } from 'node:crypto'
import type { DecisionBody, EventBody, LedgerEntry } from '../core/ledger-entry.ts'
import { BUDGET_WARNING } from '../meter/budget-warnings.ts'
import { MAX_TEXT_CHARS, numberOf, textOf } from './entry-words.ts'
import type { EventData } from './event-schema.ts'
import type { HookEventType } from './hook-schema.ts'
import { isReleaseRefusal, refused, releaseHappening, releaseMade, releasePointed, releaseTime, RELEASE_TYPES } from './release-event.ts'

const MAX_TARGETS = 20
const MAX_COMMAND_CHARS = 500

/** What a hook posts. `id` is the same in every attempt, and for the same happening. */
export interface HookEvent<Type extends HookEventType = HookEventType> {
  readonly id: string
  readonly type: Type
  readonly timeMs: number
  readonly data: EventData[Type]
}

/** What is said of an approval beside what its ledger entry holds. */
export interface ApprovalNow { readonly expiresAtMs: number, readonly links: { readonly approve: string, readonly deny: string } | null }

export interface EventPorts {
  /** Null when it does not wait any more. */
  readonly approvalNow: (id: string) => ApprovalNow | null
  /** The text with what looks like a secret taken out of it. */
  readonly masked: (text: string) => string
}

/** Names of ledger events that hooks can be told of. */
const APPROVAL_WORDS: Readonly<Record<string, EventData['approval.decided']['state']>> = { 'approval-given': 'given', 'approval-refused': 'refused', 'approval-revoked': 'revoked' }
const POLICY_TYPES: Readonly<Record<string, 'policy.activated' | 'policy.refused'>> = { 'policy-loaded': 'policy.activated', 'policy-rejected': 'policy.refused', 'policy-unreachable': 'policy.refused' }
const EVENT_NAMES: ReadonlySet<string> = new Set([...Object.keys(APPROVAL_WORDS), ...Object.keys(POLICY_TYPES), ...Object.keys(RELEASE_TYPES), 'approval-expired', BUDGET_WARNING, 'session-started', 'session-stopped'])

/** Whether a hook can be told of this. Cheap: it is asked of every entry. */
export function isTold (body: DecisionBody | EventBody | { readonly kind: 'outcome' }): boolean {
  if (body.kind === 'decision') return (body.approval !== null && body.decision.verdict === 'pending') || isReleaseRefusal(body)
  return body.kind === 'event' && EVENT_NAMES.has(body.name)
}

/** What happened, as hooks tell it; null for what they tell nobody. */
export function hookEvent (entry: LedgerEntry, ports: EventPorts): HookEvent | null {
  if (!isTold(entry)) return null
  if (entry.kind === 'decision') {
    return isReleaseRefusal(entry) ? made(entry, 'release.refused', { ...aboutDecision(entry), ...refused(entry, ports) }) : pending(entry, entry.approval ?? '', ports)
  }
  if (entry.kind !== 'event') return null
  const { name, detail } = entry
  const said = APPROVAL_WORDS[name]
  if (said !== undefined) return made(entry, 'approval.decided', { ...aboutEvent(entry), ...decided(entry, said) })
  const policy = POLICY_TYPES[name]
  if (policy !== undefined) return made(entry, policy, { ...aboutEvent(entry), revision: textOf(detail['revision']) ?? '', rules: numberOf(detail['rules']), code: textOf(detail['code']) })
  const release = RELEASE_TYPES[name]
  // One that a killed gateway told and the next one tells again is one happening: its id is of when it was so, and by which decision.
  if (release === 'release.made') return made(entry, release, { ...aboutEvent(entry), ...releaseMade(detail) }, releaseHappening(entry), releaseTime(entry))
  if (release !== undefined) return made(entry, release, { ...aboutEvent(entry), ...releasePointed(detail) }, releaseHappening(entry), releaseTime(entry))
  if (name === 'approval-expired') return made(entry, 'approval.expired', { ...aboutEvent(entry), approval: textOf(detail['approval']) ?? '', requestedBy: textOf(detail['requestedBy']) }, `expired ${textOf(detail['approval'])}`)
  if (name === BUDGET_WARNING) return made(entry, detail['percent'] === 100 ? 'budget.exhausted' : 'budget.warning', { ...aboutEvent(entry), ...budget(detail) })
  if (name === 'session-started') return made(entry, 'session.started', aboutEvent(entry))
  return made(entry, 'session.ended', { ...aboutEvent(entry), reason: textOf(detail['reason']), containerSeconds: numberOf(detail['containerSeconds']) })
}

/** The event of `weir hooks test`. */
export function testEvent (hook: string, id: string, timeMs: number): HookEvent<'hook.test'> {
  return { id, type: 'hook.test', timeMs, data: { entry: null, actor: null, app: null, environment: null, session: null, hook } }
}

/** The body: the same bytes for the same event, as long as its approval stays as it is. */
export function bodyOf ({ type, timeMs, data }: HookEvent): string {
  return JSON.stringify({ type, timestamp: new Date(timeMs).toISOString(), data })
}

type DecisionEntry = Extract<LedgerEntry, { kind: 'decision' }>
type EventEntry = Extract<LedgerEntry, { kind: 'event' }>

function pending (entry: DecisionEntry, approval: string, { approvalNow, masked }: EventPorts): HookEvent<'approval.pending'> {
  const { input: { actor, permission, tool, targets, command }, decision, time } = entry
  const now = approvalNow(approval)
  // One call that is made again while it waits is pending again, under the same approval: receivers know it by its id.
  return made(entry, 'approval.pending', {
    ...aboutDecision(entry),
    approval,
    requestedBy: actor.id,
    role: actor.role,
    permission,
    tool: tool?.native ?? null,
    targets: targets.slice(0, MAX_TARGETS).map((target) => ({ path: masked(target.path).slice(0, MAX_TEXT_CHARS), access: target.access, class: target.class })),
    targetCount: targets.length,
    command: command === null ? null : masked(command.text).slice(0, MAX_COMMAND_CHARS),
    rule: decision.rule,
    reason: masked(decision.reason).slice(0, MAX_TEXT_CHARS),
    expires: now === null ? null : isoOf(now.expiresAtMs),
    links: now?.links ?? null,
  }, `pending ${approval}`, time)
}

function decided ({ actor, detail }: EventEntry, state: EventData['approval.decided']['state']): Omit<EventData['approval.decided'], keyof ReturnType<typeof aboutEvent>> {
  const scope = textOf(detail['scope'])
  const until = numberOf(detail['untilMs'])
  return {
    approval: textOf(detail['approval']) ?? '',
    state,
    by: actor,
    requestedBy: textOf(detail['requestedBy']),
    scope: scope === 'once' || scope === 'session' || scope === 'until' ? scope : null,
    until: until === null ? null : isoOf(until),
  }
}

function budget (detail: EventBody['detail']): Omit<EventData['budget.warning'], keyof ReturnType<typeof aboutEvent>> {
  return {
    budget: textOf(detail['budget']) ?? '',
    account: textOf(detail['account']) ?? '',
    limit: textOf(detail['limit']) ?? '',
    percent: numberOf(detail['percent']) ?? 0,
    period: textOf(detail['period']) ?? '',
    max: numberOf(detail['max']) ?? 0,
    used: numberOf(detail['used']) ?? 0,
    mode: textOf(detail['mode']) ?? '',
  }
}

function aboutDecision ({ index, input: { actor, app, environment, session } }: DecisionEntry) {
  return { entry: index, actor: actor.id, app, environment, session: session?.id ?? null }
}

function aboutEvent ({ index, actor, app, environment, session }: EventEntry) {
  return { entry: index, actor, app, environment, session }
}

/** @param what names the happening where more than one entry can speak of it; else the entry's place in the chain does */
function made<Type extends HookEventType> (entry: LedgerEntry, type: Type, data: EventData[Type], what = `${entry.prev} ${entry.index}`, timeMs = entry.time): HookEvent<Type> {
  return { id: `evt_${createHash('sha256').update(what).digest('hex').slice(0, 32)}`, type, timeMs, data }
}

function isoOf (ms: number): string {
  return new Date(ms).toISOString()
}
