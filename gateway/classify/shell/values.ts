import { touchPrivate } from '../effects/shell.ts'
import { addsPrograms, checkAssignment, checkHanded, ownLibraries } from './assignments.ts'
import { literal } from './facts.ts'
import { isSecretName } from './hidden.ts'
import type { State } from './outcome.ts'
import type { WordWalk } from './redirects.ts'
import { outermost, type Syntax } from './syntax.ts'

const WORDS: ReadonlySet<string> = new Set(['word', 'string', 'raw_string', 'concatenation'])

const TABLE = /^(?:declare|local|typeset) -A [a-z]\w*(?:=\([^()$`]*\))?$/

/** Records what a statement does that only sets or unsets variables, such as `x=1`, `export x=1` or `unset x`. */
export function setVariables (node: Syntax, state: State, walk: WordWalk): void {
  const { facts } = walk
  walk.nested(node, state)
  if (node.type === 'unset_command' && /\$\(|`/.test(node.text)) facts.problem('arithmetic-injection')
  if (node.type === 'declaration_command') {
    const words = node.children.filter(({ type }) => type !== 'variable_assignment')
    // A nameref or an integer makes later plain uses of the variable mean something else.
    // A table, with names for its places, changes no meaning of what is written in them.
    if (!TABLE.test(node.text) && words.some(({ text }, at) => at > 0 && /^[-+][a-zA-Z]*[niAaluf]/.test(text))) facts.problem('shell-option')
    if (state.narrowed !== true && node.children.slice(1).every(({ text }) => /^-[pxaAr]+$/.test(text))) facts.problem('environment-dump')
    if (words.some(({ type, named }) => named && !['word', 'variable_name'].includes(type))) facts.problem('unknown-argument')
  }
  const handed = node.type === 'declaration_command' && /^(?:export|(?:declare|typeset)\s+-\w*x)\b/.test(node.text)
  checkValues(node.type === 'variable_assignment' ? [node] : node.children.filter(({ type }) => type === 'variable_assignment'), state, walk, handed)
}

/** Records what assignments do to the programs that run after them; `handed` says that these get the variables. */
export function checkValues (assignments: readonly Syntax[], state: State, walk: WordWalk, handed: boolean): void {
  for (const assignment of assignments) {
    const [name, , value] = assignment.children
    if (name?.text === 'PATH' && addsPrograms(value?.text ?? '', state.directories)) continue
    const libraries = name?.text === 'LD_LIBRARY_PATH' ? ownLibraries(value?.text ?? '', state.directories) : null
    if (libraries !== null) {
      for (const folder of libraries) walk.facts.code(literal(`${folder}/*`), state.directories) // nothing that the same command puts there
      continue
    }
    const known = value === undefined ? '' : walk.only(value, state)
    if (handed) checkHanded(name?.text ?? '', known, walk.facts, state.directories)
    else checkAssignment(name?.text ?? '', known, walk.facts)
  }
}

// Whether a variable holds anything is no look at the disk.
const HOLDS = /^\[{1,2}\s+(?:!\s+)?-[nz]\s+"\$\{?\w+\}?"\s+\]{1,2}$/

/** Records what `[[ … ]]` and `[ … ]` look at. */
export function testValues (node: Syntax, state: State, walk: WordWalk): void {
  if (HOLDS.test(node.text)) return
  const ports = { facts: walk.facts, directories: state.directories }
  for (const word of outermost(node, WORDS)) for (const field of walk.expand([word], state).flat()) touchPrivate(field, ports)
  // The grammar takes an unquoted `~` in a test for an operator.
  for (const [home] of node.text.matchAll(/(?<=\s)~[^\s\]]*/g)) touchPrivate(literal(home), ports)
  walk.nested(node, state)
}

/** Whether the rest of a pipeline keeps only lines of a plain name that is no secret's: `env | sort | grep NODE_ENV`. */
export function narrows (rest: readonly Syntax[]): boolean {
  const next = rest.find(({ text }) => !/^sort(?: -[uf]+)?$/.test(text))
  const [head, ...words] = next?.type === 'command' ? next.children : []
  // A number, and no line.
  if (/^(?:wc -l|grep -c \.|grep -c '')$/.test(next?.text ?? '')) return true
  const [pattern, ...more] = words.filter(({ text }) => !text.startsWith('-')).map(({ text }) => text.replace(/^(['"])(.*)\1$/, '$2'))
  if (pattern === undefined || more.length > 0 || words.some(({ text }) => /^-[a-zA-Z]*[vefABC]/.test(text))) return false
  return /^(?:e|f)?grep$|^rg$/.test(head?.text ?? '') && !isSecretName(pattern) && namesOf(pattern).every((name) => PLAIN_NAME.test(name) && !SENSITIVE.test(name))
}

// Parts of names of variables that hold secrets, or of services whose variables mostly do: `env | grep -i aws`.
const SENSITIVE = /pass|pwd|secr|toke?|cred|key|auth|sess|cook|priv|sign|jwt|aws|azure|gcp|google|github|gitlab|openai|anthropic|stripe|slack|twilio|sendgrid|heroku|cloudflare|vault|sentry|supabase|mongo|redis|postgres|mysql|database|_db|^\^?db|url|uri|dsn|conn|smtp/i
const PLAIN_NAME = /^(?:\^\w{2,}|\w{3,})(?:=|\\?\.)?$/

// `^(NODE|CI)` is `^NODE` or `^CI`; an empty one, as in `NODE|`, is on every line.
function namesOf (pattern: string): readonly string[] {
  const [, anchor = '', inner = pattern, equals = ''] = /^(\^?)\\?\(([^()]*?)\\?\)(=?|\\?\.)$/.exec(pattern) ?? []
  return inner.split(/\\?\|/).map((name) => `${anchor}${name}${equals}`)
}
