import { losesData } from '../programs/data-loss.ts'
import { describeTool } from '../programs/developer-tool.ts'
import { isDocument } from './shell.ts'
import { dropOptions } from './wrappers.ts'
import { effectTable, type Effect, type Invocation } from '../programs/invocation.ts'
import { isOwnModule } from '../programs/python-modules.ts'
import { literal, type Field } from '../shell/facts.ts'

interface Interpreter {
  /** An option that holds program text. */
  readonly inline: RegExp
  /** An option whose value, next or after `=`, is code to load before the program. */
  readonly preload?: readonly string[]
  readonly valued?: readonly string[]
  /** Options that surely take no value. */
  readonly switches?: RegExp
  /** Words that stand before the script, as in `deno run`. */
  readonly verbs?: readonly string[]
}

// Options that read code from elsewhere, keep settings, or open what only a person at a terminal uses.
const STEERS = /^-(?:x|S|s|d|a|z)(?: |$)|^--(?:experimental-(?:config-file|sea-config)|snapshot-blob|build-snapshot|build-sea|icu-data-dir|test-global-setup|allow-addons|run|env-file)|^-X ?pycache_prefix|^--test-reporter=(?!spec|tap|dot|junit|lcov)/

const NODE: Interpreter = {
  inline: /^-(?:[pe]|pe|pi|i|ep)(?:$|[^a-z-])|^--(?:eval|print|interactive)(?:=|$)|^--experimental-default-type/,
  preload: ['-r', '--require', '--import', '--loader', '--experimental-loader', '--env-file', '--env-file-if-exists'],
  valued: ['-C', '--conditions', '--title', '--test-name-pattern', '--test-reporter', '--test-reporter-destination', '--watch-path', '--run', '--inspect-port', '-O', '--compiler-options', '--compilerOptions', '--ignoreDiagnostics', '--ignore', '-P', '--project', '--tsconfig', '--cwd'],
  switches: /^-[chisTv]$|^--(?:watch|test|test-only|test-force-exit|enable-source-maps|inspect(?:-brk|-wait)?|expose[-_]gc|allow-natives-syntax|preserve-symlinks|no-[\w-]+|trace-(?:warnings|deprecation|uncaught|exit|gc|sync-io|sigint)|experimental-(?!loader|config|sea)[\w-]+|throw-deprecation|pending-deprecation|check|cpu-prof|heap-prof|prof|transpile-only|esm|files|swc|emit|script-mode)$/,
}
const PYTHON: Interpreter = { inline: /^-[A-VYZa-z]*c/, valued: ['-W', '-X', '-Q', '--check-hash-based-pycs'], switches: /^-[bBdEiIOPqRsSuvxhV?\d]*m?$|^-\w*m./ }

const INTERPRETERS: ReadonlyArray<readonly [names: string, language: Interpreter]> = [
  ['node nodejs tsx ts-node', NODE],
  ['python python2 python3 pypy pypy3', PYTHON],
  ['perl', { inline: /^-(?![MmI])[a-zA-Z0-9.]*[eE]|^-[Mm].*[=(;]|^-d:/, valued: ['-I'], switches: /^-(?!.*I$)/ }],
  ['ruby', { inline: /^-(?![Ir])[a-zA-Z.]*e/, preload: ['-r'], valued: ['-I', '-E'], switches: /^-(?:[acdhlnpsSUvwy]+|[0FiKTWx]\S*)$|^--(?:verbose|debug|yjit|jit)$/ }],
  ['php', { inline: /^-[rBREF]|^--(?:run|process)/, valued: ['-d'], switches: /^-[aefhHilmnqsvw]$/ }],
  ['lua luajit', { inline: /^-e/, preload: ['-l'] }],
  ['Rscript osascript groovy scala', { inline: /^-e/ }],
  ['runghc', { inline: /^-e|^-pgm|^-F$|^-fplugin/ }],
  ['julia', { inline: /^-[eE]|^--(?:eval|print)|^-[JH]|^--(?:sysimage|home|handle-signals|startup-file=yes)/, preload: ['-L', '--load'], valued: ['-t', '-p', '--threads', '--procs', '--color'] }],
  ['ocaml', { inline: /^-(?:e|init|stdin)$/, valued: ['-I', '-w'] }],
  ['elixir', { inline: /^-e|^--eval|^--rpc/ }],
  ['erl', { inline: /^-(?:eval|run|s)/ }],
  ['expect guile', { inline: /^-c/ }],
  ['swipl', { inline: /^-g/ }],
  ['tclsh', { inline: /^$/ }],
]

function interpreter (language: Interpreter): Effect {
  const valued = new Set([...language.valued ?? [], ...language.preload ?? []])
  const plain = new Set([...valued].filter((flag) => !/destination|path$/.test(flag)))
  return (invocation) => {
    const { facts, name } = invocation
    const args = name === 'tsx' && invocation.args[0]?.text === 'watch' ? invocation.args.slice(1) : invocation.args
    // `ruby -S rspec` looks the program up as a shell does.
    if (name === 'ruby' && args[0]?.text === '-S' && args[1] !== undefined && !/[/-]/.test(args[1].text)) return invocation.run(args.slice(1))
    const rest = dropOptions(args, valued, (flag, value) => {
      // Where it looks for what the program loads.
      if (flag === '-I') return facts.code(value, invocation.directories)
      if (!(language.preload ?? []).includes(flag)) return
      if (/^data:/i.test(value.text) || !value.known) facts.problem('inline-code')
      else if (!LOADED_MODULES.test(value.text)) facts.problem('inline-code')
      else loadCode(value, invocation)
    })
    const options = args.slice(0, args.length - rest.length)
    describeTool({ ...invocation, args: options }, plain)
    const steering = name === 'php' ? withoutSettings(options) : options
    if (steering.some(({ text }, at) => STEERS.test(text) || STEERS.test(`${text} ${steering[at + 1]?.text ?? ''}`))) facts.problem('configured-command')
    if (name === 'php' && steering.some(({ text }) => text.startsWith('-d'))) facts.problem('configured-command')
    // All of PHP's settings, and the environment beside them.
    if (name === 'php' && !invocation.narrowed && options.some(({ text }) => /^(?:-i|--info)$/.test(text))) facts.problem('environment-dump')
    if (options.some(({ text }) => language.inline.test(text)) || hidesCode(options, rest, language, valued)) facts.problem('inline-code')
    else if (name === 'node' && options.some(({ text }) => /^(?:--prof-process|--check|-c)$/.test(text))) for (const log of rest) facts.touch(log, 'read', invocation.directories)
    else if (!runModule(name, options, rest, invocation)) runScript(rest, options, invocation)
  }
}

// Behind an option that may take a value, what looks like the script may be that value, and code may follow:
// `node --disable-warning x.js -e CODE`.
function hidesCode (options: readonly Field[], rest: readonly Field[], language: Interpreter, valued: ReadonlySet<string>): boolean {
  const last = options.at(-1)?.text ?? ''
  if (rest.length < 2 || !last.startsWith('-') || last === '--' || last.includes('=') || valued.has(last.slice(0, 2)) || language.switches?.test(last) === true) return false
  const behind = rest.slice(1)
  const script = dropOptions(behind, valued, () => {})
  const further = behind.slice(0, behind.length - script.length)
  return further.some(({ text }) => language.inline.test(text) || language.preload?.includes(text.replace(/=.*/s, '')) === true) || hidesCode(further, script, language, valued)
}

// Limits and reports of PHP, which name no file.
const PHP_SETTING = /^(?:memory_limit|max_execution_time|display_errors|error_reporting|date\.timezone|zend\.assertions|assert\.exception|xdebug\.mode|pcov\.enabled|opcache\.enable(?:_cli)?)=[\w,/-]*$/

function withoutSettings (options: readonly Field[]): readonly Field[] {
  return options.filter(({ text }, at) => !((text === '-d' && PHP_SETTING.test(options[at + 1]?.text ?? '')) || PHP_SETTING.test(text.replace(/^-d/, ''))))
}

// `python -m pytest` is pytest; the module is reported as the program it is.
function runModule (name: string, options: readonly Field[], rest: readonly Field[], invocation: Invocation): boolean {
  if (!/^(?:python|pypy)/.test(name)) return false
  const at = options.findIndex(({ text }) => /^-(?![WX])[A-Za-z]*m/.test(text))
  if (at < 0) return false
  const glued = /^-[A-Za-z]*?m(.+)$/.exec(options[at]?.text ?? '')?.[1]
  const [module, ...args] = glued === undefined ? rest : [literal(glued), ...rest]
  if (module === undefined) return true
  // They measure or follow another module, which is named as to Python itself.
  const measured = /^(?:cProfile|profile|trace|pdb)$/.test(module.text) ? args.findIndex(({ text }) => text === '-m') : -1
  if (measured >= 0) invocation.run([literal(name), ...args.slice(measured)])
  if (isOwnModule(module.text, args.map(({ text }) => text))) runScript([literal(`${module.text.replaceAll('.', '/')}.py`), ...args], options, invocation)
  else invocation.run([module, ...args])
  return true
}

// What frameworks show of their settings, values and all.
const SHOWS_SECRETS = /^(?:secrets:(?:reveal|decrypt-to-local)|--reveal|debug:dotenv|--env-vars?(?:=.*)?|config:show)$/

const TASK_RUNNERS = /(?:^|\/)(?:manage\.py|artisan|setup\.py)$/

function runScript (rest: readonly Field[], options: readonly Field[], { facts, directories, stdin, built }: Invocation): void {
  const [script, ...args] = rest
  if (script === undefined) {
    // A program text on standard input, unless all that was asked for is a version or the like.
    if (stdin.kind !== 'none' && !options.some(({ text }) => /^-(?:[vVh]|-version|-help|-test|-check)$/.test(text))) facts.problem('pipe-to-interpreter')
    return
  }
  if (TASK_RUNNERS.test(script.text) && /^(?:shell|shell_plus|dbshell|tinker|db|env:decrypt|install|develop|upload|register)$/.test(args[0]?.text ?? '')) facts.problem('inline-code')
  if (losesData(script.text, args)) facts.problem('data-loss')
  if (/(?:^|\/)(?:console|artisan)$/.test(script.text) && args.some(({ text }) => SHOWS_SECRETS.test(text))) facts.problem('secret-variable')
  if (TASK_RUNNERS.test(script.text)) {
    if (args[0]?.text === 'diffsettings') facts.problem('secret-variable')
    // A server for other machines, and a module that may lie anywhere.
    if (args[0]?.text === 'serve' && args.some(({ text }, at) => /^--host(?:=|$)/.test(text) && !/^(?:localhost|127\.0\.0\.1)$/.test(text.split('=')[1] ?? args[at + 1]?.text ?? ''))) facts.network()
    if (args[0]?.text === 'runserver' && args.some(({ text }) => /^(?!localhost:|127\.|\[?::1\]?:)[\w.[\]:]+:\d+$/.test(text))) facts.network()
    if (args[0]?.text === 'runscript') for (const arg of args.slice(1)) facts.code(arg, directories)
    for (const [at, { text }] of args.entries()) if (text.startsWith('--pythonpath')) facts.code(text.includes('=') ? literal(text.slice(text.indexOf('=') + 1)) : args[at + 1] ?? literal(''), directories)
  }
  if (script.text === '-' || /^\/dev\/(?:stdin|fd\/)|^\/proc\//.test(script.text)) return facts.problem('pipe-to-interpreter')
  if (/^data:/i.test(script.text)) return facts.problem('inline-code')
  // An archive with code in it is read by nobody.
  if (/\.(?:zip|pyz|pyzw|whl|egg)$/i.test(script.text)) facts.problem('inline-code')
  if (isDocument(script)) facts.problem('inline-code')
  if (/^[a-z]+:\/\//i.test(script.text)) facts.network()
  facts.touch(script, 'read', directories)
  if (built !== undefined && facts.isBuilt(script, directories, built)) facts.starts(script, directories)
  else facts.code(script, directories)
  for (const arg of args) touchArgument(arg, { facts, directories })
}

// Loaders that only teach the runtime another syntax, by package name. Anything else given to it is code before the code.
const LOADED_MODULES = /^(?:tsx(?:\/(?:cjs|esm))?|ts-node\/(?:register(?:\/transpile-only)?|esm)|@swc-node\/register(?:\/esm)?|@babel\/register|esbuild-register|esm|source-map-support\/register|tsconfig-paths\/register|should|\.\/(?:tests?|spec|scripts)\/[\w/-]+\.[cm]?[jt]s)$/

/** Records that a program loads this file, or module, as code. */
function loadCode (value: Field, { facts, directories }: Pick<Invocation, 'facts' | 'directories'>): void {
  if (!/[./]/.test(value.text)) return
  if (/^[./~]/.test(value.text)) facts.touch(value, 'read', directories)
  facts.code(value, directories)
}

/** Records an argument of a program that is not known in detail as read, when it looks like a path. */
export function touchArgument (arg: Field, { facts, directories }: Pick<Invocation, 'facts' | 'directories'>): void {
  if (!arg.known) return facts.problem('unknown-argument')
  const value = /^--?[\w-]+=(.*)$/s.exec(arg.text)?.[1] ?? /^-\w([./~].*)$/s.exec(arg.text)?.[1] ?? (arg.text.startsWith('-') ? '' : arg.text.replace(/^[A-Za-z]\w*=(?=[./~])/, ''))
  const path = value.replace(/^@/, '').replace(/(?<=^|\/)\.\.\.$/, '.') // `./...` is Go's word for all below
  if (path === '' || /^(?:\\[tnrdswb0])+$/.test(path) || /^[a-z][a-z0-9+.-]*:\/\//i.test(path) || /\s/.test(path)) return
  if (/[/\\]|^[.~]|\.[A-Za-z]\w{0,9}$/.test(path)) facts.touch({ text: path, known: true, glob: arg.glob === null ? null : path }, 'read', directories)
}

const BUN: Interpreter = { inline: /^-[ep]|^--(?:eval|print)/, preload: ['-r', '--preload', '--env-file'], switches: /^-[bi]$|^--(?:watch|hot|smol|bun|silent|inspect|if-present|no-[\w-]+)$/ }

// `bun FILE` and `bun run FILE` are the same; `bun test` loads its preloads as well.
const bun: Effect = (invocation) => {
  if (invocation.args[0]?.text === 'build') return describeTool({ ...invocation, args: invocation.args.slice(1) })
  const args = invocation.args.filter(({ text }, at) => at > 0 || !/^(?:run|test)$/.test(text))
  interpreter(BUN)({ ...invocation, args })
}

export const INTERPRETER_EFFECTS = effectTable([
  ...INTERPRETERS.map(([names, language]) => [names, interpreter(language)] as const),
  ['bun', bun],
])
