import type { Actor, Context, Environment } from '../core/actor.ts'
import type { GatewayError } from '../core/errors.ts'
import type { Governor } from '../core/govern.ts'
import type { EntryBody } from '../core/ledger-entry.ts'
import type { Clock, Ledger } from '../core/ports.ts'
import type { Caller } from '../identity/caller.ts'
import type { Conversations } from '../../sandbox/conversations.ts'
import type { Sandbox, SandboxDriver } from '../../sandbox/sandbox.ts'
import type { CreditRates } from './credits.ts'
import type { RunMarks } from './run-marks.ts'
import type { Seat } from './seat-counts.ts'
import type { AgentSession, CollectOccasion } from './session.ts'

/** Something of a session that is closed with it. */
export interface SessionPart { close (): Promise<void> | void }

/** The ledger with events that nobody waits for. */
export interface SessionLedger extends Ledger { record (body: EntryBody): void }

/** What sessions are made of; everything that is not a session's own affair comes from outside. */
export interface SessionPorts {
  readonly governor: Governor
  readonly ledger: SessionLedger
  /** The actor as it is now. Default: as the session began. */
  readonly actorNow?: (actor: Actor) => Actor
  /** Whether the token that somebody came with was revoked since. Default: none ever is. */
  readonly isRevoked?: (caller: Caller) => boolean
  readonly clock: Clock
  /** Milliseconds of a clock that only goes on: what time costs must not depend on somebody setting the machine's. */
  readonly elapsedMs: () => number
  /** `ready` waits while seats are being counted; `of` is the actor's seat in this month. */
  readonly seats: { ready (): Promise<void>, of (actor: Actor): Seat }
  readonly sandboxes: SandboxDriver
  /** Where agents keep their conversations from one session to the next. Default: nowhere. */
  readonly conversations?: Conversations
  /** Idle time after which a session stops, ms. */
  readonly idleStopMs: number
  readonly credits: CreditRates
  /** Where a running session is written down, so that it is charged also when the gateway is killed. */
  readonly marks: RunMarks
  /** The tree that a session starts from, without secrets. */
  readonly materialise: (app: string, environment: Environment) => Promise<{ readonly lowerDir: string, readonly commit: string }>
  /** The agent's managed configuration for a session with this model credential. */
  readonly agentConfig: (session: { readonly modelToken: string, readonly context: Context }) => object
  /** Serves the model plane to this session alone, on a Unix socket that the agent's relay connects to. */
  readonly serveSessionModel: (session: AgentSession, socketPath: string) => Promise<SessionPart>
  readonly startAskPlane: (session: AgentSession) => Promise<SessionPart>
  /** Offers tools of Weir's own in this sandbox to the session's actor. Default: there are none. */
  readonly serveTools?: (session: AgentSession, sandbox: Sandbox) => SessionPart
  /** Brings what the agent changed through the file plane. */
  readonly collect: (session: AgentSession, sandbox: Sandbox, occasion: CollectOccasion) => Promise<unknown>
  readonly onError: (error: GatewayError, what: string) => void
}
