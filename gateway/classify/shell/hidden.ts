import { checkAssignment } from './assignments.ts'
import type { FactCollector } from './facts.ts'
import { descendants, type Syntax } from './syntax.ts'

const EXPANSION: ReadonlySet<string> = new Set(['expansion'])
const LOOP: ReadonlySet<string> = new Set(['for_statement'])
const ARITHMETIC: ReadonlySet<string> = new Set(['arithmetic_expansion', 'c_style_for_statement', 'compound_statement'])
const NAME: ReadonlySet<string> = new Set(['variable_name', 'word'])
const HARMLESS_TRANSFORMATION = /^[QULuKkAaE]$/

const VARIABLE: ReadonlySet<string> = new Set(['simple_expansion', 'expansion'])
const SECRET_NAME = /(?:^|[_\W])(?:(?:API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|MASTER)_?KEY\w*|KEY|SECRETS?|\w*TOKENS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|(?:DATABASE|DB|REDIS|MONGO(?:DB)?|POSTGRES(?:QL)?|PG|MYSQL|AMQP|RABBITMQ|BROKER|ELASTIC(?:SEARCH)?)_?(?:URL|URI|DSN)|(?:SENTRY|DATABASE)?_?DSN|CONNECTION_?STRING)(?:_\w+)?(?:$|\W)/i

/** Whether a variable of this name, or one found by this pattern, most likely holds a secret. */
export function isSecretName (name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Records uses of variables that hold secrets, unless the text itself gave them their value. */
export function checkSecrets (root: Syntax, assigned: (name: string) => boolean, facts: FactCollector): void {
  for (const { children } of descendants(root, VARIABLE)) {
    const name = children.find(({ type }) => type === 'variable_name')?.text ?? ''
    if (isSecretName(name) && !assigned(name)) facts.problem('secret-variable')
    // `${!n}` is the variable that n names: any name in the text may be meant, and one put together of pieces stands nowhere.
    const listsPlaces = children.some(({ type, text: word }) => type === 'subscript' && /^\w+\[[@*]\]$/.test(word)) // `${!table[@]}`
    if (!listsPlaces && children.some(({ named, type }) => !named && type === '!') && (/\+=|\bread\b|\bprintf -v\b/.test(root.text) || (root.text.match(/\b[A-Z]\w{2,}/g) ?? []).some((word) => isSecretName(word) && !assigned(word)))) facts.problem('secret-variable')
  }
}

// The names of all variables with a beginning, and then what they hold: `for v in ${!AWS_*}; do echo "${!v}"; done`.
const NAMES_BY_PREFIX = /\$\{!(\w+)[*@]\}/g
const MAX_PREFIXES = 16 // one is enough to stop the text
const SHOWS_VALUES = /\$\{!\w+\}|\b(?:printenv|declare -p|typeset -p|export -p|local -n|declare -n)\b/

function checkListedNames (root: Syntax, facts: FactCollector): void {
  if (!SHOWS_VALUES.test(root.text)) return
  for (const prefix of new Set([...root.text.matchAll(NAMES_BY_PREFIX)].slice(0, MAX_PREFIXES).map(([, name = '']) => name))) if (!new RegExp(`(?:^|[\\s;(])${prefix}\\w*=`).test(root.text)) facts.problem('secret-variable')
}

/** Records what a text does where no command stands: `${x@P}` runs the value of x, loops and `${X:=y}` set variables. */
export function checkHidden (root: Syntax, facts: FactCollector): void {
  checkListedNames(root, facts)
  for (const { children } of descendants(root, EXPANSION)) {
    const at = children.findIndex(({ named, type }) => !named && type === '@')
    if (at >= 0 && !HARMLESS_TRANSFORMATION.test(children[at + 1]?.text ?? '')) facts.problem('evaluated-text')
    if (children.some(({ type }) => type === ':=' || type === '=')) setsUnknown(children.find(({ type }) => type === 'variable_name' || type === 'subscript'), facts)
  }
  for (const { children } of descendants(root, LOOP)) setsUnknown(children.find(({ type }) => type === 'variable_name'), facts)
  for (const node of descendants(root, ARITHMETIC)) {
    if (node.type === 'compound_statement' && node.children[0]?.type !== '((') continue
    const inside = node.type === 'c_style_for_statement' ? node.children.filter(({ field }) => field !== 'body') : node.children
    for (const child of inside) for (const name of [child, ...descendants(child, NAME)]) if (NAME.has(name.type)) setsUnknown(name, facts)
  }
}

// Lower case is everyday (`for path in …`) and, in the shell, another variable.
function setsUnknown (name: Syntax | undefined, facts: FactCollector): void {
  if (name !== undefined && !/^[^[]*[a-z]/.test(name.text)) checkAssignment(name.text, null, facts)
}
