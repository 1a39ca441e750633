import { dirname, join } from 'node:path'
import type { Context } from '../core/actor.ts'
import type { Permit } from '../core/permit.ts'
import type { ApprovalQueue } from '../core/ports.ts'
import { CHANGE_SET } from '../core/tool-call.ts'
import { give, refuse, revoke, type Yes } from './answer-call.ts'
import { openApprovalFile } from './approval-file.ts'
import { createApprovalIndex } from './approval-index.ts'
import { isOpen, isStanding, type Approval } from './approval.ts'
import { changeKey, createApprovedWrites } from './approved-writes.ts'
import { consume, find, uselessness, writtenBy, type Uselessness, type WrittenCall } from './cover-call.ts'
import { hold } from './hold-call.ts'
import { forget, isLive, isStale, tell, write, type ApprovalsOptions, type Queue } from './queue.ts'
import { createSessionEnds } from './session-ends.ts'
import { openShownCalls, type ShownCall } from './shown-calls.ts'
import { createWaiters, type OnSaid } from './waiters.ts'

const ONCE: Yes = Object.freeze({ scope: 'once', untilMs: null })

/** The queue of calls that wait for a second person. One process only. */
export interface Approvals extends ApprovalQueue {
  /** All that are not expired, oldest first. */
  list (): readonly Approval[]
  /** How many wait. */
  waiting (): number
  get (id: string): Approval | null
  /** The call in full, as its approver sees it; null when there was nothing to keep. @throws GatewayError WEIR_ERR_STORE */
  shown (id: string): ShownCall | null
  /** Whether policy changed since it was held, so that it covers nothing and the call has to be decided again. */
  isStale (id: string): boolean
  /**
   * Waits for a second person's word, also one that was said already, or for another policy: then the call has to be decided again.
   *
   * @returns the way to stop waiting, or null when too many wait already
   */
  whenSaid (id: string, onSaid: OnSaid): (() => void) | null
  /** Another policy is in force: whoever waits is told to ask again. @returns the changes that wait, whose call nobody makes again */
  policyChanged (): readonly Approval[]
  /** How long it can still be answered and used, ms; 0 when it cannot. */
  msLeft (id: string): number
  /**
   * Records a second person's yes; by default for one call. `permit` is of a governed `approval` question.
   *
   * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN (no such id), WEIR_ERR_DECIDED (also when policy changed since), WEIR_ERR_DENIED (own call),
   *   WEIR_ERR_DECODE_MALFORMED (`until` is no time to come, or too far), WEIR_ERR_STORE
   */
  give (id: string, by: string, permit: Permit, yes?: Yes): Approval
  /** Records a second person's no. Throws as `give` does; `reason` is cut at 1,000 characters. */
  refuse (id: string, by: string, reason: string, permit: Permit): Approval
  /** Takes a yes back that still covers something. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN, WEIR_ERR_DECIDED, WEIR_ERR_STORE */
  revoke (id: string, by: string, reason: string, permit: Permit): Approval
  /** Whether it can cover nothing any more, and why: it is of a session that ended, or of an earlier policy. */
  useless (approval: Approval): Uselessness | null
  /** A session started: what was asked for in those that a restart cut off is asked for in this one now. @throws GatewayError WEIR_ERR_STORE */
  sessionStarted (context: Context): void
  /** A session ended by itself: approvals of its calls cover nothing any more. @throws GatewayError WEIR_ERR_STORE */
  sessionEnded (session: string): void
  /**
   * The approved calls of a session that wrote to any of these paths and whose work there was not committed yet, as their approver saw them; oldest
   * first. @throws GatewayError WEIR_ERR_STORE
   */
  writesOf (session: string, paths: ReadonlySet<string>): readonly WrittenCall[]
  /** The change of this path with this digest is, whole, what these approved calls made: their approvals cover it too, once. */
  carry (approvals: readonly string[], change: { readonly path: string, readonly digest: string }, context: Context): void
  /** For start-up: an allow in the ledger names this approval, so it is used whatever this file says. */
  markUsed (id: string): void
  /** Forgets what is expired. @returns what nobody answered in time: once, and after a restart again unless it was marked */
  sweep (): readonly Approval[]
  /** That nobody answered this one in time is in the ledger. @throws GatewayError WEIR_ERR_STORE */
  markExpired (id: string): void
  close (): void
}

/** Opens the queue from its file. @throws GatewayError WEIR_ERR_STORE */
export function openApprovals (options: ApprovalsOptions): Approvals {
  const disk = openApprovalFile(options.file, options.onWarning)
  const index = createApprovalIndex()
  const sessions = createSessionEnds()
  for (const line of disk.lines) {
    if (line.kind === 'session-ended' || line.kind === 'session-follows') sessions.apply(line)
    else if (line.kind === 'expired') index.drop(line.id)
    else index.apply(line)
  }
  sessions.cutOff(index.all())
  const waiters = createWaiters()
  const queue: Queue = { ...options, disk, index, sessions, waiters, shown: openShownCalls(join(dirname(options.file), 'approvals')), writes: createApprovedWrites(), unanswered: [] }
  forget(queue)
  queue.shown.sweep((id) => index.get(id) !== null)
  return {
    find: (digest, context, baseOf) => find(queue, digest, context, baseOf),
    consume: (id, digest, context) => consume(queue, id, digest, context),
    hold: (digest, context, decision, input, call) => hold(queue, { digest, context, decision, input, base: call?.base ?? null, text: call?.text ?? null }),
    list: () => [...index.all()].filter((approval) => isLive(queue, approval)),
    waiting: () => index.waiting(),
    get: index.get,
    shown: (id) => index.get(id) === null ? null : queue.shown.read(id),
    isStale: (id) => isStale(queue, index.get(id)),
    whenSaid: (id, onSaid) => whenSaid(queue, id, onSaid),
    policyChanged: () => policyChanged(queue),
    msLeft: (id) => Math.max(0, (index.get(id)?.expiresAtMs ?? 0) - options.nowMs()),
    give: (id, by, permit, yes = ONCE) => give(queue, { id, by, permit, yes }),
    refuse: (id, by, reason, permit) => refuse(queue, { id, by, reason, permit }),
    revoke: (id, by, reason, permit) => revoke(queue, { id, by, reason, permit }),
    useless: (approval) => uselessness(queue, approval),
    sessionStarted (context) {
      const follows = sessions.followedBy(context)
      if (context.session !== null && follows.length > 0) tell(queue, { kind: 'session-follows', session: context.session.id, follows, atMs: options.nowMs() })
    },
    sessionEnded (session) {
      queue.writes.sessionEnded(session)
      const isBound = [...index.all()].some((approval) => isOpen(approval) && sessions.ownerOf(approval) === session)
      if (isBound) tell(queue, { kind: 'session-ended', session, atMs: options.nowMs() })
    },
    writesOf: (session, paths) => queue.writes.of(session, paths).flatMap((write) => writtenBy(queue, write) ?? []),
    carry (approvals, { path, digest }, context) {
      if (context.session !== null) queue.writes.carry(changeKey(digest, context), { approvals, session: context.session.id, path })
    },
    markUsed (id) {
      const approval = index.get(id)
      if (approval !== null && approval.state !== 'used' && !isStanding(approval)) write(queue, { kind: 'used', id, atMs: options.nowMs() })
    },
    sweep () {
      forget(queue)
      return queue.unanswered.splice(0)
    },
    markExpired: (id) => disk.append({ kind: 'expired', id, atMs: options.nowMs() }),
    close: () => disk.close(),
  }
}

function whenSaid ({ index, waiters }: Queue, id: string, onSaid: OnSaid): (() => void) | null {
  const stop = waiters.add(id, onSaid)
  const approval = index.get(id)
  if (stop !== null && approval !== null && approval.state !== 'waiting') waiters.tell(approval)
  return stop
}

function policyChanged (queue: Queue): readonly Approval[] {
  const { index, waiters } = queue
  for (const id of waiters.ids()) {
    const approval = index.get(id)
    if (approval !== null && isStale(queue, approval)) waiters.tell(approval)
  }
  return [...index.all()].filter((approval) => approval.state === 'waiting' && approval.tool?.native === CHANGE_SET && isLive(queue, approval) && isStale(queue, approval))
}
