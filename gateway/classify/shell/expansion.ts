import { unsetNames } from './defaults.ts'
import type { FactCollector, Field } from './facts.ts'
import type { ShellFunction } from './functions.ts'
import type { State } from './outcome.ts'
import { scopeOf } from './scope.ts'
import type { Syntax } from './syntax.ts'
import { bindingsOf, expandWord, type Binding, type WordContext } from './words.ts'

const NO_BINDING: Binding = new Map()

/** Expands the words of one text, with what its substitutions print and its `read`s get, as far as that is known. */
export class ShellExpansion {
  /** The words that each substitution prints; null when they could be anything. */
  readonly names = new Map<Syntax, readonly Field[] | null>()
  /** The lines that each `read` may get. */
  readonly read = new Map<Syntax, readonly Field[] | null>()
  readonly #scope
  readonly #isUnset
  readonly #functions: ReadonlyMap<string, ShellFunction>
  readonly #facts: FactCollector

  constructor (root: Syntax, functions: ReadonlyMap<string, ShellFunction>, facts: FactCollector, outermost: boolean) {
    this.#scope = scopeOf(root)
    this.#isUnset = unsetNames(root, outermost)
    this.#functions = functions
    this.#facts = facts
  }

  /** The fields that words become, once for each combination of values that their variables may have. */
  fields (words: readonly Syntax[], state: State): ReadonlyArray<readonly Field[]> {
    const context = this.#context(state)
    const together: Syntax = { type: 'command', named: true, field: null, start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0, text: '', children: words }
    const bindings = bindingsOf(together, context)
    if (bindings === null) {
      this.#facts.problem('too-many-values')
      return [words.flatMap((word) => expandWord(word, NO_BINDING, context))]
    }
    return bindings.map((binding) => words.flatMap((word) => expandWord(word, binding, context)))
  }

  /** The one text a word surely is, or null. */
  only (node: Syntax | undefined, state: State): string | null {
    if (node === undefined) return null
    const [fields, ...others] = this.fields([node], state)
    const [field] = fields ?? []
    return others.length === 0 && fields?.length === 1 && field?.known === true ? field.text : null
  }

  #context ({ directories, call }: State): WordContext {
    return { scope: this.#scope, names: this.names, read: this.read, directories, call: call ?? null, functions: this.#functions, isUnset: this.#isUnset }
  }
}
