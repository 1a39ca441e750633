import { foldersOf } from '../../project/conflicts.ts'
import type { Tree } from '../../project/tree.ts'

/**
 * New paths that differ from another path, or from one of its folders, only by case or Unicode form. On a developer's
 * case-insensitive disk they would overwrite each other (`.GitHub/` becomes `.github/`), after having been decided as two.
 */
export function caseCollisions (written: readonly string[], gone: ReadonlySet<string>, tree: Tree): ReadonlySet<string> {
  const fresh = written.filter((path) => !tree.has(path)).sort()
  if (fresh.length === 0) return new Set()
  const known = new Map<string, string>()
  for (const path of tree.keys()) {
    if (!gone.has(path)) prefixes(path).forEach((prefix) => known.set(fold(prefix), prefix))
  }
  return new Set(fresh.filter((path) => {
    const collides = prefixes(path).some((prefix) => (known.get(fold(prefix)) ?? prefix) !== prefix)
    if (!collides) prefixes(path).forEach((prefix) => known.set(fold(prefix), prefix))
    return collides
  }))
}

function prefixes (path: string): string[] {
  return [...foldersOf(path), path]
}

// Upper case first: `ß` and `ſ` then meet `ss` and `s`, as they do in the case folding of file systems.
function fold (path: string): string {
  return path.normalize('NFKC').toUpperCase().toLowerCase()
}
