import type { Route } from './route.ts'

/** Reads of one session by its id. All of them only look: none moves the agent, and none shows what is outside the session. */
const BY_SESSION: readonly string[] = [
  '/session/{sessionID}',
  '/session/{sessionID}/children',
  '/session/{sessionID}/todo',
  '/session/{sessionID}/diff',
  '/session/{sessionID}/message',
  '/session/{sessionID}/message/{messageID}',
  '/api/session/{sessionID}',
  '/api/session/{sessionID}/context',
  '/api/session/{sessionID}/history',
  '/api/session/{sessionID}/event',
  '/api/session/{sessionID}/message',
  '/api/session/{sessionID}/message/{messageID}',
]

/** Lists and streams of all that an agent has; whose agent is meant, the query says. */
const BY_OWNER: readonly string[] = ['/session', '/session/status', '/experimental/session', '/event', '/global/event', '/api/session', '/api/session/active']

/** How a route can show somebody else's session: the one that its path names, those of an owner that its query names, or not at all. */
export function observedBy ({ method, template, access }: Route): 'session' | 'owner' | null {
  if (method !== 'GET' || access !== 'forward') return null
  if (BY_SESSION.includes(template)) return 'session'
  return BY_OWNER.includes(template) ? 'owner' : null
}
