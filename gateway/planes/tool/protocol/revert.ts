import { revertCall, type RevertedPath } from '../../../../adapters/weir/revert-call.ts'
import { GatewayError } from '../../../core/errors.ts'
import { sameEntry } from '../../../project/change.ts'
import type { Project } from '../../../project/project.ts'
import type { Tree, TreeEntry } from '../../../project/tree.ts'
import type { RestoredFile } from '../runner/file-work.ts'
import { decisionOf, tellResult } from './apply.ts'
import { tellChanges } from './changes.ts'
import { tell, type SessionExchange } from './exchange.ts'
import type { Ending } from './messages.ts'
import { heldText } from './texts.ts'

const MAX_FILES = 256 // in one revert; a larger commit is taken back with git, by a person
const MAX_BYTES = 67_108_864 // of all contents that come back

type RevertProject = Pick<Project, 'tree' | 'contents' | 'fileId' | 'git'>

interface Difference { readonly path: string, readonly before: TreeEntry | null, readonly after: TreeEntry | null }

/**
 * Undoes what a commit of this session changed, as a change of its own: decided as a call, done in the workspace, and then decided path by
 * path and committed like everything else. A file that was changed since stays, and all the others with it.
 *
 * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN when the session made no such commit, WEIR_ERR_DECODE_TOO_LARGE, WEIR_ERR_PROJECT
 */
export async function revertCommit (commit: string, exchange: SessionExchange, project: RevertProject): Promise<Ending> {
  const { id, tools, context, signal } = exchange
  if (!tools.isOwnCommit(commit)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'This session made no such commit.')
  const differences = await differencesOf(commit, project)
  const files = await restoredFiles(differences, project)
  const call = revertCall(commit, differences.map(({ path, before, after }): RevertedPath => ({ path, from: after?.id ?? null, to: before?.id ?? null })))
  const { governed, result } = await tools.restore(call, files, context, signal, async (decided) => {
    await tell(exchange, tools.log, { type: 'decided', id, node: '1', tool: 'revert', ...decisionOf(decided) })
    if (decided.approval !== null) await exchange.say({ type: 'text', id, text: heldText(decided) })
  })
  if (result === null) return governed.approval === null ? 'deny' : 'pending'
  await tellResult('1', result, exchange)
  const changes = await tellChanges(exchange)
  if (!result.ok) return 'failed'
  if (changes === null) return 'allow'
  return changes.denied.length > 0 ? 'deny' : changes.pending.length > 0 ? 'pending' : 'allow'
}

async function differencesOf (commit: string, project: RevertProject): Promise<readonly Difference[]> {
  const after = await project.tree(commit)
  const before = await project.tree(await project.git.text(['rev-parse', '--verify', `${commit}^1`]))
  const paths = new Set([...before.keys(), ...after.keys()])
  const found = [...paths].filter((path) => !sameEntry(before.get(path), after.get(path))).sort().map((path) => ({ path, before: entryAt(before, path), after: entryAt(after, path) }))
  if (found.length > MAX_FILES) throw new GatewayError('WEIR_ERR_DECODE_TOO_LARGE', `The commit changed more than ${MAX_FILES} files.`)
  if (found.some(({ before: entry }) => entry !== null && !entry.mode.startsWith('100'))) throw new GatewayError('WEIR_ERR_PROJECT', 'The commit changed a link or a submodule; those are not put back here.')
  return found
}

function entryAt (tree: Tree, path: string): TreeEntry | null {
  return tree.get(path) ?? null
}

async function restoredFiles (differences: readonly Difference[], project: RevertProject): Promise<readonly RestoredFile[]> {
  const returning = differences.flatMap(({ path, before }) => before === null ? [] : [{ path, entry: before }])
  const contents = new Map<string, Buffer>()
  let size = 0
  let at = 0
  for await (const bytes of project.contents(returning.map(({ entry }) => entry.id))) {
    size += bytes.length
    if (size > MAX_BYTES) throw new GatewayError('WEIR_ERR_DECODE_TOO_LARGE', `What would come back is larger than ${MAX_BYTES} bytes.`)
    contents.set(returning[at]?.path ?? '', bytes)
    at += 1
  }
  return differences.map(({ path, before, after }) => ({
    path,
    content: before === null ? null : contents.get(path) ?? missing(path),
    mode: before?.mode === '100755' ? 0o755 : 0o644,
    expected: (content) => content === null ? after === null : after !== null && project.fileId(content) === after.id,
  }))
}

function missing (path: string): never {
  throw new GatewayError('WEIR_ERR_PROJECT', `The project has no content of ${path} any more.`)
}
