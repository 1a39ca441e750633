import { dropOptions } from './effects-wrappers.ts'
import { effectTable, type Effect, type Invocation } from './invocation.ts'
import { literal, type Field } from './shell-facts.ts'

interface Interpreter {
  /** An option that holds program text. */
  readonly inline: RegExp
  /** An option whose value, next or after `=`, is code to load before the program. */
  readonly preload?: readonly string[]
  readonly valued?: readonly string[]
  /** Words that stand before the script, as in `deno run`. */
  readonly verbs?: readonly string[]
}

const NODE: Interpreter = {
  inline: /^-(?:[pe]|pe|pi|i|ep)(?:$|[^a-z-])|^--(?:eval|print|interactive)(?:=|$)|^--experimental-default-type/,
  preload: ['-r', '--require', '--import', '--loader', '--experimental-loader', '--env-file', '--env-file-if-exists'],
  valued: ['-C', '--conditions', '--title', '--test-name-pattern', '--test-reporter', '--test-reporter-destination', '--watch-path', '--run', '--inspect-port'],
}
const PYTHON: Interpreter = { inline: /^-[A-VYZa-z]*c/, valued: ['-W', '-X', '-Q', '--check-hash-based-pycs'] }

const INTERPRETERS: ReadonlyArray<readonly [names: string, language: Interpreter]> = [
  ['node nodejs tsx ts-node', NODE],
  ['bun', { inline: /^-[ep]|^--(?:eval|print)/, preload: ['-r', '--preload', '--env-file'] }],
  ['python python2 python3 pypy pypy3', PYTHON],
  ['perl', { inline: /^-(?![MmI])[a-zA-Z0-9.]*[eE]|^-[Mm].*[=(;]|^-d:/ }],
  ['ruby', { inline: /^-(?![Ir])[a-zA-Z.]*e/, preload: ['-r'] }],
  ['php', { inline: /^-[rBRE]/ }],
  ['lua luajit', { inline: /^-e/, preload: ['-l'] }],
  ['Rscript R osascript groovy scala ghc', { inline: /^-e/ }],
  ['julia', { inline: /^-[eE]|^--eval/ }],
  ['elixir', { inline: /^-e|^--eval|^--rpc/ }],
  ['erl', { inline: /^-(?:eval|run|s)/ }],
  ['expect guile', { inline: /^-c/ }],
  ['swipl', { inline: /^-g/ }],
  ['tclsh', { inline: /^$/ }],
]

function interpreter (language: Interpreter): Effect {
  const valued = new Set([...language.valued ?? [], ...language.preload ?? []])
  return (invocation) => {
    const { args, facts, directories, name } = invocation
    const rest = dropOptions(args, valued, (flag, value) => {
      if (!(language.preload ?? []).includes(flag)) return
      if (/^data:/i.test(value.text) || !value.known) facts.problem('inline-code')
      else if (/[./]/.test(value.text)) facts.touch(value, 'read', directories)
    })
    const options = args.slice(0, args.length - rest.length)
    if (options.some(({ text }) => language.inline.test(text))) facts.problem('inline-code')
    else if (!runModule(name, options, rest, invocation)) runScript(rest, options, invocation)
  }
}

// `python -m pytest` is pytest; the module is reported as the program it is.
function runModule (name: string, options: readonly Field[], rest: readonly Field[], { run }: Invocation): boolean {
  if (!/^(?:python|pypy)/.test(name)) return false
  const at = options.findIndex(({ text }) => /^-(?![WX])[A-Za-z]*m/.test(text))
  if (at < 0) return false
  const glued = /^-[A-Za-z]*?m(.+)$/.exec(options[at]?.text ?? '')?.[1]
  run(glued === undefined ? rest : [literal(glued), ...rest])
  return true
}

function runScript (rest: readonly Field[], options: readonly Field[], { facts, directories, stdin }: Invocation): void {
  const [script, ...args] = rest
  if (script === undefined) {
    // A program text on standard input, unless all that was asked for is a version or the like.
    if (stdin.kind !== 'none' && !options.some(({ text }) => /^-(?:[vVh]|-version|-help|-test|-check)$/.test(text))) facts.problem('pipe-to-interpreter')
    return
  }
  if (script.text === '-' || /^\/dev\/(?:stdin|fd\/)|^\/proc\//.test(script.text)) return facts.problem('pipe-to-interpreter')
  if (/^data:/i.test(script.text)) return facts.problem('inline-code')
  facts.touch(script, 'read', directories)
  for (const arg of args) touchArgument(arg, { facts, directories })
}

/** Records an argument of a program that is not known in detail as read, when it looks like a path. */
export function touchArgument (arg: Field, { facts, directories }: Pick<Invocation, 'facts' | 'directories'>): void {
  if (!arg.known) return facts.problem('unknown-argument')
  const value = /^--?[\w-]+=(.*)$/s.exec(arg.text)?.[1] ?? /^-\w([./~].*)$/s.exec(arg.text)?.[1] ?? (arg.text.startsWith('-') ? '' : arg.text)
  const path = value.replace(/^@/, '')
  if (path === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(path) || /\s/.test(path)) return
  if (/[/\\]|^[.~]|\.[A-Za-z]\w{0,9}$/.test(path)) facts.touch({ text: path, known: true, glob: arg.glob === null ? null : path }, 'read', directories)
}

const deno: Effect = (invocation) => {
  const [verb, ...rest] = invocation.args
  if (verb?.text === 'eval' || verb?.text === 'repl') invocation.facts.problem('inline-code')
  else for (const arg of rest) touchArgument(arg, invocation)
}

export const INTERPRETER_EFFECTS = effectTable([
  ...INTERPRETERS.map(([names, language]) => [names, interpreter(language)] as const),
  ['deno', deno],
])
