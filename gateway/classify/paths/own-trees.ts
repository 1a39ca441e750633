import type { Access } from '../../core/tool-call.ts'
import { isScratch } from './places.ts'

// What tests and measurements leave; nothing loads it as code.
const LEFT = /\.(?:txt|log|out|xml|csv|html|prof|md)$/

/**
 * Working trees of the project in scratch folders that a command has git make. What lies in one is the project's own code for as long
 * as the command writes nothing there itself, before or after it runs anything of it.
 */
export class OwnTrees {
  readonly #trees = new Set<string>()
  readonly #used = new Set<string>()
  #surely: readonly string[] = []
  #spoilt = false

  /** Records a tree that git made, beside which files were written before. */
  made (tree: string, written: readonly string[]): void {
    if (isScratch(tree) && !written.some((place) => place.startsWith(`${tree}/`) && place !== `${tree}/.git`)) this.#trees.add(tree)
  }

  /** What was surely built by now; a tree among it is known by its `.git`. */
  now (built: readonly string[]): void { this.#surely = built }

  get surely (): readonly string[] { return this.#surely }

  /** The tree that surely stands around a place. */
  around (place: string): string | null {
    return this.#surely.map((built) => built.replace(/\/\.git$/, '')).find((made) => this.#trees.has(made) && `${place}/`.startsWith(`${made}/`)) ?? null
  }

  /** Whether a place is in such a tree; what lies there is run. */
  holds (place: string): boolean {
    const tree = this.around(place)
    if (tree !== null) this.#used.add(tree)
    return tree !== null
  }

  /** Records that something is written or deleted there. */
  changed (place: string, access: Access): void {
    if (access === 'write' && LEFT.test(place)) return
    for (const tree of [...this.#trees, ...this.#used]) {
      if (!`${place}/`.startsWith(`${tree}/`) && !tree.startsWith(`${place}/`)) continue
      this.#trees.delete(tree)
      this.#spoilt ||= access === 'write' && this.#used.has(tree)
    }
  }

  /** Does what changes files as the project's own history says. */
  keeping (change: () => void): void {
    const [trees, spoilt] = [[...this.#trees], this.#spoilt]
    change()
    for (const tree of trees) this.#trees.add(tree)
    this.#spoilt = spoilt
  }

  /** Whether code of a tree was run that the command may have written; `linked` says that files may have other names. */
  isDoubtful (linked: boolean): boolean { return this.#spoilt || (linked && this.#used.size > 0) }
}
