import type { ApprovalScope } from '../core/approval-scope.ts'
import { GatewayError } from '../core/errors.ts'
import type { Permit } from '../core/permit.ts'
import type { Approval } from './approval.ts'
import { DAY_MS, isLive, isStale, known, write, type Queue } from './queue.ts'

const MAX_NOTE_CHARS = 1_000

/** A yes: how far it reaches, and for `until` the end, Unix ms. */
export interface Yes { readonly scope: ApprovalScope, readonly untilMs: number | null }

interface Answer { readonly id: string, readonly by: string, readonly permit: Permit }
export interface Consent extends Answer { readonly yes: Yes }
export interface Refusal extends Answer { readonly reason: string }

/** Records a second person's yes. Throws what `Approvals.give` says. */
export function give (queue: Queue, { id, by, permit, yes }: Consent): Approval {
  const approval = waiting(queue, id)
  assertOther(queue, approval, by, permit)
  if (isStale(queue, approval)) throw new GatewayError('WEIR_ERR_DECIDED', 'Policy has changed since this call was held, so it has to be decided again.')
  const atMs = queue.nowMs()
  if (yes.scope === 'once') return write(queue, { kind: 'given', id, by, atMs, scope: 'once' })
  return write(queue, { kind: 'given', id, by, atMs, scope: yes.scope, untilMs: endOf(yes, atMs, queue.standingMs ?? DAY_MS) })
}

/** Records a second person's no. */
export function refuse (queue: Queue, { id, by, reason, permit }: Refusal): Approval {
  assertOther(queue, waiting(queue, id), by, permit)
  return write(queue, { kind: 'refused', id, by, atMs: queue.nowMs(), note: reason.slice(0, MAX_NOTE_CHARS) })
}

/** Takes a yes back that still covers something. */
export function revoke (queue: Queue, { id, by, reason, permit }: Refusal): Approval {
  assertOther(queue, given(queue, id), by, permit)
  return write(queue, { kind: 'revoked', id, by, atMs: queue.nowMs(), note: reason.slice(0, MAX_NOTE_CHARS) })
}

function endOf ({ scope, untilMs }: Yes, nowMs: number, longestMs: number): number {
  if (scope === 'session') return nowMs + longestMs
  if (untilMs === null || !(untilMs > nowMs)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', '"until" must be a time to come, in Unix milliseconds.')
  if (untilMs > nowMs + longestMs) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `An approval stands for at most ${Math.floor(longestMs / 60_000)} minutes (approvals.longest).`)
  return untilMs
}

function waiting (queue: Queue, id: string): Approval {
  const approval = known(queue, id)
  if (!isLive(queue, approval)) throw new GatewayError('WEIR_ERR_DECIDED', 'This approval has expired, which denies the call.')
  if (approval.state !== 'waiting') throw new GatewayError('WEIR_ERR_DECIDED', `This approval is already ${approval.state}.`)
  return approval
}

function given (queue: Queue, id: string): Approval {
  const approval = known(queue, id)
  if (approval.state !== 'given' || !isLive(queue, approval)) throw new GatewayError('WEIR_ERR_DECIDED', `This approval is ${isLive(queue, approval) ? approval.state : 'expired'}: there is nothing to take back.`)
  return approval
}

// Policy says so too; two locks, because approving one's own call is what the queue exists to prevent, unless data say otherwise.
function assertOther (queue: Queue, approval: Approval, by: string, permit: Permit): void {
  if (approval.requestedBy === by && queue.mayAnswerOwn?.(approval) !== true) throw new GatewayError('WEIR_ERR_DENIED', 'Nobody approves or refuses their own call.', { decision: permit.entry })
}
