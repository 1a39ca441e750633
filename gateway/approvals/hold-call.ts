import { randomBytes } from 'node:crypto'
import type { Context } from '../core/actor.ts'
import type { CallBase } from '../core/approval-scope.ts'
import type { Decision } from '../core/decision.ts'
import { GatewayError } from '../core/errors.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import type { CallToHold } from '../core/ports.ts'
import { hasSameBase, keyOf, type HeldCall } from './approval.ts'
import { isInSession } from './cover-call.ts'
import { forget, isLive, lifetimeOf, write, type Queue } from './queue.ts'

const MAX_OPEN = 10_000 // waiting calls of all actors; a model that asks in a loop with changing arguments must not fill the disk
const MAX_COMMAND_CHARS = 4_096
const MAX_PROGRAMS = 32
const MAX_WORDS = 32
const MAX_WORD_CHARS = 128

/** A call to hold, and what its approval is to be bound to. */
export interface Wish { readonly digest: string, readonly context: Context, readonly decision: Decision, readonly input: PolicyInput, readonly base: CallBase | null, readonly text: CallToHold['text'] }

/** Queues a call, or finds it queued. @returns the approval's id @throws GatewayError WEIR_ERR_STORE when too many wait */
export function hold (queue: Queue, wish: Wish): string {
  forget(queue)
  const { digest, context: { actor, app, environment }, decision } = wish
  const open = queue.index.open(keyOf(digest, actor.id, app, environment))
  const same = open.find((approval) => approval.state === 'waiting' && isLive(queue, approval) && isInSession(queue, approval, wish.context) && hasSameBase(approval, wish.base))
  if (same?.revision === decision.revision) return same.id
  // Nobody has said anything yet, and another policy holds it too: it waits on under that one, as old as it was.
  if (same !== undefined) return write(queue, { kind: 'held', call: { ...heldCall(queue, wish), id: same.id, session: same.session, heldAtMs: same.heldAtMs, expiresAtMs: same.expiresAtMs } }).id
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
    ...(input.command === null ? {} : { programs: programsOf(input.command) }),
    ...(input.release === null ? {} : { release: { id: input.release.id, action: input.release.action } }),
    rule: decision.rule,
    reason: decision.reason,
    revision: decision.revision,
    heldAtMs,
    expiresAtMs: heldAtMs + lifetimeOf(queue),
  }
}

function programsOf ({ programs }: NonNullable<PolicyInput['command']>): ReadonlyArray<readonly string[]> {
  return programs.slice(0, MAX_PROGRAMS).map(({ argv }) => argv.slice(0, MAX_WORDS).map((word) => word.slice(0, MAX_WORD_CHARS)))
}
