import type { FactCollector, Field } from '../shell/facts.ts'
import type { ShellProblem } from '../shell/problems.ts'

/** What some words make a tool do besides its work, whatever else is known of the tool. */
interface Power { readonly names: string, readonly words: RegExp, readonly means: ShellProblem | 'network', readonly unless?: RegExp }

const DATABASE_CHANGE = /^\s*(?:delete|drop|truncate|update|insert|alter|grant|create|replace)\b/i

const POWERS: readonly Power[] = [
  // Programs started by an option or a setting.
  { names: 'cmake', words: /^-D\w*(?:_CLANG_TIDY|_CPPCHECK|_CPPLINT|INCLUDE_WHAT_YOU_USE|EMULATOR|RULE_LAUNCH\w*|_LAUNCHER|_COMMAND|_EXECUTABLE)(?::\w+)?=.*[/ ]/, means: 'configured-command' },
  { names: 'bazel bazelisk buck2', words: /^--(?:credential_helper|extra_toolchains=@|python_path|javabase|shell_)/, means: 'configured-command' },
  { names: 'bazel bazelisk buck2', words: /^--(?:host_)?(?:action|test|repo)_env[= ]\w*(?:SECRET|TOKEN|PASSW|KEY|CREDENTIAL)/i, means: 'secret-variable' },
  { names: 'crystal shards', words: /^--link-flags(?:[= ]|$)/, means: 'configured-command' },
  { names: 'ginkgo', words: /^--?(?:after-?[rR]un-?[hH]ook|afterSuiteHook)/, means: 'configured-command' },
  { names: 'nim nimble', words: /^--?docCmd|^--?pass[CL]/i, means: 'configured-command' },
  { names: 'menhir', words: /^--(?:ocamlc|ocamldep|coq)/, means: 'configured-command' },
  { names: 'agda', words: /^--(?:with-compiler|ghc-flag)/, means: 'configured-command' },
  { names: 'meson', words: /^--(?:wrap|gdb-path)/, means: 'configured-command' },
  { names: 'hlint', words: /^--refactor-options/, means: 'configured-command' },
  { names: 'jupytext', words: /^--(?:check|pipe|diff-)/, means: 'configured-command' },
  { names: 'cargo', words: /^--post-process|^flamegraph (?:-c|--cmd|--root)|^--root$/, means: 'configured-command' },
  { names: 'groovy', words: /^--configscript/, means: 'configured-command' },
  { names: 'phpbench', words: /^--php-(?:config|wrapper|binary)/, means: 'configured-command' },
  { names: 'phpcs', words: /^--config-(?:set|delete)/, means: 'configured-command' },
  { names: 'mvn mvnw', words: /^(?:sql|gplus|gmaven|groovy|exec|beanshell|shell|upload|wagon|ssh):|^-D(?:groovy\.|sqlCommand|rules=)/, means: 'inline-code', unless: /^exec:java$/ },
  { names: 'go', words: /^--?(?:ld|gc|asm)flags(?:[= ]|$)['"]?(?:\S{0,40}=)?(?:.{0,400}\s)?-(?:o|I|r|L|cpuprofile|memprofile|blockprofile|mutexprofile|traceprofile|importcfg|embedcfg|linkobj|symabis|trimpath|asmhdr|buildid|installsuffix|json|d=x)(?:[= ]|\/|$)/, means: 'configured-command' },
  { names: 'gcc g++ cc c++ clang clang++', words: /^-W[lpa],(?:.{0,400},)?(?:--?dynamic-linker|-I|--?rpath[=,]\/(?:tmp|var|dev)|-z,execstack|@)|^-Xlinker --?dynamic-linker/, means: 'configured-command' },
  { names: 'swift', words: /^--(?:destination|toolset|swift-sdk)[= ]\//, means: 'configured-command' },
  { names: 'dotnet msbuild', words: /^[-/](?:t|target):(?:.{0,200};)?Exec$/i, means: 'configured-command' },
  { names: 'java', words: /^-XX:(?:LogFile|ErrorFile|ArchiveClassesAtExit|CompileCommandFile|ReplayDataFile)=(?!\/tmp\/|target\/|build\/)/, means: 'configured-command' },
  { names: 'bindgen', words: /^-- .{0,400}-(?:fplugin|load|B|Xclang)|^-(?:fplugin|Xclang)/, means: 'configured-command' },
  { names: 'wasm-pack maturin', words: /^--config(?:[= ]|$)/, means: 'configured-command' },
  { names: 'cmake', words: /^-- (?:\S{1,80} ){0,2}(?:-f|-C|--file)/, means: 'configured-command' },
  { names: 'mvn mvnw', words: /^-Dmaven\.(?:surefire|failsafe)\.debug=(?!false|true)/, means: 'configured-command' },
  { names: 'cargo', words: /^--logfile[= ].{0,200}[*?[]/, means: 'configured-command' },
  { names: 'cabal stack', words: /^--ghc-options?[= ](?:.{0,200}\s)?-(?:F|fplugin|pgm|package-db|opt|B)/, means: 'configured-command' },
  { names: 'cabal stack', words: /^--(?:(?:test|benchmark)-(?:options?|arguments)|[tb]a)[= ].{0,200}-(?:o|-(?:out(?:put)?|xml|junit|html|svg|csv|json))[= ]?(?:\/(?!tmp\/)|~|\.\.)/, means: 'configured-command' },
  { names: 'elixir iex', words: /^--pipe-to/, means: 'configured-command' },
  { names: 'cdk cdk8s', words: /^(?:-a|--app)(?:[= ]|$)/, means: 'configured-command' },
  { names: 'verilator', words: /^(?:--pipe-filter|-MAKEFLAGS|-CFLAGS .*plugin|-LDFLAGS .*dynamic-linker|--gdb)/, means: 'configured-command' },
  { names: 'gnatmake ghdl dmd ldc2 fpc gdc', words: /^-(?:Wl,|L|X?linker=?)?-{0,2}dynamic-linker|^-Wl,.{0,200}dynamic-linker|^--?GCC=|^-XP|^-cargs .*plugin/, means: 'configured-command' },
  { names: 'genhtml lcov gcovr', words: /^--(?:[\w-]{1,30}-script|gcov-(?:tool|executable)|rc geninfo_gcov_tool)/, means: 'configured-command' },
  { names: 'latexmk pdflatex xelatex lualatex latex', words: /^--?(?:cnf-line|output-driver|shell-restricted)/, means: 'configured-command' },
  { names: 'nox', words: /^--(?:force-python|extra-python|default-venv-backend|force-venv-backend)[= ].*\//, means: 'configured-command' },
  { names: 'rollup', words: /^--watch\.on/, means: 'configured-command' },
  { names: 'sphinx-autobuild', words: /^--(?:pre|post)-build/, means: 'configured-command' },
  { names: 'pkl', words: /^-x\b|\bread[?*]?\s*\(/, means: 'inline-code' },
  { names: 'locust', words: /^(?:-u|--users|-r|--spawn-rate)[= ]?\d{5,}/, means: 'endless' },
  { names: 'flask', words: /^--app[= ].*\(/, means: 'inline-code' },
  { names: 'doxygen', words: /^-$/, means: 'pipe-to-interpreter' },
  // Put into the text that a shell gets.
  { names: 'just task invoke inv mage', words: /;|&&|`|\$\(|\|\s/, means: 'configured-command' },
  // From folders that anybody writes.
  { names: 'scons', words: /^--site-dir[= ](?:\/|\.\.)/, means: 'outside-code' },
  { names: 'ts-node ts-node-esm tsx', words: /^(?:-P|--project|-C|--compiler|--tsconfig|--tsconfig-path)[= ]\/(?:tmp|var|dev)\//, means: 'outside-code' },
  { names: 'ocaml ocamlfind', words: /^-I ?\/(?:tmp|var|dev)(?:\/|$)/, means: 'outside-code' },
  { names: 'composer', words: /^(?:-d|--working-dir)[= ]?\/(?:tmp|var|dev)(?:\/|$)/, means: 'outside-code' },
  { names: 'hatch pdm rye poetry pixi uv', words: /^--?(?:python|config|config-path|config-file)[= ]\/(?:tmp|var|dev)\//, means: 'outside-code' },
  { names: 'dbmate goose migrate', words: /^(?:-d|-dir|--migrations-dir|-path|--path)[= ]\/(?:tmp|var|dev)(?:\/|$)/, means: 'outside-code' },
  // The network.
  { names: 'quasar', words: /^(?:-P|--publish)/, means: 'network' },
  { names: 'npm pnpm', words: /^pack (?:@[\w-]+\/)?\w[\w-]*(?:@[\w.^~-]+)?(?: |$)/, means: 'network', unless: /^--dry-run$/ },
  { names: 'dub', words: /^(?:run [\w-]+|publish|search|fetch|add|upgrade)\b/, means: 'network' },
  { names: 'hexo', words: /^generate .{0,80}(?:-d|--deploy)\b|^(?:deploy|d)$/, means: 'network' },
  { names: 'i18n-tasks', words: /^translate-missing\b/, means: 'network' },
  { names: 'cucumber cucumber-js', words: /^--publish/, means: 'network' },
  { names: 'gunicorn', words: /^--statsd-host[= ](?!localhost|127|unix)/, means: 'network' },
  { names: 'next gatsby astro nuxi nuxt turbo storybook ng', words: /^(?:telemetry|analytics) (?:enable|on)$/, means: 'network' },
  { names: 'dotnet msbuild', words: /^[-/](?:t|target):(?:.{0,200};)?(?:\w*Deploy\w*|Publish(?:Container|Image|Web\w*))$/i, means: 'network' },
  { names: 'asciidoctor asciidoctor-pdf', words: /^-a ?(?:\S{0,80},)?allow-uri-read/, means: 'network' },
  { names: 'cargo', words: /^--(?:coveralls|report-uri)/, means: 'network' },
  { names: 'semgrep', words: /^--metrics[= ]on|^--(?:pro|replacement)$/, means: 'network' },
  { names: 'mvn mvnw', words: /^(?:[\w.-]+:)?(?:site|jib|docker|k8s|cargo|tomcat\d?|heroku|azure-\w+|appengine|sonar|nexus-staging|github|ftp|deb|rpm|helm):(?:deploy|deployApp|build|push|release|close|sonar|publish|stage|upload|undeploy|redeploy)\b|^\w[\w-]*:(?:deploy|publish|push|upload|release)(?:-\w+)*$/, means: 'network', unless: /^(?:jib:buildTar|jib:dockerBuild|docker:build|-N?o|--offline)$/ },
  { names: 'gradle gradlew', words: /^:?(?:[\w-]+:)*\w*(?:[a-z]Deploy|[a-z]Publish|[a-z]Upload)(?:[A-Z]\w*)?$/, means: 'network', unless: /ToMavenLocal$/ },
  { names: 'zig cargo dub nimble lake dune rebar3 swift', words: /^(?:build|hack|exec|run|workspaces|package)\s+(?:\S{1,40}\s+){0,2}(?:publish|deploy|yank)$/, means: 'network' },
  { names: 'ko', words: /^(?:build|resolve|apply|create|publish|run)\b/, means: 'network', unless: /^(?:-L|--local|--push=false|--tarball|--dry-run)/ },
  { names: 'wasmer', words: /^run [\w-]+\/[\w-]+(?:@|$| )|^run https?:/, means: 'network' },
  { names: 'scala-cli mill', words: /^--?(?:dep|dependency|deps|import|repo|repository|ivy)(?:[= ]|$)/, means: 'network' },
  // Servers that nobody stops.
  { names: 'gunicorn', words: /^(?:-D|--daemon)$/, means: 'endless' },
  { names: 'celery', words: /^(?:-D|--detach)$/, means: 'endless' },
  { names: 'rubocop', words: /^--(?:start-server|restart-server)$/, means: 'endless' },
  // Data that no commit keeps.
  { names: 'mix', words: /^ecto\.(?:rollback (?:--all|--to \d)|load\b.*)/, means: 'data-loss' },
  { names: 'diesel', words: /^migration (?:revert|redo) .{0,80}(?:--all|-a)\b/, means: 'data-loss' },
  { names: 'goose migrate', words: /^(?:down-to 0|reset|drop|down -all)\b/, means: 'data-loss' },
  { names: 'sqlx', words: /^migrate revert .{0,200}--target-version[= ]0\b/, means: 'data-loss' },
  { names: 'rails rake', words: /^db:rollback STEP=\d{2,}$/, means: 'data-loss' },
  { names: 'flask alembic', words: /^downgrade base\b/, means: 'data-loss' },
  { names: 'pytest', words: /^(?:-o ?|--override-ini[= ])cache_dir=(?!\.?(?:pytest|tmp|build|cache)|\/tmp\/)/, means: 'data-loss' },
]
const BY_NAME = new Map<string, Power[]>()
for (const power of POWERS) for (const name of power.names.split(' ')) BY_NAME.set(name, [...BY_NAME.get(name) ?? [], power])

// No option that means something here is longer, and no more of them are given by hand.
const MAX_LENGTH = 4096
const MAX_WORDS = 200

/** Records what is said to a tool that makes it more than a tool. */
export function checkPowers (name: string, args: readonly Field[], facts: FactCollector): void {
  const powers = BY_NAME.get(name)
  const words = args.slice(0, MAX_WORDS).map(({ text }) => text.slice(0, MAX_LENGTH))
  for (const { words: pattern, means, unless } of powers ?? []) {
    if (unless !== undefined && words.some((word) => unless.test(word))) continue
    if (!words.some((word, at) => pattern.test(word) || pattern.test(words.slice(at, at + lengthOf(word)).join(' ')))) continue
    if (means === 'network') facts.network()
    else facts.problem(means)
  }
  if (runsSql(words)) facts.problem('data-loss')
}

// An option stands with its value, a verb with what follows it.
function lengthOf (word: string): number {
  if (word === '--') return 6
  return word.startsWith('-') ? (word.includes('=') ? 1 : 2) : 4
}

// A statement handed to a framework's own console: `dbal:run-sql "delete …"`.
function runsSql (words: readonly string[]): boolean {
  const at = words.findIndex((word) => /^(?:doctrine:query:(?:sql|dql)|dbal:run-sql|sql:query|sqlq|db:query|db:execute)$/.test(word))
  return at >= 0 && words.slice(at + 1).some((word) => DATABASE_CHANGE.test(word))
}
