import { closingAt, markAt } from './places.ts'
import type { ScriptToken, ScriptTokens } from './tokens.ts'
import { literal, type Read } from './ways.ts'

/** What `sys.argv[1]` and `sys.argv[1:]` are, whose bracket opens here, for a program with these words behind its name; null when that is not sure. */
export function argumentAt (tokens: readonly ScriptToken[], open: number, sequences: ScriptTokens, args: readonly string[]): Read | null {
  const end = closingAt(tokens, open)
  const words = tokens.slice(open + 1, end).map(({ text }) => text).join('')
  if (!markAt(tokens, open, '[') || sequences.some(changesArguments)) return null
  const given = /^\d+$/.test(words) ? args.slice(Number(words) - 1, Number(words)) : words === '1:' ? args : []
  return given.length === 0 || words === '0' ? null : { value: { kind: words === '1:' ? 'list' : 'text', ways: given.map((text) => [literal(text)]) }, next: end + 1 }
}

// What is only looked up in the list, or counted, is left in it.
function changesArguments (tokens: readonly ScriptToken[]): boolean {
  return tokens.some(({ kind, text }, at) => {
    if (kind !== 'name' || text !== 'argv' || tokens[at - 2]?.text === 'len') return false
    return !markAt(tokens, at + 1, '[') || /=$|^\.$|^\[$/.test(tokens[closingAt(tokens, at + 1) + 1]?.text ?? '')
  })
}
