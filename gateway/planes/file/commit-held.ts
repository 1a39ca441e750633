import type { Govern } from '../../core/govern.ts'
import type { EntryBody } from '../../core/ledger-entry.ts'
import type { Ledger } from '../../core/ports.ts'
import type { Project } from '../../project/project.ts'
import { changeCall } from './change-call.ts'
import { commitAllowed } from './commit-allowed.ts'
import { permitted } from './decide-changes.ts'
import type { HeldStore, KeptChange } from './held-store.ts'
import { proposeOver } from './propose-over.ts'
import type { SessionFiles } from './session-files.ts'

/** What became of a held change. `absent`: nothing is held under this approval. */
export type HeldCommit =
  | { readonly kind: 'committed', readonly commit: string }
  | { readonly kind: 'absent' | 'pending' | 'denied' }
  /** Somebody else changed the path since: to put it over theirs waits under another approval, if policy leaves that to people. */
  | { readonly kind: 'conflict', readonly approval: string | null }

export interface HeldPorts {
  readonly govern: Govern
  readonly project: (app: string) => Project | Promise<Project>
  readonly ledger: Pick<Ledger, 'settle'> & { record (body: EntryBody): void }
  readonly held: HeldStore
  /** What is known of the session that made the change; null when it has ended. */
  readonly files: SessionFiles | null
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
  const governed = await ports.govern({ kind: 'tool-call', call: changeCall(change, size) }, context)
  if (governed.approval !== null) {
    await moveTo(governed.approval, approval, kept, ports)
    return { kind: 'pending' }
  }
  const allowed = permitted({ path: change.path, change, snapshot }, governed)
  try {
    if (allowed === null) {
      if (governed.permit !== null) ports.ledger.settle(governed.permit, 'failed', { reason: 'path-moved' })
      return { kind: 'denied' }
    }
    const result = await commitAllowed({ ports, project: await ports.project(context.app), context, sessionId }, [allowed], { pending: 0, denied: 0 })
    if (result.kind === 'committed') ports.files?.committed([allowed])
    if (result.kind === 'committed') return result
    const theirs = result.theirs.get(change.path) ?? null
    return { kind: 'conflict', approval: (await proposeOver({ ...change, snapshot, size }, theirs, { ports, context, sessionId })).approval }
  } finally {
    await ports.held.drop(approval) // used up, also by a conflict: the approval was for a change of another base
    ports.files?.heldAs(change.path, null)
  }
}

// Policy changed since it was held: what waits now waits under another approval, and would be swept away under the old one.
async function moveTo (next: string, before: string, { snapshot, ...record }: KeptChange, { held, files }: HeldPorts): Promise<void> {
  if (next === before) return
  files?.heldAs(record.change.path, next)
  await held.keep(next, record, snapshot)
  await held.drop(before)
}
