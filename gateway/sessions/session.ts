import type { Context } from '../core/actor.ts'
import type { Caller } from '../identity/caller.ts'
import type { AgentActivity } from './agent-activity.ts'
import type { PlanTurns } from './plan-turns.ts'
import type { ReleasedCalls } from './released-calls.ts'

/** When the file plane looks: at the end of a turn, between the calls of one, or for the last time. */
export type CollectOccasion = 'turn' | 'calls' | 'end'

/** Where and how the gateway alone reaches one sandboxed agent's HTTP server. */
export interface AgentEndpoint {
  /** Unix socket outside the sandbox; a relay joins it to the agent's port inside. */
  readonly socketPath: string
  /** `Basic …` with the random password of this run; never leaves the gateway. */
  readonly authorization: string
  /** The agent's fixed directory as it sees it: `/workspace`. */
  readonly directory: string
}

/** Read-only view of a session's workspace as it is now, for facts about paths. */
export interface WorkspaceView {
  /** The target of a symbolic link at this canonical workspace-relative path, or null when it is none. Never follows. */
  readlink (path: string): string | null
  /**
   * What is at this path, in a word that changes when its content does: kind, mode, size, and times that nobody in a sandbox can set. Never
   * opens or follows. Null when nothing is there.
   */
  stateOf (path: string): string | null
}

/** One bounded run of one actor on one app and environment. Owns a sandbox, a model token and a meter. */
export interface AgentSession {
  /** `wses_` and 26 characters. */
  readonly id: string
  /** Context of every decision of this session; planes replace only `plane`. */
  readonly context: Context
  readonly endpoint: AgentEndpoint
  readonly workspace: WorkspaceView
  readonly released: ReleasedCalls
  readonly planning: PlanTurns
  /** What the agent says that it does. */
  readonly activity: AgentActivity
  /** The virtual credential of the agent's model requests; valid only on this session's own socket. */
  readonly modelToken: string
  readonly startedAtMs: number
  /** Puts off the idle stop. */
  touch (): void
  /** Runs the file plane on what the agent changed until now; calls that wait share one run. Resolves when changes are committed, held or thrown out. */
  collectChanges (): Promise<void>
  /**
   * For before the agent's next request to a model: throws out what policy denies of what its last calls changed. Null when no call was
   * released since that could have changed anything.
   */
  reviewCalls (): Promise<void> | null
  /** Resolves when the sandbox is gone, whatever ended it. */
  readonly ended: Promise<void>
  /** The limit that the session was stopped for, as a sentence. */
  readonly overLimit?: string | null
  stop (reason: string): Promise<void>
}

/** The running sessions: one per actor, app and environment. */
export interface Sessions {
  /**
   * The caller's session, started on first use (concurrent calls share one start).
   *
   * @throws GatewayError WEIR_ERR_DENIED when policy refuses the session, WEIR_ERR_AGENT_START, WEIR_ERR_SANDBOX
   */
  open (caller: Caller, scope: Scope): Promise<AgentSession>
  /** The running session with this id, or null. */
  byId (id: string): AgentSession | null
  list (): readonly AgentSession[]
  /** Stops those that somebody used with a token that is revoked now. */
  endRevoked (): void
  /** Stops all, newest first. */
  close (): Promise<void>
}

/** The app and environment a request is for: what the token allows, narrowed by what the request names. */
export interface Scope { readonly app: string, readonly environment: Context['environment'] }
