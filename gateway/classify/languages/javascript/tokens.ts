/** One word of a JavaScript text. `plain` says that a string is exactly its text: nothing is spelled or put into it. */
export interface JavascriptToken {
  readonly kind: 'string' | 'number' | 'name' | 'mark' | 'pattern'
  readonly text: string
  readonly plain: boolean
  /** The texts of a template around its expressions, and the words of each of these. */
  readonly pieces: readonly string[]
  readonly inner: readonly JavascriptTokens[]
}

/** The words of a program, or of an expression in a template. */
export type JavascriptTokens = readonly JavascriptToken[]

const MAX_CHARACTERS = 6000 // some 150 lines; longer ones are files
const MAX_NESTING = 4 // templates within templates
const MAX_WORDS = 1500 // what 6000 characters of people's code hold; each is looked at with those around it
const MAX_BRACKETS = 48
// Line ends that end a comment where nobody sees a line end, and the comments of HTML, which hide what follows them.
const UNSEEN = /[\r\u2028\u2029\0]|<!--|-->/
const SPACE = /(?:[ \t\n]+|\/\/[^\n]*|\/\*[^]*?\*\/)+/y
const WORD = /(?:"(?<double>(?:[^"\\\n]|\\[^])*)"|'(?<single>(?:[^'\\\n]|\\[^])*)'|(?<number>(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?|\.\d+)n?(?![\w$]))|(?<name>[A-Za-z_$][\w$]*)|(?<mark>=>|\.\.\.|\?\.(?!\d)|>>>=|\*\*=|<<=|>>=|&&=|\|\|=|\?\?=|===|!==|>>>|==|!=|<=|>=|&&|\|\||\?\?|\+\+|--|\*\*|<<|>>|[-+*%&|^]=|[-+*%&|^!~<>=?:;,.()[\]{}]))/y
const PATTERN = /\/(?![*/])(?:[^\\/[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+\/[dgimsuvy]*(?![\w$])/y
const DIVISION = /\/=?/y
// Words after which a value begins, and those that may be a keyword or a name.
const BEFORE_VALUE = /^(?:return|typeof|case|in|instanceof|new|delete|void|throw|else|do)$/
const EITHER = /^(?:await|yield|of|async|let|get|set|static)$/

/** The words of JavaScript text. @returns null for anything that is not surely one of them */
export function readJavascriptTokens (text: string): JavascriptTokens | null {
  if (text.length > MAX_CHARACTERS || UNSEEN.test(text)) return null
  const scanned = new Scanner(text).words(0, 0)
  return scanned?.next === text.length ? scanned.tokens : null
}

interface Scanned { readonly tokens: JavascriptTokens, readonly next: number }

class Scanner {
  readonly #text: string
  #count = 0

  constructor (text: string) { this.#text = text }

  /** The words from here up to a brace that closes more than was opened. */
  words (from: number, depth: number): Scanned | null {
    if (depth > MAX_NESTING) return null
    const tokens: JavascriptToken[] = []
    const opened: number[] = []
    let at = from
    while (at < this.#text.length) {
      at = this.#match(SPACE, at)?.end ?? at
      if (at >= this.#text.length) break
      const char = this.#text[at]
      if (char === '}' && !opened.some((index) => tokens[index]?.text === '{')) return { tokens, next: at }
      const found = char === '`' ? this.#template(at, tokens, depth) : char === '/' ? this.#slash(at, tokens) : this.#word(at)
      if (found === null) return null
      const { token } = found
      if (token.kind === 'mark' && /^[([{]$/.test(token.text)) {
        if (opened.push(tokens.length) > MAX_BRACKETS) return null
      } else if (token.kind === 'mark' && /^[)\]}]$/.test(token.text)) {
        const opening = tokens[opened.pop() ?? -1]?.text
        if (opening === undefined || '([{'.indexOf(opening) !== ')]}'.indexOf(token.text)) return null
      }
      tokens.push(token)
      this.#count += 1
      if (this.#count > MAX_WORDS) return null
      at = found.end
    }
    return opened.length === 0 ? { tokens, next: at } : null
  }

  #match (pattern: RegExp, at: number): { readonly end: number, readonly groups: Readonly<Record<string, string | undefined>>, readonly text: string } | null {
    pattern.lastIndex = at
    const found = pattern.exec(this.#text)
    return found === null ? null : { end: at + found[0].length, groups: found.groups ?? {}, text: found[0] }
  }

  #word (at: number): Found | null {
    const found = this.#match(WORD, at)
    if (found === null) return null
    const { double, single, number, name, mark } = found.groups
    const said = double ?? single
    if (said !== undefined) return { token: word('string', said, !said.includes('\\')), end: found.end }
    const kind = number !== undefined ? 'number' : name !== undefined ? 'name' : 'mark'
    return { token: word(kind, number ?? name ?? mark ?? ''), end: found.end }
  }

  // A slash divides what stands before it, or begins a pattern. Where both could be meant nothing is read at all: a quote
  // within the pattern would make the code behind it look like a string.
  #slash (at: number, tokens: JavascriptTokens): Found | null {
    const divides = dividesAfter(tokens)
    if (divides === null) return null
    const found = this.#match(divides ? DIVISION : PATTERN, at)
    return found === null ? null : { token: word(divides ? 'mark' : 'pattern', found.text), end: found.end }
  }

  #template (from: number, before: JavascriptTokens, depth: number): Found | null {
    const last = before.at(-1)
    // Behind a value it is a call.
    if (last !== undefined && (endsValue(last) || EITHER.test(last.text)) && !(last.kind === 'name' && BEFORE_VALUE.test(last.text))) return null
    const pieces: string[] = ['']
    const inner: JavascriptTokens[] = []
    for (let at = from + 1; at < this.#text.length; at += 1) {
      const char = this.#text[at] ?? ''
      if (char === '`') return { token: { kind: 'string', text: pieces.join('…'), plain: inner.length === 0 && !pieces.join('').includes('\\'), pieces, inner }, end: at + 1 }
      if (char === '$' && this.#text[at + 1] === '{') {
        const scanned = this.words(at + 2, depth + 1)
        if (scanned === null || this.#text[scanned.next] !== '}' || scanned.tokens.length === 0) return null
        inner.push(scanned.tokens)
        pieces.push('')
        at = scanned.next
      } else {
        const taken = char === '\\' ? this.#text.slice(at, at + 2) : char
        pieces[pieces.length - 1] += taken
        at += taken.length - 1
      }
    }
    return null
  }
}

interface Found { readonly token: JavascriptToken, readonly end: number }

const NONE: readonly never[] = []

function word (kind: JavascriptToken['kind'], text: string, plain = true): JavascriptToken {
  return { kind, text, plain, pieces: NONE, inner: NONE }
}

function endsValue ({ kind, text }: JavascriptToken): boolean {
  return kind === 'mark' ? /^[)\]}]$/.test(text) : true
}

/** Whether a slash behind these words divides; null where it may not. */
function dividesAfter (tokens: JavascriptTokens): boolean | null {
  const last = tokens.at(-1)
  if (last === undefined) return false
  if (last.kind === 'name') {
    const isMember = /^\??\.$/.test(tokens.at(-2)?.text ?? '')
    if (EITHER.test(last.text) || (isMember && BEFORE_VALUE.test(last.text))) return null
    return !BEFORE_VALUE.test(last.text)
  }
  if (last.kind !== 'mark') return true
  if (last.text === ']') return true
  if (last.text === ')') return endsHead(tokens) ? null : true
  // `1./x()/1` divides.
  return /^(?:\}|\+\+|--|\.)$/.test(last.text) ? null : false
}

/** Whether the last bracket closes what stands between `if`, `while`, `for` or `with` and its statement. */
function endsHead (tokens: JavascriptTokens): boolean {
  let depth = 0
  for (let at = tokens.length - 1; at >= 0; at -= 1) {
    const token = tokens[at]
    if (token?.kind !== 'mark') continue
    if (/^[)\]}]$/.test(token.text)) depth += 1
    else if (/^[([{]$/.test(token.text)) depth -= 1
    if (depth === 0) return /^(?:if|while|for|with|await)$/.test(tokens[at - 1]?.text ?? '')
  }
  return true
}
