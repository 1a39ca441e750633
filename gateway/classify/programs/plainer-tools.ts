import { literal, type Field } from '../shell/facts.ts'
import { MODEL_LOOKS, tinker } from './model-looks.ts'
import { namedScript } from './package-scripts.ts'
import { PLAINER_OPTIONS } from './plainer-options.ts'
import { perl } from './perl-questions.ts'

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
  return paths.some(({ text }) => /^(?:\.\/?|(?:\.\/)?(?:charts?|helm|deploy|infra)(?:\/[\w.*-]+)*\/?)$/.test(text)) && files.length - paths.length <= (verb === 'template' ? 1 : 0) ? [literal('cat'), literal('--'), ...paths, ...shown] : null
}

const EACH = /^submodule(?: --quiet)? foreach(?: --recursive)? git (?:status|log|branch|rev-parse|describe|remote -v)(?: (?:-[\w]+|--[\w-]+|HEAD))*$/

const SWITCHES = /^-[nilwvcHoqFPas]+$|^--(?:fixed-strings|line-number|ignore-case|word-regexp|hidden|no-ignore|no-heading|files-with-matches|count|multiline|with-filename|smart-case|case-sensitive)$/
const PATTERN_OPTION = /^-[nilwvcHoqFPas]*e$/

// `-e --pre` looks for that text, whatever it begins with. Where the word before may take `-e` for its value, it stays as it is.
function withPatterns (words: readonly string[], args: readonly Field[], from: number): readonly Field[] | null {
  const given: Field[] = args.slice(0, from)
  const end = words.includes('--') ? words.indexOf('--') : words.length
  for (let at = from, isOwn = true; at < end; at += 1) {
    const [word = '', next = ''] = words.slice(at, end)
    const isPattern: boolean = isOwn && PATTERN_OPTION.test(word) && next.startsWith('-')
    given.push(isPattern ? literal(`${word}${next}`) : args[at] ?? literal(word))
    if (isPattern) at += 1
    isOwn = isPattern || !word.startsWith('-') || SWITCHES.test(word)
  }
  return given.length === end ? null : [...given, ...args.slice(end)]
}

const rg: Plainer = (words, args) => {
  const given = withPatterns(words, args, 0)
  return given === null ? null : [literal('rg'), ...given]
}

const SWIFT_FLAG = /^-(?:warnings-as-errors|suppress-warnings|O|Onone|Ounchecked|Osize|g|enable-testing|strict-concurrency=\w+|enable-\w+-feature=\w+|D\w+|Xfrontend|warn-long-(?:expression|function-bodies)-type-checking=\d+|debug-time-(?:compilation|function-bodies|expression-type-checking)|gnone|gline-tables-only)$/
// Of the compiler for C beside it.
const C_FLAG = /^-(?:O[0-3sz]|g|W[\w=-]*|D\w+(?:=\w+)?|std=[\w+]+)$/
// Flags that only say how the project is compiled.
const swift: Plainer = (words, args) => {
  const says = (at: number): boolean => (words[at] === '-Xswiftc' && SWIFT_FLAG.test(words[at + 1] ?? '')) || (/^-X(?:cc|cxx)$/.test(words[at] ?? '') && C_FLAG.test(words[at + 1] ?? ''))
  const rest = args.filter((_, at) => !says(at) && !says(at - 1))
  return rest.length === args.length || !/^(?:build|test|run)$/.test(words[0] ?? '') ? null : [literal('swift'), ...rest]
}

// What it writes is counted from the crate.
const wasmPack: Plainer = (words, args) => {
  const crate = words[0] === 'build' && /^(?!-)[\w./-]+$/.test(words[1] ?? '') ? words[1] ?? '' : ''
  const at = words.findIndex((word) => /^(?:--out-dir|-d)$/.test(word))
  const folder = words[at + 1] ?? ''
  return crate === '' || crate === '.' || at < 0 || !folder.startsWith('.') ? null : [literal('wasm-pack'), ...args.with(at + 1, literal(`/workspace/${crate}/${folder}`))]
}

// Every test of a folder, and lines that match: what `rake test` and `grep` do.
const RUBY_TESTS = /^Dir(?:\[|\.glob\()(["'])(?:\.\/)?((?:test|spec)(?:\/[\w*]+)*\/\*_(?:test|spec)\.rb)\1[\])]\.each\s*(?:\{|do) ?\|(\w)\| (?:require (?:["']\.\/["'] ?\+ ?|File\.expand_path[( ])?|require_relative |load )\(?\3\)? ?(?:\}|;? ?end)$/
const ruby: Plainer = (_, args) => {
  const rest = args.filter(({ text }) => !/^-[Iw](?:lib|test|spec|\.)?$/.test(text))
  const [flag, text, ...files] = rest
  const [, , pattern] = flag?.text === '-e' && files.length === 0 ? RUBY_TESTS.exec(text?.text.trim() ?? '') ?? [] : []
  if (pattern !== undefined) return [literal('ruby'), ...args.slice(0, args.length - rest.length), literal(pattern.replaceAll('*', 'all'))]
  const isFilter = flag?.text === '-ne' && files.length > 0 && /^(?:print|puts \$_) if (?:! ?)?(?:\$_ ?=~ ?)?\/(?:[^/\\#\n]|\\[^\n])+\/i?$/.test(text?.text ?? '')
  return isFilter && files.every(({ text: file }) => /^(?!-)[\w./*-]+$/.test(file)) ? [literal('cat'), literal('--'), ...files] : null
}

// It prints as without a pager.
const man: Plainer = (words, args) => {
  const at = words.findIndex((word, place) => /^-P ?cat$|^--pager=cat$/.test(word === '-P' ? `-P${words[place + 1] ?? ''}` : word))
  return at < 0 ? null : [literal('man'), ...args.toSpliced(at, words[at] === '-P' ? 2 : 1)]
}

const git: Plainer = (words, args) => {
  const sought = words[0] === 'grep' ? withPatterns(words, args, 1) : null
  if (sought !== null) return [literal('git'), ...sought]
  const said = words.join(' ')
  if (EACH.test(said) || /^(?:replace -l|replace --list|rerere (?:status|diff|remaining)|bundle (?:verify|list-heads) [\w./-]+)$/.test(said)) return [literal('git'), literal('status')]
  if (/^merge-file -p(?: -q)? /.test(said)) return [literal('cat'), literal('--'), ...args.slice(2)]
  if (/^update-index --chmod=[+-]x /.test(said)) return [literal('git'), literal('add'), literal('--'), ...args.slice(2)]
  return shownSubmodules(words, args)
}
const shownSubmodules: Plainer = (words, args) => /^submodule(?: (?:status|summary)(?: --(?:recursive|cached))*)?$|^lfs (?:ls-files|status|version)$|^sparse-checkout list$|^update-index (?:-q )?--(?:really-)?refresh$/.test(words.join(' ')) ? [literal('git'), literal('status'), ...args.slice(3)] : null
const npm: Plainer = (words) => /^config get (?:registry|prefix|cache|engine-strict|save-exact|node-version)$/.test(words.join(' ')) ? [literal('npm'), literal('--version')] : null
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
const terraform: Plainer = (words, args) => /^-chdir=(?:\.\/)?[A-Za-z][\w/*-]*$/.test(words[0] ?? '') && !/^-chdir/.test(words[1] ?? '') ? [literal('terraform'), ...args.slice(1)] : null

const SBT_TASKS = /^;?(?:project [\w-]+|[+~]?(?:[\w-]+ ?\/ ?)?(?:(?:Test|Compile|IntegrationTest|It) ?\/ ?)?(?:test|testOnly|testQuick|compile|run|runMain|assembly|stage|package|publishLocal|clean|update|doc|reload|projects|tasks|settings|plugins|version|scalafmt\w*|scalafix\w*(?: --check)?|headerCheck|dependency(?:Tree|Updates|List|Stats)|evicted|undeclaredCompileDependencies|coverage(?:Report|Aggregate|Off)?|mimaReportBinaryIssues|bench|jmh:run)(?: [\w.*:-]+)*(?: --(?: [\w*:"-]+)+)?|(?:show|print|inspect(?: tree)?) (?:[\w-]+ ?\/ ?){0,3}(?:(?:full|dependency|externalDependency|exported)Classpath|(?:scalac|javac|java|test)Options|(?:un)?managedSources|sources|sourceDirectories|(?:library|all)Dependencies|(?:cross)?[sS]calaVersions?|version|name|organization|target|baseDirectory|discoveredMainClasses|definedTestNames|fork|resolvers));?$/
// Tests by words of their titles, which a pattern between slashes holds.
const TITLES = /^--(?:test-options?|ta|test-arguments)=(?:-p|--pattern|-m|--match|--select-pattern)[= ]?(?:\/[\w.*-]+\/|[\w.*]+)$/
const haskell = (program: string): Plainer => (words, args) => {
  const pair = (at: number): boolean => TITLES.test(`${words[at] ?? ''}=${words[at + 1] ?? ''}`)
  const rest = args.filter((_, at) => !TITLES.test(words[at] ?? '') && !pair(at) && !pair(at - 1))
  return rest.length === args.length || words[0] !== 'test' ? null : [literal(program), ...rest]
}

// What it draws is put beside what it reads, and so counted from there.
const plantuml: Plainer = (words, args) => {
  const at = words.indexOf('-o')
  const place = words[at + 1] ?? ''
  const folders = words.filter((word, index) => index !== at + 1 && /\.(?:puml|plantuml|pu|uml|iuml)$/.test(word)).map((word) => word.replace(/[^/]*$/, ''))
  const [folder = ''] = folders
  if (at < 0 || !/^(?:\.\.?\/|[A-Za-z])[\w./-]*$|^\.\.?$/.test(place) || folders.length === 0 || !folders.every((other) => other === folder && /^(?:\.\/)?(?:[A-Za-z][\w-]*\/)*$/.test(other))) return null
  const path = joined(folder, place)
  return path === null ? null : [literal('plantuml'), ...args.with(at, literal('--output')).with(at + 1, literal(path))]
}

/** A path within the project from one of its folders; null when it leads out of it. */
function joined (folder: string, place: string): string | null {
  const parts: string[] = []
  for (const part of `${folder}/${place}`.split('/')) {
    if (part === '..' && parts.pop() === undefined) return null
    if (part !== '..' && part !== '.' && part !== '') parts.push(part)
  }
  return parts.length === 0 ? '.' : parts.join('/')
}

// What it shows while it works.
const tar: Plainer = (words, args) => {
  const rest = args.filter(({ text }, at) => !/^--checkpoint(?:=\.?\d+)?$|^--checkpoint-action=(?:dot|\.|bell|totals|echo(?:=[\w %#*.]+)?)$/.test(text) && !(words[at - 1] === '--checkpoint-action' && text === 'dot') && !(text === '--checkpoint-action' && words[at + 1] === 'dot'))
  return rest.length === args.length ? null : [literal('tar'), ...rest]
}

const script = (program: string): Plainer => (words, args) => {
  const plain = namedScript(words, args)
  return plain === null ? null : [literal(program), ...plain]
}

// How it says things, and how much memory it has.
const SBT_OPTION = /^--?(?:batch|v|verbose|no-colors?|client|no-server|error|warn|info|debug|supershell=\w+)$|^-Dsbt\.(?:color|log\.noformat|supershell|ci|progress|offline)=\w+$|^-J-X(?:m[sx]|ss)\d+[kmgKMG]$|^-mem$/
const sbt: Plainer = (given) => {
  if (/^--?(?:script-version|version)$/.test(given.join(' '))) return [literal('sbt'), literal('test')]
  const words = given.filter((word, at) => !SBT_OPTION.test(word) && !(given[at - 1] === '-mem' && /^\d+$/.test(word)))
  if (words.length < given.length && words.join(' ') === 'test') return [literal('sbt'), literal('test')]
  if (words.join(' ') !== 'test' && words.length > 0 && words.every((word) => SBT_TASKS.test(word))) return [literal('sbt'), literal('test')]
  const [, verb, rest] = /^(?:[\w-]+\/)?(test|testOnly|testQuick|compile|[Tt]est[/:]compile)((?: [\w.*-]+)*)$/.exec(words[0] ?? '') ?? []
  const plain = /^[Tt]est[/:]compile$/.test(verb ?? '') ? 'compile' : verb
  return words.length === 1 && plain !== undefined && words[0] !== plain ? [literal('sbt'), literal(plain), ...(rest ?? '').split(' ').filter(Boolean).map(literal)] : null
}

// The usual shell, by its own name, is what recipes run in anyway. Or they are printed, not run; a target that deploys is then no more than a name.
const make: Plainer = (words, args) => {
  const usual = args.filter(({ text }) => !/^SHELL=(?:\/(?:usr\/)?bin\/)?(?:ba|da)?sh$/.test(text))
  if (usual.length < args.length) return [literal('make'), ...usual]
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
/** What a call of a tool comes down to, when a plainer one touches the same. */
export const PLAINER_TOOLS: Readonly<Record<string, Plainer | undefined>> = Object.assign(Object.create(null) as Record<string, Plainer>, { ...MODEL_LOOKS, ...PLAINER_OPTIONS, 'ansible-playbook': ansible, symfony, rg, ruby, man, swift, 'wasm-pack': wasmPack, perl, helm, git, npm, sbt, cabal: haskell('cabal'), stack: haskell('stack'), plantuml, tar, make, gmake: make, pnpm: script('pnpm'), yarn: script('yarn'), bun: script('bun'), clojure, clj: clojure, php: tinker, Rscript: rscript, julia, terraform, tofu: terraform })
