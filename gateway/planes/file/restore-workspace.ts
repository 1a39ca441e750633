import type { PathClass } from '../../core/tool-call.ts'
import { foldersOf } from '../../project/conflicts.ts'
import { staysInside } from '../../project/link-target.ts'
import type { Project } from '../../project/project.ts'
import { isShown, isShownEmpty } from '../../project/release.ts'
import type { TreeEntry } from '../../project/tree.ts'
import type { WorkspaceFs } from '../../../sandbox/workspace-fs.ts'
import type { SessionFiles } from './session-files.ts'

export interface RestorePorts {
  readonly fs: WorkspaceFs
  readonly project: Pick<Project, 'contents' | 'secrets'>
  readonly classOf: (path: string) => PathClass
  readonly files: Pick<SessionFiles, 'view' | 'isFolder'>
}

/**
 * Throws changes out of a workspace: what the agent made is removed, what the view has there comes back from the project.
 *
 * @returns the paths for which that failed; they stay uncommitted and come up again
 * @throws GatewayError WEIR_ERR_SANDBOX, WEIR_ERR_PROJECT
 */
export async function restoreWorkspace (discarded: readonly { readonly path: string, readonly raw: string }[], ports: RestorePorts): Promise<string[]> {
  const failed: string[] = []
  for (const { path, raw } of discarded) {
    if (await ports.fs.remove(raw) !== null) failed.push(path)
  }
  const paths = [...new Set(discarded.map(({ path }) => path))]
  const lost = entriesAt(paths, ports.files).filter(([path, entry]) => isShown(path, entry, ports.classOf))
  let at = 0
  for await (const bytes of ports.project.contents(lost.map(([, entry]) => entry.id))) {
    const [path, entry] = lost[at] ?? []
    at += 1
    if (path === undefined || entry === undefined) break
    if (await putBack(path, entry.mode, bytes, ports.fs) !== null) failed.push(path)
  }
  for (const path of paths) {
    // A secret that was shown empty is so again, without being read.
    const isEmpty = ports.project.secrets === 'empty' && ports.classOf(path) === 'secret' && isShownEmpty(path, ports.files.view.get(path))
    if (isEmpty && await ports.fs.write(Buffer.from(path).toString('latin1'), 0o644, new Uint8Array()) !== null) failed.push(path)
  }
  return failed
}

/** What the project has at these paths and below them. Goes through the whole of it only where a folder was replaced. */
function entriesAt (paths: readonly string[], { view, isFolder }: RestorePorts['files']): (readonly [string, TreeEntry])[] {
  const folders = new Set(paths.filter(isFolder))
  const below = folders.size === 0 ? [] : [...view].filter(([path]) => foldersOf(path).some((folder) => folders.has(folder)))
  const own = paths.flatMap((path): [string, TreeEntry][] => {
    const entry = view.get(path)
    return entry === undefined ? [] : [[path, entry]]
  })
  return [...new Map([...below, ...own])]
}

async function putBack (path: string, mode: string, bytes: Buffer, fs: WorkspaceFs): Promise<string | null> {
  const raw = Buffer.from(path).toString('latin1')
  if (mode !== '120000') return await fs.write(raw, mode === '100755' ? 0o755 : 0o644, bytes)
  return staysInside(path, bytes.toString('utf8')) ? await fs.link(raw, bytes.toString('latin1')) : null
}
