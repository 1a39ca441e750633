import { checkEmptied, checkLoss } from '../programs/data-loss.ts'
import { checkThrownAway } from '../programs/kept-folders.ts'
import { endOfExec, EXECUTORS, soughtNames } from '../programs/find-names.ts'
import { substitute, takesNameForProgram } from './wrappers.ts'
import { hasFlag, NO_STDIN, splitArguments, type Effect, type Invocation } from '../programs/invocation.ts'
import { escapeGlob, literal, type Field } from '../shell/facts.ts'
import { isSystemName } from '../paths/system-names.ts'
import { allBelow } from '../paths/whole-tree.ts'

const OUTPUTS: ReadonlySet<string> = new Set(['-fprint', '-fprint0', '-fprintf', '-fls'])

const find: Effect = (invocation) => {
  const { args, facts, directories, run } = invocation
  const { roots, expression } = splitFind(args)
  const looks = !expression.some(({ text }) => EXECUTORS.has(text) || OUTPUTS.has(text) || /^-delete$|^-newer|^-files0|^-printf$|^-(?:perm|user|uid|gid|group|writable|readable|executable|inum|samefile)$/.test(text))
  for (const root of roots) if (!(looks && isSystemName(root, directories, facts))) facts.touch(root, 'read', directories)
  const names = findNames(invocation) ?? [{ text: '{}', known: false, glob: null }]
  for (let at = 0; at < expression.length; at += 1) {
    const word = expression[at]
    if (word === undefined) break
    const next = expression[at + 1]
    if (EXECUTORS.has(word.text)) {
      const end = endOfExec(expression, at + 1)
      const program = expression[at + 1]?.text ?? ''
      if (takesNameForProgram(expression.slice(at + 1, end), '{}')) facts.problem('evaluated-text')
      if (DELETERS.test(program)) checkLoss(names, directories, facts)
      if (isRecursive(expression.slice(at + 1, end)) && isOfFolders(expression) && names.some(isWork)) facts.problem('data-loss')
      if (COPIERS.test(program) && /\{\}$/.test(expression[end - 1]?.text ?? '')) checkEmptied(names, directories, facts)
      run(substitute(expression.slice(at + 1, end), '{}', names), /^-ok/.test(word.text) ? { stdin: NO_STDIN } : {})
      at = end
    } else if (word.text === '-delete') {
      checkLoss(names, directories, facts)
      checkThrownAway(names, directories, facts)
      for (const name of names) facts.touch(name, 'delete', directories, true)
    } else if (OUTPUTS.has(word.text) && next !== undefined) facts.touch(next, 'write', directories)
    else if (word.text === '-files0-from' || word.text.startsWith('-newer')) facts.touch(next ?? literal(''), 'read', directories)
  }
}

// With the file that was found as their last word, they put something else in its place.
const COPIERS = /^(?:\/bin\/)?(?:cp|mv|install|ln|dd|tee)$/
const DELETERS = /^(?:\/bin\/)?(?:rm|unlink|shred|trash|truncate)$/

// Every folder of one name, wherever it is: what is made again has names that everybody knows.
const MADE_AGAIN = /^(?:node_modules|dist|build|out|output|target|coverage|htmlcov|bin|obj|tmp|temp|logs?|vendor|venv|env|bower_components|generated|gen|__\w+__|[\w.-]*cache[\w-]*|[\w-]*\.egg-info|site-packages|storybook-static|results|reports?|artifacts?|wandb|mlruns|DerivedData|Pods|CMakeFiles|elm-stuff|_build|deps|public|www|typings)$/

function isRecursive ([program, ...flags]: readonly Field[]): boolean {
  return /^(?:\/bin\/)?rm$/.test(program?.text ?? '') && flags.some(({ text }) => /^-\w*[rR]|^--recursive$/.test(text))
}

function isOfFolders (expression: readonly Field[]): boolean {
  return expression.some(({ text }, at) => text === '-type' && expression[at + 1]?.text === 'd')
}

function isWork ({ text, glob }: Field): boolean {
  const name = text.split('/').at(-1) ?? ''
  return glob?.includes('**') === true && /^[A-Za-z][\w-]*$/.test(name) && !MADE_AGAIN.test(name)
}

/** The paths a `find` or `fd` can print: its roots, narrowed by its name tests; null when they cannot be told. */
export function findNames ({ name, args }: Invocation): readonly Field[] | null {
  if (name !== 'find') return fdNames(args)
  const { roots, expression } = splitFind(args)
  if (expression.some(({ text }) => /^-i?regex$|^-files0-from$|^-printf$/.test(text))) return null
  if (![...roots, ...expression].every(({ known }) => known)) return null
  const tests = soughtNames(expression)
  if (tests === null || tests.every((pattern) => /^[*?./]+$/.test(pattern))) return leavesHiddenOut(expression) ? roots : roots.map(allBelow)
  return roots.flatMap((root) => tests.map((pattern): Field => {
    const last = pattern.split('/').filter(Boolean).at(-1) ?? pattern
    const base = root.text.replace(/\/+$/, '')
    // `**` stands for any depth: where under the root the name is found is not known.
    return { text: `${base}/${last}`, known: true, glob: `${escapeGlob(base)}/**/${last}` }
  }))
}

// `-not -path '*/.*'`
function leavesHiddenOut (expression: readonly Field[]): boolean {
  return expression.some(({ text }, at) => ['!', '-not'].includes(text) && /path$/.test(expression[at + 1]?.text ?? '') && /^(?:\*|\.)?\/\\?\.\*$/.test(expression[at + 2]?.text ?? '')) ||
    expression.some(({ text }, at) => ['!', '-not'].includes(text) && expression[at + 1]?.text === '-name' && /^\\?\.\*$/.test(expression[at + 2]?.text ?? ''))
}

const fd: Effect = (invocation) => {
  const { args, facts, directories, run } = invocation
  const at = args.findIndex(({ text }) => EXECUTES.test(text))
  const { operands } = splitArguments(at < 0 ? args : args.slice(0, at), FD_VALUED)
  for (const root of operands.slice(1)) facts.touch(root, 'read', directories)
  if (at < 0) return
  const [, cluster = '-', glued = ''] = EXECUTES.exec(args[at]?.text ?? '') ?? []
  // Glued to its option, the program may or may not take the words after it too.
  const inner = glued === '' ? args.slice(at + 1) : [literal(glued), { text: '{}', known: false, glob: null }]
  const names: readonly Field[] = fdNames([...args.slice(0, at), ...cluster === '-' ? [] : [literal(cluster)]]) ?? [{ text: '{}', known: false, glob: null }]
  if (takesNameForProgram(inner, '{}')) facts.problem('evaluated-text')
  if (DELETERS.test(inner[0]?.text ?? '')) checkLoss(names, directories, facts)
  run(inner.some(({ text }) => text.includes('{')) ? substitute(inner, '{}', names) : [...inner, ...names])
}

// Also at the end of a cluster, `-Hx`, and glued, `-xsh` or `--exec=sh`; letters that take a value end a cluster.
const EXECUTES = /^(?:(-[^-etdEcjSoxX]*)[xX]|--exec(?:-batch)?)(?:=?(.+))?$/s

export const FIND_EFFECTS: Readonly<Record<string, Effect>> = { find, fd, fdfind: fd }

const FD_VALUED: ReadonlySet<string> = new Set(['-e', '-t', '-d', '-E', '-c', '-j', '--extension', '--type', '--max-depth', '--exclude', '--color'])

function fdNames (args: readonly Field[]): readonly Field[] | null {
  const { operands, flags, values } = splitArguments(args, FD_VALUED)
  const [pattern, ...roots] = operands
  if (!operands.every(({ known }) => known)) return null
  const places = roots.length > 0 ? roots : [literal('.')]
  const hidden = hasFlag(flags, 'H', '--hidden', '--unrestricted') || hasFlag(flags, 'u')
  const endings = values.filter(({ flag }) => flag === '-e' || flag === '--extension').map(({ value }) => value.text)
  if (endings.length > 0) return places.flatMap(({ text }) => endings.map((end): Field => ({ text: `${text}/*.${end}`, known: true, glob: `${escapeGlob(text)}/**/*.${end}` })))
  if (pattern === undefined || /^[.*]*$/.test(pattern.text)) return hidden ? places.map(allBelow) : places
  const core = pattern.text.replace(/\\(.)/g, '$1').replace(/^\^|\$$/g, '')
  if (!/^[\w.-]+$/.test(core)) return null
  return places.map(({ text }): Field => ({ text: `${text}/*${core}*`, known: true, glob: `${escapeGlob(text)}/**/*${core}*` }))
}

function splitFind (args: readonly Field[]): { readonly roots: readonly Field[], readonly expression: readonly Field[] } {
  let at = 0
  while (/^-(?:[HLP]|O\d|D)$/.test(args[at]?.text ?? '')) at += args[at]?.text === '-D' ? 2 : 1
  const start = at
  while (at < args.length && !/^(?:-.+|[!(),])$/.test(args[at]?.text ?? '')) at += 1
  const roots = args.slice(start, at)
  return { roots: roots.length > 0 ? roots : [literal('.')], expression: args.slice(at) }
}
