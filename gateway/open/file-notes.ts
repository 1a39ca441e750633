import { connectAgent } from '../../adapters/opencode/agent-http.ts'
import { showToast } from '../../adapters/opencode/show-toast.ts'
import { tellAgent } from '../../adapters/opencode/tell-agent.ts'
import type { GatewayLog } from '../governance.ts'
import type { TurnProgress } from '../planes/file/turn-progress.ts'
import type { AgentSession } from '../sessions/session.ts'

/** Tells a session's agent, and with it its user, what became of its files. Never rejects: an agent that is gone has nobody to tell. */
export type TellOfFiles = (session: Pick<AgentSession, 'id' | 'endpoint'>, note: string | null) => Promise<void>

/** Shows the clients of a session how far a large turn is. Never rejects. */
export function createTellProgress (log: Pick<GatewayLog, 'info'>): (session: Pick<AgentSession, 'id' | 'endpoint'> | null, progress: TurnProgress) => Promise<void> {
  return async (session, progress) => {
    log.info({ session: session?.id, ...progress }, 'a large turn is being decided')
    if (session === null) return
    const agent = connectAgent(session.endpoint)
    try {
      await showToast(agent, session.endpoint.directory, `${progress.done} of ${progress.of} changed files ${progress.step}`)
    } catch (thrown) {
      log.info({ err: thrown, session: session.id }, 'the clients could not be told how far the turn is')
    } finally {
      await agent.close()
    }
  }
}

export function createTellOfFiles (log: Pick<GatewayLog, 'info'>): TellOfFiles {
  return async ({ id, endpoint }, note) => {
    if (note === null) return
    const agent = connectAgent(endpoint)
    try {
      await tellAgent(agent, endpoint.directory, note)
    } catch (thrown) {
      log.info({ err: thrown, session: id }, 'the agent could not be told what became of its files')
    } finally {
      await agent.close()
    }
  }
}
