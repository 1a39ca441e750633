import type { Context } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { Governor } from '../core/govern.ts'
import type { Permit } from '../core/permit.ts'
import type { RouteSubject, SessionOwnerFacts } from '../core/subject.ts'
import type { AgentSession, Sessions } from './session.ts'

/** Whose session it is, and of which organisation. */
export interface ObservedOwner extends SessionOwnerFacts { readonly org: string }

/** Reading the sessions of others, for whom policy lets do it. */
export interface Observing {
  /**
   * The running sessions that the actor may read now, of this owner or of anybody: of others, of the same app, environment and
   * organisation. Nothing is recorded: one who is let observe nobody learns from the ledger no more than from the answer.
   */
  sessions (path: string, context: Context, owner?: string): readonly AgentSession[]
  /** Whether the actor may read what is this owner's now. Recorded nowhere. */
  mayRead (path: string, context: Context, owner: ObservedOwner): boolean
  /** Asks once more, and records the answer; each read rests on this. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN when it may not */
  permit (path: string, context: Context, owner: ObservedOwner): Promise<Permit>
}

export interface ObservingPorts {
  readonly governor: Governor
  readonly sessions: Pick<Sessions, 'list'>
}

export function createObserving ({ governor, sessions }: ObservingPorts): Observing {
  function mayRead (path: string, context: Context, owner: ObservedOwner): boolean {
    return isColleague(context, owner) && governor.preview(subjectOf(path, owner), context).decision.verdict === 'allow'
  }

  return {
    mayRead,
    sessions (path, context, owner) {
      return sessions.list().filter(({ context: of }) => of.app === context.app && of.environment === context.environment &&
        (owner === undefined || of.actor.id === owner) && mayRead(path, { ...context, session: of.session }, of.actor)).reverse()
    },
    async permit (path, context, owner) {
      const permit = isColleague(context, owner) ? (await governor.govern(subjectOf(path, owner), context)).permit : null
      // What the caller may not see and what is not there: which of the two it is, is nobody's business.
      if (permit === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such session.')
      return permit
    },
  }
}

// No policy opens these: organisations are apart, and the same person in another role is no colleague.
function isColleague ({ actor }: Context, owner: ObservedOwner): boolean {
  return owner.org === actor.org && owner.id !== actor.id
}

function subjectOf (path: string, { id, role, groups }: ObservedOwner): RouteSubject {
  return { kind: 'route', method: 'GET', path, class: 'observe', owner: { id, role, groups } }
}
