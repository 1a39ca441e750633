import { isAt } from '../paths/places.ts'

/** The places that compilers of the same command fill. */
export class BuiltPlaces {
  // What was built, by where it stands, and what that is another name of.
  readonly #built = new Map<string, string>()
  readonly #attempted: string[] = []
  // Folders that something may have filled which does more than make them.
  readonly #filled = new Set<string>()
  #just: string[] | null = null

  get isEmpty (): boolean { return this.#built.size === 0 }

  add (place: string, source: string | null): void {
    this.#built.set(place, source ?? place)
    this.#just = [...this.#just ?? [], place]
  }

  /** The places built since the last time this was asked; null when there are none. */
  take (): readonly string[] | null {
    const places = this.#just
    this.#just = null
    return places
  }

  /** Whether one of these places, all built by now, or one that was to be, is this one, and nothing else wrote there since. */
  has (place: string, places: readonly string[]): boolean {
    return [...places, ...this.#attempted].some((built) => this.#built.has(built) && isAt(place, built))
  }

  /** Something else is written over a place, over what it is another name of, or over what a pattern names. */
  replace (place: string, isPattern: boolean): void {
    for (const names of this.#built) if (isPattern || names.some((built) => isAt(place, built) || built.startsWith(place === '/' ? place : `${place}/`))) this.#built.delete(names[0])
  }

  fills (folder: string): void { this.#filled.add(folder) }

  /**
   * A compiler is to make a file of a text known in full, where the command put nothing before. Should it fail, what was there runs, as it
   * may where builds leave things. @returns whether the command put nothing there
   */
  attempt (places: readonly string[], written: readonly string[]): boolean {
    const isFree = !written.some((path) => places.some((place) => path === place || (this.#filled.has(path) && isAt(place, `${path}/`))))
    if (isFree) this.#attempted.push(...places)
    return isFree
  }
}
