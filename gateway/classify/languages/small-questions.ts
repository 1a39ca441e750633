import { asksDatabase } from '../programs/database-looks.ts'
import { dryRun } from '../programs/dry-runs.ts'
import { namedScript } from '../programs/package-scripts.ts'
import { handedOn } from '../programs/handed-programs.ts'
import { makesHugeValue } from './huge-values.ts'
import { NO_STDIN, splitArguments, textOn, type Stdin } from '../programs/invocation.ts'
import { LOCAL_QUESTIONS } from '../programs/local-questions.ts'
import { MODEL_LOOKS, tinker } from '../programs/model-looks.ts'
import { modelShellText, readModelScript } from '../programs/model-shells.ts'
import { plainLook } from '../programs/plain-looks.ts'
import { readPlainJavascript } from './plain-javascript.ts'
import { isPlainLibrary, readPlainRuby } from './plain-ruby.ts'
import { readPlainScript, type PlainScript } from './plain-script.ts'
import { hiddenOf, type ScriptPlace } from './script-places.ts'
import { perl } from '../programs/perl-questions.ts'
import { escapeGlob, literal, type Field } from '../shell/facts.ts'

/** What a command really asks: other program starts that touch the same, and files it loads as code without starting them. */
export interface PlainQuestion {
  readonly runs: ReadonlyArray<readonly Field[]>
  readonly code: readonly string[]
  /** Whether what they start gets the input of the command. */
  readonly fed?: boolean
}

const NODE = /^node(?:js)?$/
const PYTHON = /^(?:(?:\.\/)?\.?venv\/bin\/|\/usr\/(?:local\/)?bin\/)?python3?(?:\.\d+)?$/
// They change how it says things, not what it runs.
const PYTHON_SWITCH = /^-(?:[uBsEIqPb]|OO?|W(?:ignore|error|default|always|once|module)|X(?:dev|importtime|utf8))$/
const PYTHON_VALUED = new Map([['-W', /^(?:ignore|error|default|always|once|module)$/], ['-X', /^(?:dev|importtime|utf8|faulthandler|no_debug_ranges)$/]])
// What a login shell reads first lies in folders that no call may write.
const SHELL = /^(?:ba|da)?sh$/
const LOCAL = new Map(Object.entries(LOCAL_QUESTIONS))

/**
 * What a command really asks, when it is one of the few that everybody writes in place of a plainer one: a one-line
 * program that prints a value, a look at a chart or a database. @returns null for any other
 */
export function plainQuestion (name: string, args: readonly Field[], stdin: Stdin): PlainQuestion | null {
  if (!args.every(({ known }) => known)) return null
  if (NODE.test(name) || PYTHON.test(name)) return asksModel(name, args, stdin) ?? oneLiner(name, args, stdin)
  if (name === 'flask' && args.length === 1 && args[0]?.text === 'shell') return asksModel(name, args, stdin)
  const javascript = asNode(name, args)
  if (javascript !== null) return oneLiner('node', javascript, stdin)
  const ruby = name === 'ruby' ? rubyText(args, stdin) : null
  const script = ruby === null || makesHugeValue(ruby) ? null : readPlainRuby(ruby)
  if (script !== null) return scripted('ruby', script)
  const lines = name === 'perl' && (args.length === 0 || (args.length === 1 && args[0]?.text === '-')) ? textOn(stdin) : null
  if (lines !== null) return plainQuestion(name, [literal('-e'), literal(lines)], NO_STDIN)
  const said = args.map(({ text }) => text)
  if (stdin.kind === 'none' && SHELL.test(name) && args.length === 2 && said[0] === '-lc') return { runs: [[literal(name), literal('-c'), ...args.slice(1)]], code: [] }
  const handed = name === 'cargo' ? cargo(said, args) : null
  if (handed !== null) return handed
  const starts = handedOn(name, said, args)
  if (starts !== null) return { runs: starts, code: [], fed: true }
  const asked = asksDatabase(name, args, stdin)
  if (asked !== null) return asked
  const words = checksSyntax(name, said, args) ?? dryRun(name, said) ?? plainLook(name, said) ?? PLAINER[name]?.(said, args) ?? LOCAL.get(name)?.(said, args) ?? null
  return words === null ? null : { runs: [words], code: [] }
}

// `python manage.py shell`, `flask shell`
function asksModel (name: string, args: readonly Field[], stdin: Stdin): PlainQuestion | null {
  const words = args.map(({ text }) => text)
  const input = textOn(stdin)
  const text = name === 'flask' ? input === null ? null : `from app import app\n${input}` : modelShellText(words, input)
  return text === null || makesHugeValue(text) ? null : scripted('python', readModelScript(text))
}

// Other runtimes of JavaScript, with a text as `node -e` takes it.
function asNode (name: string, args: readonly Field[]): readonly Field[] | null {
  const [first, ...rest] = args
  if (name === 'deno' && first?.text === 'eval') return rest.length === 1 ? [literal('-e'), ...rest] : rest.length === 2 && /^(?:-p|--print)$/.test(rest[0]?.text ?? '') ? rest : null
  if (!/^(?:tsx|ts-node|bun)$/.test(name) || rest.length !== 1) return null
  return /^(?:-[ep]|--eval|--print)$/.test(first?.text ?? '') ? args : null
}

function oneLiner (name: string, args: readonly Field[], stdin: Stdin): PlainQuestion | null {
  const given = PYTHON.test(name) ? withoutSwitches(args) : withoutWords(args)
  const text = given === null ? null : programText(name, given.args, stdin)
  if (given === null || text === null || makesHugeValue(text)) return null
  const printed = NODE.test(name) && args.some(({ text: word }, at) => at < args.length - 1 && /^(?:-p|-pe|--print)$/.test(word))
  if (PYTHON.test(name)) return scripted(name, readPlainScript(text, given.words))
  const script = readPlainJavascript(text, printed)
  // What code of the project does with words may be anything.
  return given.words.length > 0 && script !== null && script.loads.length > 0 ? null : scripted(name, script)
}

function scripted (name: string, script: PlainScript | null): PlainQuestion | null {
  if (script === null || [...script.reads, ...script.writes].some(({ below }) => below?.includes('..') === true)) return null
  const { runs, code } = loading(name, script)
  const shown = script.reads.length === 0 ? [] : [[literal('cat'), literal('--'), ...script.reads.map(fieldOf)]]
  // Files that are found, read and written again are edited; what is written to others is all that is then in them.
  const edited = script.writes.filter(({ root, below }) => below !== null && hiddenOf({ root, below }).some((hidden) => script.reads.some((read) => read.root === hidden.root && read.below === hidden.below)))
  const others = script.writes.filter((place) => !edited.includes(place))
  const filled = others.length === 0 ? [] : [[literal('tee'), literal('--'), ...others.map(fieldOf)]]
  const changed = edited.length === 0 ? [] : [[literal('sed'), literal('-i'), literal('s/a/b/'), literal('--'), ...edited.map(fieldOf)]]
  const started = (script.starts ?? []).map((words) => words.map(literal))
  // Nobody knows which comes first.
  return { runs: [...runs, ...script.fed === undefined ? [] : started, ...shown, ...filled, ...changed, ...started], code, ...script.fed === true ? { fed: true } : {} }
}

function fieldOf ({ root, below }: ScriptPlace): Field {
  if (below === null) return literal(root)
  const folder = root === '.' ? '' : `${root.replace(/\/+$/, '')}/`
  return { text: `${folder}${below}`, known: true, glob: `${escapeGlob(folder)}${below}` }
}

// `ruby -rjson -e TEXT`, or a text on standard input.
function rubyText (args: readonly Field[], stdin: Stdin): string | null {
  const rest = args.map(({ text }) => text)
  while (/^-r./.test(rest[0] ?? '') && isPlainLibrary(rest[0]?.slice(2) ?? '')) rest.shift()
  if (rest.length === 2 && rest[0] === '-e') return rest[1] ?? null
  return rest.length === 0 || (rest.length === 1 && rest[0] === '-') ? textOn(stdin) : null
}

// `-u -W ignore -c TEXT a b`: the program, and the words that it is given.
function withoutSwitches (all: readonly Field[]): { readonly args: readonly Field[], readonly words: readonly string[] } | null {
  let at = 0
  for (; at < all.length; at += 1) {
    const flag = all[at]?.text ?? ''
    if (PYTHON_VALUED.get(flag)?.test(all[at + 1]?.text ?? '') === true) at += 1
    else if (!PYTHON_SWITCH.test(flag)) break
  }
  const rest = all.slice(at)
  const own = rest[0]?.text === '-c' ? 2 : rest[0]?.text === '-' ? 1 : rest.length
  return { args: rest.slice(0, own), words: rest.slice(own).map(({ text }) => text) }
}

// `-e TEXT a b`, `- a b`: the program, and the words that it is given.
function withoutWords (all: readonly Field[]): { readonly args: readonly Field[], readonly words: readonly string[] } {
  const flag = all.findIndex(({ text }) => /^(?:-[ep]|-pe|--print|--eval|-)$/.test(text))
  const own = flag < 0 || flag > 1 ? all.length : all[flag]?.text === '-' ? flag + 1 : flag + 2
  const words = all.slice(own).map(({ text }) => text)
  // Before the dashes, options are those of Node.
  const plain = words[0] === '--' || words.every((word) => !word.startsWith('-'))
  return plain ? { args: all.slice(0, own), words } : { args: all, words: [] }
}

function programText (name: string, all: readonly Field[], stdin: Stdin): string | null {
  const args = NODE.test(name) ? all.filter(({ text: word }, at) => at > 1 || !/^--(?:input-type=(?:module|commonjs)|no-warnings)$/.test(word)) : all
  const [flag, text] = args
  if (args.length === 2 && flag !== undefined && (NODE.test(name) ? /^-(?:p|e|pe)$|^--(?:print|eval)$/ : /^-c$/).test(flag.text)) return text?.text ?? null
  if (PYTHON.test(name) && flag?.text === '-m' && text?.text === 'timeit') return timed(args.slice(2))
  const fromStdin = args.length === 0 || (args.length === 1 && flag?.text === '-')
  return fromStdin ? textOn(stdin) : null
}

// The operands of `timeit` are lines of a program, those of `-s` the lines before them.
function timed (args: readonly Field[]): string {
  const { operands, values } = splitArguments(args, new Set(['-n', '--number', '-r', '--repeat', '-s', '--setup', '-u', '--unit']))
  const before = values.filter(({ flag }) => flag === '-s' || flag === '--setup').map(({ value }) => value)
  return [...before, ...operands, literal('print(0)')].map(({ text }) => text).join('\n')
}

// Loading a module is running it, so where scripts may not be run, neither may this be.
function loading (name: string, { loads, listed }: PlainScript): PlainQuestion {
  const files = NODE.test(name) ? packageFiles : moduleFiles
  const started = loads.map((module) => [literal(name), literal(files(module)[0] ?? module)])
  return { runs: [[literal('true')], ...started], code: [...loads, ...NODE.test(name) ? [] : listed].flatMap(files) }
}

// A file of the project comes before Python's own module of that name.
function moduleFiles (module: string): readonly string[] {
  const path = module.replaceAll('.', '/')
  return [`${path}.py`, `${path}/__init__.py`, `${path.split('/')[0] ?? path}/__init__.py`, `${path.split('/')[0] ?? path}.py`]
}

function packageFiles (module: string): readonly string[] {
  if (/^[./]/.test(module)) return [module, `${module}.js`, `${module}.cjs`, `${module}/index.js`]
  return [`node_modules/${module}/index.js`, `node_modules/${module}/package.json`, `node_modules/${module}.js`, `node_modules/${module}`]
}

// The text is read and nothing of it run; Perl runs some of it even then.
const SYNTAX_ONLY: Readonly<Record<string, RegExp | undefined>> = Object.assign(Object.create(null) as Record<string, RegExp>, { ruby: /^-w?c$/, php: /^-l$/, node: /^(?:-c|--check)$/, bash: /^-n$/, sh: /^-n$/, zsh: /^-n$/, luac: /^-p$/, gofmt: /^-[ed]$/ })

function checksSyntax (name: string, words: readonly string[], args: readonly Field[]): readonly Field[] | null {
  const files = args.slice(1)
  return SYNTAX_ONLY[name]?.test(words[0] ?? '') === true && files.length > 0 && files.every(({ text }) => /^[\w@][\w./@-]*$/.test(text)) ? [literal('cat'), literal('--'), ...files] : null
}

type Plainer = (words: readonly string[], args: readonly Field[]) => readonly Field[] | null

// A chart of the project, rendered without any server: everything it shows is in its files.
const helm: Plainer = (words, args) => {
  const [verb, ...rest] = words
  if (verb !== 'lint' && verb !== 'template') return null
  const files: Field[] = []
  const shown: Field[] = []
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? ''
    const field = args[at + 1]
    if (/^--(?:strict|debug|include-crds|quiet)$/.test(word)) continue
    if (/^(?:-f|--values)$/.test(word)) {
      at += 1
      const values = args[at + 1]
      if (values === undefined || !/^[\w./-]+$/.test(values.text)) return null
      shown.push(values)
      continue
    }
    if (/^(?:--set|--namespace|-n)$/.test(word)) at += 1
    else if (word.startsWith('-') || word.includes(':') || field === undefined) return null
    else files.push(field)
  }
  const paths = files.filter(({ text }) => /^\.|\/|^(?:charts?|helm)$/.test(text))
  return paths.some(({ text }) => /^(?:\.\/?|(?:\.\/)?(?:charts?|helm|deploy|infra)(?:\/[\w.-]+)*\/?)$/.test(text)) && files.length - paths.length <= (verb === 'template' ? 1 : 0) ? [literal('cat'), literal('--'), ...paths, ...shown] : null
}

const EACH = /^submodule(?: --quiet)? foreach(?: --recursive)? git (?:status|log|branch|rev-parse|describe|remote -v)(?: (?:-[\w]+|--[\w-]+|HEAD))*$/

const git: Plainer = (words, args) => {
  const said = words.join(' ')
  if (EACH.test(said) || /^(?:replace -l|replace --list|rerere (?:status|diff|remaining)|bundle (?:verify|list-heads) [\w./-]+)$/.test(said)) return [literal('git'), literal('status')]
  if (/^merge-file -p(?: -q)? /.test(said)) return [literal('cat'), literal('--'), ...args.slice(2)]
  if (/^update-index --chmod=[+-]x /.test(said)) return [literal('git'), literal('add'), literal('--'), ...args.slice(2)]
  return shownSubmodules(words, args)
}
const shownSubmodules: Plainer = (words, args) => /^submodule(?: (?:status|summary)(?: --(?:recursive|cached))*)?$|^lfs (?:ls-files|status|version)$|^sparse-checkout list$|^update-index (?:-q )?--(?:really-)?refresh$/.test(words.join(' ')) ? [literal('git'), literal('status'), ...args.slice(3)] : null
const npm: Plainer = (words) => /^config get (?:registry|prefix|cache|engine-strict|save-exact|node-version)$/.test(words.join(' ')) ? [literal('npm'), literal('--version')] : null
// Values written out, with methods of them that take nothing.
const RUBY_VALUE = '(?:-?\\d{1,9}(?:\\.\\d+)?|\'[^\'\\\\]*\'|"[^"\\\\#]*"|:\\w+|nil|true|false)'
const RUBY_SUM = new RegExp(`^-e (?:puts|print|p) (?:${RUBY_VALUE}|\\[(?:${RUBY_VALUE}(?:, ?${RUBY_VALUE})*)?\\])(?:\\.(?:sort|inspect|sum|max|min|length|size|reverse|uniq|upcase|downcase|capitalize|strip|to_s|to_i|to_f|to_a|first|last|compact|flatten|even\\?|odd\\?|empty\\?|nil\\?|class|abs|round|floor|ceil|chars|tally|succ))+$`)
const ruby: Plainer = (words) => RUBY_SUM.test(words.join(' ')) || /^-e (?:puts|print|p) RUBY_(?:VERSION|PLATFORM|ENGINE)$/.test(words.join(' ')) ? [literal('true')] : null
const php: Plainer = (words) => /^-r (?:echo|print|print_r|var_dump)[ (]+(?:PHP_(?:VERSION|OS|OS_FAMILY|MAJOR_VERSION|MINOR_VERSION|VERSION_ID)|phpversion\(\)|PHP_SAPI)\)?(?:\s*\.\s*(?:PHP_EOL|"\\n"))?;?$/.test(words.join(' ')) ? [literal('true')] : null

// The usual calls of R's own development packages, on a folder or file of the project.
const rscript: Plainer = (words) => {
  const [, , file] = /^source\((["'])([\w./-]+\.[rR])\1\)$/.exec(words[1] ?? '') ?? []
  if (words[0] === '-e' && words.length === 2 && file !== undefined) return [literal('Rscript'), literal(file)]
  const [, place] = /^-e (?:devtools::(?:test|check|document|load_all)|testthat::test_(?:dir|file|local|package)|lintr::lint(?:_dir|_package)?|styler::style_(?:dir|pkg|file)|covr::package_coverage|roxygen2::roxygeni[sz]e)\((?:["']([\w./-]*)["'])?\)$/.exec(words.join(' ')) ?? []
  return words[0] === '-e' && words.length === 2 && /^\w+::\w+\(/.test(words[1] ?? '') && (place !== undefined || (words[1] ?? '').endsWith('()')) ? [literal('Rscript'), literal(place === undefined || place === '' ? 'tests/testthat.R' : place)] : null
}

const julia: Plainer = (words) => {
  const [project, flag, text, ...more] = words[0]?.startsWith('--project') === true ? words : ['', ...words]
  if (more.length > 0 || flag !== '-e' || !/^(?:--project(?:=(?:\.|@\.|[A-Za-z][\w/-]*))?)?$/.test(project ?? '')) return null
  return /^\s*using Pkg;\s*Pkg\.(?:test|status|precompile)\(\);?\s*$/.test(text ?? '') ? [literal('julia'), literal('test/runtests.jl')] : null
}

// `-chdir=` moves it before it does anything.
const terraform: Plainer = (words, args) => /^-chdir=[A-Za-z][\w/-]*$/.test(words[0] ?? '') && !/^-chdir/.test(words[1] ?? '') ? [literal('terraform'), ...args.slice(1)] : null

const SBT_TASKS = /^;?(?:project [\w-]+|[+~]?(?:[\w-]+ ?\/ ?)?(?:(?:Test|Compile|IntegrationTest|It) ?\/ ?)?(?:test|testOnly|testQuick|compile|run|runMain|assembly|stage|package|publishLocal|clean|update|doc|reload|projects|tasks|settings|plugins|version|scalafmt\w*|scalafix\w*|headerCheck|dependency(?:Tree|Updates|List|Stats)|evicted|undeclaredCompileDependencies|coverage(?:Report|Aggregate|Off)?|mimaReportBinaryIssues|bench|jmh:run)(?: [\w.*:-]+)*(?: --(?: [\w*:"-]+)+)?);?$/
const script = (program: string): Plainer => (words, args) => {
  const plain = namedScript(words, args)
  return plain === null ? null : [literal(program), ...plain]
}

const sbt: Plainer = (words) => {
  if (words.join(' ') !== 'test' && words.length > 0 && words.every((word) => SBT_TASKS.test(word))) return [literal('sbt'), literal('test')]
  const [, verb, rest] = /^(?:[\w-]+\/)?(test|testOnly|testQuick|compile|[Tt]est[/:]compile)((?: [\w.*-]+)*)$/.exec(words[0] ?? '') ?? []
  const plain = /^[Tt]est[/:]compile$/.test(verb ?? '') ? 'compile' : verb
  return words.length === 1 && plain !== undefined && words[0] !== plain ? [literal('sbt'), literal(plain), ...(rest ?? '').split(' ').filter(Boolean).map(literal)] : null
}

// What follows the dashes is for the program of the project that it starts.
function cargo (words: readonly string[], args: readonly Field[]): PlainQuestion | null {
  const at = words.indexOf('--')
  const handed = args.slice(at + 1)
  if (at < 1 || handed.length === 0 || !words.slice(0, at).some((word) => /^(?:run|r)$/.test(word))) return null
  return { runs: [[literal('cargo'), ...args.slice(0, at)], [literal('built-program'), ...handed]], code: [] }
}

// Recipes are printed, not run; a target that deploys is then no more than a name.
const make: Plainer = (words, args) => {
  if (!words.some((word) => /^(?:-n|--dry-run|--just-print|--recon)$/.test(word))) return null
  const rest = args.filter(({ text }, at) => !/^(?:[\w-]*[_-])?(?:deploy|publish|release|push|upload)(?:[_-][\w-]*)?$/.test(text) || /^-[CfIoW]$/.test(words[at - 1] ?? ''))
  return rest.length === args.length ? null : [literal('make'), ...rest]
}

// An alias of the project's own `deps.edn` for its tests or builds, and nothing that is said to it.
const clojure: Plainer = (words, args) => {
  const [alias = '', task = 'test'] = words
  if (/^-X:(?:[\w-]+:)*(?:test|check|lint|fmt)$/.test(alias) && words.length === 1) return [literal('clojure'), literal(alias.replace('-X', '-M'))]
  return /^-T:build$/.test(alias) && words.length <= 2 && /^(?:test|jar|uber|uberjar|clean|ci|compile|check)$/.test(task) ? [literal('clojure'), literal('-M:build'), ...args.slice(1)] : null
}

// What it would do is read, and not done.
const ansible: Plainer = (words, args) => words.some((word) => /^--(?:syntax-check|list-(?:tasks|hosts|tags))$/.test(word)) && words.every((word, at) => /^--(?:syntax-check|list-(?:tasks|hosts|tags))$|^-i$|^(?:--tags|-t|--limit|-l)$|^\w[\w./,-]*$/.test(word) && (words[at - 1] !== '-i' || /\.(?:ini|ya?ml)$|^inventor/.test(word))) ? [literal('ansible-lint'), ...args.filter(({ text }) => !text.startsWith('-'))] : null
const symfony: Plainer = (words, args) => words[0] === 'console' ? [literal('bin/console'), ...args.slice(1)] : null

// No prototype: the names looked up in it are the model's own words.
const PLAINER: Readonly<Record<string, Plainer | undefined>> = Object.assign(Object.create(null) as Record<string, Plainer>, { ...MODEL_LOOKS, 'ansible-playbook': ansible, symfony, perl, helm, git, npm, ruby, sbt, make, gmake: make, pnpm: script('pnpm'), yarn: script('yarn'), bun: script('bun'), clojure, clj: clojure, php: (words: readonly string[], args: readonly Field[]) => php(words, args) ?? tinker(words), Rscript: rscript, julia, terraform, tofu: terraform })
