import { closingOf, isMark, isMember, isWord } from './names.ts'
import type { JavascriptTokens } from './tokens.ts'

// Behind one of these, a bracket begins a list.
const BEFORE_LIST = /^(?:return|of|in|yield|await|const|let|var|typeof|void|delete|new|case|throw|else|do|instanceof|async|default|static|get|set)$/

/** Whether `d[k]`, whose bracket opens there, is what `d` itself has: `for (const k of Object.keys(d).sort()) out[k] = d[k]`. */
export function isOwnKey (tokens: JavascriptTokens, open: number, sequences: readonly JavascriptTokens[], bound: ReadonlyMap<string, number>): boolean {
  const [object, key] = [tokens[open - 1], tokens[open + 1]]
  if (object?.kind !== 'name' || isMember(tokens, open - 1) || key?.kind !== 'name' || !isMark(tokens, open + 2, ']') || isMark(tokens, open + 3, '(')) return false
  // In `out[k] = …` nothing is bound.
  const filled = sequences.reduce((sum, sequence) => sum + sequence.filter((_, at) => isFilled(sequence, at, key.text)).length, 0)
  if (bound.get(key.text) !== filled + 1 || bound.get(object.text) !== 1) return false
  // Of what it once had, it could have been rid since.
  if (sequences.some((sequence) => sequence.some((_, at) => isWord(sequence, at, 'delete')))) return false
  return tokens.some((_, at) => goesThroughKeys(tokens, at, key.text, object.text))
}

// `out[k] =`
function isFilled (tokens: JavascriptTokens, at: number, key: string): boolean {
  const object = tokens[at - 2]
  return isWord(tokens, at, key) && isMark(tokens, at - 1, '[') && isMark(tokens, at + 1, ']') && isMark(tokens, at + 2, '=') && object?.kind === 'name' && !BEFORE_LIST.test(object.text)
}

// `const k of Object.keys(d).sort())`
function goesThroughKeys (tokens: JavascriptTokens, at: number, key: string, object: string): boolean {
  if (!isWord(tokens, at, key) || !isWord(tokens, at - 1, 'const') || !isWord(tokens, at + 1, 'of') || !isWord(tokens, at + 2, 'Object')) return false
  if (tokens.slice(at + 3, at + 8).map(({ text }) => text).join('') !== `.keys(${object})` || !isWord(tokens, at + 6, object)) return false
  let end = at + 8
  while (isMark(tokens, end, '.') && /^(?:sort|toSorted|reverse)$/.test(tokens[end + 1]?.text ?? '') && isMark(tokens, end + 2, '(')) end = closingOf(tokens, end + 2) + 1
  return isMark(tokens, end, ')')
}
