// Variables that programs look up by the thousand are told by their families, and by what a value of them can name.
interface Family {
  readonly names: RegExp
  /** Values that name nothing to run, to load or to fetch from. */
  readonly plain: RegExp
}

const OWN_PATH = '(?:\\./|/workspace/)?[A-Za-z0-9](?:[\\w%-]|[./](?!\\.))*'
const PROGRAM_PATH = '/(?:usr|opt)/(?:[\\w-](?:[\\w. +-]|/(?!\\.))*)|/s?bin/[\\w.-]+|(?:\\./)?node_modules/\\.bin/[\\w.-]+'
const SWITCH = '[\\w.,*+%@-]*'

const FAMILIES: readonly Family[] = [
  // `CHROME_BIN`, `X_EXECUTABLE_PATH`, `CC_x86_64_unknown_linux_gnu`, `CARGO`
  {
    names: /_(?:BIN|BINARY|EXE|EXEC|EXECUTABLE|COMPILER|INTERPRETER|WRAPPER|LAUNCHER|RUNNER|PRELOAD|COMMAND|CMD|NODEJS|LIBRARY)(?:_PATH)?$|^(?:[A-Z]+_)?(?:CC|CXX|LD|AR|AS|NM|FC|STRIP|RANLIB|LINKER)(?:_[a-z0-9_]+)?$|^(?:YACC|LEX|QMAKE|PROTOC|CARGO|SWIFT_EXEC|GOCACHEPROG|BAZEL_REAL)$/,
    plain: new RegExp(`^(?:[\\w.+-]*|${PROGRAM_PATH})$`),
  },
  // `COREPACK_NPM_REGISTRY`, `HEX_MIRROR`: where code is fetched from.
  { names: /(?:REGISTRY|REGISTRIES_\w+|MIRROR|HOSTED_URL|CDNURL|INDEX_URL|DOWNLOAD_(?:HOST|URL))$|^(?:TURBO_API|NX_CLOUD_API|BAZELISK_BASE_URL)$/, plain: /^(?!.*:\/\/)|^https?:\/\/(?:localhost|127\.0\.0\.1)(?:[:/]|$)/ },
  // What the sanitizers are set to, a file among it.
  { names: /^(?:ASAN|UBSAN|TSAN|LSAN|MSAN)_OPTIONS$/, plain: /^(?!.*(?:path|file|external_symbolizer)\w*=)[\w=:,.-]*$|^(?:[\w=:,.-]*(?:suppressions)=(?:\.\/)?[A-Za-z][\w./-]*[\w=:,.-]*)$/ },
  { names: /^(?:ASAN|MSAN|TSAN|LLVM)_SYMBOLIZER_PATH$/, plain: new RegExp(`^(?:${PROGRAM_PATH})$`) },
  // Files that compilers and what they compiled write by themselves.
  { names: /^(?:DEPENDENCIES_OUTPUT|SUNPRO_DEPENDENCIES|GCC_\w+|COMPILER_PATH|COLLECT_\w+|SSLKEYLOGFILE)$/, plain: /^(?!)/ },
  { names: /^(?:GCOV_\w+|LLVM_PROFILE_FILE)$/, plain: new RegExp(`^(?:${OWN_PATH}|/tmp/[\\w./%-]+|\\d*)$`) },
  // Which containers run, and where.
  { names: /^(?:COMPOSE|DOCKER|PODMAN|CONTAINER)_(?:FILE|FILES|ENV_FILES|PROJECT_DIRECTORY|PATH_SEPARATOR|HOST|CONFIG|CONTEXT|CERT_PATH|CLI_PLUGIN_EXTRA_DIRS)$/, plain: new RegExp(`^(?:${OWN_PATH}|default)?$`) },
  // Where a database's client looks by itself: a name without a dot is this machine's, or a container's beside it.
  { names: /^(?:PGHOST|PGHOSTADDR|MYSQL_HOST)$/, plain: /^(?:[\w-]*|127\.0\.0\.1|\/(?:tmp|(?:var\/)?run\/postgresql))$/ },
  { names: /^(?:PG(?:SERVICE|SERVICEFILE|SYSCONFDIR|PASSFILE|OPTIONS)|PSQL\w*|MYSQL_(?:HOME|TEST_LOGIN_FILE|UNIX_PORT)|B(?:AT|CAT)_\w+|ACK\w*)$/, plain: /^(?!)/ },
  // A check of the project is not gone round.
  { names: /^(?:HUSKY|HUSKY_SKIP_HOOKS|LEFTHOOK)$/, plain: /^(?!)/ },
  { names: /^(?:INIT_CWD|USE_BAZEL_VERSION|GOVCS|GNUPGHOME|RUBYGEMS_GEMDEPS|KUBEBUILDER_ASSETS|GOWORK|JSONNET_PATH|MYPYPATH|PYLINTRC|VIRTUAL_ENV)$/, plain: new RegExp(`^(?:${OWN_PATH}|(?:/workspace/|\\./)?\\.?venv|off|[\\d.]*)$`) },
  // Tools that take settings, plug-ins or homes from variables of their own name.
  {
    names: /^(?!TF_VAR_)(?:TOX|NOX|HATCH|POETRY|PIPENV|PDM|CONDA|MYPY|RUFF|PYLINT|FLAKE8|BLACK|ISORT|BABEL|ESLINT|NYC|C8|MOCHA|TAP|JEST|WEBPACK|ESBUILD|SWC|BIOME|PRISMA|PUPPETEER|PLAYWRIGHT|CYPRESS|TURBO|NX|NAPI_RS|COREPACK|RBENV|ASDF|MISE|NVM|VOLTA|SDKMAN|RUSTUP|CLIPPY|BINDGEN|LIBCLANG|MIRI|GOLANGCI|BAZEL|BAZELISK|HEX|MIX|COMPOSER|XDEBUG|PHPUNIT|FLUTTER|DART|SWIFT|NUGET|MSBUILD|VSTEST|ANT|SBT|COURSIER|KOTLIN|TERRAGRUNT|TF|VALGRIND|GTEST)_?\w*$/,
    plain: new RegExp(`^(?:${SWITCH}|${OWN_PATH}|${PROGRAM_PATH}|https?://(?:localhost|127\\.0\\.0\\.1)(?:[:/].*)?)$`),
  },
]
// Settings that are a command or options whatever they look like.
const WHOLE_OPTIONS = /^(?:TOX|NYC|MOCHA|CLIPPY|MIRI|BINDGEN|VALGRIND|DART|ANT|C8)_?\w*(?:OVERRIDE|OPTS|OPTIONS|ARGS|FLAGS)$/
// Checks of Rust's interpreter that are left out or added; variables handed on and libraries of the machine are none of them.
const MIRI_CHECKS = /^(?:-Zmiri-(?:disable-(?:isolation|stacked-borrows|data-race-detector|validation|alignment-check|weak-memory-emulation)|(?:strict|permissive)-provenance|tree-borrows|ignore-leaks|symbolic-alignment-check|recursive-validation|no-short-fd-operations|isolation-error=[a-z-]+|seed=\d+|many-seeds(?:=\d*\.\.\d+)?|backtrace=\w+|num-cpus=\d+|preemption-rate=[\d.]+|compare-exchange-weak-failure-rate=[\d.]+|track-(?:alloc-id|pointer-tag)=\d+)(?: +|$))*$/
const HOLDS_DATA = /CACHE|TMP|TEMP|OUT|LOG|DB|DATA|STORE|REPORT|RESULT|COVER|DUMP|TRACE|PROFILE|SOCK|PID|UPLOAD|DOWNLOAD|EXPORT|BACKUP|WORK|STATE|FIXTURE|SCREENSHOT|SNAPSHOT|ARTIFACT|DIR$|FILE$|URL$|DSN$/i
const NO_DATA = /CONFIG|^(?:COMPOSE|DOCKER)_|^PG(?:SERVICE|SYSCONF|PASS)|_HOME$|_ROOT$|RC(?:FILE)?$|PIPFILE|PROG$|^GOWORK$|^(?:NVM|RBENV|ASDF|SDKMAN|VOLTA|MISE)_/
const SCRATCH = /(?:^|[\s:=,;])\/(?:tmp|var\/tmp|dev\/shm)(?:\/|$)/

/** Whether a variable that is handed to a program names something it would run, load or fetch from. */
export function steersByFamily (name: string, value: string): boolean {
  if (name === 'MIRIFLAGS' && MIRI_CHECKS.test(value)) return false
  if (WHOLE_OPTIONS.test(name) && !/^\w*$/.test(value)) return true
  if (SCRATCH.test(value) && HOLDS_DATA.test(name) && (name === 'MPLCONFIGDIR' || !NO_DATA.test(name)) && /^\/tmp(?:\/[\w./-]*)?$/.test(value)) return false
  const family = FAMILIES.find(({ names }) => names.test(name))
  if (family !== undefined) return !family.plain.test(value)
  if (/^module:\/\//.test(value)) return true // a backend of Matplotlib by the name of its module
  return SCRATCH.test(value) && (!HOLDS_DATA.test(name) || /^(?!MPL)\w*CONFIG_?DIR$/.test(name))
}
