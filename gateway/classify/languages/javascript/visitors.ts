import { closingOf, isMark, isMember, isPlainText } from './names.ts'
import { saidBy, VISITS } from './walkers.ts'
import type { JavascriptToken, JavascriptTokens } from './tokens.ts'

/** A text in which what is done to each file below a folder is done in a loop over all of them, with how the names of these end. */
export interface Visited { readonly rest: JavascriptTokens, readonly walkers: ReadonlyMap<string, string>, readonly needs: readonly string[] }

const MAX_WORDS = 400 // of one such function
const LEAVES = /^(?:return|break|yield|await|this|arguments)$/

/** Takes a function apart that walks through a folder and does something to each file: `function walk (d) { for (…) { …; if (…) walk(f); else BODY } }` and `walk('src')` are a loop with that body. */
export function withoutVisitor (tokens: JavascriptTokens): Visited {
  for (let at = 0; at < tokens.length; at += 1) {
    const found = visitorAt(tokens, at)
    if (found !== null) return found
  }
  return { rest: tokens, walkers: new Map(), needs: [] }
}

function visitorAt (tokens: JavascriptTokens, at: number): Visited | null {
  const first = tokens[at]
  if (first?.kind !== 'name' || !/^(?:function|const|let)$/.test(first.text) || isMember(tokens, at)) return null
  const open = tokens.findIndex((token, index) => index > at && token.kind === 'mark' && token.text === '{')
  const end = open < 0 ? tokens.length : closingOf(tokens, open)
  if (end >= tokens.length || end - at > MAX_WORDS) return null
  const words = tokens.slice(at, end + 1).map(saidBy)
  const head = VISITS.exec(words.join(' '))
  const groups = head?.groups
  if (head === null || groups === undefined) return null
  const { w = '', d = '', e = '', p = '', lists = '', joins, ending2 = '', ending = ending2, else: otherwise } = groups
  const from = at + wordsWithin(words, head[0].length)
  // The loop's own brace and the function's.
  const body = bodyOf(tokens.slice(from, end - 1), otherwise !== undefined)
  const last = isMark(tokens, end + 1, ';') ? end + 1 : end
  const call = tokens.findIndex((token, index) => index > last && isNamed(token, w))
  if (body === null || !isMark(tokens, end - 1, '}') || uses(body, new Set([w, d, e])) || !isOnlyCalled(tokens, w, at, last, call)) return null
  const loop = headOf(tokens.slice(at, end), p)
  if (loop === null) return null
  const rest = [...tokens.slice(0, at), ...tokens.slice(last + 1, call), ...loop, ...tokens.slice(call, call + 4), mark(')'), mark('{'), ...body, mark('}'), ...tokens.slice(call + 4)]
  return { rest, walkers: new Map([[w, ending]]), needs: [lists, ...joins === undefined ? [] : [joins]].map((need) => need.replaceAll(' ', '')) }
}

// `for (const f of`, with the name that the function gives each file.
function headOf (loop: JavascriptTokens, path: string): JavascriptTokens | null {
  const at = loop.findIndex(({ kind, text }) => kind === 'name' && text === 'for')
  const name = loop.find((token) => isNamed(token, path))
  return at < 0 || name === undefined ? null : [...loop.slice(at, at + 3), name, ...loop.slice(at + 4, at + 5)]
}

// Behind `else` it is one statement, or several in braces; behind `continue` all that follows.
function bodyOf (tokens: JavascriptTokens, isElse: boolean): JavascriptTokens | null {
  if (tokens.length === 0) return null
  if (!isElse) return tokens
  if (isMark(tokens, 0, '{')) {
    const end = closingOf(tokens, 0)
    return end >= tokens.length - 1 ? tokens.slice(1, end) : null
  }
  // More than one would be for folders, too.
  const stop = tokens.findIndex((token, index) => token.kind === 'mark' && token.text === ';' && depthAt(tokens, index) === 0)
  return (stop < 0 || stop === tokens.length - 1) && /^[\w$]+$/.test(tokens[0]?.text ?? '') && !/^(?:if|for|while|do|switch|try|const|let|var|function|class)$/.test(tokens[0]?.text ?? '') && isOneStatement(tokens) ? tokens : null
}

// Without semicolons, a statement ends where no value can go on: a name behind a bracket.
function isOneStatement (tokens: JavascriptTokens): boolean {
  return tokens.every((token, at) => at === 0 || token.kind !== 'name' || isMember(tokens, at) || depthAt(tokens, at) > 0 || /^(?:in|of|instanceof|typeof)$/.test(token.text) || (tokens[at - 1]?.kind === 'mark' && !/^[)\]}]$/.test(tokens[at - 1]?.text ?? '')))
}

function depthAt (tokens: JavascriptTokens, at: number): number {
  let depth = 0
  for (const { kind, text } of tokens.slice(0, at)) if (kind === 'mark') depth += /^[([{]$/.test(text) ? 1 : /^[)\]}]$/.test(text) ? -1 : 0
  return depth
}

function isNamed (token: JavascriptToken | undefined, name: string): boolean {
  return token?.kind === 'name' && token.text === name
}

// What belongs to the function alone, or leaves it, has no meaning in a loop.
function uses (tokens: JavascriptTokens, names: ReadonlySet<string>): boolean {
  return tokens.some(({ kind, text, inner }) => (kind === 'name' && (names.has(text) || LEAVES.test(text))) || inner.some((words) => uses(words, names)))
}

// Once, with a folder that is written out, as a statement of its own behind the function.
function isOnlyCalled (tokens: JavascriptTokens, name: string, at: number, last: number, call: number): boolean {
  const others = [...tokens.slice(0, at), ...tokens.slice(last + 1, call), ...tokens.slice(call + 4)]
  if (call < 0 || uses(others, new Set([name]))) return false
  const before = tokens[call - 1]
  const begins = call - 1 === last || (before?.kind === 'mark' && /^[;}]$/.test(before.text))
  return begins && depthAt(tokens, call) === 0 && isMark(tokens, call + 1, '(') && isPlainText(tokens[call + 2]) && isMark(tokens, call + 3, ')')
}

function wordsWithin (words: readonly string[], length: number): number {
  let seen = 0
  let count = 0
  while (count < words.length && seen < length) seen += (words[count++]?.length ?? 0) + 1
  return count
}

function mark (text: string): JavascriptToken {
  return { kind: 'mark', text, plain: false, pieces: [], inner: [] }
}
