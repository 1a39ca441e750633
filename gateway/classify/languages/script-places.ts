import type { ScriptToken, ScriptTokens } from './script-tokens.ts'

/** A file or folder that a program names; `below` is the pattern of the files it finds under it. */
export interface ScriptPlace { readonly root: string, readonly below: string | null }

const ASSIGNS = /^(?:[-+*/%&|^]|\*\*|\/\/)?=$/
const CLOSERS: ReadonlySet<string> = new Set([')', ']', '}'])

/**
 * The names of a program that surely stand for one place: each is given its value once only, and that value is written out.
 * `isPath` tells the names that make a path of a text.
 */
export function namedPlaces (sequences: ScriptTokens, isPath: (name: string) => boolean): ReadonlyMap<string, ScriptPlace> {
  const times = new Map<string, number>()
  for (const tokens of sequences) for (const name of boundNames(tokens)) times.set(name, (times.get(name) ?? 0) + 1)
  const places = new Map<string, ScriptPlace>()
  for (const tokens of sequences) {
    for (const [at, token] of tokens.entries()) {
      if (token.kind !== 'name' || times.get(token.text) !== 1) continue
      const before = tokens[at - 1]
      const place = markAt(tokens, at + 1, '=') && (before === undefined || before.kind === 'line')
        ? placeAt(tokens, at + 2, isPath, places)
        : before?.text === 'for' && tokens[at + 1]?.text === 'in' ? foundAt(tokens, at + 2, isPath, places) : null
      if (place !== null) places.set(token.text, place)
    }
  }
  return places
}

/** `'x'` or `Path('x')`, up to the end of the statement. */
function placeAt (tokens: readonly ScriptToken[], at: number, isPath: (name: string) => boolean, places: ReadonlyMap<string, ScriptPlace>): ScriptPlace | null {
  const read = pathAt(tokens, at, isPath, places)
  return read !== null && (tokens[read.next] === undefined || tokens[read.next]?.kind === 'line') ? read.place : null
}

/** `Path('x').rglob('*.py')` or `glob.glob('x/*.py')`, also within `sorted( )`. */
function foundAt (tokens: readonly ScriptToken[], from: number, isPath: (name: string) => boolean, places: ReadonlyMap<string, ScriptPlace>): ScriptPlace | null {
  const sorted = tokens[from]?.text === 'sorted' && markAt(tokens, from + 1, '(')
  const found = listedAt(tokens, sorted ? from + 2 : from, isPath, places)
  if (found === null || (sorted && !markAt(tokens, found.next, ')'))) return null
  return endsList(tokens, from, found.next + (sorted ? 1 : 0)) ? found.place : null
}

// Nothing may be added to what was found, as by `or ['.env']`; an `if` only narrows it, unless it chooses between two.
function endsList (tokens: readonly ScriptToken[], from: number, next: number): boolean {
  const after = tokens[next]
  if (after === undefined || (after.kind === 'mark' && /^[:)\]}]$/.test(after.text))) return true
  return after.kind === 'name' && after.text === 'if' && !tokens.slice(next).some(({ kind, text }) => kind === 'name' && text === 'else') && from > 0
}

/** What is read with the files of a place besides: listings that Python makes by patterns name hidden files too. */
export function hiddenOf ({ root, below }: ScriptPlace): readonly ScriptPlace[] {
  if (below === null) return []
  const parts = below.split('/')
  return parts.flatMap((part, at) => /^(?:\*(?!\*)|[?[])/.test(part) ? [{ root, below: parts.with(at, part.startsWith('*') ? `.${part}` : `.${part.replace(/^(?:\?|\[[^\]]*\])/, '')}`).join('/') }] : [])
}

interface FoundPlace { readonly place: ScriptPlace, readonly next: number }

function listedAt (tokens: readonly ScriptToken[], at: number, isPath: (name: string) => boolean, places: ReadonlyMap<string, ScriptPlace>): FoundPlace | null {
  const names = `${tokens[at]?.text ?? ''}${tokens[at + 1]?.text ?? ''}${tokens[at + 2]?.text ?? ''}`
  if (names === 'glob.glob') {
    const pattern = tokens[at + 4]
    const end = endOfGlob(tokens, at + 5)
    return markAt(tokens, at + 3, '(') && isPlain(pattern) && end !== null ? { place: { root: '.', below: pattern.text }, next: end } : null
  }
  const read = pathAt(tokens, at, isPath, places)
  if (read === null || read.place.below !== null || !markAt(tokens, read.next, '.')) return null
  return patternAt(tokens, read.next + 1, read.place.root)
}

/** Where the words behind the pattern of `glob.glob` end; what else it takes moves it elsewhere. */
export function endOfGlob (tokens: readonly ScriptToken[], at: number): number | null {
  if (markAt(tokens, at, ')')) return at + 1
  return markAt(tokens, at, ',') && tokens[at + 1]?.text === 'recursive' && markAt(tokens, at + 2, '=') && markAt(tokens, at + 4, ')') ? at + 5 : null
}

function patternAt (tokens: readonly ScriptToken[], at: number, root: string): FoundPlace | null {
  const verb = tokens[at]?.text
  if (verb === 'iterdir' && markAt(tokens, at + 1, '(') && markAt(tokens, at + 2, ')')) return { place: { root, below: '*' }, next: at + 3 }
  const pattern = tokens[at + 2]
  if (!markAt(tokens, at + 1, '(') || !isPlain(pattern) || !markAt(tokens, at + 3, ')')) return null
  if (verb !== 'rglob' && verb !== 'glob') return null
  return { place: { root, below: verb === 'rglob' ? `**/${pattern.text}` : pattern.text }, next: at + 4 }
}

/** A place that begins at this word, and where the words after it begin. */
export function pathAt (tokens: readonly ScriptToken[], at: number, isPath: (name: string) => boolean, places: ReadonlyMap<string, ScriptPlace>): FoundPlace | null {
  const token = tokens[at]
  if (isPlain(token)) return { place: { root: token.text, below: null }, next: at + 1 }
  if (token?.kind !== 'name') return null
  const known = places.get(token.text)
  if (known !== undefined) return { place: known, next: at + 1 }
  const name = markAt(tokens, at + 1, '.') ? `${token.text}.${tokens[at + 2]?.text ?? ''}` : token.text
  const open = at + (name === token.text ? 1 : 3)
  const inner = tokens[open + 1]
  const root = isPlain(inner) ? { root: inner.text, below: null } : inner?.kind === 'name' ? places.get(inner.text) : undefined
  return isPath(name) && markAt(tokens, open, '(') && root !== undefined && markAt(tokens, open + 2, ')') ? { place: root, next: open + 3 } : null
}

/** Each name as often as it is given a value, and rather too often. */
function boundNames (tokens: readonly ScriptToken[]): readonly string[] {
  const bound: string[] = []
  let statement = 0
  let depth = 0
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'line') statement = at + 1
    else if (token.kind === 'mark') {
      if (/^[([{]$/.test(token.text)) depth += 1
      else if (CLOSERS.has(token.text)) depth -= 1
      else if (ASSIGNS.test(token.text) && depth === 0) bound.push(...namesBetween(tokens, statement, at))
    } else if (token.text === 'for') bound.push(...namesBetween(tokens, at + 1, tokens.findIndex(({ text }, index) => index > at && text === 'in')))
    else if (/^(?:as|import|def|lambda|del|global|nonlocal|except)$/.test(token.text)) bound.push(...namesBetween(tokens, at + 1, tokens.findIndex(({ kind, text }, index) => index > at && (kind === 'line' || text === ':'))))
  }
  return bound
}

function namesBetween (tokens: readonly ScriptToken[], from: number, to: number): readonly string[] {
  return tokens.slice(from, to < 0 ? undefined : to).filter(({ kind }) => kind === 'name').map(({ text }) => text)
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
