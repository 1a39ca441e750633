import { sameEntry, type Change } from './change.ts'
import type { Tree } from './tree.ts'

/**
 * Paths on which these changes and the branch's tip disagree: somebody else changed the path since the session's
 * base, or a file and a directory of one name would meet. Empty when the changes can be built on the tip.
 */
export function conflictsOf (changes: readonly Change[], tip: Tree): string[] {
  const moved = changes.filter(({ path, base, next }) => {
    const now = tip.get(path) ?? null
    return !sameEntry(now, base) && !sameEntry(now, next)
  })
  return [...new Set([...moved.map(({ path }) => path), ...fileMeetsDirectory(changes, tip)])].sort()
}

/** Written paths that are, or lie below, a file in the tree that results. */
function fileMeetsDirectory (changes: readonly Change[], tip: Tree): string[] {
  const files = new Set(tip.keys())
  for (const { path, next } of changes) {
    if (next === null) files.delete(path)
    else files.add(path)
  }
  const folders = new Set([...files].flatMap(foldersOf))
  return changes
    .filter(({ path, next }) => next !== null && (folders.has(path) || foldersOf(path).some((folder) => files.has(folder))))
    .map(({ path }) => path)
}

/** `a/b/c` → `a`, `a/b`. */
export function foldersOf (path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'))
}
