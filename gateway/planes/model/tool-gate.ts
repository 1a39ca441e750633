import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { decodeAgentText } from '../../../adapters/agents/decode.ts'
import type { AnsweredCall, ModelFormatName, Rule, Ruling } from '../../../adapters/model-format.ts'
import { sha256 } from '../../core/canonical-json.ts'
import type { Governed, OnDecided } from '../../core/govern.ts'
import type { Operation } from '../../core/obligations.ts'
import type { RewrittenCall, ToolCallSubject } from '../../core/subject.ts'
import type { DecodedCall, ToolName } from '../../core/tool-call.ts'
import type { DelegationClaim, ReleasedCall } from '../../sessions/released-calls.ts'
import type { ModelObservation } from '../../telemetry/model-observer.ts'
import { createHolds, type HoldCall, type HoldEnd, type Holding } from './hold-call.ts'
import type { ForeignAnswer } from './left-answers.ts'
import type { ModelDoor, ModelPlanePorts } from './model-ports.ts'
import { agentSessions } from './usage-record.ts'

const WORKSPACE = '/workspace' // where calls of clients without a session are taken to run
const READS: ReadonlySet<ToolName> = new Set(['read-file', 'search'])
const NOT_DECIDED = 'The gateway could not decide or record this call, so it was refused. Nothing was done.'

type GatePorts = Pick<ModelPlanePorts, 'governor' | 'ledger' | 'decode' | 'changeArguments' | 'holding' | 'prepareLinks' | 'onWarning'>

/** One answer: who gets it, and in which format it comes. `foreign` is set for a client without a session. */
export interface GatedAnswer { readonly door: ModelDoor, readonly protocol: ModelFormatName, readonly response: ServerResponse, readonly foreign: ForeignAnswer | null, readonly headers: IncomingHttpHeaders }

interface Gate extends GatedAnswer { readonly ports: GatePorts, readonly cwd: string, readonly decode: GatePorts['decode'] }

/** A governed call, and how the last wait for a second person ended; null when nobody waited. */
interface Held { readonly governed: Governed, readonly end: HoldEnd | null }

/** Decides the tool calls of one model answer. All that wait for a second person wait until one and the same time. */
export function createToolGate (ports: GatePorts, answer: GatedAnswer, onDecided?: ModelObservation['called']): Rule {
  const { door } = answer
  // By name, and not by a spread, which takes 7 µs of each request.
  const gate: Gate = { door, protocol: answer.protocol, response: answer.response, foreign: answer.foreign, headers: answer.headers, ports, cwd: door.session?.endpoint.directory ?? WORKSPACE, decode: door.session === null ? decodeAgentText : ports.decode }
  let holdUntilMs: number | null = null
  let holds: HoldCall | null = null
  const hold = ({ ms, approvals }: Holding) => (approval: string): Promise<HoldEnd> => {
    const nowMs = performance.now()
    holdUntilMs ??= nowMs + ms
    holds ??= createHolds(answer.response, approvals)
    return holds(approval, holdUntilMs - nowMs)
  }
  return async (answered, mayHold = false) => {
    const startedMs = onDecided === undefined ? 0 : performance.now()
    let claim: DelegationClaim | null = null
    try {
      const call = counted(answered, gate)
      claim = door.session !== null && call.readable && call.tool === 'delegate' ? door.session.released.claimDelegation() : null
      const subject = subjectOf(answered, call, gate)
      if (door.session === null) await ports.prepareLinks?.(door.context.app, door.context.environment)
      const governed = await ports.governor.govern(subject, door.context, claim?.onDecided)
      onDecided?.(call.native, startedMs, governed)
      if (governed.approval === null || !mayHold || ports.holding === undefined) return ruled(answered, call, { governed, end: null }, gate)
      return ruled(answered, call, await heldFor(governed, { subject, answered, hold: hold(ports.holding), onDecided: claim?.onDecided }, gate), gate)
    } catch (cause) {
      ports.onWarning('model-call-undecided', { request: door.context.request ?? null, session: door.session?.id ?? null, cause })
      return { allowed: false, feedback: NOT_DECIDED }
    } finally {
      claim?.leave()
    }
  }
}

interface Waiting { readonly subject: ToolCallSubject, readonly answered: AnsweredCall, readonly hold: (approval: string) => Promise<HoldEnd>, readonly onDecided: OnDecided | undefined }

// An approval covers one call: of two that are the same, the second waits for another.
async function heldFor (first: Governed, { subject, answered, hold, onDecided }: Waiting, gate: Gate): Promise<Held> {
  const { ports, door } = gate
  let governed = first
  let end: HoldEnd | null = null
  while (governed.approval !== null) {
    const close = offered(governed.approval, answered, gate)
    end = await hold(governed.approval)
    close?.(end.how === 'again')
    if (end.how !== 'again') break
    governed = await ports.governor.govern(subject, door.context, onDecided)
  }
  return { governed, end }
}

function offered (approval: string, { native, argumentsText }: AnsweredCall, { ports, door: { session }, headers }: Gate): ((isGoingOn: boolean) => void) | null {
  if (session === null) return null
  return ports.holding?.offer?.({ approval, native, argumentsText, session, agentSession: agentSessions(headers).agentSession }) ?? null
}

function subjectOf (answered: AnsweredCall, call: DecodedCall, { ports, cwd, decode }: Gate): ToolCallSubject {
  const text = (): string => answered.argumentsText
  if (!call.readable || answered.fixed === true) return { kind: 'tool-call', call, text }
  const rewrite = (operations: readonly Operation[]): RewrittenCall | null => {
    const argumentsText = ports.changeArguments(answered.native, answered.argumentsText, operations)
    return argumentsText === null ? null : { call: decode(answered.native, argumentsText, cwd), argumentsText }
  }
  return { kind: 'tool-call', call, rewrite, text }
}

// What a plan of the agent asks for beyond reading is denied, whatever rules say: nothing of a plan takes effect.
function counted (answered: AnsweredCall, gate: Gate): DecodedCall {
  const call = decoded(answered, gate)
  const { session } = gate.door
  if (session === null || session.planning.size === 0) return call
  const { agentSession, parentSession } = agentSessions(gate.headers)
  return session.planning.counted(call, agentSession, parentSession)
}

function decoded (answered: AnsweredCall, { decode, cwd, protocol }: Gate): DecodedCall {
  if (answered.problem === null) return decode(answered.native, answered.argumentsText, cwd)
  return {
    readable: false, protocol, native: answered.native, problem: answered.problem, digest: sha256(`${answered.native}\n${answered.argumentsText}`),
  }
}

function ruled (answered: AnsweredCall, asked: DecodedCall, { governed, end }: Held, { ports, door, response, foreign }: Gate): Ruling {
  const { permit, changed } = governed
  if (permit === null) return { allowed: false, feedback: feedbackOf(governed, end) }
  if (end !== null && response.destroyed) {
    // It was held for somebody who is no longer there; nothing may be waiting for its outcome.
    ports.ledger.settle(permit, 'failed', { reason: 'client-left' })
    return { allowed: false, feedback: NOT_DECIDED }
  }
  const call = changed?.call ?? asked
  if (door.session === null) {
    // Nobody will report what a foreign client does with the call: passing it on is all of the effect that is seen here.
    const repeats = foreign?.released(call.digest, permit.entry) ?? null
    ports.ledger.settle(permit, 'done', repeats === null ? { released: true } : { released: true, repeats })
  } else {
    const { request } = door.context
    const repeated = door.session.released.remember({
      callId: answered.id, native: call.native, digest: call.digest, permit, ...(request === undefined ? {} : { request }), ...startOf(call, governed),
    })
    if (repeated !== null) ports.ledger.settle(repeated.permit, 'unknown', { repeatedBy: permit.entry })
  }
  return changed === null ? { allowed: true } : { allowed: true, argumentsText: changed.argumentsText }
}

// A subagent that is told to run a command has not started it: only a shell's own call covers the start that comes of it.
function startOf (call: DecodedCall, governed: Governed): Pick<ReleasedCall, 'command' | 'cwd' | 'settled' | 'delegates' | 'reads'> {
  if (call.readable && call.tool === 'delegate') return { delegates: true }
  if (call.readable && READS.has(call.tool)) return { reads: true }
  return call.readable && call.tool === 'run-shell' ? { command: call.command, cwd: call.cwd, ...settledOf(governed) } : {}
}

// Changes can be in the call already where rules do not see them: then it is allowed as it came, and still bound to them.
function settledOf ({ decision: { revision, obligations }, changed, isApproved }: Governed): Pick<ReleasedCall, 'settled'> {
  const isChanged = changed !== null || obligations.modify !== undefined
  return isApproved || isChanged ? { settled: { revision, approved: isApproved, changed: isChanged } } : {}
}

function feedbackOf ({ decision, approval }: Governed, end: HoldEnd | null): string {
  if (approval === null) return decision.feedback
  if (end?.how === 'refused') return `A second person refused this call: ${end.note} (approval ${approval}, rule ${decision.rule}). Do it another way, or tell the user.`
  if (end?.how === 'expired') return `Nobody approved this call in time, which denies it (approval ${approval}, rule ${decision.rule}). Do it another way, or tell the user.`
  return `${decision.feedback} (approval ${approval})`
}
