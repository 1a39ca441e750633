const MAX_BUSY = 1_000 // conversations at work at once; more are not told apart

/** `retrying`: its provider refused or was not there, and it asks again by itself. */
export const AGENT_STATES = ['idle', 'working', 'retrying'] as const
export type AgentState = typeof AGENT_STATES[number]

/** What the conversations of one agent do, by its own words: for people to look at, and for nothing to be decided by. */
export interface AgentActivity {
  /** A `session.status` event. What it says that is not known is left out. */
  take (properties: Readonly<Record<string, unknown>>): void
  /** All of them anew: `status` by the conversation's id. */
  set (statuses: Readonly<Record<string, unknown>>): void
  state (): AgentState
}

export function createAgentActivity (): AgentActivity {
  const busy = new Map<string, AgentState>()
  const note = (conversation: unknown, status: unknown): void => {
    if (typeof conversation !== 'string' || typeof status !== 'object' || status === null || !('type' in status)) return
    if (status.type === 'idle') busy.delete(conversation)
    else if (busy.has(conversation) || busy.size < MAX_BUSY) busy.set(conversation, status.type === 'retry' ? 'retrying' : 'working')
  }
  return {
    take: ({ sessionID, status }) => { note(sessionID, status) },
    set (statuses) {
      busy.clear()
      for (const [conversation, status] of Object.entries(statuses)) note(conversation, status)
    },
    state () {
      if (busy.size === 0) return 'idle'
      return [...busy.values()].includes('working') ? 'working' : 'retrying'
    },
  }
}
