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
const LEAVES = /(?:^|[-_.]|(?<=[a-z])(?=[A-Z]))(?:out|outs|output|outfile|outdir|log|logs|logfile|report|reportfile|reports|trace|prof|profile|\w{1,12}profile|profiling|dump|glob|dest|destination|save|saved|export|exported|archive|archive-?file|archiveclassesatexit|junit|junitfile|jsonfile|xml|html|htmldir|sarif|json-?report|graph|graphviz|actiongraph|redirect|baseline|depfile|makefile|write|emit|emit-\w{1,40}|errorfile|results?|resultoutputfile|preprocess|diag|binarylog|xunit|coverage|coverage-\w{1,40}|log-\w{1,40}|report-\w{1,40}|testdox-\w{1,40}|clover|cobertura|lcov|metafile|stats|timings|snapshot|bundle|generate|dependency|dependencies|diagnostics|invocation|header|manifest-out)(?:[-_]?(?:out|to|in|file|files|path|name|dir|target|location|as))?$/i
// Options whose value holds a kind and the file that it goes to: `--format json:x`, `-flp:logfile=x`.
const KINDS = /^--?[oO]$|_file$|(?:^|[-_.])(?:cache|(?:cache|data)[-_]?file|data|format|formatter|reporter|report|logger|flp\d?|bl|pp|cov-report|out-format|emit|X)$|output$/
// Options that say what is left out, or whose file is read.
const READ = /exclude|ignore|skip|filter|input|config|no-|from|stdin/i

const MAX_LENGTH = 4096 // of a path that can be opened

// Letters that mean this to one tool alone.
const LETTERS: Readonly<Record<string, RegExp | undefined>> = Object.assign(Object.create(null) as Record<string, RegExp>, {
  interrogate: /^-g$/, depcruise: /^-f$/, prove: /^-a$/, mvn: /^-l$/, mvnw: /^-l$/, pmd: /^-r$/, ctest: /^-O$/, 'sphinx-build': /^-w$/, ant: /^-l$/, stylelint: /^-o$/, cmake: /^--(?:system-information|help-(?:full|manuals?|commands?|modules|properties|variables|policies))$/,
})
// They keep to what their own rules know of their options.
const KNOWN_WELL = /^(?:git|grep|egrep|fgrep|rg|ag|ack|sed|g?awk|mawk|find|fd|ls|cat|head|tail|wc|sort|uniq|cut|tr|diff|jq|yq|tar|rm|cp|mv|mkdir|touch|test|\[|echo|printf|xargs|env|prettier)$/

/** Records the files that options of any tool name for what it leaves, where they would steer the project, its checks or its agents. */
export function checkLeft (name: string, args: readonly Field[], directories: Directories, facts: FactCollector): void {
  if (KNOWN_WELL.test(name)) return
  for (const [at, { text, known }] of args.entries()) {
    if (!known || text.length > MAX_LENGTH) continue
    const before = args[at - 1]?.text ?? ''
    const pieces = text.split(/[=:;,]/)
    const file = pieces.at(-1) ?? ''
    if (!STEERING.test(file) && !GUARDED.test(file)) continue
    if (leaves(name, pieces.slice(0, -1), before, args[at - 2]?.text ?? '')) facts.touch({ text: file, known, glob: null }, 'write', directories)
  }
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
  const own = prefix.length > 0 && /^[-/]/.test(option)
  const asked = own ? option : before
  if (READ.test(asked)) return false
  if (own || (prefix.length > 0 && before.startsWith('-'))) return KINDS.test(asked) || prefix.some((piece) => LEAVES.test(piece)) || (!own && LEAVES.test(before))
  return prefix.length === 0 && ((before.startsWith('-') && !before.includes('=') && (LEAVES.test(before) || /^--?o$/.test(before) || LETTERS[name]?.test(before) === true)) || (name === 'cmake' && LETTERS['cmake']?.test(earlier) === true))
}
