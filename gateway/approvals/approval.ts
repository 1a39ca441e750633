import type { Context, Environment } from '../core/actor.ts'
import type { PolicyInput } from '../core/policy-input.ts'

/** `used`: the call it was for has passed, or is gone. A person's word is taken while it is `waiting`, and once. */
export const APPROVAL_STATES = ['waiting', 'given', 'refused', 'used'] as const
export type ApprovalState = typeof APPROVAL_STATES[number]

/** What a second person sees of a pending call, and what it is bound to. */
export interface HeldCall {
  readonly id: string
  readonly digest: string
  readonly requestedBy: string
  readonly app: string
  readonly environment: Environment
  /** The session whose calls it covers; null covers calls that are in none. */
  readonly session: string | null
  readonly permission: string
  readonly tool: PolicyInput['tool']
  readonly targets: PolicyInput['targets']
  readonly command: string | null
  readonly rule: string
  readonly reason: string
  readonly revision: string
  readonly heldAtMs: number
  readonly expiresAtMs: number
}

/** A pending call and what was said of it. `by`, `saidAtMs` and `note` are null while it waits. */
export interface Approval extends HeldCall {
  readonly state: ApprovalState
  readonly by: string | null
  readonly saidAtMs: number | null
  readonly note: string | null
}

/** One line of the file. The state of an approval is what its lines, in order, make of it. */
export type ApprovalLine =
  | { readonly kind: 'held', readonly call: HeldCall }
  | { readonly kind: 'given', readonly id: string, readonly by: string, readonly atMs: number }
  | { readonly kind: 'refused', readonly id: string, readonly by: string, readonly atMs: number, readonly note: string }
  | { readonly kind: 'used', readonly id: string, readonly atMs: number }

/**
 * Whether this approval was asked for by the same actor, for the same call, app, environment and session: who said yes to a call of one session
 * has not seen what led to the same words in another. What is no call (the start of a session, a release) is in none.
 */
export function isFor (approval: HeldCall, digest: string, context: Context): boolean {
  return approval.digest === digest && approval.requestedBy === context.actor.id &&
    approval.app === context.app && approval.environment === context.environment &&
    (approval.tool === null || approval.session === (context.session?.id ?? null))
}
