import type { Context } from '../../core/actor.ts'
import type { Change } from '../../project/change.ts'
import type { TreeEntry } from '../../project/tree.ts'
import { changeCall } from './change-call.ts'
import type { FilePlanePorts } from './collect-turn.ts'

export interface ProposePorts {
  readonly ports: Pick<FilePlanePorts, 'govern' | 'held' | 'ledger'>
  readonly context: Context
  readonly sessionId: string
}

/**
 * Keeps a change that lost against somebody else's as a proposal: to put it over what the project has now. Policy says who may do that.
 *
 * @returns the approval it waits under; null when policy refuses it, or allows it without asking anybody: then it can be made again
 * @throws GatewayError WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND
 */
export async function proposeOver (lost: Change & { readonly snapshot: string | null, readonly size: number }, theirs: TreeEntry | null, { ports, context, sessionId }: ProposePorts): Promise<{ readonly approval: string | null }> {
  const { path, next, base, snapshot, size } = lost
  const change: Change = { path, next, base: theirs, over: base }
  const { approval, permit } = await ports.govern({ kind: 'tool-call', call: changeCall(change, size) }, context)
  if (permit !== null) ports.ledger.settle(permit, 'failed', { reason: 'conflict' })
  if (approval !== null) await ports.held?.keep(approval, { change, size, sessionId, context }, snapshot)
  return { approval }
}
