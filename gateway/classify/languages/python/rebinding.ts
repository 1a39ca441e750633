import { begins } from './imports.ts'
import { markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import { deepening } from '../brackets.ts'

const BINDERS = /^(?:as|def|class|global|nonlocal|del|for|lambda)$/

/** Names that a program gives another value than its imports do. */
export function reboundNames (tokens: readonly ScriptToken[]): ReadonlySet<string> {
  const names = new Set<string>()
  let depth = 0
  let head: 'import' | 'def' | 'lambda' | 'for' | 'case' | null = null
  let start = 0
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind === 'line') { head = null; start = at + 1; depth = 0; continue }
    if (kind === 'mark') {
      depth += deepening(text)
      if (text === ':' && (head === 'lambda' || depth === 0) && head !== 'import') head = null
      if (depth === 0 && /^(?:[-+*/%&|^]|\*\*|\/\/)?=$/.test(text)) for (const name of targets(tokens, start, at)) names.add(name)
    }
    if (kind !== 'name' || markAt(tokens, at - 1, '.')) continue
    if (begins(tokens, at) && /^(?:import|from)$/.test(text)) head = 'import'
    if (head === 'import') continue
    const before = tokens[at - 1]?.text ?? ''
    if (BINDERS.test(before) || markAt(tokens, at + 1, ':=') || head === 'for' || (head === 'lambda' && /^(?:,|\*\*?)$/.test(before)) || (head === 'def' && depth === 1 && /^(?:[(,]|\*\*?)$/.test(before)) || (head === 'case' && !/^[(.]$/.test(tokens[at + 1]?.text ?? ''))) names.add(text)
    if (text === 'in' && head === 'for') head = null
    else if (/^(?:def|lambda|for)$/.test(text)) head = text as 'def' | 'lambda' | 'for'
    else if (text === 'case' && begins(tokens, at)) head = 'case'
  }
  return names
}

// `a = `, `a, (b, c) = `, `a: int = `
function targets (tokens: readonly ScriptToken[], from: number, to: number): readonly string[] {
  const names: string[] = []
  for (let at = from; at < to; at += 1) {
    const { kind, text = '' } = tokens[at] ?? {}
    if (text === ':' && kind === 'mark' && at > from + 1) break
    if (kind === 'name' && !markAt(tokens, at - 1, '.') && /^(?:[,)\]:]|(?:[-+*/%&|^]|\*\*|\/\/)?=)$/.test(tokens[at + 1]?.text ?? '')) names.push(text)
    if (text === ':' && kind === 'mark') break
  }
  return names
}
