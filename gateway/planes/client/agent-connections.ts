import { connectAgent, type AgentHttp } from '../../../adapters/opencode/agent-http.ts'
import type { AgentSession } from '../../sessions/session.ts'

/** One set of connections per running session, closed with it. */
export type AgentConnections = (session: AgentSession) => AgentHttp

export function createAgentConnections (onError: (cause: unknown) => void): AgentConnections {
  const open = new WeakMap<AgentSession, AgentHttp>()
  return (session) => {
    const known = open.get(session)
    if (known !== undefined) return known
    const agent = connectAgent(session.endpoint)
    open.set(session, agent)
    session.ended.then(() => agent.close()).catch(onError)
    return agent
  }
}
