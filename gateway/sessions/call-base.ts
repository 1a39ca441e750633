import type { CallBase } from '../core/approval-scope.ts'
import { digestOf } from '../core/canonical-json.ts'
import type { Classification, Target } from '../core/tool-call.ts'
import type { WorkspaceView } from './session.ts'

/**
 * What the files that a call names are like now. Null without a workspace to look at, and for a call that names none.
 *
 * @throws what lstat throws when the workspace is gone: then nothing is known, and the caller refuses
 */
export function callBase ({ targets }: Classification, view: WorkspaceView | null): CallBase | null {
  if (view === null || targets.length === 0) return null
  const states = targets.map(({ path, access }) => ({ path, access, state: stateOf(path, view) }))
  return { all: digestOf(states), reads: digestOf(states.filter(({ access }) => access === 'read')) }
}

// What lies outside the workspace is no file of the session's own: the sandbox has it from the host, and nobody in it can change it.
function stateOf (path: Target['path'], view: WorkspaceView): string | null {
  return path.startsWith('/') ? 'outside' : view.stateOf(path)
}
