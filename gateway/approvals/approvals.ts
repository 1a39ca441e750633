import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Context } from '../core/actor.ts'
import type { ApprovalScope, CallBase } from '../core/approval-scope.ts'
import type { Decision } from '../core/decision.ts'
import { GatewayError } from '../core/errors.ts'
import type { Permit } from '../core/permit.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import type { ApprovalQueue, CallToHold, GivenApproval } from '../core/ports.ts'
import { openApprovalFile, type ApprovalFile } from './approval-file.ts'
import { createApprovalIndex, type ApprovalIndex } from './approval-index.ts'
import { hasSameBase, isOpen, isStanding, keyOf, type Approval, type ApprovalLine, type HeldCall, type SessionLine } from './approval.ts'
import { createSessionEnds, type SessionEnds } from './session-ends.ts'
import { openShownCalls, type ShownCall, type ShownCalls } from './shown-calls.ts'
import { createWaiters, type OnSaid, type Waiters } from './waiters.ts'

const DAY_MS = 86_400_000
const MAX_OPEN = 10_000 // waiting calls of all actors; a model that asks in a loop with changing arguments must not fill the disk
const CHANGE_SET = 'change-set' // the file plane's word for what a turn left behind
const MAX_NOTE_CHARS = 1_000
const MAX_COMMAND_CHARS = 4_096

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
  readonly onWarning: (message: string) => void
}

/** A yes: how far it reaches, and for `until` the end, Unix ms. */
export interface Yes { readonly scope: ApprovalScope, readonly untilMs: number | null }

export const USELESSNESS = ['session-ended', 'policy-changed'] as const
export type Uselessness = typeof USELESSNESS[number]

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
   * Waits for a second person's word, also one that was said already.
   *
   * @returns the way to stop waiting, or null when too many wait already
   */
  whenSaid (id: string, onSaid: OnSaid): (() => void) | null
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
  /** For start-up: an allow in the ledger names this approval, so it is used whatever this file says. */
  markUsed (id: string): void
  /** Forgets what is expired. @returns what nobody answered in time, once */
  sweep (): readonly Approval[]
  close (): void
}

interface Queue extends ApprovalsOptions { readonly sessions: SessionEnds, readonly disk: ApprovalFile, readonly index: ApprovalIndex, readonly waiters: Waiters, readonly shown: ShownCalls, readonly unanswered: Approval[] }

/** Opens the queue from its file. @throws GatewayError WEIR_ERR_STORE */
export function openApprovals (options: ApprovalsOptions): Approvals {
  const disk = openApprovalFile(options.file, options.onWarning)
  const index = createApprovalIndex()
  const sessions = createSessionEnds()
  for (const line of disk.lines) {
    if (line.kind === 'session-ended' || line.kind === 'session-follows') sessions.apply(line)
    else index.apply(line)
  }
  sessions.cutOff(index.all())
  const waiters = createWaiters()
  const queue: Queue = { ...options, disk, index, sessions, waiters, shown: openShownCalls(join(dirname(options.file), 'approvals')), unanswered: [] }
  forget(queue)
  queue.shown.sweep((id) => index.get(id) !== null)
  return {
    find: (digest, context, baseOf) => find(queue, digest, context, baseOf),
    consume: (id) => consume(queue, id),
    hold: (digest, context, decision, input, call) => hold(queue, { digest, context, decision, input, base: call?.base ?? null, text: call?.text ?? null }),
    list: () => [...index.all()].filter((approval) => isLive(queue, approval)),
    waiting: () => index.waiting(),
    get: index.get,
    shown: (id) => index.get(id) === null ? null : queue.shown.read(id),
    isStale: (id) => isStale(queue, index.get(id)),
    whenSaid: (id, onSaid) => whenSaid(queue, id, onSaid),
    give: (id, by, permit, yes = ONCE) => give(queue, { id, by, permit, yes }),
    refuse (id, by, reason, permit) {
      assertOther(waiting(queue, id), by, permit)
      return write(queue, { kind: 'refused', id, by, atMs: options.nowMs(), note: reason.slice(0, MAX_NOTE_CHARS) })
    },
    revoke (id, by, reason, permit) {
      assertOther(given(queue, id), by, permit)
      return write(queue, { kind: 'revoked', id, by, atMs: options.nowMs(), note: reason.slice(0, MAX_NOTE_CHARS) })
    },
    useless: (approval) => uselessness(queue, approval),
    sessionStarted (context) {
      const follows = sessions.followedBy(context)
      if (context.session !== null && follows.length > 0) tell(queue, { kind: 'session-follows', session: context.session.id, follows, atMs: options.nowMs() })
    },
    sessionEnded (session) {
      const isBound = [...index.all()].some((approval) => isOpen(approval) && sessions.ownerOf(approval) === session)
      if (isBound) tell(queue, { kind: 'session-ended', session, atMs: options.nowMs() })
    },
    markUsed (id) {
      const approval = index.get(id)
      if (approval !== null && approval.state !== 'used' && !isStanding(approval)) write(queue, { kind: 'used', id, atMs: options.nowMs() })
    },
    sweep () {
      forget(queue)
      return queue.unanswered.splice(0)
    },
    close: () => disk.close(),
  }
}

function whenSaid ({ index, waiters }: Queue, id: string, onSaid: OnSaid): (() => void) | null {
  const stop = waiters.add(id, onSaid)
  const approval = index.get(id)
  if (stop !== null && approval !== null && approval.state !== 'waiting') waiters.tell(approval)
  return stop
}

function find (queue: Queue, digest: string, context: Context, baseOf?: () => CallBase | null): GivenApproval | null {
  const { actor, app, environment } = context
  const open = queue.index.open(keyOf(digest, actor.id, app, environment))
  // The files are looked at only for a call that somebody has approved: to look costs more than to decide.
  let base: CallBase | null | undefined
  for (const approval of open) {
    if (approval.state !== 'given' || approval.by === null || !isLive(queue, approval) || isStale(queue, approval) || !isInSession(queue, approval, context)) continue
    base ??= baseOf?.() ?? null
    if (hasSameBase(approval, base)) return { id: approval.id, by: approval.by, requestedBy: approval.requestedBy, heldAtMs: approval.heldAtMs, scope: approval.scope ?? 'once' }
  }
  return null
}

/**
 * Who said yes to a call of one session has not seen what led to the same words in another, unless they said `until`. What is no call (the start
 * of a session, a release) is in none.
 */
function isInSession ({ sessions }: Queue, approval: Approval, context: Context): boolean {
  if (approval.tool === null || approval.scope === 'until') return true
  const session = context.session?.id ?? null
  // The file plane speaks of a change in the name of the session that made it, also when that ended.
  return approval.session === session || (session !== null && sessions.ownerOf(approval) === session)
}

function uselessness (queue: Queue, approval: Approval): Uselessness | null {
  if (!isOpen(approval)) return null
  if (isStale(queue, approval)) return 'policy-changed'
  // A change that waits outside its session is committed when it is approved.
  const outlives = approval.tool === null || approval.tool.native === CHANGE_SET || approval.scope === 'until'
  return !outlives && queue.sessions.hasEnded(approval) ? 'session-ended' : null
}

function tell ({ disk, sessions }: Queue, line: SessionLine): void {
  disk.append(line)
  sessions.apply(line)
}

function consume (queue: Queue, id: string): boolean {
  const approval = queue.index.get(id)
  if (approval?.state !== 'given' || !isLive(queue, approval) || isStale(queue, approval)) return false
  // The ledger's entry of the call names the approval: each use of a standing one is recorded there.
  if (isStanding(approval)) return true
  // On disk before the call may run: a crash between the two costs an approval, never uses one twice.
  write(queue, { kind: 'used', id, atMs: queue.nowMs() })
  return true
}

interface Wish { readonly digest: string, readonly context: Context, readonly decision: Decision, readonly input: PolicyInput, readonly base: CallBase | null, readonly text: CallToHold['text'] }

function hold (queue: Queue, wish: Wish): string {
  forget(queue)
  const { digest, context: { actor, app, environment }, decision } = wish
  const open = queue.index.open(keyOf(digest, actor.id, app, environment))
  const same = open.find((approval) => approval.state === 'waiting' && isLive(queue, approval) && approval.revision === decision.revision &&
    isInSession(queue, approval, wish.context) && hasSameBase(approval, wish.base))
  if (same !== undefined) return same.id
  if (queue.index.waiting() >= MAX_OPEN) throw new GatewayError('WEIR_ERR_STORE', 'Too many calls wait for approval already.')
  const call = heldCall(queue, wish)
  const text = wish.text?.() ?? null
  // Kept before the call is in the queue: nobody is to approve what they cannot see.
  if (text !== null) queue.shown.keep(call.id, text)
  return write(queue, { kind: 'held', call }).id
}

function heldCall (queue: Queue, { digest, context, decision, input, base }: Wish): HeldCall {
  const heldAtMs = queue.nowMs()
  return {
    id: `apr_${randomBytes(12).toString('hex')}`,
    digest,
    requestedBy: context.actor.id,
    role: context.actor.role,
    app: context.app,
    environment: context.environment,
    session: context.session?.id ?? null,
    base,
    permission: input.permission ?? 'chat',
    tool: input.tool,
    targets: input.targets,
    command: input.command?.text.slice(0, MAX_COMMAND_CHARS) ?? null,
    rule: decision.rule,
    reason: decision.reason,
    revision: decision.revision,
    heldAtMs,
    expiresAtMs: heldAtMs + lifetimeOf(queue),
  }
}

interface Answer { readonly id: string, readonly by: string, readonly permit: Permit, readonly yes: Yes }

function give (queue: Queue, { id, by, permit, yes }: Answer): Approval {
  const approval = waiting(queue, id)
  assertOther(approval, by, permit)
  if (isStale(queue, approval)) throw new GatewayError('WEIR_ERR_DECIDED', 'Policy has changed since this call was held, so it has to be decided again.')
  const atMs = queue.nowMs()
  if (yes.scope === 'once') return write(queue, { kind: 'given', id, by, atMs, scope: 'once' })
  return write(queue, { kind: 'given', id, by, atMs, scope: yes.scope, untilMs: endOf(yes, atMs, queue.standingMs ?? DAY_MS) })
}

function endOf ({ scope, untilMs }: Yes, nowMs: number, longestMs: number): number {
  if (scope === 'session') return nowMs + longestMs
  if (untilMs === null || !(untilMs > nowMs)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', '"until" must be a time to come, in Unix milliseconds.')
  if (untilMs > nowMs + longestMs) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `An approval stands for at most ${Math.floor(longestMs / 60_000)} minutes (approvals.longest).`)
  return untilMs
}

function write (queue: Queue, line: ApprovalLine): Approval {
  queue.disk.append(line)
  const approval = queue.index.apply(line)
  if (approval.state !== 'waiting') queue.waiters.tell(approval)
  return approval
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

function known (queue: Queue, id: string): Approval {
  const approval = queue.index.get(id)
  if (approval === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no approval with this id.')
  return approval
}

// Policy says so too; two locks, because approving one's own call is what the queue exists to prevent.
function assertOther (approval: Approval, by: string, permit: Permit): void {
  if (approval.requestedBy === by) throw new GatewayError('WEIR_ERR_DENIED', 'Nobody approves or refuses their own call.', { decision: permit.entry })
}

function isLive (queue: Queue, approval: Approval): boolean {
  return queue.nowMs() < approval.expiresAtMs
}

function isStale (queue: Queue, approval: Approval | null): boolean {
  return approval !== null && approval.revision !== queue.revision()
}

function lifetimeOf (queue: Queue): number {
  return queue.lifetimeMs ?? DAY_MS
}

function forget (queue: Queue): void {
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
