import type { Actor, Context } from './actor.ts'
import type { CallBase } from './approval-scope.ts'
import { boundDecision, NO_MEANS, type Means } from './bound-decision.ts'
import { digestOf } from './canonical-json.ts'
import { changedCall, hasItsFlags, neededChanges, unchangeable } from './change-call.ts'
import type { Circumstances, CircumstancesOf } from './circumstances.ts'
import { hostDenial, HOST_RULES, type Decision } from './decision.ts'
import type { Finding } from './finding.ts'
import type { Operation } from './obligations.ts'
import { issuePermit, type Permit } from './permit.ts'
import type { PolicyInput } from './policy-input.ts'
import type { ApprovalQueue, CallToHold, Classify, Clock, GivenApproval, Ledger, LookAtBase, Policy } from './ports.ts'
import type { ReleaseSubject, RewrittenCall, Subject } from './subject.ts'
import type { Classification } from './tool-call.ts'

export interface GovernPorts {
  readonly classify: Classify
  /** Read at every call, so that a swapped policy takes effect at once and never in the middle of a decision. */
  readonly policy: () => Policy
  readonly ledger: Ledger
  readonly approvals: ApprovalQueue
  /** Default: no call names files that could be looked at. */
  readonly baseOf?: LookAtBase
  readonly clock: Clock
  /** Default: none are known, and what rules restrict by them is denied. */
  readonly circumstances?: CircumstancesOf
  /** The actor as it is now: roles by groups change while sessions run. Default: as the context says. */
  readonly actorNow?: (actor: Actor) => Actor
}

/**
 * A recorded decision. `permit` exists if and only if the verdict is allow; `approval` if and only if it is pending. `changed` is set when
 * policy had the call changed: decision, entry and permit are those of the changed call, and only that one may take effect. `isApproved`:
 * the allow used up an approval.
 */
export interface Governed {
  readonly decision: Decision
  readonly entry: number
  readonly facts: Classification | null
  readonly permit: Permit | null
  readonly approval: string | null
  readonly changed: RewrittenCall | null
  readonly isApproved: boolean
}

/** What a decision would be, recorded nowhere and binding nobody. */
export type Preview = Pick<Governed, 'decision' | 'facts'>

/**
 * Decides one question and records the answer; the only place where a Decision is made.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_APPEND when the decision could not be made durable: nothing may take effect then
 */
export type Govern = (subject: Subject, context: Context, onDecided?: OnDecided) => Promise<Governed>

/**
 * Hears the decision in the turn in which it is made, before the next one can be: for what the question alone took up and a refusal
 * must give back. It is not recorded yet, so nothing may take effect.
 */
export type OnDecided = (decision: Decision) => void

export interface Governor { readonly govern: Govern, preview (subject: Subject, context: Context): Preview }

export function createGovernor (ports: GovernPorts): Governor {
  return {
    async govern (subject, asked, onDecided) {
      const context = contextNow(asked, ports)
      const made = decide(subject, context, ports)
      const change = made.change
      if (change !== null) return await recordChange(made, change, context, ports.ledger)
      const { evaluated: { input, decision, facts }, digest, given } = made
      onDecided?.(decision)
      const held = decision.verdict === 'pending' ? ports.approvals.hold(digest ?? digestOf(subject), context, decision, input, toHold(subject, facts, context, ports)) : null
      const entry = await ports.ledger.append({ kind: 'decision', plane: context.plane, request: context.request ?? null, input, decision, digest, approval: held ?? given?.id ?? null })
      const permit = decision.verdict === 'allow' ? issuePermit(entry, digest) : null
      return Object.freeze({ decision, entry, facts, permit, approval: held, changed: null, isApproved: given !== null })
    },
    preview (subject, context) {
      const { decision, facts } = evaluate(subject, contextNow(context, ports), ports, null, NO_MEANS)
      return { decision, facts }
    },
  }
}

function contextNow (context: Context, { actorNow }: GovernPorts): Context {
  if (actorNow === undefined) return context
  const actor = actorNow(context.actor)
  return actor === context.actor ? context : Object.freeze({ ...context, actor })
}

interface Change { readonly rewritten: RewrittenCall, readonly evaluated: Evaluated, readonly operations: readonly Operation[] }
interface Evaluated { readonly input: PolicyInput, readonly decision: Decision, readonly facts: Classification | null }
/** `given` is the approval that this decision used up; `change` the call that takes the place of the one asked about. */
interface Made { readonly evaluated: Evaluated, readonly digest: string | null, readonly given: GivenApproval | null, readonly change: Change | null }

function decide (subject: Subject, context: Context, ports: GovernPorts): Made {
  const digest = subjectDigest(subject)
  const given = digest === null ? null : ports.approvals.find(digest, context, () => baseNow(subject, context, ports))
  const means = meansOf(subject)
  const covered = given === null ? null : evaluate(subject, context, ports, given, means)
  // An approval is used up only by the call it turns into an allow, and only once.
  if (given !== null && digest !== null && covered?.decision.verdict === 'allow' && ports.approvals.consume(given.id, digest, context)) {
    return changed({ evaluated: covered, digest, given, change: null }, subject, context, ports)
  }
  return changed({ evaluated: evaluate(subject, context, ports, null, means), digest, given: null, change: null }, subject, context, ports)
}

/** What an approval of this call is to be bound to, and what its approver is to see. */
function toHold (subject: Subject, facts: Classification | null, context: Context, ports: GovernPorts): CallToHold {
  return { base: facts === null ? null : ports.baseOf?.(facts, context) ?? null, text: subject.kind === 'tool-call' || subject.kind === 'release' ? subject.text ?? null : null }
}

function baseNow (subject: Subject, context: Context, ports: GovernPorts): CallBase | null {
  if (ports.baseOf === undefined || subject.kind !== 'tool-call' || !subject.call.readable) return null
  try {
    return ports.baseOf(ports.classify(subject.call, context), context)
  } catch {
    return UNKNOWN_BASE // what cannot be looked at is not what was approved: the call is decided as if nobody had
  }
}

const UNKNOWN_BASE: CallBase = Object.freeze({ all: 'unknown', reads: 'unknown' })

const FULFILLING: Means = Object.freeze({ fulfils: true, applied: null })

function meansOf (subject: Subject): Means {
  if (subject.kind === 'tool-call') return subject.rewrite === undefined ? NO_MEANS : FULFILLING
  return subject.kind === 'model-request' && subject.redacts === true ? FULFILLING : NO_MEANS
}

/** What policy makes of a call that it allows only changed: another call, decided as it then is, or a deny. Others stay as they are. */
function changed (made: Made, subject: Subject, context: Context, ports: GovernPorts): Made {
  const { decision, input } = made.evaluated
  const { modify } = decision.obligations
  if (modify === undefined || decision.verdict !== 'allow' || subject.kind !== 'tool-call' || subject.rewrite === undefined) return made
  const operations = neededChanges(modify, input)
  if (operations.length === 0) return made
  const rewritten = changedCall(subject.rewrite, operations)
  if (rewritten !== null && rewritten.call.digest === made.digest) return made // it was so already, where rules cannot see it
  const evaluated = rewritten === null ? null : evaluate({ kind: 'tool-call', call: rewritten.call }, context, ports, made.given, { fulfils: false, applied: modify })
  if (rewritten === null || evaluated === null || !hasItsFlags(input, evaluated.input, operations)) return { ...made, evaluated: { ...made.evaluated, decision: unchangeable(decision, operations) } }
  return { ...made, change: { rewritten, evaluated, operations } }
}

/** Records both: what was asked, allowed if changed, and the changed call, which alone can get a Permit that leaves here. */
async function recordChange ({ evaluated: { input, decision }, digest, given }: Made, { rewritten, evaluated, operations }: Change, context: Context, ledger: Ledger): Promise<Governed> {
  const { plane } = context
  const request = context.request ?? null
  const approval = given?.id ?? null
  const of = await ledger.append({ kind: 'decision', plane, request, input, decision, digest, approval })
  const asked = issuePermit(of, digest)
  const { call } = rewritten
  const body = { kind: 'decision', plane, request, input: evaluated.input, decision: evaluated.decision, digest: call.digest, approval, modified: { of, operations } } as const
  let entry: number
  try {
    entry = await ledger.append(body)
  } catch (thrown) {
    ledger.settle(asked, 'failed', { reason: 'change-not-recorded' })
    throw thrown
  }
  const permit = evaluated.decision.verdict === 'allow' ? issuePermit(entry, call.digest) : null
  ledger.settle(asked, permit === null ? 'failed' : 'done', { changedTo: entry })
  return Object.freeze({ decision: evaluated.decision, entry, facts: evaluated.facts, permit, approval: null, changed: permit === null ? null : rewritten, isApproved: given !== null })
}

function evaluate (subject: Subject, context: Context, ports: GovernPorts, approval: GivenApproval | null, means: Means): Evaluated {
  const policy = ports.policy()
  const nowMs = ports.clock.nowMs()
  // Read together with the policy, before anything else can run: rules and what they compare are of one revision.
  const around: Around = { approval, nowMs, ...ports.circumstances?.(subject, context, nowMs) ?? NOTHING_KNOWN }
  if (subject.kind !== 'tool-call') {
    const input = policyInput(subject, context, null, around)
    return { input, decision: boundDecision(policy.evaluate(input), input, means), facts: null }
  }
  const { call } = subject
  const bare = policyInput(subject, context, null, around)
  if (!call.readable) {
    return { input: bare, decision: hostDenial(HOST_RULES.unreadable, `This call could not be read: ${call.problem}.`, policy.revision), facts: null }
  }
  let facts: Classification
  try {
    facts = ports.classify(call, context)
  } catch {
    // Not being able to say what a call touches is a reason to refuse it, not an error of the caller.
    return { input: bare, decision: hostDenial(HOST_RULES.classify, 'What this call touches could not be determined.', policy.revision), facts: null }
  }
  const input = policyInput(subject, context, facts, around)
  return { input, decision: boundDecision(policy.evaluate(input), input, means), facts }
}

interface Around extends Circumstances { readonly approval: GivenApproval | null, readonly nowMs: number }

const NO_FINDINGS: readonly Finding[] = Object.freeze([])
const NOTHING_KNOWN: Circumstances = Object.freeze({ time: null, usage: null, seats: null, delegation: null, containment: null })

function policyInput (subject: Subject, context: Context, facts: Classification | null, { approval, nowMs, time, usage, seats, delegation, containment }: Around): PolicyInput {
  const call = subject.kind === 'tool-call' ? subject.call : null
  return {
    kind: subject.kind,
    actor: context.actor,
    app: context.app,
    environment: context.environment,
    session: context.session,
    permission: facts?.permission ?? permissionOf(subject),
    tool: call === null
      ? null
      : { name: facts?.tool ?? 'other', native: call.native, protocol: call.protocol, args: call.readable ? call.args : {} },
    targets: facts?.targets ?? [],
    command: facts?.command ?? null,
    url: facts?.url ?? null,
    content: facts?.content ?? null,
    model: subject.kind === 'model-request'
      ? { provider: subject.provider, id: subject.model, stream: subject.stream, bytes: subject.bytes, scanned: subject.scanned ?? false, findings: subject.findings ?? NO_FINDINGS }
      : null,
    route: subject.kind === 'route' ? { method: subject.method, path: subject.path, class: subject.class, owner: subject.owner ?? null } : null,
    approval: approvalOf(subject, context, approval, nowMs),
    release: subject.kind === 'release'
      ? { id: subject.release, digest: subject.digest, action: subject.action, madeBy: subject.madeBy, live: subject.live, checks: subject.checks, from: subject.from }
      : null,
    time,
    usage,
    seats,
    delegation,
    containment,
    now_ms: nowMs,
  }
}

function permissionOf (subject: Subject): string | null {
  if (subject.kind === 'release') return 'publish'
  return subject.kind === 'approval' ? subject.permission : null
}

function approvalOf (subject: Subject, context: Context, given: GivenApproval | null, nowMs: number): PolicyInput['approval'] {
  if (subject.kind === 'approval') {
    return { id: subject.approval, by: context.actor.id, requestedBy: subject.requestedBy, ageMs: nowMs - subject.heldAtMs, scope: subject.scope ?? 'once', standsMs: subject.standsMs ?? null }
  }
  return given === null ? null : { id: given.id, by: given.by, requestedBy: given.requestedBy, ageMs: nowMs - given.heldAtMs, scope: given.scope ?? 'once', standsMs: null }
}

/** What an approval is bound to. Routes and model requests are asked thousands of times and are not approved one by one. */
function subjectDigest (subject: Subject): string | null {
  if (subject.kind === 'tool-call') return subject.call.digest
  if (subject.kind === 'release') return releaseDigest(subject)
  return subject.kind === 'route' || subject.kind === 'model-request' ? null : digestOf(subject)
}

// Where it was meanwhile and what it passed are judged anew when it is asked again; from where the environment moves is what was approved.
function releaseDigest ({ kind, release, digest, action, madeBy, from }: ReleaseSubject): string {
  return digestOf({ kind, release, digest, action, madeBy, from })
}
