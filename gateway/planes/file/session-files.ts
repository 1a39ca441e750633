import type { PathClass } from '../../core/tool-call.ts'
import type { Change } from '../../project/change.ts'
import type { Project } from '../../project/project.ts'
import type { Tree, TreeEntry } from '../../project/tree.ts'
import type { OverlayMount } from '../../../sandbox/workspace-fs.ts'
import { createSpellings, type Spellings } from './case-collisions.ts'
import type { HeldChange } from './decide-changes.ts'
import { keepWorkspace, type KeptWorkspace } from './keep-workspace.ts'
import type { Looked } from './review-call.ts'

const MAX_KNOWN_CLASSES = 100_000 // paths; those beyond are worked out again

/** A file of the workspace as it was read. */
export interface ReadFile { readonly stamp: string, readonly entry: TreeEntry }

/** What a session's workspace stands on, and what is known of it. */
export interface SessionFiles {
  /** The release the workspace was made from, with the session's own commits applied. */
  readonly view: Tree
  /** Paths this session committed. */
  readonly written: Set<string>
  /** By path: what waits for a second person. */
  held: ReadonlyMap<string, HeldChange>
  /** Which of these paths are new and collide with another one, when these are gone. */
  collisions (written: readonly string[], gone: readonly string[]): ReadonlySet<string>
  /** Whether the project has files below this path. */
  isFolder (path: string): boolean
  /** These changes are part of the project now. */
  committed (changes: readonly Pick<Change, 'path' | 'next'>[]): void
  /** What waits for this path waits under another approval, or (null) no more: then it is asked about again if it is still there. */
  heldAs (path: string, approval: string | null): void
  /** By path: what a look after a call found nothing against, as it was then. */
  readonly looked: Map<string, Looked>
  /** By path: what was read there, and the stamp that the file had before it was read. */
  readonly contents: Map<string, ReadFile>
  readonly workspace: KeptWorkspace
  /** The same, working out the class of each path once for each revision of the policy: to match all globs takes longer than to look at a file. */
  classesOf (revision: string, classOf: (path: string) => PathClass): (path: string) => PathClass
  /** Runs after everything else that was asked for in this session before: a collection and an approved change must not meet. */
  inTurn<T> (run: () => Promise<T>): Promise<T>
}

/** @throws GatewayError WEIR_ERR_PROJECT when the workspace stands on no release, or its tree cannot be read */
export async function openSessionFiles (project: Pick<Project, 'tree' | 'commitOf'>, sandbox: OverlayMount): Promise<SessionFiles> {
  const view = new Map(await project.tree(project.commitOf(sandbox.lowerDir)))
  const written = new Set<string>()
  let spellings: Spellings | null = null // made for the first file that is added or thrown out: many sessions need none
  const spelled = (): Spellings => (spellings ??= createSpellings(view.keys()))
  let last: Promise<unknown> = Promise.resolve()
  const files: SessionFiles = {
    view,
    written,
    held: new Map(),
    collisions (paths, gone) {
      const fresh = paths.filter((path) => !view.has(path))
      return fresh.length === 0 ? new Set() : spelled().collisions(fresh, gone.filter((path) => view.has(path)))
    },
    isFolder: (path) => !view.has(path) && spelled().has(path),
    committed (changes) {
      for (const { path, next } of changes) {
        const isNew = !view.has(path)
        if (next !== null && isNew) spellings?.add(path)
        if (next === null && !isNew) spellings?.remove(path)
        if (next === null) view.delete(path)
        else view.set(path, next)
        written.add(path)
      }
    },
    heldAs (path, approval) {
      const held = new Map(files.held)
      const known = held.get(path)
      if (known === undefined) return
      if (approval === null) held.delete(path)
      else held.set(path, { ...known, approval })
      files.held = held
    },
    looked: new Map(),
    contents: new Map(),
    workspace: keepWorkspace(sandbox),
    classesOf: createKnownClasses(),
    inTurn (run) {
      const mine = last.then(run)
      last = mine.catch(() => undefined) // who asked has the rejection; the next must run all the same
      return mine
    },
  }
  return files
}

function createKnownClasses (): SessionFiles['classesOf'] {
  let known = new Map<string, PathClass>()
  let of: string | null = null
  return (revision, classOf) => {
    if (revision !== of) known = new Map()
    of = revision
    const classes = known
    return (path) => {
      const found = classes.get(path) ?? classOf(path)
      if (classes.size < MAX_KNOWN_CLASSES) classes.set(path, found)
      return found
    }
  }
}
