import type { Field } from './facts.ts'
import { descendants, type Syntax } from './syntax.ts'

/** Function bodies walked for one command, and one inside the other: more is no hand-written command. */
export const MAX_CALLS = 64
export const MAX_CALL_DEPTH = 4

/** A function whose every call can be followed. */
export interface ShellFunction { readonly definition: Syntax, readonly body: Syntax, readonly shifts: readonly Shift[] }

/** A `shift` that every call comes by once, and how many words it takes away. */
export interface Shift { readonly start: number, readonly count: number }

/** One call of a function, with the words it is given. */
export interface FunctionCall {
  readonly definition: Syntax
  readonly args: readonly Field[]
  readonly depth: number
  readonly shifts?: readonly Shift[]
  /** Whether each of the words may be any of them, or none: those of `sh -c TEXT`, which come from whoever starts it. */
  readonly open?: boolean
}

const FUNCTION: ReadonlySet<string> = new Set(['function_definition'])
const NAMES: ReadonlySet<string> = new Set(['command_name'])
const COMMANDS: ReadonlySet<string> = new Set(['command'])

// How strict the shell is changes neither names nor words.
const SWITCHES = /^set(?: [-+][eEux]+| [-+][eEux]*o (?:pipefail|errexit|nounset|xtrace))+$/
const PLAIN_NAME = /^[a-z_]\w*$/i

// A shell may prefer its own of these to a function.
const SPECIAL = /^(?:break|continue|exec|exit|return|times|cd|command|builtin|test|local|read|hash|type|wait|env|xargs)$/

// They change what a name or `$1` means, or call a function unseen.
const DISTURBS = /^(?:time|coproc|mapfile|readarray|unset|shift|set|eval|source|\.|trap|alias|enable|export|declare|typeset|readonly)$/

const DECLARES = /\b(?:unset|export|declare|typeset|readonly)\b/
const SAYS_OR_SEEKS = /^(?:echo|printf|grep|rg)$/

/**
 * The functions of a text by name, of those that stand on their own at its top, once, before all that could call them:
 * defined in a branch, a function may be missing, and its name then is a program's.
 */
export function functionsOf (root: Syntax): ReadonlyMap<string, ShellFunction> {
  const found = new Map<string, ShellFunction>()
  const heads = descendants(root, NAMES).map(({ text }) => text)
  if (disturbsWords(root)) return found
  const names = descendants(root, FUNCTION).map(nameOf)
  for (const definition of root.children.filter(({ type }) => type === 'function_definition')) {
    const name = nameOf(definition)
    const body = definition.children.find(({ field }) => field === 'body')
    const redirected = definition.children.some(({ field }) => field === 'redirect')
    const recursive = descendants(definition, NAMES).some(({ text }) => text === name)
    const inner = descendants(definition, FUNCTION).length > 0
    if (body === undefined || redirected || recursive || inner || !PLAIN_NAME.test(name) || SPECIAL.test(name) || inBackground(definition, root) || names.filter((other) => other === name).length > 1) continue
    if (heads.includes(name)) found.set(name, { definition, body, shifts: shiftsOf(definition) })
  }
  return found
}

const SHIFT = /^shift(?: ([1-9]))?$/

function shiftsOf (definition: Syntax): readonly Shift[] {
  const body = definition.children.find(({ field }) => field === 'body')
  if (body?.type !== 'compound_statement' || body.children[0]?.type !== '{') return []
  return body.children.flatMap(({ type, text, start }) => {
    const [whole, count = '1'] = (type === 'command' ? SHIFT.exec(text) : null) ?? []
    return whole === undefined ? [] : [{ start, count: Number(count) }]
  })
}

/** The words that a call has left at a place of its function; null when they are not known: what a pattern stands for may be several. */
export function wordsLeft ({ args, shifts = [] }: FunctionCall, use: Syntax): readonly Field[] | null {
  const taken = shifts.filter(({ start }) => start < use.start).reduce((sum, { count }) => sum + count, 0)
  if (taken > args.length || args.slice(0, taken).some(({ known, glob }) => !known || glob !== null)) return null
  return args.slice(taken)
}

/** The names of all functions of a text, also of those whose calls cannot be followed. */
export function functionNames (root: Syntax): ReadonlySet<string> {
  return new Set(descendants(root, FUNCTION).map(nameOf))
}

/** Whether `$1` is the same word wherever it stands in a text. */
export function keepsWords (root: Syntax): boolean {
  return !disturbsWords(root) && descendants(root, FUNCTION).length === 0
}

function disturbsWords (root: Syntax): boolean {
  const switches = new Set(descendants(root, COMMANDS).filter(({ text }) => SWITCHES.test(text)).map(({ start }) => start))
  for (const definition of root.children) if (definition.type === 'function_definition') for (const { start } of shiftsOf(definition)) switches.add(start)
  if (descendants(root, COMMANDS).some(disturbsUnseen)) return true
  return descendants(root, NAMES).some(({ text, start }) => DISTURBS.test(text) && !switches.has(start)) || DECLARES.test(withoutArguments(root))
}

// In another spelling, or behind a word that only says where it is found.
function disturbsUnseen ({ children }: Syntax): boolean {
  const [head = '', ...words] = children.filter(({ type, field }) => type !== 'variable_assignment' && field !== 'redirect').map(({ text }) => text)
  const name = head.replace(/["'\\]/g, '')
  if (name !== head && DISTURBS.test(name)) return true
  const next = words.find((word) => !/^-[p-]?$/.test(word))?.replace(/["'\\]/g, '')
  return /^(?:builtin|command)$/.test(name) && DISTURBS.test(next ?? '')
}

// To these, and to functions of such a text, its words are only words, unless what is started is a word itself.
function withoutArguments (root: Syntax): string {
  const names = functionNames(root)
  const commands = descendants(root, COMMANDS)
  if (commands.some(({ children }) => children.some(({ type, text }) => type === 'command_name' && !/^[\w.:/[+-]+$/.test(text)))) return root.text
  const plain = commands.flatMap(({ children }) => {
    const [head, ...words] = children.filter(({ type }) => type !== 'variable_assignment')
    return SAYS_OR_SEEKS.test(head?.text ?? '') || names.has(head?.text ?? '') ? words.filter(({ type, text }) => /^(?:word|string|raw_string)$/.test(type) && !/[$`]/.test(text)) : []
  })
  let [rest, from] = ['', root.start]
  for (const { start, end } of plain.toSorted((a, b) => a.start - b.start)) {
    rest += root.text.slice(from - root.start, Math.max(start, from) - root.start)
    from = Math.max(end, from)
  }
  return rest + root.text.slice(from - root.start)
}

function inBackground (definition: Syntax, root: Syntax): boolean {
  return root.children[root.children.indexOf(definition) + 1]?.type === '&'
}

function nameOf (definition: Syntax): string {
  return definition.children.find(({ field }) => field === 'name')?.text ?? ''
}
