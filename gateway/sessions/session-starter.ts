import type { Context } from '../core/actor.ts'
import { asGatewayError, GatewayError } from '../core/errors.ts'
import { eventBody } from '../core/ledger-entry.ts'
import type { Permit } from '../core/permit.ts'
import type { Caller } from '../identity/caller.ts'
import type { OpenConversations } from '../../sandbox/conversations.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { RunningSession } from './running-session.ts'
import type { AgentSession, Scope } from './session.ts'
import { newSessionId } from './session-id.ts'
import { sessionKey } from './session-key.ts'
import type { SessionPorts } from './session-ports.ts'

/**
 * Asks policy whether this session may be, makes its sandbox and starts everything around it.
 *
 * @param onStopping called once, when the session begins to stop for whatever reason
 * @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING, WEIR_ERR_SANDBOX, WEIR_ERR_AGENT_START, WEIR_ERR_PROJECT
 */
export async function startSession (caller: Caller, scope: Scope, ports: SessionPorts, onStopping: () => void): Promise<AgentSession> {
  const id = newSessionId()
  const context: Context = Object.freeze({
    plane: 'client', actor: caller.actor, app: scope.app, environment: scope.environment, session: Object.freeze({ id, client: 'opencode', agent: '' }),
  })
  const permit = await permitFor(context, ports)
  let sandbox: Sandbox | null = null
  let running: RunningSession | null = null
  let conversations: OpenConversations | null = null
  try {
    const { lowerDir, commit } = await ports.materialise(scope.app, scope.environment)
    conversations = await ports.conversations?.open(sessionKey(context.actor, scope)) ?? null
    sandbox = await ports.sandboxes.open(permit, {
      lowerDir,
      ...(conversations === null ? {} : { conversations: conversations.folder }),
      onLimit: (hit, ended) => {
        ports.ledger.record(eventBody('limit-reached', context, { ...hit, ended }))
        if (ended === 'session') running?.stopForLimit(hit)
      },
    })
    running = new RunningSession(id, context, permit, sandbox, ports, onStopping)
    if (conversations !== null) running.closeAlso(conversations)
    await running.begin(commit)
    return running
  } catch (thrown) {
    const error = asGatewayError(thrown)
    ports.ledger.settle(permit, 'failed', { code: error.code })
    await sandbox?.stop().catch((left: unknown) => { ports.onError(asGatewayError(left), 'sandbox removal') })
    await conversations?.close().catch((left: unknown) => { ports.onError(asGatewayError(left), 'conversations') })
    throw error
  }
}

async function permitFor (context: Context, ports: SessionPorts): Promise<Permit> {
  await ports.seats.ready()
  const seat = ports.seats.of(context.actor)
  try {
    // Taken in the turn of the decision: two who start at the same moment cannot both have the last one.
    const { decision, permit, entry, approval } = await ports.governor.govern({ kind: 'session' }, context, ({ verdict }) => { if (verdict === 'allow') seat.take() })
    if (permit === null) throw refusal(decision.reason, decision.rule, entry, approval)
    seat.keep()
    return permit
  } finally {
    seat.giveBack()
  }
}

function refusal (reason: string, rule: string, entry: number, approval: string | null): GatewayError {
  const code = approval === null ? 'WEIR_ERR_DENIED' : 'WEIR_ERR_PENDING'
  return new GatewayError(code, reason, { rule, decision: entry })
}
