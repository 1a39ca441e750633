import { SmallExpressions, type SmallFindings } from './small-expressions.ts'
import type { SmallLanguage } from './small-languages.ts'
import { readSmallTokens, TokenCursor, TooMuch } from './small-tokens.ts'

/** What a small program does, all of it: the files it reads and the modules it loads. */
export interface SmallProgram {
  readonly reads: readonly string[]
  /** Modules of the project or of its packages. */
  readonly loads: readonly string[]
  /** Modules of the language, unless a file of the project has that name. */
  readonly listed: readonly string[]
}

/**
 * Reads a one-line program that only prints values: of the runtime, of JSON files, of modules' versions, of sums. Nothing in
 * it can write, start or reach anything, since only listed functions are called, and never a value. `printed` says that
 * the runtime prints the last value by itself. @returns null for any other text
 */
export function readSmallProgram (text: string, language: SmallLanguage, printed = false): SmallProgram | null {
  const tokens = readSmallTokens(text)
  if (tokens === null) return null
  try {
    return new Statements(new TokenCursor(tokens), language).program(printed)
  } catch (error) {
    if (error instanceof TooMuch) return null
    throw error
  }
}

class Statements {
  readonly #tokens: TokenCursor
  readonly #language: SmallLanguage
  readonly #found: SmallFindings = { reads: [], loads: [], listed: [], looks: false }
  readonly #values: SmallExpressions

  constructor (tokens: TokenCursor, language: SmallLanguage) {
    this.#tokens = tokens
    this.#language = language
    this.#values = new SmallExpressions(tokens, language, this.#found)
  }

  program (printed: boolean): SmallProgram {
    while (!this.#tokens.done) {
      if (this.#tokens.take(';')) continue
      this.#statement()
      if (!this.#tokens.done) this.#tokens.need(';')
    }
    // What looks at nothing is no question, whatever else it is.
    if (!this.#found.looks && !printed) throw new TooMuch()
    const { reads, loads, listed } = this.#found
    return { reads, loads, listed }
  }

  #statement (): void {
    if (this.#tokens.take('import')) return this.#imports()
    if (this.#tokens.take('from')) return this.#importsFrom()
    if (this.#language.declares.test(this.#tokens.text())) this.#tokens.next()
    const name = this.#tokens.peek()
    if (name?.kind === 'name' && this.#tokens.peek(1)?.kind === 'mark' && this.#tokens.text(1) === '=') {
      this.#tokens.next()
      this.#tokens.next()
      this.#values.bind(name.text, this.#values.expression())
    } else this.#values.expression()
  }

  #imports (): void {
    do {
      const name = this.#tokens.dotted()
      this.#values.bind(this.#tokens.take('as') ? this.#tokens.name() : name, this.#values.module(name))
    } while (this.#tokens.take(','))
  }

  #importsFrom (): void {
    const name = this.#tokens.dotted()
    this.#tokens.need('import')
    const listed = Object.hasOwn(this.#language.modules, name) ? this.#language.modules[name] : undefined
    const own = listed === undefined && this.#language.ownPackages.test(name)
    if (own) this.#found.loads.push(name)
    else this.#found.listed.push(name)
    do {
      const word = this.#tokens.name()
      if (own) this.#values.bind(word, { kind: 'maker' })
      else if (listed?.calls.includes(word) === true) this.#values.bind(word, { kind: 'module', name: `${name}.${word}` })
      else if (listed?.values.includes(word) === true) this.#values.bind(word, { kind: 'data' })
      else throw new TooMuch()
    } while (this.#tokens.take(','))
  }
}
