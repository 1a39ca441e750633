import type { Context } from './actor.ts'
import { digestOf } from './canonical-json.ts'
import type { Circumstances, CircumstancesOf } from './circumstances.ts'
import { hostDenial, HOST_RULES, type Decision } from './decision.ts'
import { issuePermit, type Permit } from './permit.ts'
import type { PolicyInput } from './policy-input.ts'
import type { ApprovalQueue, Classify, Clock, GivenApproval, Ledger, Policy } from './ports.ts'
import type { Subject } from './subject.ts'
import type { Classification } from './tool-call.ts'

export interface GovernPorts {
  readonly classify: Classify
  /** Read at every call, so that a swapped policy takes effect at once and never in the middle of a decision. */
  readonly policy: () => Policy
  readonly ledger: Ledger
  readonly approvals: ApprovalQueue
  readonly clock: Clock
  /** Default: none are known, and what rules restrict by them is denied. */
  readonly circumstances?: CircumstancesOf
}

/** A recorded decision. `permit` exists if and only if the verdict is allow; `approval` if and only if it is pending. */
export interface Governed {
  readonly decision: Decision
  readonly entry: number
  readonly facts: Classification | null
  readonly permit: Permit | null
  readonly approval: string | null
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
    async govern (subject, context, onDecided) {
      const { evaluated: { input, decision, facts }, digest, used } = decide(subject, context, ports)
      onDecided?.(decision)
      const held = decision.verdict === 'pending' ? ports.approvals.hold(digest ?? digestOf(subject), context, decision, input) : null
      const entry = await ports.ledger.append({ kind: 'decision', plane: context.plane, request: context.request ?? null, input, decision, digest, approval: held ?? used })
      const permit = decision.verdict === 'allow' ? issuePermit(entry, digest) : null
      return Object.freeze({ decision, entry, facts, permit, approval: held })
    },
    preview (subject, context) {
      const { decision, facts } = evaluate(subject, context, ports, null)
      return { decision, facts }
    },
  }
}

interface Evaluated { readonly input: PolicyInput, readonly decision: Decision, readonly facts: Classification | null }
interface Made { readonly evaluated: Evaluated, readonly digest: string | null, readonly used: string | null }

function decide (subject: Subject, context: Context, ports: GovernPorts): Made {
  const digest = subjectDigest(subject)
  const given = digest === null ? null : ports.approvals.find(digest, context)
  const covered = given === null ? null : evaluate(subject, context, ports, given)
  // An approval is used up only by the call it turns into an allow, and only once.
  if (given !== null && covered?.decision.verdict === 'allow' && ports.approvals.consume(given.id)) {
    return { evaluated: covered, digest, used: given.id }
  }
  return { evaluated: evaluate(subject, context, ports, null), digest, used: null }
}

function evaluate (subject: Subject, context: Context, ports: GovernPorts, approval: GivenApproval | null): Evaluated {
  const policy = ports.policy()
  const nowMs = ports.clock.nowMs()
  // Read together with the policy, before anything else can run: rules and what they compare are of one revision.
  const around: Around = { approval, nowMs, ...ports.circumstances?.(subject, context, nowMs) ?? NOTHING_KNOWN }
  if (subject.kind !== 'tool-call') {
    const input = policyInput(subject, context, null, around)
    return { input, decision: policy.evaluate(input), facts: null }
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
  return { input, decision: policy.evaluate(input), facts }
}

interface Around extends Circumstances { readonly approval: GivenApproval | null, readonly nowMs: number }

const NOTHING_KNOWN: Circumstances = Object.freeze({ time: null, usage: null })

function policyInput (subject: Subject, context: Context, facts: Classification | null, { approval, nowMs, time, usage }: Around): PolicyInput {
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
    model: subject.kind === 'model-request'
      ? { provider: subject.provider, id: subject.model, stream: subject.stream, bytes: subject.bytes }
      : null,
    route: subject.kind === 'route' ? { method: subject.method, path: subject.path, class: subject.class } : null,
    approval: approvalOf(subject, context, approval, nowMs),
    release: subject.kind === 'release'
      ? { id: subject.release, digest: subject.digest, action: subject.action, madeBy: subject.madeBy, live: subject.live }
      : null,
    time,
    usage,
    now_ms: nowMs,
  }
}

function permissionOf (subject: Subject): string | null {
  if (subject.kind === 'release') return 'publish'
  return subject.kind === 'approval' ? subject.permission : null
}

function approvalOf (subject: Subject, context: Context, given: GivenApproval | null, nowMs: number): PolicyInput['approval'] {
  if (subject.kind === 'approval') {
    return { id: subject.approval, by: context.actor.id, requestedBy: subject.requestedBy, ageMs: nowMs - subject.heldAtMs }
  }
  return given === null ? null : { id: given.id, by: given.by, requestedBy: given.requestedBy, ageMs: nowMs - given.heldAtMs }
}

/** What an approval is bound to. Routes and model requests are asked thousands of times and are not approved one by one. */
function subjectDigest (subject: Subject): string | null {
  if (subject.kind === 'tool-call') return subject.call.digest
  return subject.kind === 'route' || subject.kind === 'model-request' ? null : digestOf(subject)
}
