import { closingAt, isPlain, markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import { MADE, MAX_WAYS, type Read, type Way } from './ways.ts'
import { deepening } from '../brackets.ts'

type Reader = (tokens: readonly ScriptToken[], at: number) => Read | null

/** `[a, b]`, rows of them, or what a comprehension makes of each name of a list. */
export function listAt (read: Reader, tokens: readonly ScriptToken[], open: number, end: ']' | ')'): Read | null {
  const close = closingAt(tokens, open)
  const first = rowAt(read, tokens, open + 1)
  if (first === null) return null
  if (tokens[first.next]?.text === 'for') return first.columns.length === 1 && first.columns[0] != null && !first.isRow ? { value: { kind: 'list', ways: first.columns[0] }, next: close + 1 } : null
  const columns = first.columns.map((column) => column === null ? null : [...column])
  let at = first.next
  while (markAt(tokens, at, ',') && !markAt(tokens, at + 1, end)) {
    const row = rowAt(read, tokens, at + 1)
    if (row === null || row.isRow !== first.isRow) return null
    for (const [index, column] of columns.entries()) {
      const more = row.columns[index]
      if (column === null || more == null) columns[index] = null
      else column.push(...more)
    }
    at = row.next
  }
  if (at !== close && !(markAt(tokens, at, ',') && at + 1 === close)) return null
  if (columns.some((column) => (column?.length ?? 0) > MAX_WAYS)) return null
  const [only] = columns
  return first.isRow ? { value: { kind: 'rows', columns }, next: close + 1 } : only == null ? null : { value: { kind: 'list', ways: only }, next: close + 1 }
}

// One entry of a list: a text, or a row of some.
function rowAt (read: Reader, tokens: readonly ScriptToken[], at: number): { readonly columns: ReadonlyArray<readonly Way[] | null>, readonly isRow: boolean, readonly next: number } | null {
  if (markAt(tokens, at, '(') || markAt(tokens, at, '[')) {
    const end = closingAt(tokens, at)
    return { columns: entries(tokens, at, end).map((from) => wholeAt(read, tokens, from)), isRow: true, next: end + 1 }
  }
  // `[*a.glob('x'), *b]`
  const spread = markAt(tokens, at, '*') ? read(tokens, at + 1) : null
  if (markAt(tokens, at, '*')) return spread?.value.kind === 'list' ? { columns: [spread.value.ways], isRow: false, next: spread.next } : null
  const found = read(tokens, at)
  return found?.value.kind === 'text' ? { columns: [found.value.ways], isRow: false, next: found.next } : null
}

function wholeAt (read: Reader, tokens: readonly ScriptToken[], from: number): readonly Way[] | null {
  const found = read(tokens, from)
  return found?.value.kind === 'text' && /^[,)\]]$/.test(tokens[found.next]?.text ?? '') ? found.value.ways : null
}

/** `{'a.ts': [('x', 'y')]}`, of which only the keys matter. */
export function dictionaryAt (read: Reader, tokens: readonly ScriptToken[], open: number): Read | null {
  const close = closingAt(tokens, open)
  const ways: Way[] = []
  for (const at of entries(tokens, open, close)) {
    const key = read(tokens, at)
    if (key?.value.kind !== 'text' || !markAt(tokens, key.next, ':')) return null
    ways.push(...key.value.ways)
  }
  return ways.length > 0 && ways.length <= MAX_WAYS ? { value: { kind: 'rows', columns: [ways, null] }, next: close + 1 } : null
}

/** A folder that nobody else has, from behind the bracket of what makes it: what it is called is not known, but where it is. */
export function madeFolder (tokens: readonly ScriptToken[], from: number): Read | null {
  const end = closingAt(tokens, from - 1)
  const words = tokens.slice(from, end)
  return words.every((token, at) => /^(?:,|=)$/.test(token.text) || /^(?:prefix|suffix)$/.test(token.text) || (isPlain(token) && /^[\w.-]+$/.test(token.text) && words[at - 1]?.text === '=')) ? { value: MADE, next: end + 1 } : null
}

/** Where each entry begins between two brackets. */
function entries (tokens: readonly ScriptToken[], open: number, close: number): readonly number[] {
  const from: number[] = []
  for (let at = open + 1, depth = 0, begins = true; at < close; at += 1) {
    const token = tokens[at]
    if (begins) from.push(at)
    begins = false
    if (token?.kind !== 'mark') continue
    depth += deepening(token.text)
    begins = depth === 0 && token.text === ','
  }
  return from
}
