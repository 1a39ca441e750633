import { GatewayError } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ports.ts'
import type { Caller } from '../../../identity/caller.ts'
import type { McpSession } from './mcp-session.ts'

const MAX_SESSIONS = 256 // of the gateway
const MAX_OF_ACTOR = 16
const IDLE_MS = 1_800_000 // a client that went away without a word; one that comes back makes its handshake again
const LOOK_MS = 60_000

/** The MCP sessions that are open. */
export interface McpSessions {
  /** Makes room for one more of this actor, if need be in place of its oldest idle one. @throws GatewayError WEIR_ERR_RATE */
  makeRoom (caller: Caller): Promise<void>
  add (session: McpSession): void
  /** @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN when there is none with this id that this token opened */
  find (id: string | undefined, caller: Caller): McpSession
  end (session: McpSession): Promise<void>
  close (): Promise<void>
}

export interface McpSessionsPorts {
  readonly ledger: Pick<Ledger, 'settle'>
  readonly isValid: (caller: Caller) => boolean
  readonly nowMs: () => number
}

export function createMcpSessions ({ ledger, isValid, nowMs }: McpSessionsPorts): McpSessions {
  const sessions = new Map<string, McpSession>()

  async function end (session: McpSession): Promise<void> {
    if (!sessions.delete(session.id)) return
    ledger.settle(session.permit, session.isBegun() ? 'done' : 'failed', { calls: session.calls() })
    await session.close()
  }
  async function endAll (which: (session: McpSession) => boolean): Promise<void> {
    await Promise.all([...sessions.values()].filter(which).map(end))
  }
  const isOver = (session: McpSession): boolean => !isValid(session.caller) || nowMs() - (session.idleSinceMs() ?? Infinity) > IDLE_MS
  const looking = setInterval(() => { endAll(isOver).catch(() => undefined) }, LOOK_MS) // to end one does not fail: it has no connection of its own
  looking.unref()

  return {
    async makeRoom ({ actor: { id, org } }) {
      await endAll(isOver)
      const own = [...sessions.values()].filter(({ caller: { actor } }) => actor.id === id && actor.org === org)
      const oldest = own.filter((session) => session.idleSinceMs() !== null).sort((a, b) => (a.idleSinceMs() ?? 0) - (b.idleSinceMs() ?? 0))[0]
      if (own.length >= MAX_OF_ACTOR && oldest !== undefined) await end(oldest)
      if (sessions.size >= MAX_SESSIONS || (own.length >= MAX_OF_ACTOR && oldest === undefined)) throw new GatewayError('WEIR_ERR_RATE', 'Too many MCP sessions are open.')
    },
    add: (session) => { sessions.set(session.id, session) },
    find (id, { tokenId, actor }) {
      const session = id === undefined ? undefined : sessions.get(id)
      if (session !== undefined && session.caller.tokenId === tokenId && session.caller.actor.id === actor.id) return session
      throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', id === undefined ? 'There is no Mcp-Session-Id: begin with initialize.' : 'There is no such MCP session of this token: begin with initialize.')
    },
    end,
    async close () {
      clearInterval(looking)
      await endAll(() => true)
    },
  }
}
