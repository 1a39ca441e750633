import type { ScriptToken } from './tokens.ts'
import { deepening } from '../brackets.ts'

const ASSIGNS = /^(?:[-+*/%&|^]|\*\*|\/\/)?=$/
// Statements that others may follow on the same line.
const HEADS = /^(?:if|elif|else|for|while|with|try|except|finally|def|class|async|case|match)$/
const CLOSERS: ReadonlySet<string> = new Set([')', ']', '}'])

/** Where the words behind the pattern of `glob.glob` end; what else it takes moves it elsewhere. */
export function endOfGlob (tokens: readonly ScriptToken[], at: number): number | null {
  if (markAt(tokens, at, ')')) return at + 1
  return markAt(tokens, at, ',') && tokens[at + 1]?.text === 'recursive' && markAt(tokens, at + 2, '=') && markAt(tokens, at + 4, ')') ? at + 5 : null
}

/** Each name as often as it is given a value, and rather too often. */
export function boundNames (tokens: readonly ScriptToken[]): readonly string[] {
  const bound: string[] = []
  let statement = 0
  let depth = 0
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'line') statement = at + 1
    else if (token.kind === 'mark') {
      if (/^[([{]$/.test(token.text)) depth += 1
      else if (CLOSERS.has(token.text)) depth -= 1
      else if (token.text === ':' && depth === 0 && HEADS.test(tokens[statement]?.text ?? '')) statement = at + 1
      else if (token.text === ':=') bound.push(tokens[at - 1]?.text ?? '')
      else if (ASSIGNS.test(token.text) && depth === 0) bound.push(...targetsBetween(tokens, statement, at))
    } else if (token.text === 'for') bound.push(...namesBetween(tokens, at + 1, tokens.findIndex(({ text }, index) => index > at && text === 'in')))
    else if (/^(?:as|import|def|lambda|del|global|nonlocal|except)$/.test(token.text) || isPattern(tokens, at)) bound.push(...namesBetween(tokens, at + 1, tokens.findIndex(({ kind, text }, index) => index > at && (kind === 'line' || text === ':'))))
  }
  return bound
}

// `case [first, *rest]:`
function isPattern (tokens: readonly ScriptToken[], at: number): boolean {
  const before = tokens[at - 1]
  return tokens[at]?.text === 'case' && (before === undefined || before.kind === 'line' || before.text === ':') && !/^(?:\.|=)$/.test(tokens[at + 1]?.text ?? '')
}

function namesBetween (tokens: readonly ScriptToken[], from: number, to: number): readonly string[] {
  return tokens.slice(from, to < 0 ? undefined : to).filter(({ kind }) => kind === 'name').map(({ text }) => text)
}

// `counts[p] += 1` gives p no value.
function targetsBetween (tokens: readonly ScriptToken[], from: number, to: number): readonly string[] {
  const names: string[] = []
  for (let at = from; at < to; at += 1) {
    const before = tokens[at - 1]
    const looksUp = markAt(tokens, at, '[') && at > from && (before?.kind === 'name' || markAt(tokens, at - 1, ']') || markAt(tokens, at - 1, ')'))
    if (looksUp) at = closingAt(tokens, at)
    else if (tokens[at]?.kind === 'name') names.push(tokens[at]?.text ?? '')
  }
  return names
}

/** Whether this word is a string that is exactly its text. */
export function isPlain (token: ScriptToken | undefined): token is ScriptToken & { readonly kind: 'string' } {
  return token?.kind === 'string' && token.plain && token.text !== ''
}

/** Whether this mark stands there. */
export function markAt (tokens: readonly ScriptToken[], at: number, mark: string): boolean {
  const token = tokens[at]
  return token?.kind === 'mark' && token.text === mark
}

/** Where the bracket closes that opens there; beyond the end when it does not. */
export function closingAt (tokens: readonly ScriptToken[], open: number): number {
  for (let at = open, depth = 0; at < tokens.length; at += 1) {
    const { kind, text = '' } = tokens[at] ?? {}
    if (kind === 'mark') depth += deepening(text)
    if (depth === 0) return at
  }
  return tokens.length
}
