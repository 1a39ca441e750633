import type { Context } from '../../core/actor.ts'
import type { Change } from '../../project/change.ts'
import type { Project } from '../../project/project.ts'
import type { WorkspaceFs } from '../../../sandbox/workspace-fs.ts'
import type { FilePlanePorts } from './collect-turn.ts'
import { isAsDecided } from './is-as-decided.ts'
import { restoreWorkspace } from './restore-workspace.ts'
import type { SessionFiles } from './session-files.ts'

/** A change that a second person refused, and of which session it was. */
export interface RefusedChange { readonly path: string, readonly sessionId: string, readonly context: Context }

/**
 * Forgets a held change, and takes it out of the workspace if it is still there as it was: what the agent made of the file since is another
 * change, which nobody has refused.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX, WEIR_ERR_PROJECT
 */
export async function takeOut (change: Change, files: SessionFiles, ports: Pick<FilePlanePorts, 'classOf'> & { readonly project: Project }): Promise<void> {
  const { path } = change
  const raw = Buffer.from(path).toString('latin1')
  files.heldAs(path, null)
  // What lost against somebody else's change was taken out when it did.
  if (change.over !== undefined) return
  await files.workspace.use(async (fs: WorkspaceFs) => {
    if (await isAsDecided(fs, raw, change, ports.project.fileId)) await restoreWorkspace([{ path, raw }], { fs, project: ports.project, classOf: ports.classOf, files })
  })
}
