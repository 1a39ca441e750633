import { splitArguments, textOn, type Stdin } from '../programs/invocation.ts'
import { modelShellText, readModelScript } from '../programs/model-shells.ts'
import type { PlainQuestion } from '../programs/plain-question.ts'
import { literal, type Field } from '../shell/facts.ts'
import { makesHugeValue } from './huge-values.ts'
import { readPlainJavascript } from './javascript/plain-javascript.ts'
import { isPlainLibrary, readPlainRuby } from './ruby/plain-ruby.ts'
import { rubyFilter } from './ruby/line-filters.ts'
import { readPlainPython } from './python/plain-python.ts'
import { fieldOf, hiddenOf, type PlainScript, type ScriptPlace } from './reached.ts'
import { writtenLiterals } from './written-literals.ts'

const NODE = /^node(?:js)?$/
const PYTHON = /^(?:(?:\.\/)?\.?venv\/bin\/|\/usr\/(?:local\/)?bin\/)?python3?(?:\.\d+)?$/
// They change how it says things, not what it runs.
const PYTHON_SWITCH = /^-(?:[uBsEIqPb]|OO?|W(?:ignore|error|default|always|once|module)|X(?:dev|importtime|utf8))$/
const PYTHON_VALUED = new Map([['-W', /^(?:ignore|error|default|always|once|module)$/], ['-X', /^(?:dev|importtime|utf8|tracemalloc(?:=\d{1,3})?|faulthandler|no_debug_ranges)$/]])
/** Whether a program only runs texts and files of its language. */
export function isRuntime (name: string): boolean { return NODE.test(name) || PYTHON.test(name) }

/** What a text comes down to that a command hands to an interpreter; null for any other start of a program. */
export function inlineQuestion (name: string, args: readonly Field[], stdin: Stdin): PlainQuestion | null {
  if (isRuntime(name)) return asksModel(name, args, stdin) ?? oneLiner(name, args, stdin)
  if (name === 'flask' && args.length === 1 && args[0]?.text === 'shell') return asksModel(name, args, stdin)
  const javascript = asNode(name, args)
  if (javascript !== null) return oneLiner('node', javascript, stdin)
  const filtered = name === 'ruby' ? filters(args) : null
  if (filtered !== null) return filtered
  const ruby = name === 'ruby' ? rubyText(args, stdin) : null
  return ruby === null || makesHugeValue(ruby.text) ? null : scripted('ruby', readPlainRuby(ruby.text, ruby.folder), ruby.text)
}

// A text that runs for each line: what it computes, and the files it is run over.
function filters (args: readonly Field[]): PlainQuestion | null {
  const filter = rubyFilter(args)
  const asked = filter === null || makesHugeValue(filter.text) ? null : scripted('ruby', readPlainRuby(filter.text), filter.text)
  if (filter === null || asked === null) return null
  const { files, inPlace, keeps, text } = filter
  const over = inPlace === null ? ['cat', '--'] : ['sed', inPlace, keeps ? 's/a/b/' : 's/.*//', '--']
  const fills = inPlace === null ? asked.fills : { files: [...asked.fills?.files ?? [], ...files], texts: writtenLiterals(text) }
  return { ...asked, runs: [...asked.runs, ...files.length === 0 ? [] : [[...over.map(literal), ...files]]], ...fills === undefined ? {} : { fills } }
}

// `python manage.py shell`, `flask shell`
function asksModel (name: string, args: readonly Field[], stdin: Stdin): PlainQuestion | null {
  const words = args.map(({ text }) => text)
  const input = textOn(stdin)
  const text = name === 'flask' ? input === null ? null : `from app import app\n${input}` : modelShellText(words, input)
  return text === null || makesHugeValue(text) ? null : scripted('python', readModelScript(text), text)
}

// Other runtimes of JavaScript, with a text as `node -e` takes it.
function asNode (name: string, args: readonly Field[]): readonly Field[] | null {
  const [first, ...rest] = args
  if (name === 'deno' && first?.text === 'eval') return rest.length === 1 ? [literal('-e'), ...rest] : rest.length === 2 && /^(?:-p|--print)$/.test(rest[0]?.text ?? '') ? rest : null
  if (/^(?:tsx|ts-node|bun)$/.test(name) && (first === undefined || (first.text === '-' && rest.length === 0))) return [literal('-')]
  if (!/^(?:tsx|ts-node|bun)$/.test(name) || rest.length !== 1) return null
  return /^(?:-[ep]|--eval|--print)$/.test(first?.text ?? '') ? args : null
}

function oneLiner (name: string, args: readonly Field[], stdin: Stdin): PlainQuestion | null {
  const given = PYTHON.test(name) ? withoutSwitches(args) : withoutWords(args)
  const text = given === null ? null : programText(name, given.args, stdin)
  if (given === null || text === null || makesHugeValue(text)) return null
  const printed = NODE.test(name) && args.some(({ text: word }, at) => at < args.length - 1 && /^(?:-p|-pe|--print)$/.test(word))
  if (PYTHON.test(name)) return scripted(name, readPlainPython(text, given.words), text)
  const script = readPlainJavascript(text, printed)
  // What code of the project does with words may be anything.
  return given.words.length > 0 && script !== null && script.loads.length > 0 ? null : scripted(name, script, text)
}

function scripted (name: string, script: PlainScript | null, text: string): PlainQuestion | null {
  if (script === null || [...script.reads, ...script.writes, ...script.removes ?? []].some(({ below }) => below?.includes('..') === true)) return null
  const { runs, code } = loading(name, script)
  const reads = SEEKS_HIDDEN.test(text) ? script.reads : script.reads.filter((place) => !isHiddenCode(place))
  const shown = reads.length === 0 ? [] : [[literal('cat'), literal('--'), ...reads.map(fieldOf)]]
  // Files that are found, read and written again are edited; what is written to others is all that is then in them.
  const edited = script.writes.filter(({ root, below }) => below !== null && hiddenOf({ root, below }).some((hidden) => script.reads.some((read) => read.root === hidden.root && read.below === hidden.below)))
  const others = script.writes.filter((place) => !edited.includes(place))
  const filled = others.length === 0 ? [] : [[literal('tee'), literal('--'), ...others.map(fieldOf)]]
  const changed = edited.length === 0 ? [] : [[literal('sed'), literal('-i'), literal('s/a/b/'), literal('--'), ...edited.map(fieldOf)]]
  const started = (script.starts ?? []).map((words) => words.map(literal))
  const removed = script.removes === undefined ? [] : [[literal('rm'), literal('--'), ...script.removes.map(fieldOf)]]
  // Nobody knows which comes first.
  return { runs: [...runs, ...script.fed === undefined ? [] : started, ...shown, ...filled, ...changed, ...removed, ...started], code, ...script.fed === true ? { fed: true } : {}, ...script.writes.length === 0 ? {} : { fills: { files: script.writes.map(fieldOf), texts: writtenLiterals(text) } } }
}

// Folders of one kind of source each, none of which is the root of something that runs, where settings of the machine are kept: what a listing of one brings besides is hidden by chance.
const ROOTED = '(?!(?:config|conf|env|envs|environments?|secrets?|settings|deploy|infra|functions|credentials|keys|certs|apps?|api|apis|server|client|web|backend|frontend|services?|workers?|lambdas?|packages|main|resources)(?:/|$))'
const CODE_BELOW = new RegExp(`^(?:\\./|/workspace/)?(?:[A-Za-z][\\w-]*/)*(?:(?:src|lib|test|tests|spec|__tests__|internal|pkg|app)/(?:${ROOTED}[A-Za-z][\\w-]*/)*${ROOTED}[A-Za-z][\\w-]*|docs?|locales?|i18n|migrations|fixtures|components|templates)/?$`)

// Who looks for hidden files says so in a text or a pattern.
const SEEKS_HIDDEN = /['"`/]\.(?:[*?[{]|e)|(?:starts_?with[(?]* ?\(?|[=!]=|\bin [([]?) ?\(?['"`]\.['"`]|['"`]\.['"`] ?[=!]=|substr|indexOf\(['"`]\.|slice\(0, ?1\)|\[:1\]|\benv|dotfile|hidden|\^\\?\.|\[0\]|charAt|\.at\(|glob_hidden|include_hidden|codePoint|charCode/i

function isHiddenCode ({ root, below }: ScriptPlace): boolean {
  return below !== null && /^\.\*[^/]*$/.test(below) && CODE_BELOW.test(root)
}

// `ruby -rjson -e TEXT`, or a text on standard input.
function rubyText (args: readonly Field[], stdin: Stdin): { readonly text: string, readonly folder: string | null } | null {
  const rest = args.map(({ text }) => text)
  let folder: string | null = null
  for (;;) {
    const [, flag = '', glued = ''] = /^-([rIwW])(.*)$/s.exec(rest[0] ?? '') ?? []
    const value = glued !== '' ? glued : rest[1] ?? ''
    if (/^w$|^W[0-2]$/.test(flag + glued)) rest.shift()
    else if (flag === 'r' ? isPlainLibrary(value) : flag === 'I' && folder === null && RUBY_FOLDER.test(value)) {
      if (flag === 'I') folder = value
      rest.splice(0, glued === '' ? 2 : 1)
    } else break
  }
  const text = rest.length === 2 && rest[0] === '-e' ? rest[1] ?? null : rest.length === 0 || (rest.length === 1 && rest[0] === '-') ? textOn(stdin) : null
  return text === null ? null : { text, folder }
}

// Where Ruby looks for files of the project.
const RUBY_FOLDER = /^(?:lib|test|spec|app|src)(?:\/[a-z][\w-]*)*$/

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
  const words = NODE.test(name) ? withoutLoader(all) : all
  const args = NODE.test(name) ? words.filter(({ text: word }, at) => at > 1 || !/^--(?:input-type=(?:module|commonjs)|no-warnings|expose[-_]gc|enable-source-maps|experimental-(?:strip|transform)-types|(?:max-old-space|stack)-size=\d+|trace-uncaught)$/.test(word)) : all
  const [flag, text] = args
  if (args.length === 2 && flag !== undefined && (NODE.test(name) ? /^-(?:p|e|pe)$|^--(?:print|eval)$/ : /^-c$/).test(flag.text)) return text?.text ?? null
  if (PYTHON.test(name) && flag?.text === '-m' && text?.text === 'timeit') return timed(args.slice(2))
  const fromStdin = args.length === 0 || (args.length === 1 && flag?.text === '-')
  return fromStdin ? textOn(stdin) : null
}

// `--import tsx`, by which it reads TypeScript.
function withoutLoader (all: readonly Field[]): readonly Field[] {
  return all.filter(({ text }, at) => !/^--import=tsx(?:\/esm)?$/.test(text) && !(text === '--import' && /^tsx(?:\/esm)?$/.test(all[at + 1]?.text ?? '')) && !(at > 0 && all[at - 1]?.text === '--import' && /^tsx(?:\/esm)?$/.test(text)))
}

// The operands of `timeit` are lines of a program, those of `-s` the lines before them.
function timed (args: readonly Field[]): string {
  const { operands, values } = splitArguments(args, new Set(['-n', '--number', '-r', '--repeat', '-s', '--setup', '-u', '--unit']))
  const before = values.filter(({ flag }) => flag === '-s' || flag === '--setup').map(({ value }) => value)
  return [...before, ...operands, literal('print(0)')].map(({ text }) => text).join('\n')
}

// Loading a module is running it, so where scripts may not be run, neither may this be.
function loading (name: string, { loads, listed }: PlainScript): PlainQuestion {
  const files = NODE.test(name) ? packageFiles : name === 'ruby' ? (file: string) => [file] : moduleFiles
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
