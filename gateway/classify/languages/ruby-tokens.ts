import { TooMuch } from './small-tokens.ts'

/** One word of a Ruby text. `plain` says that a string is exactly its text; `spaced`, that a blank stands before it. */
export interface RubyToken {
  readonly kind: 'string' | 'number' | 'name' | 'constant' | 'symbol' | 'key' | 'regexp' | 'mark' | 'line'
  readonly text: string
  readonly plain: boolean
  readonly spaced: boolean
}

const MAX_CHARACTERS = 4_000 // some hundred lines; longer ones are files
const MAX_NESTING = 4
const TOKEN = /(?<blank>[ \t\r]+|#[^\n]*)|(?<line>\n|;)|'(?<single>(?:[^'\\]|\\[^])*)'|"(?<double>(?:[^"\\]|\\[^])*)"|(?<number>\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)|(?<key>[A-Za-z_]\w*:)(?!:)|:(?<symbol>[A-Za-z_]\w*[?!]?|[+*|&-](?![\w=]))|(?<constant>[A-Z]\w*(?:::[A-Z]\w*)*)|(?<name>[a-z_]\w*[?!]?(?!=[^=~>]|(?<=[?!])=)|[a-z_]\w*)|(?<stream>\$std(?:out|err))|(?<mark>&\.|\*\*|<=>|===?|=~|!~|!=|<=|>=|&&=?|\|\|=?|[-+*/]=|=>|->|<<|\.{1,3}|[-+*/%<>=!&|?:,()[\]{}])/y
// Behind these a slash begins a pattern; behind a value it divides.
const BEFORE_PATTERN = /^(?:|[(,=!{|[]|=~|!~|&&|\|\||=>|when|if|unless|and|or|not|elsif|in|;)$/
const PATTERN = /\/((?:[^/\\\n#]|\\[^\n]|#(?!\{))*)\/[imx]*/y

/** The words of a Ruby text, and those of each expression inside its strings. Throws TooMuch for anything that is not surely one of them. */
export function readRubyTokens (text: string): ReadonlyArray<readonly RubyToken[]> {
  if (text.length > MAX_CHARACTERS || /^=(?:begin|end)/m.test(text)) throw new TooMuch()
  const sequences: RubyToken[][] = []
  collect(text, sequences, 0)
  return sequences
}

function collect (text: string, sequences: RubyToken[][], depth: number): void {
  if (depth > MAX_NESTING) throw new TooMuch()
  const tokens: RubyToken[] = []
  sequences.push(tokens)
  let at = 0
  let spaced = true
  const add = (kind: RubyToken['kind'], said: string, plain = true): void => {
    tokens.push({ kind, text: said, plain, spaced })
    spaced = false
  }
  while (at < text.length) {
    const before = tokens.at(-1)
    if (text.charAt(at) === '/' && (before === undefined || before.kind === 'line' || (/^(?:mark|name)$/.test(before.kind) && BEFORE_PATTERN.test(before.text)))) {
      const found = matched(PATTERN, text, at)
      add('regexp', found[1] ?? '')
      at += found[0].length
      continue
    }
    const found = matched(TOKEN, text, at)
    at += found[0].length
    const { blank, line, single, double, number, key, symbol, constant, name, stream, mark } = found.groups ?? {}
    if (blank !== undefined) spaced = true
    else if (line !== undefined) add('line', ';')
    else if (single !== undefined) add('string', single, !single.includes('\\'))
    else if (double !== undefined) {
      add('string', double, !/[\\#]/.test(double))
      filled(double, sequences, depth)
    } else if (number !== undefined) add('number', number)
    else if (key !== undefined) add('key', key)
    else if (symbol !== undefined) add('symbol', symbol)
    else if (constant !== undefined) add('constant', constant)
    else if (name !== undefined) add('name', name)
    else if (stream !== undefined) add('constant', stream)
    else {
      if (isAmbiguous(mark ?? '', before, spaced, text.charAt(at))) throw new TooMuch()
      add('mark', mark ?? '')
    }
  }
}

// Where these do not surely join two values they begin a text, and what looks like a comment behind them may be part of it.
function isAmbiguous (mark: string, before: RubyToken | undefined, spaced: boolean, next: string): boolean {
  if (mark === '?') return !/\s/.test(next)
  if (mark !== '/' && mark !== '%' && mark !== '<<') return false
  const isValue = before !== undefined && before.kind !== 'line' && before.kind !== 'key' && (before.kind !== 'mark' || /^[)\]}]$/.test(before.text))
  return !isValue || (spaced && !/\s/.test(next))
}

function matched (pattern: RegExp, text: string, at: number): RegExpExecArray {
  const sticky = new RegExp(pattern)
  sticky.lastIndex = at
  const found = sticky.exec(text)
  if (found === null || found[0] === '') throw new TooMuch()
  return found
}

/** `"#{x.size}\t"` */
function filled (text: string, sequences: RubyToken[][], depth: number): void {
  // `#$x` and `#@x` put a variable in as well.
  if (/#[$@]/.test(text)) throw new TooMuch()
  for (const [, inner = ''] of text.matchAll(/#\{([^{}"]*)\}/g)) {
    if (inner.includes('\\')) throw new TooMuch()
    collect(inner, sequences, depth + 1)
  }
  if (text.replace(/#\{[^{}"]*\}/g, '').includes('#{')) throw new TooMuch()
}
