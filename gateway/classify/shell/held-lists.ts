import type { Field } from './facts.ts'

/** Lists of names that a command itself puts into scratch files, to go through them afterwards: `git diff --name-only > /tmp/files`. */
export class HeldLists {
  readonly #lists = new Map<string, readonly Field[] | null>()
  readonly #read = new Set<string>()

  /** Records all that a file then holds. */
  keep (place: string, names: readonly Field[]): void {
    this.#lists.set(place, this.#lists.has(place) || !names.every(({ known }) => known) ? null : names)
  }

  /** The list in a file; null when it is not known. */
  of (place: string): readonly Field[] | null {
    const names = this.#lists.get(place) ?? null
    if (names !== null) this.#read.add(place)
    return names
  }

  /** Something is written over a place or to a folder around it. @returns whether a list was read that may have been another one */
  changed (place: string, isPattern: boolean): boolean {
    let doubtful = false
    for (const file of this.#lists.keys()) {
      if (!isPattern && file !== place && !file.startsWith(place === '/' ? place : `${place}/`)) continue
      this.#lists.set(file, null)
      doubtful ||= this.#read.has(file)
    }
    return doubtful
  }
}
