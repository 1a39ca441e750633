import { TooMuch } from '../too-much.ts'

/** One word of a Ruby text. `plain` says that a string is exactly its text; `spaced`, that a blank stands before it. */
export interface RubyToken {
  readonly kind: 'string' | 'number' | 'name' | 'variable' | 'constant' | 'symbol' | 'key' | 'regexp' | 'mark' | 'line'
  readonly text: string
  readonly plain: boolean
  readonly spaced: boolean
}

const MAX_CHARACTERS = 4_000 // some hundred lines; longer ones are files
const MAX_NESTING = 4
const TOKEN = /(?<blank>[ \t\r]+|#[^\n]*)|(?<line>\n|;)|'(?<single>(?:[^'\\]|\\[^])*)'|(?<number>\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)|(?<key>[A-Za-z_]\w*:)(?!:)|:(?<symbol>[A-Za-z_]\w*[?!]?|[+*|&-](?![\w=]))|(?<constant>[A-Z]\w*(?:::[A-Z]\w*)*)|(?<name>[a-z_]\w*[?!]?(?!=[^=~>]|(?<=[?!])=)|[a-z_]\w*)|(?<stream>\$std(?:out|err))|(?<variable>@[a-z_]\w*)|(?<mark>&\.|\*\*|<=>|===?|=~|!~|!=|<=|>=|&&=?|\|\|=?|[-+*/]=|=>|->|<<|\.{1,3}|[-+*/%<>=!&|?:,()[\]{}])/y
// Behind these a slash begins a pattern; behind a value it divides.
const BEFORE_PATTERN = /^(?:|[(,=!{|[]|=~|!~|&&|\|\||=>|when|if|unless|and|or|not|elsif|in|;)$/
// Kinds of words that are all there is to say of them.
const NAMED = ['number', 'key', 'symbol', 'constant', 'name', 'variable'] as const
const PATTERN = /\/((?:[^/\\\n#]|\\[^\n]|#(?!\{))*)\/[imx]*/y

/** The words of a Ruby text, and those of each expression inside its strings. Throws TooMuch for anything that is not surely one of them. */
export function readRubyTokens (text: string): ReadonlyArray<readonly RubyToken[]> {
  if (text.length > MAX_CHARACTERS || /^=(?:begin|end)/m.test(text)) throw new TooMuch()
  const sequences: RubyToken[][] = []
  collect(text, sequences, 0)
  return sequences
}

type Said = readonly [kind: RubyToken['kind'], text: string, plain?: boolean]

/** What stands at a place: its words, where what follows begins, and the texts in it that are code. */
interface Taken { readonly said: readonly Said[], readonly next: number, readonly pieces?: readonly string[] }

function collect (text: string, sequences: RubyToken[][], depth: number): void {
  if (depth > MAX_NESTING) throw new TooMuch()
  const tokens: RubyToken[] = []
  sequences.push(tokens)
  let spaced = true
  for (let at = 0; at < text.length;) {
    const before = tokens.at(-1)
    const { said, next, pieces = [] } = patternAt(text, at, before) ?? stringAt(text, at) ?? listAt(text, at, before) ?? wordAt(text, at, before, spaced)
    if (said.length === 0) spaced = true
    for (const [kind, word, plain = true] of said) {
      tokens.push({ kind, text: word, plain, spaced })
      spaced = false
    }
    for (const piece of pieces) collect(piece, sequences, depth + 1)
    at = next
  }
}

function patternAt (text: string, at: number, before: RubyToken | undefined): Taken | null {
  if (text.charAt(at) !== '/') return null
  if (before !== undefined && before.kind !== 'line' && !(/^(?:mark|name)$/.test(before.kind) && BEFORE_PATTERN.test(before.text))) return null
  const [all, said = ''] = matched(PATTERN, text, at)
  return { said: [['regexp', said]], next: at + all.length }
}

function stringAt (text: string, at: number): Taken | null {
  if (text.charAt(at) !== '"') return null
  const { pieces, next } = doubleAt(text, at)
  const said = text.slice(at + 1, next - 1)
  return { said: [['string', said, !/[\\#]/.test(said)]], next, pieces }
}

function wordAt (text: string, at: number, before: RubyToken | undefined, spaced: boolean): Taken {
  const found = matched(TOKEN, text, at)
  const next = at + found[0].length
  const groups = found.groups ?? {}
  const { blank, line, single, stream, mark } = groups
  if (blank !== undefined) return { said: [], next }
  if (line !== undefined) return { said: [['line', ';']], next }
  if (single !== undefined) return { said: [['string', single, !single.includes('\\')]], next }
  if (stream !== undefined) return { said: [['constant', stream]], next }
  const kind = NAMED.find((name) => groups[name] !== undefined)
  if (kind !== undefined) return { said: [[kind, groups[kind] ?? '']], next }
  if (isAmbiguous(mark ?? '', before, spaced, text.charAt(next))) throw new TooMuch()
  return { said: [['mark', mark ?? '']], next }
}

// `puts %w[a b]`, `x = %i(a b)`; behind any other value, it would be divided by what follows.
function beginsList (before: RubyToken | undefined): boolean {
  return before === undefined || before.kind === 'line' || (before.kind === 'mark' && /^[=(,[{|]$|^=>$|^(?:[-+*/]|\|\||&&)=$|^(?:&&|\|\||\+|==)$/.test(before.text)) || (before.kind === 'name' && /^(?:puts|p|pp|print|in|when|return)$/.test(before.text)) || before.kind === 'key'
}

function listAt (text: string, at: number, before: RubyToken | undefined): Taken | null {
  if (text.charAt(at) !== '%' || !beginsList(before)) return null
  const [all, letter, ...inner] = /^%([wi])(?:\[([\w\s.:/@!?,'-]*)\]|\(([\w\s.:/@!?,'-]*)\)|\{([\w\s.:/@!?,'-]*)\})/.exec(text.slice(at)) ?? []
  if (all === undefined) return null
  const words = (inner.find((one) => one !== undefined) ?? '').split(/\s+/).filter((one) => one !== '')
  const said = words.flatMap((word): readonly Said[] => [['mark', ','], [letter === 'w' ? 'string' : 'symbol', word]]).slice(1)
  return { said: [['mark', '['], ...said, ['mark', ']']], next: at + all.length }
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

/** `"#{x.size}\t"`, with the texts in it that are code. */
function doubleAt (text: string, open: number): { readonly pieces: readonly string[], readonly next: number } {
  const pieces: string[] = []
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"') return { pieces, next: at + 1 }
    if (char === '\\') at += 1
    if (char !== '#') continue
    // `#$x` and `#@x` put a variable in as well.
    if (/[$@]/.test(text.charAt(at + 1))) throw new TooMuch()
    if (text.charAt(at + 1) !== '{') continue
    const end = endOfPiece(text, at + 2)
    const piece = text.slice(at + 2, end)
    if (piece.includes('\\') || piece.includes('#')) throw new TooMuch()
    pieces.push(piece)
    at = end
  }
  throw new TooMuch()
}

// Where the brace closes; texts in between hold no code of their own.
function endOfPiece (text: string, from: number): number {
  for (let at = from, depth = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"' || char === "'") at = text.indexOf(char, at + 1)
    if (at < 0 || /[`\n]/.test(char)) break
    if (char === '{') depth += 1
    if (char === '}' && depth === 0) return at
    if (char === '}') depth -= 1
  }
  throw new TooMuch()
}
