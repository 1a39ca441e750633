import type { Govern } from '../../core/govern.ts'
import type { EntryBody } from '../../core/ledger-entry.ts'
import type { Ledger } from '../../core/ports.ts'
import type { Project } from '../../project/project.ts'
import { changeCall } from './change-call.ts'
import { commitAllowed } from './commit-allowed.ts'
import { permitted } from './decide-changes.ts'
import type { HeldStore, KeptChange } from './held-store.ts'

/** What became of a held change. `absent`: nothing is held under this approval. */
export type HeldCommit =
  | { readonly kind: 'committed', readonly commit: string }
  | { readonly kind: 'absent' | 'session-running' | 'pending' | 'denied' | 'conflict' }

export interface HeldPorts {
  readonly govern: Govern
  readonly project: (app: string) => Project | Promise<Project>
  readonly ledger: Pick<Ledger, 'settle'> & { record (body: EntryBody): void }
  readonly held: HeldStore
  readonly isRunning: (sessionId: string) => boolean
}

/**
 * Decides a held change again and commits it if it is allowed now. The question is the one that was approved, word for
 * word, so an approval of anything else does not cover it; and the policy of today may still refuse.
 *
 * @throws GatewayError WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND
 */
export async function commitHeld (approval: string, ports: HeldPorts): Promise<HeldCommit> {
  const kept = await ports.held.read(approval)
  if (kept === null) return { kind: 'absent' }
  const { change, context, sessionId, snapshot, size } = kept
  if (ports.isRunning(sessionId)) return { kind: 'session-running' }
  const governed = await ports.govern({ kind: 'tool-call', call: changeCall(change, size) }, context)
  if (governed.approval !== null) {
    await moveTo(governed.approval, approval, kept, ports.held)
    return { kind: 'pending' }
  }
  const allowed = permitted({ path: change.path, change, snapshot }, governed)
  if (allowed === null) {
    if (governed.permit !== null) ports.ledger.settle(governed.permit, 'failed', { reason: 'path-moved' })
    await ports.held.drop(approval)
    return { kind: 'denied' }
  }
  const result = await commitAllowed({ ports, project: await ports.project(context.app), context, sessionId }, [allowed], { pending: 0, denied: 0 })
  await ports.held.drop(approval) // used up, also by a conflict: the approval was for a change of another base
  return result.kind === 'committed' ? result : { kind: 'conflict' }
}

// Policy changed since it was held: what waits now waits under another approval, and would be swept away under the old one.
async function moveTo (next: string, before: string, { snapshot, ...record }: KeptChange, held: HeldStore): Promise<void> {
  if (next === before) return
  await held.keep(next, record, snapshot)
  await held.drop(before)
}
