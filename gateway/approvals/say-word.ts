import type { Context } from '../core/actor.ts'
import type { ApprovalScope } from '../core/approval-scope.ts'
import { GatewayError } from '../core/errors.ts'
import type { Govern } from '../core/govern.ts'
import { eventBody, type EntryBody } from '../core/ledger-entry.ts'
import type { Permit } from '../core/permit.ts'
import type { Ledger } from '../core/ports.ts'
import type { ApprovalSubject } from '../core/subject.ts'
import type { Approval } from './approval.ts'
import type { Yes } from './answer-call.ts'

export interface WordPorts { readonly govern: Govern, readonly ledger: Pick<Ledger, 'settle'> & { record (body: EntryBody): void } }

/** A word on an approval: a yes and how far it reaches, or (`yes` null) a no or a taking back. `say` writes it into the queue. */
export interface Word { readonly yes: Yes | null, readonly say: (by: string, permit: Permit) => Approval }

/**
 * Decides whether this actor may say this word, says it, and records both.
 *
 * @throws GatewayError WEIR_ERR_DENIED, and what `say` throws
 */
export async function sayWord (approval: Approval, { yes, say }: Word, context: Context, { govern, ledger }: WordPorts, beforeSaying?: () => Promise<void>): Promise<Approval> {
  const { permit, decision, entry } = await govern(wordSubject(approval, yes), context)
  if (permit === null) throw new GatewayError('WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  await beforeSaying?.()
  try {
    const said = say(context.actor.id, permit)
    ledger.settle(permit, 'done', { approval: approval.id, state: said.state })
    ledger.record(eventBody(`approval-${said.state}`, context, { approval: approval.id, requestedBy: approval.requestedBy, digest: approval.digest, ...(yes === null ? {} : { scope: yes.scope, untilMs: yes.untilMs }) }))
    return said
  } catch (error) {
    ledger.settle(permit, 'failed', { approval: approval.id })
    throw error
  }
}

/** The question whether somebody may say this. */
export function wordSubject ({ id, requestedBy, permission, heldAtMs }: Approval, yes: Yes | null): ApprovalSubject {
  return { kind: 'approval', approval: id, requestedBy, permission, heldAtMs, ...asked(yes) }
}

function asked (yes: Yes | null): { readonly scope: ApprovalScope, readonly standsMs: number | null } | Record<string, never> {
  return yes === null ? {} : { scope: yes.scope, standsMs: yes.untilMs === null ? null : yes.untilMs - Date.now() }
}
