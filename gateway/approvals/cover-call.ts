import type { Context } from '../core/actor.ts'
import type { CallBase } from '../core/approval-scope.ts'
import type { GivenApproval } from '../core/ports.ts'
import { CHANGE_SET } from '../core/tool-call.ts'
import { hasSameBase, isOpen, isStanding, keyOf, type Approval } from './approval.ts'
import { changeKey, type ApprovedWrite } from './approved-writes.ts'
import { isLive, isStale, write, type Queue } from './queue.ts'

export const USELESSNESS = ['session-ended', 'policy-changed'] as const
export type Uselessness = typeof USELESSNESS[number]

/** The approval that covers this call now. `baseOf` tells what the call's files are like. */
export function find (queue: Queue, digest: string, context: Context, baseOf?: () => CallBase | null): GivenApproval | null {
  const { actor, app, environment } = context
  const open = queue.index.open(keyOf(digest, actor.id, app, environment))
  // The files are looked at only for a call that somebody has approved: to look costs more than to decide.
  let base: CallBase | null | undefined
  for (const approval of open) {
    if (approval.state !== 'given' || approval.by === null || !isLive(queue, approval) || isStale(queue, approval) || !isInSession(queue, approval, context)) continue
    base ??= baseOf?.() ?? null
    if (hasSameBase(approval, base)) return { id: approval.id, by: approval.by, requestedBy: approval.requestedBy, heldAtMs: approval.heldAtMs, scope: approval.scope ?? 'once' }
  }
  return findCarried(queue, digest, context)
}

/** The approval of the calls that made this change: every one of them was approved, and would still cover its call. */
function findCarried (queue: Queue, digest: string, context: Context): GivenApproval | null {
  const carried = context.plane === 'file' ? queue.writes.carried(changeKey(digest, context)) : null
  if (carried === null || carried.session !== context.session?.id) return null
  const approvals = carried.approvals.map((id) => queue.index.get(id))
  const last = approvals.at(-1) ?? null
  if (last === null || last.by === null || !approvals.every((approval) => approval !== null && coversItsWork(queue, approval))) return null
  return { id: last.id, by: last.by, requestedBy: last.requestedBy, heldAtMs: last.heldAtMs, scope: last.scope ?? 'once' }
}

function coversItsWork (queue: Queue, approval: Approval): boolean {
  return (approval.state === 'used' || approval.state === 'given') && isLive(queue, approval) && !isStale(queue, approval)
}

/** An approved call that wrote, and its arguments as its approver saw them. */
export interface WrittenCall extends ApprovedWrite { readonly native: string, readonly text: string }

/** What the approver of a call saw of it; null when that was not all. */
export function writtenBy ({ index, shown }: Queue, { approval, paths }: ApprovedWrite): WrittenCall | null {
  const tool = index.get(approval)?.tool ?? null
  const call = tool === null ? null : shown.read(approval)
  // Of a call that was cut nobody saw the whole.
  return tool === null || call?.whole !== true ? null : { approval, paths, native: tool.native, text: call.text }
}

/**
 * Who said yes to a call of one session has not seen what led to the same words in another, unless they said `until`. What is no call (the start
 * of a session, a release) is in none.
 */
export function isInSession ({ sessions }: Queue, approval: Approval, context: Context): boolean {
  if (approval.tool === null || approval.scope === 'until') return true
  const session = context.session?.id ?? null
  // The file plane speaks of a change in the name of the session that made it, also when that ended.
  return approval.session === session || (session !== null && sessions.ownerOf(approval) === session)
}

/** Why an open approval can cover nothing any more; null when it can, and for one that is not open. */
export function uselessness (queue: Queue, approval: Approval): Uselessness | null {
  if (!isOpen(approval)) return null
  if (isStale(queue, approval)) return 'policy-changed'
  // A change that waits outside its session is committed when it is approved.
  const outlives = approval.tool === null || approval.tool.native === CHANGE_SET || approval.scope === 'until'
  return !outlives && queue.sessions.hasEnded(approval) ? 'session-ended' : null
}

/** Uses an approval up for a call. @returns false when it does not cover the call (any more) */
export function consume (queue: Queue, id: string, digest: string, context: Context): boolean {
  const approval = queue.index.get(id)
  if (approval !== null && approval.digest !== digest) return consumeCarried(queue, id, digest, context)
  if (approval?.state !== 'given' || !isLive(queue, approval) || isStale(queue, approval)) return false
  queue.writes.used(approval, context)
  // The ledger's entry of the call names the approval: each use of a standing one is recorded there.
  if (isStanding(approval)) return true
  // On disk before the call may run: a crash between the two costs an approval, never uses one twice.
  write(queue, { kind: 'used', id, atMs: queue.nowMs() })
  return true
}

function consumeCarried (queue: Queue, id: string, digest: string, context: Context): boolean {
  const isGood = findCarried(queue, digest, context)?.id === id
  if (isGood) queue.writes.take(changeKey(digest, context))
  return isGood
}
