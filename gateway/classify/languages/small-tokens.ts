/** One word of a small program. A string holds what is written in it, backslashes as they stand, so that no name is spelled by them; nothing is put into it. */
export interface Token {
  readonly kind: 'string' | 'number' | 'name' | 'mark'
  readonly text: string
}

const MAX_CHARACTERS = 600 // more than anybody writes behind `-c` to look at a value
const TOKEN = /[ \t]+|(?<line>\r?\n|;)|[rb]?"(?<double>(?:[^"\\\n]|\\[^\n])*)"|[rb]?'(?<single>(?:[^'\\\n]|\\[^\n])*)'|(?<number>\d{1,15}(?!\d))|(?<name>[A-Za-z_]\w*)|(?<mark>=>|[=!]==?|\*\*|&&|\|\||\?\?|[<>]=|[.()[\],=+*%<>-])/y

/** The words of Python or JavaScript that need no more than these. @returns null when there is anything else */
export function readSmallTokens (text: string): readonly Token[] | null {
  if (text.length > MAX_CHARACTERS) return null
  const pattern = new RegExp(TOKEN)
  const tokens: Token[] = []
  while (pattern.lastIndex < text.length) {
    const groups = pattern.exec(text)
    if (groups === null) return null
    const { line, double, single, number, name, mark } = groups.groups ?? {}
    const said = double ?? single
    if (line !== undefined) tokens.push({ kind: 'mark', text: ';' })
    else if (said !== undefined) tokens.push({ kind: 'string', text: said })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
  }
  return tokens
}

/** A program needs more than the small language has: it is no small program. Never leaves the reader. */
export class TooMuch extends Error {}

/** Where a reader stands among the words. Everything that does not fit throws TooMuch. */
export class TokenCursor {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor (tokens: readonly Token[]) { this.#tokens = tokens }

  get done (): boolean { return this.#at >= this.#tokens.length }

  peek (ahead = 0): Token | undefined { return this.#tokens[this.#at + ahead] }

  next (): Token | undefined {
    this.#at += 1
    return this.#tokens[this.#at - 1]
  }

  /** The text of the next word, empty when it is a string. */
  text (ahead = 0): string {
    const token = this.peek(ahead)
    return token === undefined || token.kind === 'string' ? '' : token.text
  }

  take (text: string): boolean {
    if (this.text() !== text) return false
    this.#at += 1
    return true
  }

  need (text: string): void {
    if (!this.take(text)) throw new TooMuch()
  }

  name (): string {
    const token = this.peek()
    if (token?.kind !== 'name') throw new TooMuch()
    this.#at += 1
    return token.text
  }

  dotted (): string {
    let name = this.name()
    while (this.take('.')) name += `.${this.name()}`
    return name
  }
}
