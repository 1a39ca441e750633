import type { Context } from './actor.ts'
import type { ApprovalScope, CallBase } from './approval-scope.ts'
import type { Decision } from './decision.ts'
import type { EntryBody, OutcomeStatus } from './ledger-entry.ts'
import type { Permit } from './permit.ts'
import type { PolicyInput } from './policy-input.ts'
import type { Classification, ToolCall } from './tool-call.ts'

/** Facts about a call. Pure but for the symlink look-ups of the session's workspace. May throw: `govern` denies then. */
export type Classify = (call: ToolCall, context: Context) => Classification

/**
 * The policy in force. `evaluate` is synchronous, in process, and never throws: what goes wrong inside is a deny with a
 * host rule id. `revision` is the digest of the bundle.
 */
export interface Policy {
  readonly revision: string
  evaluate (input: PolicyInput): Decision
}

/** The append-only record. A resolved `append` means durable (fdatasync'd); a rejected one means nothing may take effect. */
export interface Ledger {
  /** @returns the entry's index, once durable. @throws GatewayError WEIR_ERR_LEDGER_APPEND */
  append (body: EntryBody): Promise<number>
  /** Records what became of a permitted effect; durable with the next group commit, which is not waited for. */
  settle (permit: Permit, status: OutcomeStatus, detail: Readonly<Record<string, unknown>>): void
}

/** What the files that a call names are like now; null when there are none to look at. Only lstat: nothing of an agent's is opened. */
export type LookAtBase = (facts: Classification, context: Context) => CallBase | null

/** An approval that a second person gave, ready to be used. `heldAtMs` is when the call was held (Unix ms), `scope` how far it reaches (default `once`). */
export interface GivenApproval { readonly id: string, readonly by: string, readonly requestedBy: string, readonly heldAtMs: number, readonly scope?: ApprovalScope }

/** What a call that is held is bound to beyond its digest, and what its approver is shown: the call in full. */
export interface CallToHold { readonly base: CallBase | null, readonly text: (() => string) | null }

/** The queue of calls that policy leaves to people. Bound to the call's digest, files, session and revision, and to the actor, app and environment. */
export interface ApprovalQueue {
  /** A given, unused, unexpired approval for this exact call in this context. `baseOf` is called only when there may be one. */
  find (digest: string, context: Context, baseOf?: () => CallBase | null): GivenApproval | null
  /** Marks it used by this call, if it is for one call. @returns false when it was used or taken back meanwhile: then the call is not covered. */
  consume (id: string, digest: string, context: Context): boolean
  /** Queues the call (or finds the same call already queued). @returns the approval's id */
  hold (digest: string, context: Context, decision: Decision, input: PolicyInput, call?: CallToHold): string
}

/** Unix milliseconds. A port, so that a decision can be made again as of the time it was made. */
export interface Clock { nowMs (): number }
