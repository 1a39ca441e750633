import { randomBytes } from 'node:crypto'
import type { Context } from '../core/actor.ts'
import type { Decision } from '../core/decision.ts'
import { GatewayError } from '../core/errors.ts'
import type { Permit } from '../core/permit.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import type { ApprovalQueue, GivenApproval } from '../core/ports.ts'
import { openApprovalFile, type ApprovalFile } from './approval-file.ts'
import { isFor, type Approval, type ApprovalLine, type HeldCall } from './approval.ts'
import { createWaiters, type OnSaid, type Waiters } from './waiters.ts'

const DAY_MS = 86_400_000
const MAX_OPEN = 10_000 // waiting calls of all actors; a model that asks in a loop with changing arguments must not fill the disk
const MAX_NOTE_CHARS = 1_000
const MAX_COMMAND_CHARS = 4_096

export interface ApprovalsOptions {
  /** Path of the JSON-lines file; its folder must exist. */
  readonly file: string
  readonly nowMs: () => number
  /** How long a held call can be approved and used, ms. Default 24 h. */
  readonly lifetimeMs?: number
  readonly onWarning: (message: string) => void
}

/** The queue of calls that wait for a second person. One process only. */
export interface Approvals extends ApprovalQueue {
  /** All that are not expired, oldest first. */
  list (): readonly Approval[]
  get (id: string): Approval | null
  /**
   * Waits for a second person's word, also one that was said already.
   *
   * @returns the way to stop waiting, or null when too many wait already
   */
  whenSaid (id: string, onSaid: OnSaid): (() => void) | null
  /**
   * Records a second person's yes. `permit` is of a governed `approval` question.
   *
   * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN (no such id), WEIR_ERR_DECIDED, WEIR_ERR_DENIED (own call), WEIR_ERR_STORE
   */
  give (id: string, by: string, permit: Permit): Approval
  /** Records a second person's no. Throws as `give` does; `reason` is cut at 1,000 characters. */
  refuse (id: string, by: string, reason: string, permit: Permit): Approval
  /** For start-up: an allow in the ledger names this approval, so it is used whatever this file says. */
  markUsed (id: string): void
  close (): void
}

interface Queue extends ApprovalsOptions { readonly disk: ApprovalFile, readonly byId: Map<string, Approval>, readonly waiters: Waiters }

/** Opens the queue from its file. @throws GatewayError WEIR_ERR_STORE */
export function openApprovals (options: ApprovalsOptions): Approvals {
  const disk = openApprovalFile(options.file, options.onWarning)
  const byId = new Map<string, Approval>()
  for (const line of disk.lines) apply(byId, line)
  const waiters = createWaiters()
  const queue: Queue = { ...options, disk, byId, waiters }
  return {
    find: (digest, context) => find(queue, digest, context),
    consume: (id) => consume(queue, id),
    hold: (digest, context, decision, input) => hold(queue, { digest, context, decision, input }),
    list: () => [...byId.values()].filter((approval) => isLive(queue, approval)),
    get: (id) => byId.get(id) ?? null,
    whenSaid (id, onSaid) {
      const stop = waiters.add(id, onSaid)
      const approval = byId.get(id)
      if (stop !== null && approval !== undefined && approval.state !== 'waiting') waiters.tell(approval)
      return stop
    },
    give (id, by, permit) {
      assertOther(waiting(queue, id), by, permit)
      return write(queue, { kind: 'given', id, by, atMs: options.nowMs() })
    },
    refuse (id, by, reason, permit) {
      assertOther(waiting(queue, id), by, permit)
      return write(queue, { kind: 'refused', id, by, atMs: options.nowMs(), note: reason.slice(0, MAX_NOTE_CHARS) })
    },
    markUsed (id) {
      const approval = byId.get(id)
      if (approval !== undefined && approval.state !== 'used') write(queue, { kind: 'used', id, atMs: options.nowMs() })
    },
    close: () => disk.close(),
  }
}

function find (queue: Queue, digest: string, context: Context): GivenApproval | null {
  for (const approval of queue.byId.values()) {
    if (approval.state !== 'given' || approval.by === null) continue
    if (isLive(queue, approval) && isFor(approval, digest, context)) return { id: approval.id, by: approval.by, requestedBy: approval.requestedBy, heldAtMs: approval.heldAtMs }
  }
  return null
}

function consume (queue: Queue, id: string): boolean {
  const approval = queue.byId.get(id)
  if (approval?.state !== 'given' || !isLive(queue, approval)) return false
  // On disk before the call may run: a crash between the two costs an approval, never uses one twice.
  write(queue, { kind: 'used', id, atMs: queue.nowMs() })
  return true
}

interface Wish { readonly digest: string, readonly context: Context, readonly decision: Decision, readonly input: PolicyInput }

function hold (queue: Queue, wish: Wish): string {
  forget(queue)
  const open = [...queue.byId.values()].filter(({ state }) => state === 'waiting')
  const same = open.find((approval) => isFor(approval, wish.digest, wish.context))
  if (same !== undefined) return same.id
  if (open.length >= MAX_OPEN) throw new GatewayError('WEIR_ERR_STORE', 'Too many calls wait for approval already.')
  return write(queue, { kind: 'held', call: heldCall(queue, wish) }).id
}

function heldCall (queue: Queue, { digest, context, decision, input }: Wish): HeldCall {
  const heldAtMs = queue.nowMs()
  return {
    id: `apr_${randomBytes(12).toString('hex')}`,
    digest,
    requestedBy: context.actor.id,
    app: context.app,
    environment: context.environment,
    session: context.session?.id ?? null,
    permission: input.permission ?? 'chat',
    tool: input.tool,
    targets: input.targets,
    command: input.command?.text.slice(0, MAX_COMMAND_CHARS) ?? null,
    rule: decision.rule,
    reason: decision.reason,
    revision: decision.revision,
    heldAtMs,
    expiresAtMs: heldAtMs + (queue.lifetimeMs ?? DAY_MS),
  }
}

function write (queue: Queue, line: ApprovalLine): Approval {
  queue.disk.append(line)
  const approval = apply(queue.byId, line)
  if (approval.state !== 'waiting') queue.waiters.tell(approval)
  return approval
}

function apply (byId: Map<string, Approval>, line: ApprovalLine): Approval {
  const next = after(byId.get(line.kind === 'held' ? line.call.id : line.id), line)
  if (next === null) throw new GatewayError('WEIR_ERR_STORE', 'The approvals file speaks of an approval that it never held.')
  byId.set(next.id, next)
  return next
}

function after (before: Approval | undefined, line: ApprovalLine): Approval | null {
  if (line.kind === 'held') return Object.freeze({ ...line.call, state: 'waiting', by: null, saidAtMs: null, note: null })
  if (before === undefined) return null
  if (line.kind === 'used') return Object.freeze({ ...before, state: 'used' })
  return Object.freeze({ ...before, state: line.kind, by: line.by, saidAtMs: line.atMs, note: line.kind === 'refused' ? line.note : null })
}

function waiting (queue: Queue, id: string): Approval {
  const approval = queue.byId.get(id)
  if (approval === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no approval with this id.')
  if (!isLive(queue, approval)) throw new GatewayError('WEIR_ERR_DECIDED', 'This approval has expired, which denies the call.')
  if (approval.state !== 'waiting') throw new GatewayError('WEIR_ERR_DECIDED', `This approval is already ${approval.state}.`)
  return approval
}

// Policy says so too; two locks, because approving one's own call is what the queue exists to prevent.
function assertOther (approval: Approval, by: string, permit: Permit): void {
  if (approval.requestedBy === by) throw new GatewayError('WEIR_ERR_DENIED', 'Nobody approves or refuses their own call.', { decision: permit.entry })
}

function isLive (queue: Queue, approval: Approval): boolean {
  return queue.nowMs() < approval.expiresAtMs
}

function forget (queue: Queue): void {
  for (const [id, approval] of queue.byId) if (!isLive(queue, approval)) queue.byId.delete(id)
}
