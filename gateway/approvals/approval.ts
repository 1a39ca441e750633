import type { Environment } from '../core/actor.ts'
import type { ApprovalScope, CallBase } from '../core/approval-scope.ts'
import type { PolicyInput } from '../core/policy-input.ts'

/** `used`: the call it was for has passed, or is gone. A person's word is taken while it is `waiting`, and once; `revoked` ends a word that was given. */
export const APPROVAL_STATES = ['waiting', 'given', 'refused', 'used', 'revoked'] as const
export type ApprovalState = typeof APPROVAL_STATES[number]

/** What a second person sees of a pending call, and what it is bound to. */
export interface HeldCall {
  readonly id: string
  readonly digest: string
  readonly requestedBy: string
  /** The role in which it was asked for. Absent in lines of before it was kept. */
  readonly role?: string | undefined
  readonly app: string
  readonly environment: Environment
  /** The session whose calls it covers; null covers calls that are in none. */
  readonly session: string | null
  /** What the call's files were like when it was held; null when it had none to look at. Absent in lines of before there were any. */
  readonly base?: CallBase | null | undefined
  readonly permission: string
  readonly tool: PolicyInput['tool']
  readonly targets: PolicyInput['targets']
  readonly command: string | null
  /** The words of each program that the command can start, as far as they are kept. Absent in lines of before they were. */
  readonly programs?: ReadonlyArray<readonly string[]> | undefined
  /** What is to be done with which release. Absent for everything that is about none. */
  readonly release?: { readonly id: string, readonly action: string } | undefined
  readonly rule: string
  readonly reason: string
  /** Policy's revision when it was held: under another one the call is decided again. */
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
  /** How far the yes reaches; null until it is given. */
  readonly scope: ApprovalScope | null
}

/** One line of the file. The state of an approval is what its lines, in order, make of it. */
export type ApprovalLine =
  | { readonly kind: 'held', readonly call: HeldCall }
  | { readonly kind: 'given', readonly id: string, readonly by: string, readonly atMs: number, readonly scope?: ApprovalScope, readonly untilMs?: number }
  | { readonly kind: 'refused', readonly id: string, readonly by: string, readonly atMs: number, readonly note: string }
  | { readonly kind: 'revoked', readonly id: string, readonly by: string, readonly atMs: number, readonly note: string }
  | { readonly kind: 'used', readonly id: string, readonly atMs: number }

/** What became of a session that approvals are bound to: it ended by itself, or it takes over from others that a restart cut off. */
export type SessionLine =
  | { readonly kind: 'session-ended', readonly session: string, readonly atMs: number }
  | { readonly kind: 'session-follows', readonly session: string, readonly follows: readonly string[], readonly atMs: number }

/** Nobody answered in time, and the ledger has it: a later start need not say it again. */
export interface ExpiredLine { readonly kind: 'expired', readonly id: string, readonly atMs: number }

export type Line = ApprovalLine | SessionLine | ExpiredLine

/** What all approvals have in common that can cover a call, but for its session: the key to look them up by. */
export function keyOf (digest: string, requestedBy: string, app: string, environment: string): string {
  return JSON.stringify([digest, requestedBy, app, environment])
}

export function isOpen ({ state }: Approval): boolean {
  return state === 'waiting' || state === 'given'
}

/**
 * Whether the files of the call are as the approver could know them. What a call that may run more than once writes is its own work: only what
 * it reads has to be as it was.
 */
export function hasSameBase (approval: Approval, base: CallBase | null): boolean {
  const held = approval.base ?? null
  if (held === null || base === null) return held === base
  return isStanding(approval) ? held.reads === base.reads : held.all === base.all
}

/** Whether it covers more than one call. */
export function isStanding ({ scope }: Pick<Approval, 'scope'>): boolean {
  return scope === 'session' || scope === 'until'
}
