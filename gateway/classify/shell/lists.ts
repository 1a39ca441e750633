import { literal, type Field } from './facts.ts'
import type { Part } from './fields.ts'
import { surelyBefore, type Scope } from './scope.ts'
import { ANY_NAME } from './setters.ts'
import type { Syntax } from './syntax.ts'

/** Several whole words as the value of one variable: without quotes they are words again, in quotes the lines of one. */
export interface ListValue { readonly kind: 'list', readonly text: '', readonly fields: readonly Field[] }

/** The list that a variable gets from a substitution that prints several words; null for any other value. */
export function listValue (parts: readonly Part[]): ListValue | null {
  const [only] = parts
  if (parts.length !== 1 || only?.kind !== 'names' || only.fields.length < 2 || !only.fields.every(({ known }) => known)) return null
  return { kind: 'list', text: '', fields: only.fields }
}

/** The substitution that is all there is between two quotes: `"$(git diff --name-only)"`. */
export function soleSubstitution ({ type, text, children }: Syntax): Syntax | null {
  const [, inner, ...more] = children
  return type === 'string' && inner?.type === 'command_substitution' && more.length === 1 && text === `"${inner.text}"` ? inner : null
}

/** The name of the variable that is all there is between two quotes. */
export function soleVariable ({ type, text }: Syntax): string | null {
  return type === 'string' ? /^"\$(?:(\w+)|\{(\w+)\})"$/.exec(text)?.slice(1).find((name) => name !== undefined) ?? null : null
}

/** The scratch file that a `tee` in a pipe also writes what comes to; null for any other stage. */
export function copiedTo ({ type, text }: Syntax): Field | null {
  const file = type === 'command' ? /^tee (\/tmp\/[\w./-]+)$/.exec(text)?.[1] : undefined
  return file === undefined ? null : literal(file)
}

const ALL = /^"?\$\{([A-Za-z_]\w*)\[[@*]\]\}"?$/
const MAPS = /^(?:mapfile|readarray)(?: -d '')? -t(?: -d '')? [A-Za-z_]\w*$/

/** Whether a command puts the lines of its input into a list, as they are. */
export function mapsLines (words: readonly Syntax[]): boolean {
  return MAPS.test(words.map(({ text }) => text).join(' '))
}

/** The lines that `"${name[@]}"` surely is, when one `mapfile` is all that sets the name. */
export function mappedLines (use: Syntax, scope: Scope, read: ReadonlyMap<Syntax, readonly Field[] | null>): readonly Field[] | null {
  const [, name = ''] = ALL.exec(use.text) ?? []
  const [assignment, ...more] = scope.has(ANY_NAME) ? [] : scope.get(name) ?? []
  if (assignment?.reader == null || more.length > 0 || assignment.functions.length > 0 || !surelyBefore(assignment, use)) return null
  return read.get(assignment.reader) ?? null
}
