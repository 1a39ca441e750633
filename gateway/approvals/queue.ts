import { GatewayError } from '../core/errors.ts'
import type { ApprovalFile } from './approval-file.ts'
import type { ApprovalIndex } from './approval-index.ts'
import type { Approval, ApprovalLine, HeldCall, SessionLine } from './approval.ts'
import type { ApprovedWrites } from './approved-writes.ts'
import type { SessionEnds } from './session-ends.ts'
import type { ShownCalls } from './shown-calls.ts'
import type { Waiters } from './waiters.ts'

export const DAY_MS = 86_400_000

export interface ApprovalsOptions {
  /** Path of the JSON-lines file; its folder must exist. */
  readonly file: string
  readonly nowMs: () => number
  /** The revision of the policy in force: an approval is for calls that are decided by the one under which it was held. */
  readonly revision: () => string
  /** How long a held call can be approved and used, ms. Default 24 h. */
  readonly lifetimeMs?: number
  /** The longest that an approval for more than one call can stand, ms. Default 24 h. */
  readonly standingMs?: number
  /** Whether data let who asked for calls of this permission answer them alone. Default: never. */
  readonly mayAnswerOwn?: (call: Pick<HeldCall, 'environment' | 'permission'>) => boolean
  readonly onWarning: (message: string) => void
}

/** What the queue is made of. The file is written first, always: what memory says is what a restart will say. */
export interface Queue extends ApprovalsOptions { readonly sessions: SessionEnds, readonly disk: ApprovalFile, readonly index: ApprovalIndex, readonly waiters: Waiters, readonly shown: ShownCalls, readonly writes: ApprovedWrites, readonly unanswered: Approval[] }

export function tell ({ disk, sessions }: Queue, line: SessionLine): void {
  disk.append(line)
  sessions.apply(line)
}

export function write (queue: Queue, line: ApprovalLine): Approval {
  queue.disk.append(line)
  const approval = queue.index.apply(line)
  if (approval.state !== 'waiting') queue.waiters.tell(approval)
  return approval
}

/** @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN */
export function known (queue: Queue, id: string): Approval {
  const approval = queue.index.get(id)
  if (approval === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no approval with this id.')
  return approval
}

export function isLive (queue: Queue, approval: Approval): boolean {
  return queue.nowMs() < approval.expiresAtMs
}

/** Whether policy changed since it was held. */
export function isStale (queue: Queue, approval: Approval | null): boolean {
  return approval !== null && approval.revision !== queue.revision()
}

/** How long a held call can be approved and used, ms. */
export function lifetimeOf (queue: Queue): number {
  return queue.lifetimeMs ?? DAY_MS
}

/** Drops what is expired; what nobody answered is kept to be told. */
export function forget (queue: Queue): void {
  const nowMs = queue.nowMs()
  for (const approval of queue.index.all()) {
    // Held in this order, with one lifetime: behind the first that nothing can have ended, nothing has ended.
    if (approval.heldAtMs + Math.min(lifetimeOf(queue), approval.expiresAtMs - approval.heldAtMs) > nowMs) break
    if (isLive(queue, approval)) continue
    if (approval.state === 'waiting') queue.unanswered.push(approval)
    queue.index.drop(approval.id)
    queue.shown.drop(approval.id)
  }
}
