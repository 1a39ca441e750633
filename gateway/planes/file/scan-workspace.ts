import type { PathClass } from '../../core/tool-call.ts'
import { pathProblem } from '../../project/tree-path.ts'
import type { ChangedName, NodeKind, WorkspaceFs } from '../../../sandbox/workspace-fs.ts'

const FOLDERS_PER_CHANGE = 20 // empty folders cost a look each and are no change; this bounds them too

/** One path of the workspace that is not as the lower layer has it. Nothing was read from it yet. */
export interface ScannedChange {
  /** Workspace-relative; for a name that is not UTF-8, a readable stand-in. */
  readonly path: string
  /** The same path, one character per byte: what the workspace is asked with. */
  readonly raw: string
  readonly kind: NodeKind | 'gone'
  readonly mode: number
  readonly size: number
  readonly mtimeMs: number
  readonly stamp: string
  readonly link: string | null
  /** Why this can not be decided on, in words fit for a denial. */
  readonly problem: string | null
}

export interface Scan {
  /** Sorted by path. */
  readonly changes: readonly ScannedChange[]
  /** Names left alone: the agent's throwaway `.git` at the top, and what tools make again. A folder counts once. */
  readonly ignored: number
  readonly overLimit: boolean
}

export interface ScanOptions { readonly classOf: (path: string) => PathClass, readonly maxChanges: number }

/** Lists what the agent changed. @throws GatewayError WEIR_ERR_SANDBOX */
export async function scanWorkspace (fs: WorkspaceFs, options: ScanOptions): Promise<Scan> {
  const walk: Walk = { fs, options, changes: [], ignored: 0, folders: 0 }
  await visit(walk, '')
  const changes = walk.changes.toSorted((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  return { changes, ignored: walk.ignored, overLimit: isOver(walk) }
}

interface Walk {
  readonly fs: WorkspaceFs
  readonly options: ScanOptions
  readonly changes: ScannedChange[]
  ignored: number
  folders: number
}

function isOver ({ changes, folders, options }: Walk): boolean {
  return changes.length > options.maxChanges || folders > options.maxChanges * FOLDERS_PER_CHANGE
}

async function visit (walk: Walk, folder: string): Promise<void> {
  walk.folders += 1
  const names = await walk.fs.changed(folder)
  if ('problem' in names) {
    walk.changes.push(unreadableFolder(folder))
    return
  }
  for (const found of names) {
    if (isOver(walk)) return
    // The agent's own repository is its plaything; the authority is never mounted.
    if (folder === '' && found.name === '.git') walk.ignored += 1
    else await look(walk, folder === '' ? found.name : `${folder}/${found.name}`, found)
  }
}

async function look (walk: Walk, raw: string, found: ChangedName): Promise<void> {
  const change = scanned(raw, found)
  if (found.lower === 'dir' && found.kind !== 'dir') await listGone(walk, raw)
  if (found.lower !== null && found.lower !== 'dir' && (found.kind === 'dir' || found.kind === 'gone')) keep(walk, { ...change, kind: 'gone', problem: null })
  if (found.kind === 'gone') return
  if (found.kind !== 'dir' || change.problem !== null) {
    keep(walk, change)
    return
  }
  if (isMadeAgain(walk, change.path, found.lower)) walk.ignored += 1
  else await visit(walk, raw)
}

// Installed packages are `dependency` when a call names one of their files, and the folder that an installer makes for them is `generated`: it
// is left alone as a whole, unless the project has it.
function isMadeAgain (walk: Walk, folder: string, lower: NodeKind | null): boolean {
  return isGenerated(walk, `${folder}/x`) || (lower === null && isGenerated(walk, folder))
}

async function listGone (walk: Walk, raw: string): Promise<void> {
  walk.folders += 1
  for (const { name, kind } of await walk.fs.lower(raw)) {
    if (isOver(walk)) return
    const path = `${raw}/${name}`
    if (kind === 'dir') await listGone(walk, path)
    else keep(walk, { ...scanned(path, { name, kind: 'gone', mode: 0, size: 0, mtimeMs: 0, stamp: '', lower: kind }), problem: null })
  }
}

function keep (walk: Walk, change: ScannedChange): void {
  if (change.problem === null && isGenerated(walk, change.path)) walk.ignored += 1
  else walk.changes.push(change)
}

function isGenerated (walk: Walk, path: string): boolean {
  return walk.options.classOf(path) === 'generated'
}

function scanned (raw: string, found: ChangedName): ScannedChange {
  const path = utf8(raw)
  return {
    path: path ?? escaped(raw),
    raw,
    kind: found.kind,
    mode: found.mode,
    size: found.size,
    mtimeMs: found.mtimeMs,
    stamp: found.stamp,
    link: found.link ?? null,
    problem: path === null ? 'the name is not UTF-8' : pathProblem(path),
  }
}

function unreadableFolder (raw: string): ScannedChange {
  return { path: utf8(raw) ?? escaped(raw), raw, kind: 'dir', mode: 0, size: 0, mtimeMs: 0, stamp: '', link: null, problem: 'the folder cannot be read' }
}

function utf8 (raw: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(raw, 'latin1'))
  } catch {
    return null // the caller turns this into a problem of the path
  }
}

function escaped (raw: string): string {
  return raw.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
