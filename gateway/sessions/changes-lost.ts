import type { Context } from '../core/actor.ts'
import { eventBody, type EventBody } from '../core/ledger-entry.ts'
import { leftChanges } from '../../sandbox/left-changes.ts'

/** A workspace that nobody can look at any more, and when somebody last did. */
export interface LostWorkspace { readonly upperDir: string, readonly collectedAtMs: number }

/**
 * What of a session's changes reached neither the project nor the queue, for the ledger: how many names were changed since its last look, and
 * some of them. Of a workspace that is gone, only that nothing is known.
 *
 * @param reason how the session ended
 * @returns null when nothing was left
 */
export async function changesLost ({ upperDir, collectedAtMs }: LostWorkspace, context: Context, reason: string): Promise<EventBody | null> {
  const left = await leftChanges(upperDir, collectedAtMs)
  return left?.files === 0 ? null : eventBody('changes-lost', context, { reason, since: collectedAtMs, files: left?.files ?? null, paths: left?.paths ?? [] })
}
