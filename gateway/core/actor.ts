/** Who asks, and for what. All of it comes from a verified token, never from a prompt, header or body. */

export const ENVIRONMENTS = ['DEV', 'TEST', 'PROD'] as const
export type Environment = typeof ENVIRONMENTS[number]

export interface Actor {
  readonly id: string
  readonly role: string
  readonly groups: readonly string[]
  readonly org: string
}

/** The role of an actor none of whose groups has one. Policy data can neither define it nor grant it anything. */
export const NO_ROLE = 'nobody'

/** The Weir session a question belongs to. `agentSession` is the agent's own id (`ses_…`), child sessions included. */
export interface SessionRef {
  readonly id: string
  readonly client: string
  readonly agent: string
}

export const PLANES = ['client', 'model', 'ask', 'exec', 'tool', 'file', 'api', 'operator'] as const
export type Plane = typeof PLANES[number]

/** Everything a decision may depend on besides the subject itself. */
export interface Context {
  readonly plane: Plane
  readonly actor: Actor
  readonly app: string
  readonly environment: Environment
  readonly session: SessionRef | null
  /** Id of the request that brought the question up, for the ledger alone: no decision depends on it. */
  readonly request?: string
  /** Id of the caller's token, never the token. Absent for what no caller asked with one, such as a session's own requests. */
  readonly token?: string
}

/** The environment of that name. What is not known is treated as the strictest, `PROD`. */
export function environmentOf (name: string | undefined): Environment {
  return ENVIRONMENTS.find((known) => known === name) ?? 'PROD'
}
