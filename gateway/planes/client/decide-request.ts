import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'
import type { Route } from '../../../adapters/opencode/routes/route.ts'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Governed } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { Subject } from '../../core/subject.ts'
import type { ToolCall } from '../../core/tool-call.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { ClientPlaneOptions } from './client-ports.ts'
import type { ClientRequest } from './read-request.ts'

// The web interface opens its terminals without a ticket where there is no such route, and not at all where it is refused.
const TICKETS = '/pty/{ptyID}/connect-token'

type Deciding = Pick<ClientPlaneOptions, 'govern' | 'ledger'>

/** A call that policy allowed, with the proof. */
export interface AllowedCall { readonly call: ToolCall, readonly permit: Permit }

/**
 * Asks policy about the route itself, and refuses the routes that no policy opens.
 *
 * @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING
 */
export async function decideRoute (route: Route, context: Context, ports: Deciding): Promise<Permit> {
  const permit = permitOf(await ports.govern(routeSubject(route), context))
  if (route.access === 'deny') {
    ports.ledger.settle(permit, 'failed', { refused: route.reason })
    if (route.template === TICKETS) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', `There are no tickets here: ${route.reason}.`, { rule: 'weir.route_closed', decision: permit.entry })
    throw new GatewayError('WEIR_ERR_DENIED', `This route is closed: ${route.reason}.`, { rule: 'weir.route_closed', decision: permit.entry })
  }
  return permit
}

/** Asks policy about every tool call that the request amounts to; all must be allowed. @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING */
export async function decideCalls (wanted: ClientRequest, { session, request }: { readonly session: AgentSession, readonly request: string }, ports: Deciding): Promise<readonly AllowedCall[]> {
  const allowed: AllowedCall[] = []
  try {
    for (const { native, args } of wanted.wishes) {
      const call = decodeOpencodeCall(native, args, session.endpoint.directory)
      const governed = await ports.govern({ kind: 'tool-call', call }, { ...session.context, plane: 'client', request })
      if (governed.permit === null || !call.readable) throw refusal(governed)
      allowed.push({ call, permit: governed.permit })
    }
    return allowed
  } catch (thrown) {
    for (const { permit } of allowed) ports.ledger.settle(permit, 'failed', { refused: 'another call of the same request was not allowed' })
    throw thrown
  }
}

function routeSubject (route: Route): Subject {
  return { kind: 'route', method: route.method, path: route.template, class: route.class }
}

function permitOf (governed: Governed): Permit {
  if (governed.permit === null) throw refusal(governed)
  return governed.permit
}

function refusal ({ decision, entry, approval }: Governed): GatewayError {
  if (approval === null) return new GatewayError('WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  return new GatewayError('WEIR_ERR_PENDING', `${decision.reason} Approval ${approval} waits for a second person.`, { rule: decision.rule, decision: entry })
}
