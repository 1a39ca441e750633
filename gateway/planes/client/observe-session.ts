import { observedBy } from '../../../adapters/opencode/routes/observed-routes.ts'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { AgentLinks } from './agent-links.ts'
import type { ClientPlaneOptions } from './client-ports.ts'
import { knownQuery, type ClientRequest } from './read-request.ts'

/** A read of somebody else's session that policy allowed. */
export interface Observation {
  readonly session: AgentSession
  readonly permit: Permit
  /** Whether policy still allows it: a stream outlives the moment in which it was asked. */
  readonly isStillAllowed: () => boolean
}

interface Observer extends Pick<ClientPlaneOptions, 'observing' | 'sessions'> { readonly linkOf: AgentLinks }

interface Wanted {
  readonly clean: ClientRequest
  /** Text after the `?`, as received. */
  readonly query: string
  /** Of the route's own decision. */
  readonly context: Context
}

/**
 * The session of somebody else that a read is about, or null when it is about the caller's own or about none that the caller may read.
 *
 * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN when the query names an owner of whom there is nothing to read
 */
export async function observe (wanted: Wanted, observer: Observer): Promise<Observation | null> {
  const { route } = wanted.clean.matched
  const by = observedBy(route)
  const session = by === 'session' ? await namedSession(wanted, observer) : by === 'owner' ? ownersSession(wanted, observer) : null
  if (session === null) return null
  const { observing } = observer
  const owner = session.context.actor
  const context = { ...wanted.context, session: session.context.session }
  const permit = await observing.permit(route.template, context, owner)
  return { session, permit, isStillAllowed: () => observing.mayRead(route.template, context, owner) }
}

// One's own first, without starting it: who only looks needs no agent. Only agents of whom the caller may read everything are asked.
async function namedSession ({ clean, context }: Wanted, { observing, sessions, linkOf }: Observer): Promise<AgentSession | null> {
  const [id = ''] = clean.sessions
  const own = sessions.list().find((session) => isOwnSession(session, context))
  if (own !== undefined && await linkOf(own).owner.owns(id)) return null
  for (const session of observing.sessions(clean.matched.route.template, context)) {
    if (await linkOf(session).owner.owns(id).catch(() => false)) return session // one agent that cannot answer hides its own sessions only
  }
  return null
}

function ownersSession ({ clean, query, context }: Wanted, { observing }: Observer): AgentSession | null {
  const { owner } = knownQuery(query, ['owner'])
  if (owner === undefined || owner === context.actor.id) return null
  const [session] = observing.sessions(clean.matched.route.template, context, owner)
  if (session === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such session.')
  return session
}

/** Whether it is the session that this caller's clients work in. */
export function isOwnSession ({ context: of }: AgentSession, { actor, app, environment }: Context): boolean {
  return of.actor.id === actor.id && of.actor.role === actor.role && of.actor.org === actor.org && of.app === app && of.environment === environment
}
