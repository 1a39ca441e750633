import { fallbackOf } from './defaults.ts'
import { flowOf, type Flow } from './flow.ts'
import { namesSet } from './setters.ts'
import { descendants, type Syntax } from './syntax.ts'

/** One place where a variable gets a value. `value` is null when that value cannot be read from the text. */
export interface Assignment {
  readonly name: string
  readonly value: Syntax | null
  readonly start: number
  /** Part of the text where the assignment surely happened, when it happened at all; null for all of the text. */
  readonly container: Syntax | null
  /** The `read` that sets it, when that is what does. */
  readonly reader: Syntax | null
  /** The function it is local to. */
  readonly local: Syntax | null
  /** All functions of the text. */
  readonly functions: readonly Syntax[]
  /** Values of a `for` loop are expanded as words are; those of an assignment are not. */
  readonly loop: boolean
  /** Whether it counts only for a variable that had no value. */
  readonly fallback?: boolean
  /** The words of a list, and whether they come behind those that it had. */
  readonly items?: readonly Syntax[]
  readonly adds?: boolean
  /** Whether it may count for nothing but the command that it stands before. */
  readonly passing?: boolean
  readonly flow: Flow
}

/** All assignments of a text by variable name. Flow-insensitive: a variable may hold any value ever assigned to it. */
export type Scope = ReadonlyMap<string, readonly Assignment[]>

const CONTAINERS: ReadonlySet<string> = new Set([
  'list', 'pipeline', 'subshell', 'command_substitution', 'process_substitution', 'if_statement', 'while_statement', 'for_statement',
  'c_style_for_statement', 'case_statement', 'function_definition',
])

const NAMES: ReadonlySet<string> = new Set(['variable_name'])
const FUNCTION: ReadonlySet<string> = new Set(['function_definition'])

export function scopeOf (root: Syntax): Scope {
  const scope = new Map<string, Assignment[]>()
  const functions = descendants(root, FUNCTION)
  const flow = flowOf(root)
  visit(root, { container: null, chain: null, inside: null, isLocal: false }, functions, (found) => {
    const assignment = { ...found, flow }
    const known = scope.get(assignment.name)
    if (known === undefined) scope.set(assignment.name, [assignment])
    else known.push(assignment)
  })
  return scope
}

/** Whether the assignment surely precedes the use whenever its value matters; if not, the variable may also be unset. */
export function surelyBefore (assignment: Assignment, use: Syntax): boolean {
  const { container, start } = assignment
  return start <= use.start && (container === null || (container.start <= use.start && use.end <= container.end))
}

/** The assignments whose values a use may see: a local variable hides all others in its function, and is none outside of functions. */
export function visibleAt (use: Syntax, assignments: readonly Assignment[]): readonly Assignment[] {
  const own = assignments.find((assignment) => assignment.local !== null && isWithin(use, assignment.local) && surelyBefore(assignment, use))?.local
  if (own !== undefined && own !== null) return assignments.filter(({ start }) => own.start <= start && start < own.end)
  // What a function calls sees its local variables, too.
  const isOutside = assignments[0]?.functions.some((definition) => isWithin(use, definition)) === false
  return isOutside ? assignments.filter(({ local }) => local === null) : assignments
}

function isWithin ({ start, end }: Syntax, outer: Syntax): boolean {
  return outer.start <= start && end <= outer.end
}

/** `chain` is the list whose rest runs only if this has succeeded. */
interface Place { readonly container: Syntax | null, readonly chain: Syntax | null, readonly inside: Syntax | null, readonly isLocal: boolean }

function visit (node: Syntax, { container, chain, inside, isLocal }: Place, functions: readonly Syntax[], add: (assignment: Omit<Assignment, 'flow'>) => void): void {
  for (const assignment of assignmentsAt(node)) add({ ...assignment, container, local: isLocal ? inside : null, functions })
  const place: Place = {
    container: CONTAINERS.has(node.type) ? node : container,
    chain: null,
    inside: node.type === 'function_definition' ? node : inside,
    isLocal: node.type === 'declaration_command' && node.children[0]?.text === 'local',
  }
  const [left, operator, right] = node.children
  if (node.type === 'list' && left !== undefined && operator !== undefined && right !== undefined) {
    // What stands first runs whenever the list does; what stands behind `&&` has run when what follows it does.
    visit(left, { ...place, container, chain: operator.type === '&&' ? chain ?? node : null }, functions, add)
    return visit(right, { ...place, container: operator.type === '&&' ? chain ?? node : node }, functions, add)
  }
  // Where a redirection fails, nothing is assigned.
  const isPrefix = node.type === 'command' || node.type === 'redirected_statement'
  for (const [at, child] of node.children.entries()) visit(child, node.children[at + 1]?.type === '&' ? { ...place, container: child } : place, functions, isPrefix && child.type === 'variable_assignment' ? (found) => { add({ ...found, passing: true }) } : add)
}

type Found = Omit<Assignment, 'container' | 'local' | 'functions' | 'flow'>

function assignmentsAt (node: Syntax): Found[] {
  const start = node.start
  const unknown = (name: string) => ({ name, value: null, start, loop: false, reader: node.type === 'command' ? node : null })
  if (node.type === 'variable_assignment') return [plainAssignment(node)]
  if (node.type === 'for_statement') return loopAssignments(node)
  if (node.type === 'unset_command') return descendants(node, NAMES).map(({ text }) => unknown(text))
  if (node.type === 'expansion' && node.children.some(({ type }) => type === ':=' || type === '=')) {
    const [, name, , value, ...more] = node.children
    const isPlain = fallbackOf(node)?.text != null && value?.named === true && more.length === 1
    return isPlain ? [{ name: name?.text ?? '', value, start, loop: false, reader: null, fallback: true }] : descendants(node, NAMES).map(({ text }) => unknown(text))
  }
  if (node.type !== 'command') return []
  return namesSet(node.children.filter(({ type, field }) => type !== 'variable_assignment' && field !== 'redirect')).map(unknown)
}

function plainAssignment (node: Syntax): Found {
  const [name, operator, ...values] = node.children
  const [value] = values
  const plain = operator?.type === '=' && name?.type === 'variable_name' && values.length <= 1 && value?.type !== 'array'
  const target = name?.type === 'subscript' ? name.children[0]?.text : name?.text
  // `X=` has no value node: the assignment's own operator then stands for the empty text.
  const found = { name: target ?? '', value: plain ? value ?? operator : null, start: node.start, loop: false, reader: null }
  const isList = name?.type === 'variable_name' && value?.type === 'array' && values.length === 1
  return isList ? { ...found, items: value.children.filter(({ named }) => named), adds: operator?.type === '+=' } : found
}

function loopAssignments (node: Syntax): Found[] {
  const name = node.children.find(({ field }) => field === 'variable')?.text ?? ''
  const values = node.children.filter(({ field }) => field === 'value')
  if (values.length === 0 && !node.children.some(({ type }) => type === 'in')) return [{ name, value: givenWords(node), start: node.start, loop: true, reader: null }]
  if (values.length === 0) return [{ name, value: null, start: node.start, loop: true, reader: null }]
  return values.map((value) => ({ name, value, start: node.start, loop: true, reader: null }))
}

// `for name; do` goes through the words that the script or function was given, as if it said `in "$@"`.
function givenWords ({ start }: Syntax): Syntax {
  const at = (type: string, named: boolean, text: string, children: readonly Syntax[] = []): Syntax => ({ type, named, field: null, start, end: start, text, children })
  const name = at('special_variable_name', true, '@')
  return at('string', true, '"$@"', [at('"', false, '"'), at('simple_expansion', true, '$@', [at('$', false, '$'), name]), at('"', false, '"')])
}
