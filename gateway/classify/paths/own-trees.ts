import type { Access } from '../../core/tool-call.ts'
import { isScratch } from './places.ts'

// What tests and measurements leave; nothing loads it as code.
const LEFT = /(?:(?:^|\/)(?!CMakeLists|[\w.-]*(?:require|constraint))[\w.-]+\.txt|\.(?:log|out|csv|html|prof|md)|(?:^|\/)(?:[\w.-]*(?:results?|reports?|junit|coverage)[\w.-]*|TEST-[\w.-]+)\.xml)$/
// What tools look for in the folders above the one they work in.
const LOOKED_FOR = /^(?:\..+|node_modules|conftest\.py|go\.(?:work|mod)|[\w.-]+\.(?:config|conf|rc|setup|workspace|preset)\.\w+|(?:package|tsconfig[\w.-]*|jsconfig|global|nx|turbo|lerna|biome|deno|composer)\.jsonc?|Directory\.[\w.]+|[Nn]u[Gg]et\.[Cc]onfig|(?:pytest|tox|mypy)\.ini|setup\.(?:cfg|py)|[\w-]+\.toml|pnpm-workspace\.yaml|(?:settings|build)\.gradle(?:\.kts)?|WORKSPACE(?:\.bazel)?|MODULE\.bazel|Gemfile|Rakefile|Makefile|Justfile|justfile|pom\.xml|build\.xml|CMakeLists\.txt|analysis_options\.yaml|pubspec\.yaml)$/

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
    if (isScratch(tree) && !written.some((place) => (place.startsWith(`${tree}/`) && place !== `${tree}/.git`) || isLookedFor(place, tree))) this.#trees.add(tree)
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
      if (!`${place}/`.startsWith(`${tree}/`) && !tree.startsWith(`${place}/`) && !isLookedFor(place, tree)) continue
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

// Whether a file lies where tools look that work in the tree: beside it, or beside a folder around it.
function isLookedFor (place: string, tree: string): boolean {
  const parts = place.split('/')
  const around = tree.split('/')
  const at = parts.findIndex((part, index) => part !== around[index])
  return at > 0 && at < around.length && LOOKED_FOR.test(parts[at] ?? '')
}
