import { TooMuch } from '../too-much.ts'

const BRACKETS: ReadonlyMap<string, string> = new Map([['{', '}'], ['(', ')'], ['[', ']']])

/** Where a reader stands in a Perl text. Perl has no words without knowing what is expected, so that the reader asks for one after the other. */
export class PerlScanner {
  readonly text: string
  at = 0

  constructor (text: string) { this.text = text }

  get done (): boolean {
    this.skip()
    return this.at >= this.text.length
  }

  /** Passes blanks and comments; whether there were any. */
  skip (): boolean {
    return this.#match(/(?:\s|#[^\n]*)*/y)?.[0] !== ''
  }

  /** What stands next, blanks passed; where it is something else, the blanks stay. The pattern is sticky. */
  take (pattern: RegExp): RegExpExecArray | null {
    const from = this.at
    this.skip()
    const found = this.#match(pattern)
    if (found === null) this.at = from
    return found
  }

  /** The same with no blank before it. */
  joined (pattern: RegExp): RegExpExecArray | null {
    return this.#match(pattern)
  }

  sees (pattern: RegExp): boolean {
    const from = this.at
    const found = this.take(pattern) !== null
    this.at = from
    return found
  }

  need (pattern: RegExp): RegExpExecArray {
    const found = this.take(pattern)
    if (found === null) throw new TooMuch()
    return found
  }

  /** A text between the sign that stands here and the one that closes it. */
  quoted (signs: RegExp): { readonly text: string, readonly sign: string } {
    const [sign] = this.#match(signs) ?? []
    if (sign === undefined) throw new TooMuch()
    return { text: this.quotedOn(sign), sign }
  }

  /** The rest of a text that began with this sign. */
  quotedOn (sign: string): string {
    const end = BRACKETS.get(sign) ?? sign
    const from = this.at
    for (; this.at < this.text.length; this.at += 1) {
      const next = this.text.charAt(this.at)
      if (next === end) return this.text.slice(from, this.at++)
      // Without its backslash a bracket is another thing within; and brackets within brackets would have to be counted.
      if (end !== sign && (next === sign || (next === '\\' && /[^\w\s.$^*+?|/@"'-]/.test(this.text.charAt(this.at + 1))))) throw new TooMuch()
      if (next === '\\') this.at += 1
    }
    throw new TooMuch()
  }

  #match (pattern: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(pattern)
    sticky.lastIndex = this.at
    const found = sticky.exec(this.text)
    if (found !== null) this.at = sticky.lastIndex
    return found
  }
}
