import { arrayWords } from './arrays.ts'
import { changedPart, cutPart } from './cuts.ts'
import { fallbackOf, type Fallback } from './defaults.ts'
import { escapeGlob, type Directories, type Field } from './facts.ts'
import { fieldsOf, type Part } from './fields.ts'
import { listValue, mappedLines, soleSubstitution, soleVariable, type ListValue } from './lists.ts'
import { decodeAnsiC, decodeDoubleQuoted } from './quoting.ts'
import { reaching } from './flow.ts'
import { firstReadBy } from './readers.ts'
import { wordsLeft, type FunctionCall, type ShellFunction } from './functions.ts'
import { surelyBefore, visibleAt, type Assignment, type Scope } from './scope.ts'
import { ANY_NAME } from './setters.ts'
import { outermost, type Syntax } from './syntax.ts'

const MAX_BINDINGS = 64 // combinations of variable values that one command is judged with
const MAX_INDIRECTION = 8

/** One value a variable may have: text that is split and globbed when unquoted, or a pattern that stands for one name; `unset` for surely none. */
type Value = { readonly kind: 'text' | 'pattern' | 'unset', readonly text: string, readonly foreign?: boolean } | ListValue | null

/** One choice of a value for each variable of a command. A missing or null one is not known. */
export type Binding = ReadonlyMap<string, Value>

/** What words are expanded with. `names` holds what each substitution prints, as far as that is known. */
export interface WordContext {
  readonly scope: Scope
  readonly names: ReadonlyMap<Syntax, readonly Field[] | null>
  /** The lines that each `read` may get, as far as they are known. */
  /** The call that is followed, inside a function. */
  readonly call: FunctionCall | null
  readonly functions: ReadonlyMap<string, ShellFunction>
  readonly read: ReadonlyMap<Syntax, readonly Field[] | null>
  readonly directories: Directories
  /** Whether a variable that the text gives no value has none. */
  readonly isUnset: (name: string) => boolean
}

const NO_BINDING: Binding = new Map()
const SUBSTITUTIONS: ReadonlySet<string> = new Set(['command_substitution', 'process_substitution'])
const EXPANSIONS: ReadonlySet<string> = new Set(['simple_expansion', 'expansion'])

// Always digits or empty, so they can neither name a file nor split a word in a way that matters.
const NUMERIC_VARIABLES: ReadonlySet<string> = new Set(['?', '#', '$', '!', 'UID', 'EUID', 'RANDOM', 'LINENO', 'SECONDS', 'EPOCHSECONDS', 'BASHPID'])

/** The words a written word becomes under one binding. Exactly one word, quoted or not, is not promised. */
export function expandWord (node: Syntax, binding: Binding, context: WordContext): readonly Field[] {
  const fields = fieldsOf(partsOf(node, binding, context, false), node.text)
  const [field, ...more] = fields
  const lines = field?.known === false && more.length === 0 ? linesIn(node, binding, context) : null
  return field === undefined || lines === null ? fields : [{ ...field, lines }]
}

function linesIn (node: Syntax, binding: Binding, { names }: WordContext): readonly Field[] | null {
  const sole = soleSubstitution(node)
  if (sole !== null) return names.get(sole) ?? null
  const value = binding.get(soleVariable(node) ?? '')
  return value?.kind === 'list' ? value.fields : null
}

/** Every combination of values for the variables a command uses; null when there are too many. */
export function bindingsOf (node: Syntax, context: WordContext, depth = 0): readonly Binding[] | null {
  let bindings: Array<Map<string, Value>> = [new Map()]
  for (const [name, use] of variablesOf(node)) {
    const values = valuesOf(name, use, context, depth)
    bindings = bindings.flatMap((binding) => values.map((value) => new Map(binding).set(name, value)))
    if (bindings.length > MAX_BINDINGS) return null
  }
  return bindings
}

function variablesOf (node: Syntax): Map<string, Syntax> {
  const found = new Map<string, Syntax>()
  const visit = (at: Syntax): void => {
    if (SUBSTITUTIONS.has(at.type)) return // has bindings of its own
    if (EXPANSIONS.has(at.type)) for (const child of at.children) if (isName(child) && !found.has(nameOf(child))) found.set(nameOf(child), at)
    at.children.forEach(visit)
  }
  visit(node)
  return found
}

function valuesOf (name: string, use: Syntax, context: WordContext, depth: number): readonly Value[] {
  if (name === 'PPID') return [{ kind: 'text', text: '1' }] // whoever started the shell counts as the process that all belong to
  if (NUMERIC_VARIABLES.has(name)) return [{ kind: 'text', text: '0' }]
  // Whoever starts a text with words may hand it some at a time, or none.
  if (/^[1-9]$/.test(name) && context.call?.open === true) return uniqueValues([{ kind: 'text', text: '' }, ...context.call.args.map(positional)])
  if (/^[1-9]$/.test(name)) return context.call === null ? [null] : [leftAt(Number(name) - 1, use, context.call)]
  if (name === '@' || name === '*') return context.call === null || context.call.open === true || (wordsLeft(context.call, use)?.length ?? 2) > 1 ? [null] : [leftAt(0, use, context.call)]
  if (context.scope.has(ANY_NAME)) return [null]
  // `X=${X:-1}` is what X was before.
  const assignments = reaching(use, visibleAt(use, context.scope.get(name) ?? [])).filter(({ container, value }) => container !== null || value === null || use.end > value.end || use.start < value.start)
  if (assignments.length === 0) return inherited(name, context)
  if (assignments.every(({ fallback }) => fallback === true) && !context.isUnset(name)) return [null]
  if (depth >= MAX_INDIRECTION || assignments.length > MAX_BINDINGS) return [null]
  const values: Value[] = []
  for (const assignment of assignments) {
    const lines = assignment.reader === null || ![null, name].includes(firstReadBy(assignment.reader)) ? null : context.read.get(assignment.reader) ?? null
    if (lines !== null && assignment.start < use.start) {
      // Inside the loop that reads them there is a line, and those that are followed have words.
      if (!surelyBefore(assignment, use)) values.push({ kind: 'text', text: '' })
      values.push(...lines.map((field) => field.known ? valueOf(field) : null))
      continue
    }
    // In a loop: `i=$((i+1))`.
    const isLate = assignment.start > use.start && !assignment.functions.some(({ start, end }) => start <= use.start && use.end <= end)
    if (assignment.value === null || (isLate && assignment.value.type !== 'arithmetic_expansion') || isForeign(assignment, context)) return [null]
    if (!surelyBefore(assignment, use)) values.push({ kind: 'text', text: '' })
    values.push(...assignedValues(assignment.value, assignment.loop, context, depth + 1))
  }
  return uniqueValues(values)
}

function leftAt (at: number, use: Syntax, call: FunctionCall): Value {
  const words = wordsLeft(call, use)
  return words === null ? null : positional(words[at])
}

function positional (field: Field | undefined): Value {
  if (field === undefined) return { kind: 'text', text: '' }
  return field.known ? valueOf(field) : null
}

// What a function assigns depends on how, and whether, it was last called: outside of the call it is not known.
function isForeign ({ start }: Assignment, { call, functions }: WordContext): boolean {
  return [...functions.values()].some(({ definition }) => definition !== call?.definition && definition.start <= start && start <= definition.end)
}

function inherited (name: string, { directories, isUnset }: WordContext): readonly Value[] {
  if (name === 'HOME') return [{ kind: 'text', text: '~' }]
  if (name === 'PWD') return directories.map((directory) => directory === null ? null : { kind: 'text', text: directory })
  return [isUnset(name) ? { kind: 'unset', text: '' } : null]
}

function assignedValues (node: Syntax, loop: boolean, context: WordContext, depth: number): readonly Value[] {
  if (node.type === '=') return [{ kind: 'text', text: '' }]
  const bindings = bindingsOf(node, context, depth)
  if (bindings === null) return [null]
  return bindings.flatMap((binding): readonly Value[] => {
    const parts = partsOf(loop ? node : soleSubstitution(node) ?? node, binding, context, false)
    const list = loop ? null : listValue(parts)
    if (list !== null) return [list]
    // Outside loops the value is one word, neither split nor globbed, whatever is in it.
    const fields = loop ? fieldsOf(parts, node.text) : [oneWord(parts)]
    return fields.map((field) => field.known ? valueOf(field) : null)
  })
}

function oneWord (parts: readonly Part[]): Field {
  const fields = fieldsOf(parts.map((part): Part => part.kind === 'value' || part.kind === 'plain' ? { ...part, kind: 'quoted' } : part), '')
  const [field] = fields
  if (fields.length > 1) return { text: '', known: false, glob: null }
  return field ?? { text: '', known: true, glob: null }
}

function valueOf (field: Field): Value {
  const value = field.glob === null ? { kind: 'text', text: field.text } as const : { kind: 'pattern', text: field.glob } as const
  return field.foreign === true ? { ...value, foreign: true } : value
}

function uniqueValues (values: readonly Value[]): readonly Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

function partsOf (node: Syntax, binding: Binding, context: WordContext, quoted: boolean): readonly Part[] {
  const inner = (children: readonly Syntax[]): readonly Part[] => children.flatMap((child) => partsOf(child, binding, context, quoted))
  switch (node.type) {
    case 'command_name': return inner(node.children)
    case '$': return [{ kind: 'quoted', text: '$' }] // before nothing, it is what it is
    case 'concatenation': return adjacent(node) && !node.children.slice(0, -1).some(({ type }) => type === '$') ? inner(node.children) : [{ kind: 'unknown' }]
    case 'word': case 'extglob_pattern': case 'regex': case 'variable_name': case 'test_operator': case 'brace_expression':
      return node.children.some(({ named }) => named && node.type !== 'brace_expression') ? [{ kind: 'unknown' }] : plainParts(node.text, context)
    case 'number': return node.children.length > 0 ? [{ kind: 'unknown' }] : [{ kind: 'plain', text: node.text }]
    case 'raw_string': return [{ kind: 'quoted', text: node.text.slice(1, -1) }]
    case 'ansi_c_string': return [{ kind: 'quoted', text: decodeAnsiC(node.text.slice(2, -1)) }]
    case 'string': return stringParts(node, binding, context)
    case 'translated_string': return node.children.filter(({ named }) => named).flatMap((child) => partsOf(child, binding, context, quoted))
    case 'simple_expansion': return simpleParts(node.children.find(isName), binding, quoted)
    case 'expansion': return listPart(node, context, quoted) ?? expansionParts(node, binding, quoted)
    case 'command_substitution': return namesPart(context.names.get(node) ?? null)
    case 'process_substitution': return [{ kind: 'quoted', text: '/dev/fd/63' }]
    case 'arithmetic_expansion': return [{ kind: 'quoted', text: '0' }]
    case 'variable_assignment': return assignmentParts(node, binding, context)
    default: return node.named ? [{ kind: 'unknown' }] : [{ kind: 'plain', text: node.text }]
  }
}

// `export X=$Y` and the like: as words, their text matters only to tell what was assigned.
function assignmentParts (node: Syntax, binding: Binding, context: WordContext): readonly Part[] {
  return node.children.flatMap((child) => partsOf(child, binding, context, true))
}

function plainParts (text: string, { directories }: WordContext): readonly Part[] {
  if (!/[~\\]/.test(text)) return [{ kind: 'plain', text }]
  const parts: Part[] = []
  let rest = text
  if (/^~\+(?:\/|$)/.test(text)) { // `~+` is $PWD: not a home folder, but the workspace itself
    const [directory] = directories
    parts.push(directories.length === 1 && typeof directory === 'string' ? { kind: 'quoted', text: directory } : { kind: 'unknown' })
    rest = text.slice(2)
  } else if (text.startsWith('~-')) {
    return [{ kind: 'unknown' }]
  }
  for (const [, escaped, plain] of rest.matchAll(/\\([^])|([^\\]+)/g)) {
    if (plain !== undefined) parts.push({ kind: 'plain', text: plain })
    else if (escaped !== '\n') parts.push({ kind: 'quoted', text: escaped ?? '' })
  }
  return parts
}

function stringParts (node: Syntax, binding: Binding, context: WordContext): readonly Part[] {
  if (/^"\$\{?@\}?"$/.test(node.text)) return namesPart(context.call === null ? null : wordsLeft(context.call, node))
  const list = node.text.endsWith(']}"') ? listPart(node, context, true) : null
  if (list !== null) return list
  const parts: Part[] = [{ kind: 'quoted', text: '' }]
  let at = node.start + 1
  const text = (upTo: number): void => {
    if (upTo > at) parts.push({ kind: 'quoted', text: decodeDoubleQuoted(node.text.slice(at - node.start, upTo - node.start)) })
  }
  for (const child of node.children.slice(1, -1)) {
    if (child.type === 'string_content' || !child.named) continue // taken as text, so that gaps between tokens are not lost
    text(child.start)
    parts.push(...partsOf(child, binding, context, true).map(asQuoted))
    at = child.end
  }
  text(node.end - 1)
  return parts
}

function listPart (node: Syntax, context: WordContext, quoted: boolean): readonly Part[] | null {
  if (!node.text.includes('[')) return null
  if (/^\$\{#\w+\[@\]\}$/.test(node.text)) return [{ kind: 'quoted', text: '0' }]
  const words = arrayWords(node, context.scope)
  const fields = words?.flatMap((word) => fieldsOf(partsOf(word, NO_BINDING, context, false), word.text)) ?? mappedLines(node, context.scope, context.read)
  // Without quotes around it, what stands in a word is split and globbed once more.
  return fields === null || (!quoted && fields.some(({ text, glob }) => glob === null && /[\s*?[\]\\]/.test(text))) ? null : namesPart(fields)
}

function asQuoted (part: Part): Part {
  if (part.kind !== 'names') return part.kind === 'value' || part.kind === 'plain' ? { ...part, kind: 'quoted' } : part
  return part.fields.length === 1 ? part : { kind: 'unknown' }
}

// The name of a word that was given is one digit: behind `$1`, what looks like more of it is text.
function nameOf ({ text }: Syntax): string {
  return /^[1-9]\w+$/.test(text) ? text.charAt(0) : text
}

function simpleParts (name: Syntax | undefined, binding: Binding, quoted: boolean): readonly Part[] {
  if (name === undefined || nameOf(name) === name.text) return [variablePart(name, binding, quoted)]
  return [variablePart({ ...name, text: nameOf(name) }, binding, quoted), { kind: quoted ? 'quoted' : 'plain', text: name.text.slice(1) }]
}

function variablePart (name: Syntax | undefined, binding: Binding, quoted: boolean): Part {
  const value = name === undefined ? null : binding.get(name.text) ?? null
  if (value === null || value.kind === 'unset') return { kind: 'unknown' }
  if (value.kind === 'list') return quoted ? { kind: 'unknown' } : { kind: 'names', fields: value.fields }
  if (value.kind === 'pattern') return { ...value, kind: 'pattern' }
  return { ...value, kind: quoted || value.text.startsWith('~') ? 'quoted' : 'value' }
}

function expansionParts (node: Syntax, binding: Binding, quoted: boolean): readonly Part[] {
  const [, ...inner] = node.children.slice(0, -1)
  const [first, second] = inner
  if (first !== undefined && isName(first) && inner.length === 1) return [variablePart(first, binding, quoted)]
  if (first?.type === '#' && second !== undefined && isName(second) && inner.length === 2) return [{ kind: 'quoted', text: '0' }]
  const fallback = fallbackOf(node)
  if (fallback !== null && first !== undefined) return [fallbackPart(fallback, first, binding, quoted)]
  const cut = first !== undefined && isName(first) && inner.length === 3 && second !== undefined ? cutPart(variablePart(first, binding, true), second.type, inner[2]?.text ?? '') : null
  if (cut !== null) return [cut]
  const [, operator, sought, , put] = inner
  const changed = first !== undefined && isName(first) && operator !== undefined && inner.length === 5 ? changedPart(variablePart(first, binding, true), operator.type, sought?.text ?? '', put?.text ?? '') : null
  if (changed !== null) return [changed]
  return [{ kind: 'unknown' }] // slices, substitutions, indirection: any of them can build any word
}

// What may be empty as well as missing is either of the two.
function fallbackPart ({ operator, text, quoted: isQuoted }: Fallback, name: Syntax, binding: Binding, quoted: boolean): Part {
  const value = binding.get(name.text) ?? null
  const isSet = value !== null && value.text !== ''
  const isMissing = value?.kind === 'unset' || (value?.kind === 'text' && value.text === '' && operator.startsWith(':'))
  const instead: Part = text === null ? { kind: 'unknown' } : { kind: quoted || isQuoted ? 'quoted' : 'value', text }
  if (/[-=]/.test(operator)) return isSet ? variablePart(name, binding, quoted) : isMissing ? instead : { kind: 'unknown' }
  if (operator.endsWith('?')) return isSet ? variablePart(name, binding, quoted) : { kind: 'unknown' }
  return isSet ? instead : isMissing ? { kind: quoted ? 'quoted' : 'value', text: '' } : { kind: 'unknown' }
}

function namesPart (fields: readonly Field[] | null): readonly Part[] {
  return fields === null ? [{ kind: 'unknown' }] : [{ kind: 'names', fields }]
}

function adjacent (node: Syntax): boolean {
  return node.children.every((child, at) => at === 0 || node.children[at - 1]?.end === child.start)
}

function isName (node: Syntax): boolean {
  return node.type === 'variable_name' || node.type === 'special_variable_name'
}

/** The substitutions of a node that are not inside another one. */
export function substitutionsOf (node: Syntax): readonly Syntax[] {
  return SUBSTITUTIONS.has(node.type) ? [node] : outermost(node, SUBSTITUTIONS)
}

/** A path below each directory that a listing printed. */
export function below (field: Field, pattern: string): Field {
  const base = field.text === '.' || field.text === '' ? '' : `${field.glob ?? escapeGlob(field.text)}/`
  const text = field.text === '.' || field.text === '' ? pattern : `${field.text}/${pattern}`
  return { text, known: field.known, glob: `${base}${pattern}` }
}
