import type { Preview } from '../../core/govern.ts'
import type { Context } from '../../core/actor.ts'
import type { Subject } from '../../core/subject.ts'
import type { Candidate } from './candidates.ts'
import type { Scan, ScannedChange } from './scan-workspace.ts'
import type { SessionFiles } from './session-files.ts'

const MAX_LOOKED = 100_000 // paths; beyond them everything is looked at again

/** A change that policy would not deny: in this state, by this revision, for this role. */
export interface Looked { readonly stamp: string, readonly revision: string, readonly role: string }

export interface ReviewPorts {
  readonly preview: (subject: Subject, context: Context) => Preview
  readonly revision: () => string
}

/** The changes that the last look has not seen as they are now. Those of another kind than a file are few, and always looked at. */
export function unseen (scan: Scan, { looked }: SessionFiles, context: Context, ports: ReviewPorts): Scan {
  const changes = scan.changes.filter((change) => !isSeen(change, looked.get(change.path), context, ports))
  return { ...scan, changes }
}

function isSeen (change: ScannedChange, known: Looked | undefined, { actor }: Context, { revision }: ReviewPorts): boolean {
  return change.kind === 'file' && change.stamp !== '' && known !== undefined && known.stamp === change.stamp && known.revision === revision() && known.role === actor.role
}

/**
 * The candidates that policy would deny, by a look that decides and records nothing; the others are remembered. What is allowed or waits is
 * decided when the turn ends: until then a file may have many contents, and nobody should be asked about each.
 */
export function wouldBeDenied (candidates: readonly Candidate[], scan: Scan, { looked }: SessionFiles, context: Context, ports: ReviewPorts): readonly Candidate[] {
  const revision = ports.revision()
  const stamps = new Map(scan.changes.map(({ path, stamp }) => [path, stamp]))
  if (looked.size > MAX_LOOKED) looked.clear()
  return candidates.filter(({ path, call }) => {
    if (ports.preview({ kind: 'tool-call', call }, context).decision.verdict === 'deny') return true
    looked.set(path, { stamp: stamps.get(path) ?? '', revision, role: context.actor.role })
    return false
  })
}
