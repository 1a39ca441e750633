import { braceExpand } from 'minimatch'
import { escapeGlob, type Field } from './facts.ts'

const MAX_BRACES = 256 // words that one brace expression may become

/**
 * One piece of a word. `quoted` text is literal; `plain` text is subject to braces and globs; `value` comes from an
 * unquoted variable and is also split at blanks; `pattern` is a glob whose escapes are already in place; `names` stands
 * for several whole words; `unknown` for anything.
 */
export type Part =
  | { readonly kind: 'quoted' | 'plain' | 'value' | 'pattern', readonly text: string, readonly foreign?: boolean }
  | { readonly kind: 'names', readonly fields: readonly Field[] }
  | { readonly kind: 'unknown' }

// Begins a group of words, a pattern or an escape.
const SPECIAL = /[\\{*?[(]/

interface Draft { pattern: string, known: boolean, present: boolean, foreign?: boolean }

/** The words that the parts of one written word become. `source` stands in for what is not known. */
export function fieldsOf (parts: readonly Part[], source: string): readonly Field[] {
  const [only] = parts
  if (parts.length === 1 && only?.kind === 'names') return only.fields
  const drafts: Draft[] = [{ pattern: '', known: true, present: false }]
  for (const part of parts) append(drafts, part)
  return drafts.filter(({ present }) => present).flatMap((draft) => draft.known ? marked(expandBraces(draft.pattern), draft) : [unknownField(source)])
}

/** Words put behind each other, as `eval` and its like make a text of them. */
export function joined (words: readonly Field[]): Field {
  return { text: words.map(({ text }) => text).join(' '), known: words.every(({ known }) => known), glob: null }
}

function marked (fields: readonly Field[], { foreign }: Draft): readonly Field[] {
  return foreign === true ? fields.map((field) => ({ ...field, foreign })) : fields
}

function unknownField (source: string): Field {
  return { text: source, known: false, glob: null }
}

function append (drafts: Draft[], part: Part): void {
  const last = drafts.at(-1)
  if (last === undefined) return
  if ((part.kind === 'names' ? part.fields.some(({ foreign }) => foreign === true) : part.kind !== 'unknown' && part.foreign === true)) last.foreign = true
  if (part.kind === 'unknown') {
    last.known = false
    last.present = true
  } else if (part.kind === 'names') {
    const [only] = part.fields
    if (part.fields.length === 1 && only?.known === true) extend(last, only.glob ?? escapeGlob(only.text))
    else append(drafts, { kind: 'unknown' })
  } else if (part.kind === 'value') {
    appendSplit(drafts, last, part.text)
  } else {
    extend(last, part.kind === 'quoted' ? escapeGlob(part.text) : part.text)
    if (part.kind === 'quoted') last.present = true
  }
}

function appendSplit (drafts: Draft[], last: Draft, value: string): void {
  const pieces = value.split(/[ \t\n]+/)
  extend(last, escapeBraces(pieces[0] ?? ''))
  for (const piece of pieces.slice(1)) drafts.push({ pattern: escapeBraces(piece), known: true, present: piece !== '', ...last.foreign === true ? { foreign: true } : {} })
}

function extend (draft: Draft, pattern: string): void {
  draft.pattern += pattern
  if (pattern !== '') draft.present = true
}

// The shell expands braces before variables, so braces inside a value are literal; backslashes in a value are too.
function escapeBraces (value: string): string {
  return value.replace(/[\\{},~]/g, '\\$&')
}

function expandBraces (pattern: string): Field[] {
  if (!SPECIAL.test(pattern)) return [{ text: pattern, known: true, glob: null }]
  const words = /(?<!\\)\{/.test(pattern) ? braceExpand(pattern, { braceExpandMax: MAX_BRACES + 1 }) : [pattern]
  if (words.length > MAX_BRACES) return [unknownField(pattern)]
  return words.map((word) => ({ text: word.replace(/\\(.)/gs, '$1'), known: true, glob: isGlob(word) ? word : null }))
}

function isGlob (pattern: string): boolean {
  return /[*?[]|[+@!]\(/.test(pattern.replace(/\\./gs, ''))
}
