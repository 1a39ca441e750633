import { foldersOf } from '../../project/conflicts.ts'

/** The names that a project's files and folders go by. It costs the project once, and then what changes in it. */
export interface Spellings {
  /** The file is in the project now. */
  add (path: string): void
  /** It is in the project no more. */
  remove (path: string): void
  /** Whether the project has this file, or files below it. */
  has (path: string): boolean
  /**
   * Which of these new paths differ from another path, or from one of its folders, only by case or Unicode form. On a developer's
   * case-insensitive disk they would overwrite each other (`.GitHub/` becomes `.github/`), after having been decided as two.
   *
   * @param gone files of the project that leave it with the same change
   */
  collisions (fresh: readonly string[], gone: Iterable<string>): ReadonlySet<string>
}

export function createSpellings (paths: Iterable<string>): Spellings {
  const files = new Map<string, number>() // at and below each path and folder, as it is spelled
  const spelled = new Map<string, readonly string[]>() // by what it folds to
  const add = (path: string): void => {
    for (const prefix of prefixes(path)) {
      const known = files.get(prefix) ?? 0
      files.set(prefix, known + 1)
      if (known === 0) spelled.set(fold(prefix), [...spelled.get(fold(prefix)) ?? [], prefix])
    }
  }
  const remove = (path: string): void => {
    for (const prefix of prefixes(path)) {
      const left = (files.get(prefix) ?? 0) - 1
      if (left > 0) {
        files.set(prefix, left)
        continue
      }
      files.delete(prefix)
      const others = (spelled.get(fold(prefix)) ?? []).filter((spelling) => spelling !== prefix)
      if (others.length === 0) spelled.delete(fold(prefix))
      else spelled.set(fold(prefix), others)
    }
  }
  for (const path of paths) add(path)
  return {
    add,
    remove,
    has: (path) => files.has(path),
    collisions (fresh, gone) {
      const leaving = new Map<string, number>()
      for (const prefix of [...gone].flatMap(prefixes)) leaving.set(prefix, (leaving.get(prefix) ?? 0) + 1)
      const stays = (spelling: string): boolean => (files.get(spelling) ?? 0) > (leaving.get(spelling) ?? 0)
      const taken = new Map<string, string>() // by the new paths before
      return new Set(fresh.toSorted().filter((path) => {
        const collides = prefixes(path).some((prefix) => {
          const folded = fold(prefix)
          return (taken.get(folded) ?? prefix) !== prefix || spelled.get(folded)?.some((other) => other !== prefix && stays(other)) === true
        })
        if (!collides) for (const prefix of prefixes(path)) taken.set(fold(prefix), prefix)
        return collides
      }))
    },
  }
}

function prefixes (path: string): string[] {
  return [...foldersOf(path), path]
}

// Upper case first: `ß` and `ſ` then meet `ss` and `s`, as they do in the case folding of file systems.
function fold (path: string): string {
  return /^[\0-\x7f]*$/.test(path) ? path.toLowerCase() : path.normalize('NFKC').toUpperCase().toLowerCase()
}
