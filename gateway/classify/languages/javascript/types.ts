import { closingOf, isMark, isMember, isWord, openingOf } from './names.ts'
import type { JavascriptToken, JavascriptTokens } from './tokens.ts'

const MAX_DEPTH = 8 // types within types
const BEGINS = /^(?:[;{}]|)$/
const KEYWORD = /^(?:const|let|var|function|class|return|typeof|new|in|of|if|else|for|while|do|case|default|import|export|from|async|await|yield|delete|void|throw|instanceof|extends)$/

/**
 * A text in TypeScript without its types: what stands behind a name that is declared, behind what a function is given and gives back, behind
 * `as`, and what only declares types. Each of these would be an error in JavaScript, so that nothing of a text in that is left out; a
 * type never runs. Line ends are not among the words: where one could make a type of what is run, it is left as it is. @returns null when nothing was left out
 */
export function withoutTypes (words: JavascriptTokens): JavascriptTokens | null {
  // `Map<string, Array<A>>` closes two lists.
  const tokens = words.flatMap((token) => isShift(token) ? [{ ...token, text: '>' }, { ...token, text: '>' }] : [token])
  // Where one of these is the name of a value as well, it may be that where it looks like a word of TypeScript.
  if (['as', 'satisfies', 'type', 'interface'].some((word) => isBoth(tokens, word))) return null
  const gone = new Set<number>()
  for (const [at, token] of tokens.entries()) {
    const range = gone.has(at) ? null : declared(tokens, token, at) ?? annotated(tokens, token, at) ?? given(tokens, token, at)
    if (range !== null) for (let index = range[0]; index < range[1]; index += 1) gone.add(index)
    if (token.kind === 'mark' && token.text === '(') for (const [from, to] of parameters(tokens, at)) for (let index = from; index < to; index += 1) gone.add(index)
  }
  return gone.size === 0 ? null : withShifts(words, gone)
}

function isShift ({ kind, text }: JavascriptToken): boolean {
  return kind === 'mark' && text === '>>'
}

// The words that are left; null when half of one is.
function withShifts (words: JavascriptTokens, gone: ReadonlySet<number>): JavascriptTokens | null {
  const left: JavascriptToken[] = []
  let at = 0
  for (const token of words) {
    const places = isShift(token) ? [at, at + 1] : [at]
    const kept = places.filter((place) => !gone.has(place)).length
    if (kept === 1 && places.length === 2) return null
    if (kept > 0) left.push(token)
    at += places.length
  }
  return left
}

type Range = readonly [from: number, to: number]

function isBoth (tokens: JavascriptTokens, word: string): boolean {
  const uses = tokens.flatMap((token, at) => token.kind === 'name' && token.text === word && !isMember(tokens, at) && !isKey(tokens, at) ? [isWordOfTypes(tokens, at)] : [])
  return uses.includes(true) && uses.includes(false)
}

function isKey (tokens: JavascriptTokens, at: number): boolean {
  return isMark(tokens, at + 1, ':') && (isMark(tokens, at - 1, '{') || isMark(tokens, at - 1, ','))
}

function isWordOfTypes (tokens: JavascriptTokens, at: number): boolean {
  const { text = '' } = tokens[at] ?? {}
  if (text === 'as' || text === 'satisfies') return endsValue(tokens[at - 1]) || isMark(tokens, at - 1, '*') || isConst(tokens, at - 2)
  const before = tokens[at - 1]
  if (before !== undefined && /^(?:import|export)$/.test(before.text)) return true
  if (text === 'type' && isNamedType(tokens, at)) return true
  return tokens[at + 1]?.kind === 'name' && /^(?:[={<]|extends)$/.test(tokens[at + 2]?.text ?? '') && (before === undefined || before.kind !== 'mark' || BEGINS.test(before.text) || before.text === ')')
}

// `import { parse, type Node } from './parser'`
function isNamedType (tokens: JavascriptTokens, at: number): boolean {
  return /^[{,]$/.test(tokens[at - 1]?.text ?? '') && tokens[at + 1]?.kind === 'name' && /^[},]$|^as$/.test(tokens[at + 2]?.text ?? '') && isImported(tokens, at)
}

function endsValue (token: JavascriptToken | undefined): boolean {
  if (token === undefined) return false
  return token.kind === 'mark' ? /^[)\]}]$/.test(token.text) : token.kind !== 'name' || !KEYWORD.test(token.text)
}

// `interface A { … }`, `type A = …`, `import type { A } from 'x'`
function declared (tokens: JavascriptTokens, { kind, text }: JavascriptToken, at: number): Range | null {
  if (kind !== 'name' || isMember(tokens, at)) return null
  if (text === 'import' && tokens[at + 1]?.text === 'type' && tokens[at + 2]?.text === '{') {
    const end = closingOf(tokens, at + 2)
    return tokens[end + 1]?.text === 'from' && tokens[end + 2]?.kind === 'string' ? [at, isMark(tokens, end + 3, ';') ? end + 4 : end + 3] : null
  }
  if (!/^(?:type|interface)$/.test(text) || isKey(tokens, at) || tokens[at + 1]?.kind !== 'name') return null
  if (text === 'type' && isNamedType(tokens, at)) return [at, at + 1]
  if (text === 'type') {
    const end = isMark(tokens, at + 2, '=') ? typeAt(tokens, at + 3) : null
    return end === null ? null : [at, isMark(tokens, end, ';') ? end + 1 : end]
  }
  return isMark(tokens, at + 2, '{') ? [at, closingOf(tokens, at + 2) + 1] : null
}

// `const a: A = …`, `x as A`, `x!.y`
function annotated (tokens: JavascriptTokens, { kind, text }: JavascriptToken, at: number): Range | null {
  if (kind === 'name' && /^(?:const|let|var)$/.test(text) && !isMember(tokens, at) && (at === 0 || isMark(tokens, at - 1, ';') || /^[({]$|^export$/.test(tokens[at - 1]?.text ?? '') || endsValue(tokens[at - 1]))) {
    const end = /^[{[]$/.test(tokens[at + 1]?.text ?? '') ? closingOf(tokens, at + 1) + 1 : at + 2
    const next = isMark(tokens, end, ':') ? typeAt(tokens, end + 1) : null
    return next === null ? null : [end, next]
  }
  if (kind === 'name' && /^(?:as|satisfies)$/.test(text) && !isMember(tokens, at) && (endsValue(tokens[at - 1]) || isConst(tokens, at - 2)) && !isImported(tokens, at)) {
    if (isConst(tokens, at)) return [at, at + 2]
    const next = simpleTypeAt(tokens, at + 1) ?? (isMark(tokens, at + 1, '{') ? typeAt(tokens, at + 1) : null)
    return next === null ? null : [at, next]
  }
  return kind === 'mark' && text === '!' && endsValue(tokens[at - 1]) && /^[.),;\]]$/.test(tokens[at + 1]?.text ?? '') && tokens[at + 1]?.kind === 'mark' ? [at, at + 1] : null
}

// `[1, 2] as const`
function isConst (tokens: JavascriptTokens, at: number): boolean {
  return isWord(tokens, at, 'as') && isWord(tokens, at + 1, 'const')
}

// `{ a as b }` of an import.
function isImported (tokens: JavascriptTokens, at: number): boolean {
  for (let back = at; back >= 0 && !isMark(tokens, back, ';'); back -= 1) if (/^(?:import|export)$/.test(tokens[back]?.text ?? '') && tokens[back]?.kind === 'name') return true
  return false
}

// `new Map<string, number>(`
function given (tokens: JavascriptTokens, { kind, text }: JavascriptToken, at: number): Range | null {
  if (kind !== 'mark' || text !== '<' || tokens[at - 1]?.kind !== 'name' || KEYWORD.test(tokens[at - 1]?.text ?? '')) return null
  const end = listAt(tokens, at, 0)
  return end !== null && isMark(tokens, end, '(') && isSimple(tokens.slice(at, end)) ? [at, end] : null
}

/** What stands behind the names that a function is given, and what it gives back. */
function parameters (tokens: JavascriptTokens, open: number): readonly Range[] {
  const close = closingOf(tokens, open)
  if (close >= tokens.length) return []
  const isFunction = [open - 1, open - 2, open - 3].some((at, index) => isWord(tokens, at, 'function') && (index === 0 || tokens.slice(at + 1, open).every(({ kind, text }) => kind === 'name' || text === '*')))
  const back = isMark(tokens, close + 1, ':') ? (isFunction ? typeAt(tokens, close + 2) : simpleTypeAt(tokens, close + 2)) : null
  const isArrow = !isFunction && (isMark(tokens, close + 1, '=>') || (back !== null && isMark(tokens, back, '=>')))
  if (!isArrow && !(isFunction && (isMark(tokens, close + 1, '{') || (back !== null && isMark(tokens, back, '{'))))) return []
  const found: Range[] = back === null ? [] : [[close + 1, back]]
  for (let at = open + 1; at < close; at += 1) {
    if (/^[([{]$/.test(tokens[at]?.text ?? '') && tokens[at]?.kind === 'mark') at = closingOf(tokens, at)
    const start = isMark(tokens, at, '}') || isMark(tokens, at, ']') ? openingOf(tokens, at) : at
    if (!/^(?:[(,]|\.\.\.)$/.test(tokens[start - 1]?.text ?? '') || tokens[start - 1]?.kind !== 'mark') continue
    const colon = isMark(tokens, at + 1, '?') ? at + 2 : at + 1
    const next = isMark(tokens, colon, ':') ? typeAt(tokens, colon + 1) : null
    if (next === null) continue
    found.push([at + 1, next])
    at = next - 1
  }
  return found
}

// Names, texts and lists of them: nothing in brackets could be left out that is run.
function simpleTypeAt (tokens: JavascriptTokens, from: number): number | null {
  const end = typeAt(tokens, from)
  return end !== null && isSimple(tokens.slice(from, end)) ? end : null
}

function isSimple (tokens: JavascriptTokens): boolean {
  return !tokens.some(({ kind, text, inner }) => inner.length > 0 || (kind === 'mark' && /^[({]$|^=>$/.test(text)))
}

/** Where a type ends that begins here; null when none does. */
function typeAt (tokens: JavascriptTokens, from: number, depth = 0): number | null {
  if (depth > MAX_DEPTH) return null
  let at = isMark(tokens, from, '|') || isMark(tokens, from, '&') ? from + 1 : from
  for (;;) {
    const end = partAt(tokens, at, depth)
    if (end === null) return null
    if (!isMark(tokens, end, '|') && !isMark(tokens, end, '&')) return end
    at = end + 1
  }
}

function partAt (tokens: JavascriptTokens, from: number, depth: number): number | null {
  const token = tokens[from]
  if (token === undefined) return null
  if (token.kind === 'name' && /^(?:keyof|readonly|typeof|unique)$/.test(token.text) && tokens[from + 1]?.kind === 'name') return partAt(tokens, from + 1, depth)
  let at = from + 1
  if (token.kind === 'mark') {
    if (!/^[([{]$/.test(token.text)) return null
    at = closingOf(tokens, from) + 1
    if (at > tokens.length) return null
    if (token.text === '(' && isMark(tokens, at, '=>')) return typeAt(tokens, at + 1, depth + 1)
  } else if (token.kind === 'name') {
    if (KEYWORD.test(token.text) && token.text !== 'void') return null
    while (isMark(tokens, at, '.') && tokens[at + 1]?.kind === 'name') at += 2
    if (isMark(tokens, at, '<')) at = listAt(tokens, at, depth + 1) ?? at
  } else if (token.kind === 'pattern' || (token.kind === 'string' && !token.plain)) return null
  for (;;) {
    if (isMark(tokens, at, '[') && isMark(tokens, at + 1, ']')) at += 2
    else if (isMark(tokens, at, '[') && isMark(tokens, at + 2, ']') && (tokens[at + 1]?.text === 'number' || tokens[at + 1]?.kind === 'string')) at += 3
    else return at
  }
}

/** Where the types between `<` and `>` end; null when anything else stands there. */
function listAt (tokens: JavascriptTokens, open: number, depth: number): number | null {
  for (let at = open + 1; ;) {
    const end = typeAt(tokens, at, depth + 1)
    if (end === null) return null
    if (isMark(tokens, end, '>')) return end + 1
    if (!isMark(tokens, end, ',')) return null
    at = end + 1
  }
}
