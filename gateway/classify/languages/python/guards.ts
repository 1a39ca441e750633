import { isPlain, markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import { deepening } from '../brackets.ts'

/** Where a name is given each entry of a list: `scope` is the brackets of a comprehension. */
export interface Loop { readonly scope: readonly [number, number] | null }

// An ending that says of what kind a file is.
const ENDING = /^[\w.-]*\.[\w-]+$/

/**
 * The endings that a name of a loop surely has where it stands, since a test of them leads there or all others were passed over;
 * null when nothing says so.
 */
export function endingsFor (tokens: readonly ScriptToken[], name: string, { scope }: Loop, listEnd: number, at: number): readonly string[] | null {
  if (scope !== null) return tokens[listEnd]?.text === 'if' ? endingsIn(tokens, listEnd + 1, endOfCondition(tokens, listEnd + 1, scope[1]), name, 'and') : null
  const colon = colonAfter(tokens, listEnd - 1)
  const end = endOfBlock(tokens, colon)
  if (at <= colon || at >= end) return null
  const body = indentAt(tokens, firstOf(tokens, colon))
  for (let index = colon + 1; index < at; index += 1) {
    if (!isIf(tokens, index)) continue
    const then = colonAfter(tokens, index)
    const inner = endOfBlock(tokens, then)
    const holds = at > then && at < inner ? endingsIn(tokens, index + 1, then, name, 'and') : null
    if (holds !== null) return holds
    // `if not f.endswith('.py'): continue`
    const only = firstOf(tokens, then)
    const passes = at >= inner && tokens[only]?.text === 'continue' && tokens[only + 1]?.kind === 'line' && only + 1 >= inner - 1 && indentAt(tokens, index) === body
    const passed = passes ? endingsIn(tokens, index + 1, then, name, 'or') : null
    if (passed !== null) return passed
  }
  return null
}

/** The endings that a name has where it stands, as a test of it leads there and it keeps its value from there on. */
export function endingsAt (tokens: readonly ScriptToken[], name: string, at: number, isBound: (from: number, to: number) => boolean): readonly string[] | null {
  for (let index = 0; index < at; index += 1) {
    if (!isIf(tokens, index)) continue
    const then = colonAfter(tokens, index)
    const inner = endOfBlock(tokens, then)
    const holds = at > then && at < inner && !isBound(index, inner) ? endingsIn(tokens, index + 1, then, name, 'and') : null
    if (holds !== null) return holds
  }
  return null
}

/** Whether a statement of the body of a loop stands there, so that each round comes by it. */
export function isOfBody (tokens: readonly ScriptToken[], listEnd: number, at: number): boolean {
  const colon = colonAfter(tokens, listEnd - 1)
  return at > colon && at < endOfBlock(tokens, colon) && indentAt(tokens, at) === indentAt(tokens, firstOf(tokens, colon)) && tokens[colon + 1]?.kind === 'line'
}

/** From the colon of the loop that begins there to the end of its body. */
export function bodyOf (tokens: readonly ScriptToken[], forAt: number): { readonly from: number, readonly to: number } {
  const from = colonAfter(tokens, forAt)
  return { from, to: tokens[from + 1]?.kind === 'line' ? endOfBlock(tokens, from) : from }
}

function isIf (tokens: readonly ScriptToken[], at: number): boolean {
  return tokens[at]?.kind === 'name' && /^(?:if|elif)$/.test(tokens[at]?.text ?? '') && tokens[at - 1]?.kind === 'line'
}

// The tests that are joined by `and`, or of which by `or` one negated is enough.
function endingsIn (tokens: readonly ScriptToken[], from: number, to: number, name: string, join: 'and' | 'or'): readonly string[] | null {
  let start = from
  let found: readonly string[] | null = null
  for (let at = from, depth = 0; at <= to; at += 1) {
    const { kind, text = '' } = tokens[at] ?? {}
    if (depth === 0 && kind === 'name' && (/^(?:if|else|lambda)$/.test(text) || (text === (join === 'and' ? 'or' : 'and')))) return null
    if (at === to || (depth === 0 && kind === 'name' && text === join)) {
      const negated = tokens[start]?.text === 'not'
      const test = negated === (join === 'or') ? testAt(tokens, start + (negated ? 1 : 0), name) : null
      if (test?.next === at) found ??= test.endings
      start = at + 1
    }
    if (kind === 'mark') depth += deepening(text)
  }
  return found
}

// Where the condition of a comprehension ends: at the next part of it, or its bracket.
function endOfCondition (tokens: readonly ScriptToken[], from: number, close: number): number {
  for (let at = from, depth = 0; at < close; at += 1) {
    const { kind, text = '' } = tokens[at] ?? {}
    if (depth === 0 && kind === 'name' && text === 'for') return at
    if (kind === 'mark') depth += deepening(text)
  }
  return close
}

/** `f.endswith('.py')`, `f.endswith(('.js', '.ts'))`, `p.suffix == '.py'`, `p.suffix in {'.js', '.ts'}` */
function testAt (tokens: readonly ScriptToken[], at: number, name: string): { readonly endings: readonly string[], readonly next: number } | null {
  if (tokens[at]?.kind !== 'name' || tokens[at]?.text !== name || !markAt(tokens, at + 1, '.')) return null
  const verb = tokens[at + 2]?.text
  if (verb === 'name' && markAt(tokens, at + 3, '.') && tokens[at + 4]?.text === 'endswith') return endswith(tokens, at + 5)
  if (verb === 'endswith') return endswith(tokens, at + 3)
  if (verb !== 'suffix') return null
  if (markAt(tokens, at + 3, '==')) return listed(tokens, at + 4, null)
  return tokens[at + 3]?.text === 'in' && /^[[({]$/.test(tokens[at + 4]?.text ?? '') ? listed(tokens, at + 5, tokens[at + 4]?.text ?? '') : null
}

function endswith (tokens: readonly ScriptToken[], open: number): { readonly endings: readonly string[], readonly next: number } | null {
  if (!markAt(tokens, open, '(')) return null
  const several = markAt(tokens, open + 1, '(')
  const read = listed(tokens, open + (several ? 2 : 1), several ? '(' : null)
  return read !== null && markAt(tokens, read.next, ')') ? { endings: read.endings, next: read.next + 1 } : null
}

function listed (tokens: readonly ScriptToken[], from: number, open: string | null): { readonly endings: readonly string[], readonly next: number } | null {
  const endings: string[] = []
  for (let at = from; ; at += 2) {
    const token = tokens[at]
    if (!isPlain(token) || !ENDING.test(token.text)) return null
    endings.push(token.text)
    if (open === null) return { endings, next: at + 1 }
    if (markAt(tokens, at + 1, ',') && !/^[)\]}]$/.test(tokens[at + 2]?.text ?? '')) continue
    const close = markAt(tokens, at + 1, ',') ? at + 2 : at + 1
    return /^[)\]}]$/.test(tokens[close]?.text ?? '') && endings.length <= 8 ? { endings, next: close + 1 } : null
  }
}

/** The colon that ends the head of a statement. */
function colonAfter (tokens: readonly ScriptToken[], from: number): number {
  for (let at = from + 1, depth = 0; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token?.kind !== 'mark') continue
    if (depth === 0 && token.text === ':') return at
    depth += deepening(token.text)
  }
  return tokens.length
}

/** The first word of the statements below a colon. */
function firstOf (tokens: readonly ScriptToken[], colon: number): number {
  let at = colon + 1
  while (tokens[at]?.kind === 'line') at += 1
  return at
}

/** Where the statements below a colon end: at a line that stands no further in than the one with the colon. */
function endOfBlock (tokens: readonly ScriptToken[], colon: number): number {
  const own = indentAt(tokens, colon)
  for (let at = colon + 1; at < tokens.length; at += 1) {
    const { kind, indent } = tokens[at] ?? {}
    if (kind === 'line' && indent !== undefined && tokens[at + 1]?.kind !== 'line' && tokens[at + 1] !== undefined && indent <= own) return at
  }
  return tokens.length
}

/** How far the line stands in on which this word is. */
function indentAt (tokens: readonly ScriptToken[], from: number): number {
  for (let at = from - 1; at >= 0; at -= 1) if (tokens[at]?.kind === 'line' && tokens[at]?.indent !== undefined) return tokens[at]?.indent ?? 0
  return 0
}
