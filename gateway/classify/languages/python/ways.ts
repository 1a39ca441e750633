import type { ScriptPlace } from '../reached.ts'

/** A piece of a text: exactly that, or a pattern of names that a listing finds. */
export interface Part { readonly text: string, readonly pattern: boolean }
export type Way = readonly Part[]

/**
 * All that an expression may be: one of some texts, a list of them, a list of rows by columns of which each is one of some texts or
 * unknown, or what `os.walk` finds below some folders.
 */
export type ScriptValue =
  | { readonly kind: 'text' | 'list' | 'walk', readonly ways: readonly Way[] }
  | { readonly kind: 'rows', readonly columns: ReadonlyArray<readonly Way[] | null> }

/** A value, and where the words after it begin. */
export interface Read { readonly value: ScriptValue, readonly next: number }

/** How many texts one value may be. */
export const MAX_WAYS = 64

export const literal = (text: string): Part => ({ text, pattern: false })
export const pattern = (text: string): Part => ({ text, pattern: true })
export const SLASH = literal('/')

/** A folder that nobody else has: what it is called is not known, but where it is. */
export const MADE: ScriptValue = { kind: 'text', ways: [[literal('/tmp/made-by-tempfile')]] }

/** Both, where nothing yet is known as well as where something is. */
export function merge (all: ScriptValue | undefined, value: ScriptValue | null): ScriptValue | null {
  return value === null ? null : all === undefined ? value : united(all, value)
}

/** What a loop hands to one of its names. */
export function elementOf (value: ScriptValue, column: number, columns: number): ScriptValue | null {
  if (value.kind === 'list') return columns === 1 ? { kind: 'text', ways: value.ways } : null
  if (value.kind === 'rows') {
    const ways = value.columns[columns === 1 ? 0 : column]
    return ways == null || (columns === 1 && value.columns[1] !== null) ? null : { kind: 'text', ways }
  }
  if (value.kind !== 'walk' || columns !== 3) return null
  if (column === 0) return { kind: 'text', ways: value.ways.map((way) => [...way, SLASH, pattern('**')]) }
  return { kind: 'list', ways: [[pattern('*')]] }
}

// Of what a listing finds, those names that end so: `*` becomes `*.py`.
function ended (way: Way, ending: string): readonly Way[] {
  const last = way.at(-1)
  if (last?.pattern !== true || !last.text.endsWith('*') || last.text.endsWith('**')) return [way]
  const before = last.text.slice(0, -1)
  const named = [...way.slice(0, -1), pattern(`${before}*${ending}`)]
  return /^\.?(?:env|netrc|npmrc|pypirc|pgpass|git-credentials|htpasswd)$/i.test(ending) ? [named, [...way.slice(0, -1), pattern(`${before}${ending}`)]] : [named]
}

/** A value that may be either. */
export function united (left: ScriptValue, right: ScriptValue): ScriptValue | null {
  if (left.kind === 'rows' || right.kind === 'rows') return null
  return left.kind === right.kind && left.ways.length + right.ways.length <= MAX_WAYS ? { kind: left.kind, ways: [...left.ways, ...right.ways] } : null
}

/** Two texts, one behind the other; `slash` joins them as parts of a path. */
export function combined (left: ScriptValue, right: ScriptValue, slash: boolean): ScriptValue | null {
  if (left.kind !== 'text' || right.kind !== 'text' || left.ways.length * right.ways.length > MAX_WAYS) return null
  return { kind: 'text', ways: left.ways.flatMap((before) => right.ways.map((after) => slash ? below(before, after) : [...before, ...after])) }
}

// An absolute path begins anew.
function below (before: Way, after: Way): Way {
  if (after[0]?.text.startsWith('/') === true) return after
  return before.at(-1)?.text.endsWith('/') === true && before.at(-1)?.pattern === false ? [...before, ...after] : [...before, SLASH, ...after]
}

/** The place that a text names; null when it can be none. */
export function placeOf (way: Way): ScriptPlace | null {
  const text = way.map((part) => part.text).join('')
  const first = way.findIndex((part) => part.pattern)
  if (first < 0) return text === '' ? null : { root: text, below: null }
  if (!way.every((part) => part.pattern || /^[\w./@+-]*$/.test(part.text))) return null
  const before = way.slice(0, first).map((part) => part.text).join('')
  const folder = before.slice(0, before.lastIndexOf('/') + 1)
  return { root: folder === '' ? '.' : folder === '/' ? '/' : folder.replace(/\/+$/, ''), below: text.slice(folder.length) }
}

/** A value whose names surely end so. */
export function narrowed (value: ScriptValue & { readonly kind: 'text' | 'list' | 'walk' }, endings: readonly string[] | null): ScriptValue {
  return endings === null ? value : { kind: value.kind, ways: value.ways.flatMap((way) => endings.flatMap((ending) => ended(way, ending))) }
}
