import { TooMuch } from '../languages/small-tokens.ts'
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
    let line = true
    let spaced = true
    let open = 0
    const add = (kind: SnippetToken['kind'], text: string, plain = true): void => {
      tokens.push({ kind, text, plain, line, spaced })
      line = spaced = false
    }
    while (this.#at < this.#text.length) {
      const blank = this.#take(BLANK)
      if (blank !== null) {
        line ||= blank.includes('\n')
        spaced = true
        continue
      }
      const comment = this.#take(this.#syntax.comment)
      if (comment !== null) {
        // Where one stands in another, some languages end both there, and some only the inner one.
        if (comment.startsWith('/*') && comment.indexOf('/*', 2) >= 0) throw new TooMuch()
        spaced = true
        continue
      }
      const raw = this.#syntax.raw === undefined ? null : this.#take(this.#syntax.raw)
      if (raw !== null) {
        add('string', raw.replace(/^[^"'`([]*["'`([]+|["'`)\]]+#*$/g, ''), !raw.includes('\\'))
        continue
      }
      const syntax = this.#syntax.strings.find(({ open: begin }) => this.#text.startsWith(begin, this.#at))
      if (syntax !== undefined) {
        const before = tokens.at(-1)
        if (!spaced && before?.kind === 'name' && this.#syntax.prefixes?.has(before.text) !== true) throw new TooMuch()
        const { said, plain } = this.#string(syntax, depth)
        add('string', said, plain && (spaced || before?.kind !== 'name'))
        continue
      }
      const number = this.#take(NUMBER)
      if (number !== null) {
        add('number', number)
        continue
      }
      const name = this.#take(this.#syntax.name)
      if (name !== null) {
        add('name', name)
        continue
      }
      const mark = this.#take(this.#syntax.mark)
      if (mark === null) throw new TooMuch()
      if (close === mark && open === 0) return
      if (OPENING.has(mark)) open += 1
      else if (CLOSING.has(mark)) open -= 1
      if (open < 0) throw new TooMuch()
      add('mark', mark)
    }
    if (close !== null || open !== 0) throw new TooMuch()
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
