import { connectAgent } from '../../../adapters/opencode/agent-http.ts'
import { askForPlan } from '../../../adapters/opencode/ask-for-plan.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import { MAX_PLANS_AT_ONCE } from '../../sessions/plan-turns.ts'
import type { AgentSession } from '../../sessions/session.ts'
import { PLAN_FORM, readProposal, type Proposal } from './proposal.ts'

const PLAN_MS = 600_000 // a plan is some reading and one answer; whoever works longer than this works

/**
 * Asks the session's sandboxed agent for a plan, in its read-only mode. What it reads for that is decided like all that it does; whatever else
 * it asks for is denied.
 *
 * @returns null when it was cancelled
 * @throws GatewayError WEIR_ERR_UPSTREAM, WEIR_ERR_UPSTREAM_TIMEOUT, WEIR_ERR_DECODE_TOO_LARGE, WEIR_ERR_RATE
 */
export async function propose (prompt: string, session: Pick<AgentSession, 'endpoint' | 'planning'>, signal: AbortSignal): Promise<Proposal | null> {
  const leave = session.planning.enter()
  if (leave === null) throw new GatewayError('WEIR_ERR_RATE', `The agent makes ${MAX_PLANS_AT_ONCE} plans already.`)
  const timeout = AbortSignal.timeout(PLAN_MS)
  const agent = connectAgent(session.endpoint)
  try {
    const words = await askForPlan(agent, session.endpoint.directory, {
      prompt,
      system: PLAN_FORM,
      signal: AbortSignal.any([signal, timeout]),
      onBegin: (agentSession) => session.planning.begin(agentSession),
    })
    return readProposal(words)
  } catch (thrown) {
    if (signal.aborted) return null
    if (timeout.aborted) throw new GatewayError('WEIR_ERR_UPSTREAM_TIMEOUT', `The agent made no plan in ${PLAN_MS / 60_000} minutes.`)
    throw thrown instanceof GatewayError ? thrown : new GatewayError('WEIR_ERR_UPSTREAM', 'The agent could not be asked for a plan.', { cause: asGatewayError(thrown) })
  } finally {
    leave()
    await agent.close()
  }
}
