import { GUARDED } from '../paths/guarded-folders.ts'
import type { Directories, FactCollector, Field } from '../shell/facts.ts'

// Names of files that say what a project depends on, how it is built, what agents are told and what shells start with.
const STEERING = new RegExp('(?:^|/)(?:' + [
  '(?:package(?:-lock)?|npm-shrinkwrap|composer|deno|bower|opencode|\\.?mcp)\\.jsonc?', '(?:yarn|composer|poetry|uv|pdm|pixi|bun|deno|mix|Cargo|Gemfile|Podfile|pubspec|flake)\\.lockb?', 'pnpm-(?:lock|workspace)\\.yaml',
  'pyproject\\.toml', 'setup\\.(?:py|cfg)', '[\\w.-]{0,40}requirements[\\w.-]{0,40}\\.(?:txt|in)', '[\\w-]{0,40}constraints\\.txt', 'Pipfile', 'conftest\\.py', 'tox\\.ini', 'noxfile\\.py', 'go\\.(?:mod|sum|work)', 'Cargo\\.toml', 'build\\.rs', 'Gemfile', 'Rakefile', '[\\w-]+\\.(?:gemspec|cabal|nimble|csproj|fsproj|opam)',
  'mix\\.exs', 'rebar\\.config', 'pom\\.xml', '(?:build|settings)\\.gradle(?:\\.kts)?', 'gradle\\.properties', 'build\\.sbt', 'project\\.clj', 'deps\\.edn', '(?:GNUm|[Mm])akefile', 'CMakeLists\\.txt', 'meson\\.build', 'BUILD(?:\\.bazel)?', 'WORKSPACE', 'MODULE\\.bazel', '[Jj]ustfile', 'Taskfile\\.ya?ml', 'Package\\.(?:swift|resolved)',
  'pubspec\\.yaml', 'stack\\.yaml', 'dune-project', 'shard\\.yml', 'build\\.zig(?:\\.zon)?', 'gleam\\.toml', 'Dockerfile', 'Jenkinsfile', 'CODEOWNERS', '(?:AGENTS?|CLAUDE|GEMINI|QWEN)(?:\\.local)?\\.md', '\\.(?:bashrc|bash_profile|profile|zshrc|npmrc|netrc|pypirc|gitattributes|gitmodules|gitconfig|envrc|env[\\w.]*|cursorrules|mcp\\.json)', '\\.gitlab-ci\\.yml',
].join('|') + ')$')

// What a tool leaves, by the last words of an option's name: `--log-file`, `-destination`, `--dump-memo-graph`, `-test.cpuprofile`.
const LEAVES = new RegExp('(?:^|[-_.]|(?<=[a-z])(?=[A-Z]))(?:' + [
  'outs?', 'outputs?', 'out(?:file|dir)', 'logs?', 'logfile', 'log(?:ger)?-\\w{1,40}', 'reports?', 'reportfile', 'report-\\w{1,40}', 'trace', '\\w{0,12}profil(?:e|ing)', 'prof', 'dump', 'glob', 'dest', 'destination', 'saved?', 'exported?', 'export-fixes', 'archive', 'archive-?file', 'archiveclassesatexit',
  'junit', 'junitfile', '(?:json|build_event_\\w{1,20}_)file', 'xml', 'html', 'html-details', 'htmldir', 'sarif', 'csv', 'sonarqube', 'vcd', 'json-?report', 'graph', 'graphviz', 'actiongraph', 'redirect', 'baseline', 'depfile', 'dep-makefile', 'write', 'emit', 'emit-\\w{1,40}', 'errorfile', 'results?', 'resultoutputfile', 'preprocess', 'diag',
  'binarylog', 'xunit', 'coverage', 'coverage-\\w{1,40}', 'testdox-\\w{1,40}', 'clover', 'cobertura', 'lcov', 'metafile', 'stats', 'timings', 'snap', 'snapshot', 'bundle', 'generate', 'dependency', 'dependencies', 'deps', 'diagnostics', 'invocation', 'header', 'defines', 'counted', 'ignored', 'found', 'categorized', 'savehitlist', 'docs', 'cpu', 'mem', 'build_file_name', 'info', 'cache-?file',
].join('|') + ')(?:[-_]?(?:out|to|in|file|files|path|name|dir|target|location|as|pattern)){0,2}$', 'i')
// Options whose value holds a kind and the file that it goes to: `--format json:x`, `-flp:logfile=x`.
const KINDS = /^--?[oO]$|_file$|(?:^|[-_.])(?:cache|(?:cache|data)[-_]?file|data|format|formatter|reporter|report|logger|flp\d?|bl|pp|cov-report|out-format|emit|X)$|output$/
// Options that say what is left out, or whose file is read.
const READ = /exclude|ignore[-_d]?(?!d$)|skip|filter|input|config|no-|from|stdin/i
// With the value in the same word, an option says what it reads by one of these; any other may be what is written.
const ONLY_READ = /conf|project|manifest|file$|settings|rc$|requir|package|include|glob|only|path|check|changed|tsconfig|lock|toml|schema|workspace|source|src|tests?$|pattern|allow|deny|rule|template|context|values?$|vars?$|env|message|title|name$|^-[cfpriCIkm]$/i
// A letter or two with the name behind them: `-o.git/hooks/x`, `-opackage.json`.
const GLUED = /^-(?![cfprC][^/]{0,3}[a-z])[A-Za-z]{1,2}/

/** Options that stand before what a tool looks at, and take no value. */
export const SWITCH = /^-(?:colou?r|oneline|[vqs])$|^--(?:check|fix|write|verbose|quiet|silent|strict|debug|list|dry-?run|diff|all|force|yes|colou?r|recursive|in-?place|pretty|compact|sort|raw|staged|cached|stdin|help|version|progress|summary|cache|watch|follow|number|unsafe|safe|quick|exact|json|ya?ml|text|plain|minify|lint|validate|verify|format|stat|word|words|context|unified|lines|bytes|head|tail|exit-code|replace|edit|update|show|print|(?:no|show|print|list|ignore|allow|with|without|skip|fail|only|warn|error|use|ensure|exit|keep|enable|disable|force|preserve|is|are)-[\w-]+)$/

// Programs whose operands name a kind before the file: `info:x`.
const PREFIXED = /^(?:magick|convert|mogrify|composite|montage)$/

const MAX_LENGTH = 4096 // of a path that can be opened

// Letters that mean this to one tool alone.
const LETTERS: Readonly<Record<string, RegExp | undefined>> = Object.assign(Object.create(null) as Record<string, RegExp>, {
  interrogate: /^-g$/, depcruise: /^-f$/, prove: /^-a$/, mvn: /^-l$/, mvnw: /^-l$/, pmd: /^(?:-r|--cache)$/, ctest: /^-O$/, 'sphinx-build': /^-w$/, ant: /^-l$/, stylelint: /^-o$/, doxygen: /^-[gwlefs]$/, gcc: /^-(?:MF|MJ|aux-info)$/, 'g++': /^-(?:MF|MJ)$/, cc: /^-(?:MF|MJ)$/, 'c++': /^-(?:MF|MJ)$/, clang: /^-(?:MF|MJ)$/, 'clang++': /^-(?:MF|MJ)$/, vvp: /^-l$/, iverilog: /^-M$/, yosys: /^-l$/, cscope: /^-f$/, isort: /^-o$/, boxes: /^(?!-)/, makeindex: /^-t$/, nasm: /^-(?:l|MF|Z)$/, lupdate: /^-ts$/, lrelease: /^-qm$/, k6: /^-O$/, nyc: /^(?!-)/, c8: /^(?!-)/, typst: /^(?!-)/, slither: /^--json$/, typedoc: /^--json$/, tox: /^--result-json$/, rollup: /^--file$/, nx: /^--file$/, robot: /^(?:-[bxolr]|--(?:debugfile|xunit|output|log|report))$/, 'xvfb-run': /^-e$/, 'source-map-explorer': /^--(?:tsv|html|json)$/, schemathesis: /^--cassette-path$/, cmake: /^--(?:system-information|help-(?:full|manuals?|commands?|modules|properties|variables|policies))$/,
})
// They keep to what their own rules know of their options.
const KNOWN_WELL = /^(?:git|grep|egrep|fgrep|rg|ag|ack|sed|g?awk|mawk|find|fd|ls|cat|head|tail|wc|sort|uniq|cut|tr|diff|jq|yq|tar|rm|cp|mv|mkdir|touch|test|\[|echo|printf|xargs|env|prettier)$/

/** Records the files that options of any tool name for what it leaves, where they would steer the project, its checks or its agents. */
export function checkLeft (name: string, args: readonly Field[], directories: Directories, facts: FactCollector): void {
  if (KNOWN_WELL.test(name)) return
  for (const [at, { text, known }] of args.entries()) {
    if (!known || text.length > MAX_LENGTH) continue
    const file = leftBy(name, text, args[at - 1]?.text ?? '', args[at - 2]?.text ?? '')
    if (file !== null) facts.touch({ text: file, known, glob: null }, 'write', directories)
  }
}

function steers (file: string): boolean { return STEERING.test(file) || GUARDED.test(file) }

/** The file that a word names for what the tool leaves; null when there is none that steers anything. */
function leftBy (name: string, text: string, before: string, earlier: string): string | null {
  const glued = GLUED.exec(text)?.[0] ?? ''
  for (let at = 2; at <= glued.length; at += 1) if (steers(text.slice(at))) return text.slice(at)
  const pieces = text.split(/[=:;,]/)
  const file = pieces.at(-1) ?? ''
  if (!steers(file)) return null
  return leaves(name, pieces.slice(0, -1), before, earlier) ? file : null
}

// `LOG_FILE=package.json make`: variables by their names, as options are. What is read is called otherwise.
const LEFT_IN = /OUT|LOG|REPORT|TRACE|DUMP|DEST|HIST|PROFILE|COVER|CACHE|RESULT|SUMMARY|SNAPSHOT|BACKUP|EXPORT|_FILE$|_NAME$|^[A-Z]{1,12}FILE$/i
const READ_IN = /CONFIG|MANIFEST|PACKAGE|INPUT|IGNORE|MAKE|GEM|CARGO|PROJECT|REQUIRE|LOCK|DOCKER|SCHEMA|SETTINGS|TASK|JUST|PIPFILE|SPEC/i

/** Whether a variable names a file for what a program leaves that would steer the project, its checks or its agents. */
export function isLeftIn (name: string, file: string): boolean {
  return file.length <= MAX_LENGTH && STEERING.test(file) && LEFT_IN.test(name) && !READ_IN.test(name)
}

function leaves (name: string, prefix: readonly string[], before: string, earlier: string): boolean {
  const [option = ''] = prefix
  if (prefix.length === 0) {
    if (LETTERS[name]?.test(before) === true || (name === 'cmake' && LETTERS['cmake']?.test(earlier) === true)) return true
    return before.startsWith('-') && !before.includes('=') && !READ.test(before) && (LEAVES.test(before) || /^-(?:-?o|O|Z)$/.test(before) || (/^--[\w-]{2,60}$/.test(before) && !SWITCH.test(before) && !ONLY_READ.test(before)))
  }
  if (/^[-/]/.test(option)) return !READ.test(option) && (LETTERS[name]?.test(option) === true || KINDS.test(option) || prefix.some((piece) => LEAVES.test(piece)) || (option.startsWith('-') && !ONLY_READ.test(option)))
  return PREFIXED.test(name) || (before.startsWith('-') && !READ.test(before) && (KINDS.test(before) || LEAVES.test(before) || prefix.some((piece) => LEAVES.test(piece))))
}
