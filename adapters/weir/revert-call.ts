import { digestOf } from '../../gateway/core/canonical-json.ts'
import type { ToolCall } from '../../gateway/core/tool-call.ts'

const ROOT = '/workspace'

/** One path that is put back: from the state it has in a commit to the one before. Null: no file. */
export interface RevertedPath { readonly path: string, readonly from: string | null, readonly to: string | null }

/** The question whether a commit may be taken back. No client can send this call: it is made of what the commit changed. */
export function revertCall (commit: string, paths: readonly RevertedPath[]): ToolCall {
  return Object.freeze({
    readable: true,
    protocol: 'weir',
    native: 'revert',
    tool: 'write-file',
    args: Object.freeze({ commit, files: paths.length }),
    // Absolute: a relative `~x` would be read as something else than the name it is.
    targets: Object.freeze(paths.map(({ path, to }) => Object.freeze({ path: `${ROOT}/${path}`, access: to === null ? 'delete' as const : 'write' as const }))),
    command: null,
    url: null,
    cwd: ROOT,
    digest: digestOf({ native: 'revert', commit, paths }),
  })
}
