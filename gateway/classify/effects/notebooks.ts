import { effectTable, splitArguments, type Effect } from '../programs/invocation.ts'

// Any setting of the converter can be an option, also what it loads and starts; these do neither.
const SWITCHES = /^--(?:execute|stdout|inplace|clear-output|no-input|no-prompt|allow-errors|embed-images|debug)$/
const VALUED: ReadonlySet<string> = new Set(['--to', '--output', '--output-dir', '--log-level', '--ExecutePreprocessor.timeout', '--ExecutePreprocessor.kernel_name', '--nbformat'])
// Any other word names a module to load.
const FORMATS = /^(?:script|python|html|markdown|notebook|rst|latex|asciidoc|slides|pdf)$/

const nbconvert: Effect = ({ args, facts, directories }) => {
  const { operands, flags, values } = splitArguments(args[0]?.text === 'nbconvert' ? args.slice(1) : args, VALUED)
  if (!flags.every((flag) => SWITCHES.test(flag) || VALUED.has(flag))) facts.problem('configured-command')
  for (const { flag, value } of values) {
    if (flag === '--to' && !FORMATS.test(value.text)) facts.problem('configured-command')
    if (flag.startsWith('--output')) facts.touch(value, 'write', directories)
  }
  for (const notebook of operands) {
    facts.touch(notebook, 'read', directories)
    if (flags.includes('--execute')) facts.code(notebook, directories)
    // The result stands beside it, under its name.
    if (!flags.includes('--stdout')) facts.touch(notebook, 'write', directories)
  }
}

const PAPERMILL: ReadonlySet<string> = new Set(['-p', '-r', '-k', '--kernel', '--cwd', '--log-level', '--start-timeout', '--execution-timeout'])
const PAPERMILL_SWITCHES = /^--(?:no-)?(?:progress-bar|log-output|report-mode)$/

// A notebook that is run, and what comes of it.
const papermill: Effect = ({ args, facts, directories }) => {
  const pairs = args.flatMap((arg, at) => /^-[pr]$/.test(args[at - 2]?.text ?? '') ? [] : [arg]) // `-p NAME VALUE`
  const { operands, flags, values } = splitArguments(pairs, PAPERMILL)
  if (!flags.every((flag) => PAPERMILL.has(flag) || PAPERMILL_SWITCHES.test(flag)) || operands.length > 2) facts.problem('configured-command')
  for (const { flag } of values) if (flag === '--cwd') facts.problem('unknown-directory')
  const [from, to] = operands
  if (operands.some(({ text }) => /^\w+:\/\//.test(text))) facts.network()
  if (from !== undefined) {
    facts.touch(from, 'read', directories)
    facts.code(from, directories)
  }
  if (to !== undefined) facts.touch(to, 'write', directories)
}

export const NOTEBOOK_EFFECTS = effectTable([['jupyter jupyter-nbconvert', nbconvert], ['papermill', papermill]])
