import { splitArguments, type Effect, type Invocation } from '../programs/invocation.ts'
import { literal, type Field } from '../shell/facts.ts'
import { checkAssignment } from '../shell/assignments.ts'

const SHELL_VALUED: ReadonlySet<string> = new Set(['--rcfile', '--init-file', '-O', '+O', '-o', '+o'])

const SETS_NAMES: ReadonlySet<string> = new Set(['read', 'mapfile', 'readarray', 'getopts', 'unset'])

// Builtins that neither touch a file nor start a program, whatever their arguments are.
const INERT = [
  ':', 'true', 'false', 'echo', 'printf', 'pwd', 'exit', 'return', 'break', 'continue', 'shift', 'test', '[', 'wait', 'jobs', 'bg', 'fg', 'disown', 'kill', 'type', 'hash',
  'read', 'mapfile', 'readarray', 'getopts', 'ulimit', 'umask', 'times', 'dirs', 'cd', 'pushd', 'popd', 'chdir', 'logout', 'caller', 'local',
] as const

const shell: Effect = (invocation) => {
  const { args, facts, stdin, directories, script } = invocation
  const { operands, flags, values } = splitArguments(args, SHELL_VALUED)
  for (const { flag, value } of values) {
    if (/^[-+][oO]$/.test(flag) && !/^(?:pipefail|errexit|nounset|xtrace|noglob|noexec|nullglob|globstar|failglob)$/.test(value.text)) facts.problem('shell-option')
    if (!flag.endsWith('file')) continue
    facts.touch(value, 'read', directories)
    facts.problem('sourced-file')
  }
  const [first] = operands
  // `-co pipefail TEXT`: a letter before one that takes a value counts as well.
  const options = first === undefined ? args : args.slice(0, args.indexOf(first))
  const takesText = flags.some((flag) => /^-[a-zA-Z]*c/.test(flag)) || options.some(({ text }) => /^-[a-zA-Z]*c[a-zA-Z]*$/.test(text))
  const takesInput = flags.some((flag) => /^-[a-zA-Z]*s/.test(flag)) // then operands are the arguments of what it reads
  if (takesText) {
    if (first === undefined || !first.known) facts.problem('evaluated-text')
    else script(first, stdin, args.slice(args.indexOf(first) + 2)) // the first one is `$0`
  } else if (first !== undefined && !takesInput && !readsStdin(first)) {
    facts.touch(first, 'read', directories)
    facts.code(first, directories)
    if (isDocument(first)) facts.problem('inline-code')
    for (const operand of operands.slice(1)) if (operand.known) touchIfPath(operand, invocation)
  } else if (stdin.kind === 'text' && stdin.text !== null) {
    script(literal(stdin.text), { kind: 'piped', names: null }, takesInput ? operands : undefined) // what it starts reads the rest of it
  } else if (stdin.kind !== 'none' || first !== undefined) {
    facts.problem('pipe-to-interpreter')
  }
}

/** Whether a file is named as a text for people or as data: what in it is a command nobody looked at as one. */
export function isDocument ({ text }: Field): boolean {
  return /\.(?:md|mdx|markdown|txt|rst|adoc|html?|json|ya?ml|csv|tsv|log|xml|svg|png|jpe?g|gif|pdf|b64|bin|dat)$/i.test(text)
}

// Their languages differ from the one that is parsed here, so their texts are not understood.
const foreignShell: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  const { operands, flags } = splitArguments(args, SHELL_VALUED)
  if (flags.some((flag) => /^-[a-zA-Z]*c/i.test(flag) || flag.startsWith('--command'))) facts.problem('inline-code')
  else if (operands[0] === undefined || readsStdin(operands[0])) facts.problem('pipe-to-interpreter')
  else {
    facts.touch(operands[0], 'read', directories)
    facts.code(operands[0], directories)
  }
}

const evaluate: Effect = ({ args, facts, script }) => {
  if (args.length === 0) return
  if (args.every(({ known, foreign }) => known && foreign !== true)) script(literal(args.map(({ text }) => text).join(' ')))
  else facts.problem('evaluated-text')
}

// A sourced file may redefine every later word. The everyday cases are a Python environment's own script, and what says which system this is.
const source: Effect = ({ args, facts, directories }) => {
  const [file] = args
  if (file === undefined) return
  facts.touch(file, 'read', directories)
  if (/^\/etc\/(?:os|lsb)-release$/.test(file.text)) return
  facts.code(file, directories)
  if (!/^(?:\.\/)?\.?v?env\/bin\/activate$/.test(file.text)) facts.problem('sourced-file')
}

const trap: Effect = ({ args, facts, script }) => {
  const [action] = args.filter(({ text }) => text !== '--')
  if (action === undefined || ['-', '-l', '-p', ''].includes(action.text)) return
  if (action.known) script(action)
  else facts.problem('evaluated-text')
}

const set: Effect = ({ args, facts, narrowed }) => {
  if (args.length === 0 && !narrowed) facts.problem('environment-dump')
  // Positional parameters and the usual strictness switches; anything that changes how text is read is not followed.
  if (args.some(({ text, known }) => !known || !/^[-+][euxvnCm]*$|^[-+][eux]*o$|^(?:pipefail|errexit|nounset|xtrace|verbose|noclobber)$/.test(text))) facts.problem('shell-option')
}

const shopt: Effect = ({ args, facts }) => {
  if (args.some(({ text, known }) => !known || !/^-[suqp]+$|^(?:nullglob|globstar|failglob)$/.test(text))) facts.problem('shell-option')
}

const declare: Effect = ({ args, facts }) => {
  for (const { text, known } of args) {
    const equals = text.indexOf('=')
    if (!known) facts.problem('unknown-argument')
    else if (equals > 0) checkAssignment(text.slice(0, equals), text.slice(equals + 1), facts)
  }
}

const problem = (code: 'alias' | 'shell-option'): Effect => ({ args, facts }) => { if (args.length > 0) facts.problem(code) }

// Whether a file exists in somebody's home tells who is there and what they use.
const PRIVATE = /^(?:~|\/(?:home|root|etc|proc|run|var\/run)(?:\/|$))/

/** Records a word of a test as read when it names a file of the machine or of a home folder. */
export function touchPrivate (word: Field, { facts, directories }: Pick<Invocation, 'facts' | 'directories'>): void {
  if (word.known && PRIVATE.test(word.text)) facts.touch(word, 'read', directories)
}

// `-n "$HOME"` and `"$HOME" = /root` look at the words themselves; what a pattern finds is looked for on the disk.
function isMereText (args: readonly Field[], at: number): boolean {
  const before = args[at - 1]?.text ?? ''
  if (/[*?[]/.test(args[at]?.text ?? '') || /^-[a-mo-yA-Z]$|^-[on]t$|^-ef$/.test(before)) return false
  return before === '-n' || before === '-z' || [before, args[at + 1]?.text].some((word) => word === '=' || word === '==' || word === '!=')
}

// Names given as `a[$(…)]` are evaluated by these builtins even when quoted.
const inert: Effect = (invocation) => {
  const { name, args, facts } = invocation
  const takesNames = ['read', 'mapfile', 'readarray', 'getopts', 'test', '[', 'wait'].includes(name) || (name === 'printf' && args[0]?.text.startsWith('-v') === true)
  if (takesNames && args.some(({ text, known }) => known && /\$\(|`/.test(text))) facts.problem('arithmetic-injection')
  if (name === 'test') for (const [at, arg] of args.entries()) if (!isMereText(args, at)) touchPrivate(arg, invocation)
  const [first, second] = args
  const printed = name === 'printf' && first?.text.startsWith('-v') === true ? (first.text === '-v' ? second?.text : first.text.slice(2)) ?? '' : ''
  if (/^[A-Za-z_]\w*/.test(printed)) checkAssignment(printed, null, facts)
  if (SETS_NAMES.has(name)) for (const { text } of args) if (/^[A-Za-z_]\w*(?:\[|$)/.test(text)) checkAssignment(text, null, facts)
}

// `mapfile -C` runs its value as a command every few lines, with a number and the line behind it.
const mapfile: Effect = (invocation) => {
  const { values } = splitArguments(invocation.args, new Set(['-C', '-c', '-d', '-n', '-O', '-s', '-u']))
  for (const { flag, value } of values) if (flag === '-C') invocation.script({ ...value, text: `${value.text} "$1" "$2"` })
  inert(invocation)
}

// Every process, the one that all others belong to, or those of the agent itself.
const kill: Effect = ({ args, facts }) => {
  // Whatever is found by a name that the gateway's own processes have, too.
  if (args.some(({ text, known }) => !known && /pgrep|pidof/.test(text))) facts.problem('unknown-argument')
  const [first, ...rest] = args.map(({ text }) => text)
  if (rest.includes('-1') || rest.includes('1') || (first === '1' || first === '--') || args.some(({ text }) => /\b(?:opencode|weir|bwrap)\b/i.test(text))) facts.problem('unknown-argument')
}

const letEffect: Effect = ({ args, facts }) => {
  if (args.some(({ text, known }) => !known || !/^[\w\s+*/%=()<>!&|^~?:,-]*$/.test(text))) facts.problem('arithmetic-injection')
}

export const SHELL_EFFECTS: Readonly<Record<string, Effect>> = {
  ...Object.fromEntries(INERT.map((name) => [name, inert])),
  ...Object.fromEntries(['sh', 'bash', 'dash', 'ash', 'ksh', 'mksh', 'rbash'].map((name) => [name, shell])),
  ...Object.fromEntries(['zsh', 'fish', 'csh', 'tcsh', 'xonsh', 'nu', 'pwsh', 'powershell', 'elvish'].map((name) => [name, foreignShell])),
  eval: evaluate,
  source,
  '.': source,
  trap,
  set,
  shopt,
  export: declare,
  declare,
  typeset: declare,
  readonly: declare,
  unset: inert,
  mapfile,
  kill,
  readarray: mapfile,
  let: letEffect,
  alias: problem('alias'),
  unalias: problem('alias'),
  enable: problem('shell-option'),
  bind: problem('shell-option'),
  complete: problem('shell-option'),
  compgen: problem('shell-option'),
}

function readsStdin (field: Field): boolean {
  return !field.known || field.text === '-' || /^\/dev\/(?:stdin|fd\/)|^\/proc\//.test(field.text)
}

function touchIfPath (field: Field, { facts, directories }: Invocation): void {
  if (/[./]/.test(field.text) && !field.text.startsWith('-')) facts.touch(field, 'read', directories)
}
