import type { LimitsConfig } from '../../config.ts'
import type { DecodedCall, PathClass } from '../../core/tool-call.ts'
import { foldersOf } from '../../project/conflicts.ts'
import { sameEntry, type Change } from '../../project/change.ts'
import type { Project } from '../../project/project.ts'
import type { Tree, TreeEntry } from '../../project/tree.ts'
import type { WorkspaceFs } from '../../../sandbox/workspace-fs.ts'
import { changeCall, secretCall, unreadableCall } from './change-call.ts'
import type { Scan, ScannedChange } from './scan-workspace.ts'
import type { ReadFile, SessionFiles } from './session-files.ts'
import type { Snapshots } from './snapshots.ts'

const MAX_TURN_BYTES = 268_435_456 // 256 MiB of changed content in one turn
const MAX_READ_BYTES = 60_000_000 // below the bound of one answer of the workspace's worker
const MAX_REMEMBERED = 100_000 // files; beyond them everything is read again
const SPECIAL_BITS = 0o7000 // set-user-id, set-group-id, sticky

/** One question about one path. `change` is null when the path may never be committed, whatever the answer. */
export interface Candidate {
  readonly path: string
  readonly raw: string
  readonly call: DecodedCall
  readonly change: Change | null
  readonly snapshot: string | null
  readonly size: number
}

export interface CandidatePorts {
  readonly fs: WorkspaceFs
  readonly project: Pick<Project, 'fileId'>
  readonly classOf: (path: string) => PathClass
  readonly limits: Pick<LimitsConfig, 'fileBytes'>
  readonly snapshots: Snapshots
  /** The project as this session sees it: its release and its own commits. */
  readonly view: Tree
  /** What earlier looks read. A file that still has its stamp is not read again to learn that nothing changed. */
  readonly contents: Map<string, ReadFile>
  readonly collisions: SessionFiles['collisions']
  /** What waits for this path already, with the content that is kept of it; null when nothing does. */
  readonly waiting: (path: string) => Promise<Candidate | null>
  /** Called before each file that is read. */
  readonly onRead?: () => void
}

/**
 * The questions a scan raises, in its order. What is as the view has it raises none.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX
 */
export async function candidatesOf (scan: Scan, ports: CandidatePorts): Promise<Candidate[]> {
  const written = scan.changes.filter(({ kind, problem }) => kind !== 'gone' && problem === null).map(({ path }) => path)
  const gone = scan.changes.filter(({ kind }) => kind === 'gone').map(({ path }) => path)
  const colliding = ports.collisions(written, gone)
  const candidates: Candidate[] = []
  for (const found of scan.changes) {
    const collision = colliding.has(found.path) && found.kind !== 'gone' ? 'another path differs from it only by case' : null
    const candidate = await candidateOf({ ...found, problem: found.problem ?? collision }, ports)
    if (candidate !== null) candidates.push(candidate)
  }
  return candidates
}

async function candidateOf (found: ScannedChange, ports: CandidatePorts): Promise<Candidate | null> {
  const base = ports.view.get(found.path) ?? null
  if (found.problem !== null) return refused(found, found.problem)
  if (found.kind !== 'gone' && meetsSubmodule(found.path, ports.view)) return refused(found, 'the project has a submodule there')
  // Asked about before anything is read: the content of a secret is copied nowhere.
  if (found.kind !== 'gone' && ports.classOf(found.path) === 'secret') return { ...named(found), call: secretCall(found), change: null, snapshot: null, size: found.size }
  switch (found.kind) {
    case 'gone': return base === null ? null : question(found, { path: found.path, next: null, base }, 0, null)
    case 'symlink': return isKnownLink(found, ports) ? null : refused(found, 'symbolic links are not accepted')
    case 'file': return await fileCandidate(found, ports)
    case 'dir':
    case 'other': return refused(found, 'only regular files are accepted')
  }
}

async function fileCandidate (found: ScannedChange, ports: CandidatePorts): Promise<Candidate | null> {
  const base = ports.view.get(found.path) ?? null
  if (isAsCommitted(found, ports)) return null
  const known = unchanged(found, ports)
  const waits = known === null ? null : await ports.waiting(found.path)
  if (waits !== null && sameEntry(known, waits.change?.next) && sameEntry(base, waits.change?.base)) return waits
  const max = Math.min(ports.limits.fileBytes, MAX_READ_BYTES)
  ports.onRead?.()
  const read = await ports.fs.read(found.raw, max)
  if (!read.ok) return unread(found, read.problem, max)
  if ((read.mode & SPECIAL_BITS) !== 0) return refused(found, 'set-user-id, set-group-id and sticky files are not accepted')
  const next = { mode: (read.mode & 0o100) === 0 ? '100644' as const : '100755' as const, id: ports.project.fileId(read.bytes) }
  remember(found, next, ports)
  if (sameEntry(next, base)) return null
  if (ports.snapshots.size() + read.bytes.length > MAX_TURN_BYTES) return refused(found, `one turn may change at most ${MAX_TURN_BYTES} bytes`)
  const snapshot = await ports.snapshots.keep(next.id, read.bytes)
  return question(found, { path: found.path, next, base }, read.bytes.length, snapshot)
}

/** Whether a file is known to be what the project has there, without reading it. */
export function isAsCommitted (found: ScannedChange, files: Pick<CandidatePorts, 'contents' | 'view'>): boolean {
  const known = unchanged(found, files)
  return known !== null && sameEntry(known, files.view.get(found.path))
}

/** What an earlier look read there, if nothing was written since. */
function unchanged ({ path, stamp }: ScannedChange, { contents }: Pick<CandidatePorts, 'contents'>): TreeEntry | null {
  const known = contents.get(path)
  return stamp !== '' && known?.stamp === stamp ? known.entry : null
}

function remember ({ path, stamp }: ScannedChange, entry: TreeEntry, { contents }: CandidatePorts): void {
  if (contents.size > MAX_REMEMBERED) contents.clear()
  if (stamp === '') contents.delete(path)
  else contents.set(path, { stamp, entry })
}

function unread (found: ScannedChange, problem: string, max: number): Candidate | null {
  // Swapped or removed since the scan: the next collection sees what it has become.
  if (['ENOENT', 'ENOTDIR', 'ELOOP', 'not-a-file'].includes(problem)) return null
  return refused(found, problem === 'too-large' ? `a file may have at most ${max} bytes` : 'the file cannot be read')
}

// Its files are another project's, and the workspace has none of them: what is written there would take its place.
function meetsSubmodule (path: string, view: Tree): boolean {
  return [...foldersOf(path), path].some((prefix) => view.get(prefix)?.mode === '160000')
}

// Tools rewrite links without changing them (a checkout in the agent's own repository does).
function isKnownLink (found: ScannedChange, { view, project }: CandidatePorts): boolean {
  const base = view.get(found.path)
  return found.link !== null && base?.mode === '120000' && base.id === project.fileId(Buffer.from(found.link, 'latin1'))
}

function question (found: ScannedChange, change: Change, size: number, snapshot: string | null): Candidate {
  return { ...named(found), call: changeCall(change, size), change, snapshot, size }
}

function refused (found: ScannedChange, problem: string): Candidate {
  return { ...named(found), call: unreadableCall(found.path, problem), change: null, snapshot: null, size: found.size }
}

function named ({ path, raw }: ScannedChange): Pick<Candidate, 'path' | 'raw'> {
  return { path, raw }
}
