import type { Actor, Environment } from './actor.ts'
import type { ApprovalScope } from './approval-scope.ts'
import type { BudgetUse } from './budget.ts'
import type { Finding } from './finding.ts'
import type { Operation } from './obligations.ts'
import type { DecodedCall } from './tool-call.ts'

/** A tool call in other words: decoded again, and the text of its arguments. */
export interface RewrittenCall { readonly call: DecodedCall, readonly argumentsText: string }

/** Changes the call that is asked about. Null when that is not possible. */
export type RewriteCall = (operations: readonly Operation[]) => RewrittenCall | null

/**
 * A tool call on any plane. `rewrite` is given by who passes on what it makes, instead of the call. `text` is the call's arguments in full, for
 * the person who is to approve it: asked for only when it is held.
 */
export interface ToolCallSubject { readonly kind: 'tool-call', readonly call: DecodedCall, readonly rewrite?: RewriteCall, readonly text?: () => string }

/** A request to a route of the agent's API or of Weir's own. `path` is the canonical template, `class` from the route table. */
export interface RouteSubject {
  readonly kind: 'route'
  readonly method: string
  readonly path: string
  readonly class: string
  /** Whose session is to be read; given if and only if the class is `observe`. */
  readonly owner?: SessionOwnerFacts
}

/** Whose session it is, as the token said that started it. */
export type SessionOwnerFacts = Pick<Actor, 'id' | 'role' | 'groups'>

/**
 * A request to a model. `bytes` is the size of the request body, `scanned` whether it was looked through for what must not leave (default:
 * it was not), `findings` what was found; `redacts` says that whoever asks blanks what an allow obliges it to.
 */
export interface ModelRequestSubject {
  readonly kind: 'model-request'
  readonly provider: string
  readonly model: string
  readonly stream: boolean
  readonly bytes: number
  readonly redacts?: boolean
  readonly scanned?: boolean
  readonly findings?: readonly Finding[]
  /** Id of the provider's key that it is to go out with, null for none. Default: not known, and budgets for keys are passed over. */
  readonly key?: string | null
  /** What is used up of the budgets that are for it, with what it holds itself. Default: asked for when it is decided. */
  readonly usage?: readonly BudgetUse[]
}

/** The start of a session: may this actor run an agent on this app and environment at all? */
export interface SessionSubject { readonly kind: 'session' }

/**
 * A second person's word on a pending call. `requestedBy` is the actor id of who asked, `heldAtMs` when (Unix ms). `scope` is how far a yes is
 * to reach (default `once`), `standsMs` for how long when it is `until`.
 */
export interface ApprovalSubject {
  readonly kind: 'approval'
  readonly approval: string
  readonly requestedBy: string
  readonly permission: string
  readonly heldAtMs: number
  readonly scope?: ApprovalScope
  readonly standsMs?: number | null
}

/** `create` and `check` are about the release alone; the others point an environment at it. */
export const RELEASE_ACTIONS = ['create', 'check', 'promote', 'rollback'] as const
export type ReleaseAction = typeof RELEASE_ACTIONS[number]

/**
 * A release is to be made or checked, or an environment is to point at it; which one is the context's. `digest` names the
 * release's content in full, `madeBy` is the actor id of who made it, `live` the environments that point, or once pointed, at
 * that digest, `checks` the names of those it has passed, `from` the digest that the environment points at now, null when at none.
 * `text` is what the person is shown who is to approve it.
 */
export interface ReleaseSubject {
  readonly kind: 'release'
  readonly release: string
  readonly digest: string
  readonly action: ReleaseAction
  readonly madeBy: string
  readonly live: readonly Environment[]
  readonly checks: readonly string[]
  readonly from: string | null
  readonly text?: () => string
}

/** Everything that can be asked of policy. */
export type Subject = ToolCallSubject | RouteSubject | ModelRequestSubject | SessionSubject | ApprovalSubject | ReleaseSubject
