import { TooMuch } from '../languages/too-much.ts'
import type { SnippetSyntax, StringSyntax } from './snippet-language.ts'

/** One word of a snippet. `plain` says that a string is exactly its text, `line` that it is the first of its line. */
export interface SnippetToken {
  readonly kind: 'name' | 'number' | 'string' | 'mark'
  readonly text: string
  readonly plain: boolean
  readonly line: boolean
  readonly spaced: boolean
}

const MAX_CHARACTERS = 8_000 // some hundred lines; longer ones are programs
const MAX_DEPTH = 6
const BLANK = /[ \t\r\n]+/y
const NUMBER = /0[xXbBoO][\da-fA-F](?:[_']?[\da-fA-F])*|\d(?:[_']?\d)*(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d+)?/y
const OPENING: ReadonlySet<string> = new Set(['(', '[', '{'])
const CLOSING: ReadonlySet<string> = new Set([')', ']', '}'])

/** The words of a snippet, and those of each expression inside its strings. Throws TooMuch for anything that is not surely one of them. */
export function readSnippetTokens (text: string, syntax: SnippetSyntax): ReadonlyArray<readonly SnippetToken[]> {
  // Characters that are seen as others than they are.
  if (text.length > MAX_CHARACTERS || syntax.refused.test(text) || /[^\P{C}\t\n\r]|[\u2028\u2029]/u.test(text)) throw new TooMuch()
  const reading = new Reading(text, syntax)
  reading.tokens(null, 0)
  return reading.sequences
}

class Reading {
  readonly sequences: SnippetToken[][] = []
  readonly #text: string
  readonly #syntax: SnippetSyntax
  #at = 0

  constructor (text: string, syntax: SnippetSyntax) {
    this.#text = text
    this.#syntax = syntax
  }

  /** Reads up to the end, or to the mark that closes an expression inside a string. Every character is gone over once. */
  tokens (close: string | null, depth: number): void {
    if (depth > MAX_DEPTH) throw new TooMuch()
    const tokens: SnippetToken[] = []
    this.sequences.push(tokens)
    for (let open = 0; ;) {
      const { line, spaced } = this.#between()
      if (this.#at >= this.#text.length) {
        if (close !== null || open !== 0) throw new TooMuch()
        return
      }
      const word = this.#word(spaced ? undefined : tokens.at(-1), depth)
      if (word.kind === 'mark') {
        if (close === word.text && open === 0) return
        if (OPENING.has(word.text)) open += 1
        else if (CLOSING.has(word.text)) open -= 1
        if (open < 0) throw new TooMuch()
      }
      tokens.push({ ...word, line: line || tokens.length === 0, spaced: spaced || tokens.length === 0 })
    }
  }

  /** Passes blanks and comments: whether there were any, and whether a line ended among them. */
  #between (): { readonly line: boolean, readonly spaced: boolean } {
    for (let line = false, spaced = false; ; spaced = true) {
      const blank = this.#take(BLANK)
      const comment = blank === null ? this.#take(this.#syntax.comment) : null
      if (blank === null && comment === null) return { line, spaced }
      if (blank?.includes('\n') === true) line = true
      // Where one stands in another, some languages end both there, and some only the inner one.
      if (comment?.startsWith('/*') === true && comment.indexOf('/*', 2) >= 0) throw new TooMuch()
    }
  }

  /** What stands here; `before` is the word that it touches. */
  #word (before: SnippetToken | undefined, depth: number): Pick<SnippetToken, 'kind' | 'text' | 'plain'> {
    const raw = this.#syntax.raw === undefined ? null : this.#take(this.#syntax.raw)
    if (raw !== null) return { kind: 'string', text: raw.replace(/^[^"'`([]*["'`([]+|["'`)\]]+#*$/g, ''), plain: !raw.includes('\\') }
    const syntax = this.#syntax.strings.find(({ open }) => this.#text.startsWith(open, this.#at))
    if (syntax !== undefined) {
      const prefix = before?.kind === 'name' ? before.text : null
      if (prefix !== null && this.#syntax.prefixes?.has(prefix) !== true) throw new TooMuch()
      const { said, plain } = this.#string(syntax, depth)
      return { kind: 'string', text: said, plain: plain && prefix === null }
    }
    const number = this.#take(NUMBER)
    if (number !== null) return { kind: 'number', text: number, plain: true }
    const name = this.#take(this.#syntax.name)
    if (name !== null) return { kind: 'name', text: name, plain: true }
    const mark = this.#take(this.#syntax.mark)
    if (mark === null) throw new TooMuch()
    return { kind: 'mark', text: mark, plain: true }
  }

  #take (pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found === '' ? null : found
  }

  #string ({ open, close, escapes, filled, lines }: StringSyntax, depth: number): { readonly said: string, readonly plain: boolean } {
    this.#at += open.length
    const from = this.#at
    let plain = true
    while (!this.#text.startsWith(close, this.#at)) {
      if (this.#at >= this.#text.length) throw new TooMuch()
      const unit = this.#text.charAt(this.#at)
      if (filled !== undefined && this.#text.startsWith(filled[0], this.#at)) {
        plain = false
        this.#at += filled[0].length
        this.tokens(filled[1], depth + 1)
      } else if (unit === '\\' && escapes) {
        plain = false
        this.#at += 2
      } else {
        // Where a line ends a string, what follows is code again, or was skipped from the start.
        if (unit === '\n' && lines !== true) throw new TooMuch()
        if (unit === '$' && filled !== undefined) plain = false
        this.#at += 1
      }
    }
    const said = this.#text.slice(from, this.#at)
    this.#at += close.length
    // One more quote belongs to the string or begins another, as the language has it.
    if (close.length > 1 && this.#text.startsWith(close.charAt(0), this.#at)) throw new TooMuch()
    return { said, plain }
  }
}
