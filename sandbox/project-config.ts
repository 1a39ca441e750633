/** What of a project the agent's own process must not see: OpenCode's configuration of that project, which holds programs. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../gateway/core/errors.ts'
import { INSIDE } from './sandbox.ts'

// OpenCode 1.18.33 has two loaders of a project's configuration. OPENCODE_DISABLE_PROJECT_CONFIG and OPENCODE_PURE stop the older one only; the
// newer imports `.opencode/plugin` and the plugins of these documents with the first prompt, as code of the agent's process. It looks for these
// names and no others, from the folder that it works in up to the project's root, which here is the same.
const FOLDER = '.opencode'
const DOCUMENTS = ['opencode.json', 'opencode.jsonc'] as const

/** Paths in a workspace that its owner's OpenCode would read. */
export const PROJECT_CONFIG: readonly string[] = [FOLDER, ...DOCUMENTS]

/** What covers them, paths on the host: an empty folder, and a document without a setting. */
export interface Covers { readonly folder: string, readonly document: string }

/**
 * bwrap's options, after the workspace is bound, that cover what is there. What is not there is not covered: a place to mount on would
 * be a change of the project, and OpenCode looks once, before the agent's first turn.
 *
 * @param workspace path of the workspace as this process sees it
 * @throws GatewayError WEIR_ERR_PROJECT for a symbolic link: covering what it points to would cover a file that the agent may need, and it
 *   can be pointed elsewhere
 */
export function coverProjectConfig (workspace: string, covers: Covers): string[] {
  return PROJECT_CONFIG.flatMap((name) => {
    const found = lstatSync(join(workspace, name), { throwIfNoEntry: false })
    if (found === undefined) return []
    if (found.isDirectory()) return ['--ro-bind', covers.folder, `${INSIDE.workspace}/${name}`]
    if (found.isFile()) return ['--ro-bind', covers.document, `${INSIDE.workspace}/${name}`]
    throw new GatewayError('WEIR_ERR_PROJECT', `The project's ${name} is neither a file nor a folder. OpenCode would read what it leads to, and run the plugins named there: replace it.`)
  })
}
