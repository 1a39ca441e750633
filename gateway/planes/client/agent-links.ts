import { connectAgent, type AgentHttp } from '../../../adapters/opencode/agent-http.ts'
import type { AgentSession } from '../../sessions/session.ts'
import { secretsOf } from './blank-secrets.ts'
import type { EventFeed } from './event-feed.ts'
import { createSessionOwner, type SessionOwner } from './session-owner.ts'

/** What the client plane keeps for a running session. */
export interface AgentLink {
  readonly agent: AgentHttp
  readonly owner: SessionOwner
  /** What the agent knows and no client shall read. */
  readonly secrets: readonly string[]
  /** The event streams that clients share, by route. */
  readonly feeds: Map<string, EventFeed>
  /** Whether the session is gone, and its agent with it. */
  readonly hasEnded: () => boolean
}

/** One set of connections per running session, closed with it. */
export type AgentLinks = (session: AgentSession) => AgentLink

export function createAgentLinks (onError: (cause: unknown) => void): AgentLinks {
  const open = new WeakMap<AgentSession, AgentLink>()
  return (session) => {
    const known = open.get(session)
    if (known !== undefined) return known
    const agent = connectAgent(session.endpoint)
    let ended = false
    const link: AgentLink = { agent, owner: createSessionOwner(agent, session.endpoint.directory), secrets: secretsOf(session), feeds: new Map(), hasEnded: () => ended }
    open.set(session, link)
    session.ended.then(() => {
      ended = true
      return agent.close()
    }).catch(onError)
    return link
  }
}
