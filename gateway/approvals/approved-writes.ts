import type { Context } from '../core/actor.ts'
import { keyOf, type Approval } from './approval.ts'

const MAX_WRITES = 256 // calls of one session; a turn that has more approved is asked again about the oldest

/** Approved calls that made a change of this path. The last one's approver answers for it. */
export interface Carried { readonly approvals: readonly string[], readonly session: string, readonly path: string }

/** An approved call, and those of the files it names whose change has not taken effect. */
export interface ApprovedWrite { readonly approval: string, readonly paths: ReadonlySet<string> }

/**
 * What approved calls wrote, until the file plane finds it. In memory on purpose: a workspace goes with its gateway, and what is kept of it
 * is asked about again.
 */
export interface ApprovedWrites {
  /** An approval was used up by a call in this context. */
  used (approval: Approval, context: Context): void
  /** The approved calls of this session that wrote to any of these paths, oldest first. */
  of (session: string, paths: ReadonlySet<string>): readonly ApprovedWrite[]
  /** The change under this key is what these calls made. */
  carry (key: string, carried: Carried): void
  carried (key: string): Carried | null
  /** The change takes effect: what made it covers nothing more of its file. */
  take (key: string): void
  sessionEnded (session: string): void
}

export function createApprovedWrites (): ApprovedWrites {
  const bySession = new Map<string, Array<ApprovedWrite & { readonly paths: Set<string> }>>()
  const byKey = new Map<string, Carried>()
  return {
    used (approval, { session, plane }) {
      const paths = writtenPaths(approval)
      if (session === null || plane === 'file' || paths === null) return
      const writes = bySession.get(session.id) ?? []
      bySession.set(session.id, writes)
      writes.push({ approval: approval.id, paths })
      if (writes.length > MAX_WRITES) writes.shift()
    },
    of: (session, paths) => (bySession.get(session) ?? []).filter((write) => [...write.paths].some((path) => paths.has(path))),
    carry (key, carried) { byKey.set(key, carried) },
    carried: (key) => byKey.get(key) ?? null,
    take (key) {
      const carried = byKey.get(key)
      if (carried === undefined) return
      byKey.delete(key)
      const writes = bySession.get(carried.session) ?? []
      for (const { approval, paths } of writes) if (carried.approvals.includes(approval)) paths.delete(carried.path)
      bySession.set(carried.session, writes.filter(({ paths }) => paths.size > 0))
    },
    sessionEnded (session) {
      bySession.delete(session)
      for (const [key, carried] of byKey) if (carried.session === session) byKey.delete(key)
    },
  }
}

// What reads besides may have written what it read.
function writtenPaths ({ tool, targets }: Approval): Set<string> | null {
  if (tool?.name !== 'write-file' || targets.length === 0 || targets.some(({ access }) => access === 'read')) return null
  return new Set(targets.map(({ path }) => path))
}

/** The key of a change in its context. */
export function changeKey (digest: string, { actor, app, environment }: Context): string {
  return keyOf(digest, actor.id, app, environment)
}
