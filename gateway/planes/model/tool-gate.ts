import type { AnsweredCall, ModelFormatName, Rule, Ruling } from '../../../adapters/model-format.ts'
import { sha256 } from '../../core/canonical-json.ts'
import type { Governed } from '../../core/govern.ts'
import type { DecodedCall } from '../../core/tool-call.ts'
import type { ModelObservation } from '../../telemetry/model-observer.ts'
import type { ModelDoor, ModelPlanePorts } from './model-ports.ts'

const WORKSPACE = '/workspace' // where calls of clients without a session are taken to run
const NOT_DECIDED = 'The gateway could not decide or record this call, so it was refused. Nothing was done.'

/** Decides the tool calls of one model answer. */
export function createToolGate (ports: Pick<ModelPlanePorts, 'governor' | 'ledger' | 'decode' | 'onWarning'>, door: ModelDoor, protocol: ModelFormatName, onDecided?: ModelObservation['called']): Rule {
  const cwd = door.session?.endpoint.directory ?? WORKSPACE
  return async (answered) => {
    let call: DecodedCall
    let governed: Governed
    const startedMs = onDecided === undefined ? 0 : performance.now()
    try {
      call = decoded(answered, { decode: ports.decode, cwd, protocol })
      governed = await ports.governor.govern({ kind: 'tool-call', call }, door.context)
    } catch (cause) {
      ports.onWarning('model-call-undecided', { request: door.context.request ?? null, session: door.session?.id ?? null, cause })
      return { allowed: false, feedback: NOT_DECIDED }
    }
    onDecided?.(call.native, startedMs, governed)
    return ruled(answered, call, governed, { ports, door })
  }
}

interface Reading { readonly decode: ModelPlanePorts['decode'], readonly cwd: string, readonly protocol: ModelFormatName }

function decoded (answered: AnsweredCall, { decode, cwd, protocol }: Reading): DecodedCall {
  if (answered.problem === null) return decode(answered.native, answered.argumentsText, cwd)
  return {
    readable: false, protocol, native: answered.native, problem: answered.problem, digest: sha256(`${answered.native}\n${answered.argumentsText}`),
  }
}

interface Edge { readonly ports: Pick<ModelPlanePorts, 'ledger'>, readonly door: ModelDoor }

function ruled (answered: AnsweredCall, call: DecodedCall, governed: Governed, { ports, door }: Edge): Ruling {
  const { decision, permit, approval } = governed
  if (permit === null) {
    return { allowed: false, feedback: approval === null ? decision.feedback : `${decision.feedback} (approval ${approval})` }
  }
  if (door.session === null) {
    // Nobody will report what a foreign client does with the call: passing it on is all of the effect that is seen here.
    ports.ledger.settle(permit, 'done', { released: true })
  } else {
    const { request } = door.context
    const repeated = door.session.released.remember({
      callId: answered.id, native: call.native, digest: call.digest, permit, ...(request === undefined ? {} : { request }), ...(call.readable ? { command: call.command, cwd: call.cwd } : {}),
    })
    if (repeated !== null) ports.ledger.settle(repeated.permit, 'unknown', { repeatedBy: permit.entry })
  }
  return { allowed: true }
}
