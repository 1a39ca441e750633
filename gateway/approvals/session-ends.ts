import type { Context } from '../core/actor.ts'
import { isOpen, type Approval, type SessionLine } from './approval.ts'

/**
 * Which session an approval is good for. A gateway that restarts takes its sessions with it; what was asked for in them passes to the session
 * that the same actor starts next on the same app and environment. A session that ended by itself takes its approvals with it.
 */
export interface SessionEnds {
  apply (line: SessionLine): void
  /** The session whose calls this approval covers now; null when it ended, or when it is in none. */
  ownerOf (approval: Approval): string | null
  /** Whether its session ended, so that it covers no call any more. */
  hasEnded (approval: Approval): boolean
  /** For start-up: the sessions of these approvals that did not end by themselves were cut off, and wait for one that follows. */
  cutOff (approvals: Iterable<Approval>): void
  /** The cut-off sessions that one in this context follows. */
  followedBy (context: Context): readonly string[]
}

export function createSessionEnds (): SessionEnds {
  const ended = new Set<string>()
  const owners = new Map<string, string>()
  const cut = new Map<string, Approval>()

  function ownerOf (session: string): string {
    return owners.get(session) ?? session
  }

  return {
    apply (line) {
      if (line.kind === 'session-ended') {
        ended.add(line.session)
        return
      }
      for (const old of line.follows) {
        owners.set(old, line.session)
        cut.delete(old)
      }
    },
    ownerOf: ({ session }) => session === null || ended.has(ownerOf(session)) ? null : ownerOf(session),
    hasEnded: ({ session }) => session !== null && ended.has(ownerOf(session)),
    cutOff (approvals) {
      for (const approval of approvals) {
        if (approval.session === null || !isOpen(approval) || ended.has(ownerOf(approval.session))) continue
        cut.set(approval.session, approval)
      }
    },
    // The role too: the same person with another role is somebody else to a session.
    followedBy: ({ actor, app, environment }) => [...cut].flatMap(([session, held]) => {
      return held.requestedBy === actor.id && held.role === actor.role && held.app === app && held.environment === environment ? [session] : []
    }),
  }
}
