import type { MatchRoute } from '../../../adapters/opencode/match-route.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { AgentLink, AgentLinks } from './agent-links.ts'
import type { ClientPlaneOptions } from './client-ports.ts'
import type { AllowedCall } from './decide-request.ts'
import type { Observation } from './observe-session.ts'
import type { ClientRequest } from './read-request.ts'
import type { Terminals } from './terminals.ts'

/** What a request is served with. */
export interface Serving extends ClientPlaneOptions {
  readonly match: MatchRoute
  readonly linkOf: AgentLinks
  /** Aborts when the gateway takes no more requests. */
  readonly stopping: AbortSignal
  readonly terminals: Terminals
}

/** A request that was allowed, and what it is allowed to reach. */
export interface Sending {
  /** The request's id. */
  readonly id: string
  readonly request: ClientRequest
  readonly session: AgentSession
  readonly link: AgentLink
  readonly permit: Permit
  readonly calls: readonly AllowedCall[]
  /** Set when the session is somebody else's. */
  readonly observation: Observation | null
}

/** Records what became of every permit that the request rests on. */
export function settleAll ({ permit, calls, observation }: Sending, { ledger }: Serving, ...[status, detail]: Settlement): void {
  ledger.settle(permit, status, detail)
  for (const call of calls) ledger.settle(call.permit, status, detail)
  if (observation !== null) ledger.settle(observation.permit, status, detail)
}

type Settlement = Parameters<Ledger['settle']> extends [Permit, ...infer Rest] ? Rest : never

/** Does what comes before the effect. A refusal on the way is the outcome of all that was allowed so far; `prepare` may add to it. */
export async function prepared<Ready> (allowed: readonly Permit[], { ledger }: Serving, prepare: () => Promise<Ready>): Promise<Ready> {
  try {
    return await prepare()
  } catch (thrown) {
    const { code, rule } = asGatewayError(thrown)
    for (const permit of allowed) ledger.settle(permit, 'failed', { refused: rule ?? code })
    throw thrown
  }
}

/** Sends, and records what became of it. */
export async function settled<Answer extends { readonly statusCode: number }> (sending: Sending, serving: Serving, send: () => Promise<Answer>): Promise<Answer> {
  const open = releaseCommands(sending)
  try {
    const answer = await send()
    settleAll(sending, serving, answer.statusCode < 400 ? 'done' : 'failed', { status: answer.statusCode })
    return answer
  } catch (cause) {
    // It may have arrived and taken effect before the connection broke.
    settleAll(sending, serving, 'unknown', {})
    const why = sending.session.overLimit ?? null
    throw why === null ? cause : new GatewayError('WEIR_ERR_SANDBOX', `The session was stopped: ${why}.`, { cause })
  } finally {
    for (const id of open) sending.session.released.finish(id)
  }
}

const NONE: readonly string[] = Object.freeze([])

// The exec gate decides a shell command again at its start; the decision made here is to cover exactly one start.
function releaseCommands ({ id: request, calls, session }: Sending): readonly string[] {
  if (calls.length === 0) return NONE
  return calls.filter(({ call }) => call.command !== null).map(({ call, permit }) => {
    const callId = `client-${permit.entry}`
    session.released.remember({ callId, native: call.native, digest: call.digest, permit, command: call.command, cwd: call.cwd, request })
    return callId
  })
}
