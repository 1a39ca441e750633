/** A held call that who asked for it may answer, in the form of a permission request of their agent. */
export interface OwnAsk {
  /** `per_…`, as the agent's own requests are named. */
  readonly id: string
  readonly approval: string
  /** The agent's session that waits. */
  readonly agentSession: string
  /** The body of `permission.asked`, and an item of `GET /permission`. */
  readonly request: Readonly<Record<string, unknown>>
}

export type OwnReply = 'once' | 'reject'

/** What clients of a session are told: an ask is open, or it was answered by somebody. */
export type OwnAskChange = { readonly type: 'permission.asked', readonly ask: OwnAsk } | { readonly type: 'permission.replied', readonly ask: OwnAsk, readonly reply: OwnReply }

/** The open asks of running sessions, by the session's id. In memory: an ask is open for as long as its call is held. */
export interface OwnAsks {
  /** @returns what closes it, with the answer that ended it */
  open (session: string, ask: OwnAsk): (reply: OwnReply) => void
  list (session: string): readonly OwnAsk[]
  /** Hears of every change in this session from now on. @returns what ends that */
  watch (session: string, hear: (change: OwnAskChange) => void): () => void
}

export function createOwnAsks (): OwnAsks {
  const open = new Map<string, OwnAsk[]>()
  const watchers = new Map<string, Set<(change: OwnAskChange) => void>>()

  function tell (session: string, change: OwnAskChange): void {
    for (const hear of watchers.get(session) ?? []) hear(change)
  }

  return {
    open (session, ask) {
      open.set(session, [...open.get(session) ?? [], ask])
      tell(session, { type: 'permission.asked', ask })
      return (reply) => {
        const rest = (open.get(session) ?? []).filter((other) => other !== ask)
        if (rest.length === 0) open.delete(session)
        else open.set(session, rest)
        tell(session, { type: 'permission.replied', ask, reply })
      }
    },
    list: (session) => open.get(session) ?? [],
    watch (session, hear) {
      const all = watchers.get(session) ?? new Set()
      watchers.set(session, all.add(hear))
      return () => {
        all.delete(hear)
        if (all.size === 0) watchers.delete(session)
      }
    },
  }
}
