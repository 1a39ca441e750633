import type { OverlayMount } from '../../../sandbox/workspace-fs.ts'
import type { AgentSession, CollectOccasion } from '../../sessions/session.ts'
import { collectTurn, reviewCall, type CollectReport, type FilePlanePorts } from './collect-turn.ts'
import { commitHeld, type HeldCommit } from './commit-held.ts'
import { takeOut, type RefusedChange } from './refuse-held.ts'
import { openSessionFiles, type SessionFiles } from './session-files.ts'

export interface FilePlane {
  /**
   * Decides what the agent changed: at the end of a turn everything since the last one, and between its calls what must not stay. The last
   * look reads every file again. One collection at a time per session.
   *
   * @throws GatewayError WEIR_ERR_SANDBOX, WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND: what was not committed by then stays
   * in the workspace and comes up again
   */
  collect (session: Pick<AgentSession, 'id' | 'context' | 'ended'>, sandbox: OverlayMount, occasion?: CollectOccasion): Promise<CollectReport>
  /**
   * For when somebody spoke of a change that waits, or policy changed: decides it again, and commits exactly what was approved, whatever
   * the workspace holds by now and also when its session has ended.
   *
   * @param session the one that the approval is bound to: a collection that is under way there may be about to keep the change
   * @throws GatewayError WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND
   */
  commitHeld (approval: string, session: string): Promise<HeldCommit>
  /**
   * For when a second person refused a change: it is kept no longer, and leaves the workspace of a session that still runs.
   *
   * @param session as for an approved one
   * @returns what was refused; null when nothing was held
   * @throws GatewayError WEIR_ERR_PROJECT, WEIR_ERR_SANDBOX
   */
  refuseHeld (approval: string, session: string): Promise<RefusedChange | null>
}

/** The only way from a sandbox to a project. */
export function createFilePlane (ports: FilePlanePorts): FilePlane {
  const sessions = new Map<string, Promise<SessionFiles>>()
  return {
    async collect (session, sandbox, occasion = 'turn') {
      const project = await ports.project(session.context.app)
      let opening = sessions.get(session.id)
      if (opening === undefined) {
        opening = openSessionFiles(project, sandbox)
        sessions.set(session.id, opening)
        forgetAtEnd(session, opening, sessions)
      }
      const files = await opening
      const context = Object.freeze({ ...session.context, plane: 'file' as const })
      const turn = { ports: { ...ports, classOf: files.classesOf(ports.revision(), ports.classOf) }, project, context, sessionId: session.id, files }
      // A program that has a file mapped can write to it without a new change time. What it did so is found when nothing runs any more.
      if (occasion === 'end') files.contents.clear()
      return await files.inTurn(() => files.workspace.use((fs) => occasion === 'calls' ? reviewCall(turn, fs) : collectTurn(turn, fs)))
    },
    async commitHeld (approval, session) {
      const { held } = ports
      if (held === undefined) return { kind: 'absent' }
      return await inSessionOf(approval, session, (files) => commitHeld(approval, { ...ports, held, files }))
    },
    async refuseHeld (approval, session) {
      return await inSessionOf(approval, session, async (files) => {
        const kept = await ports.held?.read(approval) ?? null
        if (kept === null) return null
        const { change, sessionId, context } = kept
        await ports.held?.drop(approval)
        if (files !== null) await takeOut(change, files, { classOf: ports.classOf, project: await ports.project(context.app) })
        return { path: change.path, sessionId, context }
      })
    },
  }

  // A change is kept at the end of its collection, and its approval is seen, and answered, before: what is not kept yet may be in a moment.
  async function inSessionOf<T> (approval: string, session: string, run: (files: SessionFiles | null) => Promise<T>): Promise<T> {
    const kept = await ports.held?.read(approval) ?? null
    const files = await sessions.get(kept?.sessionId ?? session) ?? null
    return files === null ? await run(null) : await files.inTurn(() => run(files))
  }
}

function forgetAtEnd ({ id, ended }: Pick<AgentSession, 'id' | 'ended'>, opening: Promise<SessionFiles>, sessions: Map<string, Promise<SessionFiles>>): void {
  const forget = (): void => { sessions.delete(id) }
  opening.catch(forget)
  const close = async (): Promise<void> => {
    forget()
    const files = await opening.catch(() => null) // who collected has the error
    files?.workspace.close()
  }
  ended.then(close, close).catch(() => undefined) // close does not reject
}

export type { CollectReport, FilePlanePorts } from './collect-turn.ts'
