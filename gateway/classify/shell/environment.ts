// Variables that make an innocent program run, load or trust something else. Named by what they steer, not by incident.
const STEERING = new RegExp(`^(?:${[
  'PATH', 'LD_.*', 'DYLD_.*', 'GCONV_PATH', 'LOCPATH', 'BASH_ENV', 'ENV', 'IFS', 'SHELLOPTS', 'BASHOPTS', 'PS[0-4]', 'PROMPT_COMMAND', 'BASH_FUNC.*', 'BASH_(?:CMDS|ALIASES|LOADABLES_PATH|XTRACEFD)',
  'CDPATH', '(?:OLD)?PWD', 'GLOBIGNORE', 'HOME', 'SHELL', 'EDITOR', 'VISUAL', 'BROWSER', '.*PAGER', 'LESSOPEN', 'LESSCLOSE', 'INPUTRC', 'VIMINIT', 'EXINIT',
  'GIT_.*', 'SSH_.*', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'NPM_CONFIG_.*', 'YARN_.*', 'PNPM_.*', 'BUN_.*', 'TS_NODE_.*',
  'PYTHON(?:PATH|STARTUP|HOME|INSPECT|BREAKPOINT|USERBASE|EXECUTABLE|PLATLIBDIR|WARNINGS)', 'PYTEST_(?:ADDOPTS|PLUGINS)', 'PIP_.*', 'UV_.*', 'PERL.*', 'RUBY(?:OPT|LIB)', 'BUNDLE_.*', 'GEM_.*',
  '_?JAVA_(?:TOOL_)?OPTIONS', 'JAVA_OPTS', 'JDK_JAVA_OPTIONS', 'MAVEN_.*', 'GRADLE_(?:OPTS|USER_HOME)', 'CLASSPATH', '(?:JAVA|M2|KOTLIN|SCALA|COMPOSER|COREPACK|GRADLE|PNPM)_HOME',
  'CARGO_(?:HOME|BUILD_.*|TARGET_.*|ALIAS_.*)', '.*RUSTC.*', 'RUST(?:DOC)?FLAGS', 'RUSTDOC', 'GO(?:FLAGS|PROXY|NOSUMDB|NOSUMCHECK|INSECURE|ENV|TOOLCHAIN|ROOT|PATH|BIN|SUMDB|AUTH)', 'CC', 'CXX', 'LD', 'AR', 'MAKE', 'MAKESHELL', 'MAKEFLAGS', 'MAKEFILES',
  '(?:C|CXX|CPP|LD|CGO_[A-Z]*)FLAGS', 'CMAKE_.*', 'CCACHE_.*', 'DISTCC_.*', '(?:LD|C|CPLUS)_INCLUDE_PATH', 'PKG_CONFIG.*', 'LIBRARY_PATH',
  '.*_PROXY', 'SSL_CERT_.*', 'SSLKEYLOGFILE', 'LEFTHOOK_EXCLUDE', 'OPENSSL_.*', 'CURL_HOME', 'WGETRC', 'TAR_OPTIONS', 'ZIP(?:OPT)?', 'UNZIP(?:OPT)?', 'ZIPINFO(?:OPT)?', 'RIPGREP_CONFIG_PATH', 'AWK(?:LIB)?PATH', 'GREP_OPTIONS', 'JQ_LIBRARY_PATH', 'XDG_CONFIG_.*', 'AWS_.*', 'DOCKER_.*', 'KUBECONFIG', 'ANSIBLE_.*', 'TF_CLI_.*',
  'LESS', 'LESSKEY.*', 'MANOPT', 'MANPATH', 'TERMINFO.*', 'TERMCAP', 'GLIBC_TUNABLES', 'MALLOC_.*', 'HOSTALIASES', 'RES_OPTIONS', 'LOCALDOMAIN', 'NLSPATH', 'POSIXLY_CORRECT',
  'NODE_(?:REPL_.*|V8_COVERAGE|REDIRECT_WARNINGS|TLS_REJECT_UNAUTHORIZED|COMPILE_CACHE|ICU_DATA)', 'ELECTRON_RUN_AS_NODE', 'NPM_EXECPATH', 'NPM_NODE_EXECPATH', 'NPM_PACKAGE_.*',
  'PYTHONPYCACHEPREFIX', 'COVERAGE_(?:PROCESS_START|RCFILE|FILE)', 'PYENV_.*', 'PHPRC', 'PHP_INI_SCAN_DIR', 'LUA_(?:INIT|C?PATH).*',
  'DOTNET_(?:STARTUP_HOOKS|ADDITIONAL_DEPS|SHARED_STORE|ROOT)', 'COR(?:ECLR)?_.*', 'ERL_.*FLAGS', 'ELIXIR_ERL_OPTIONS', 'MIX_(?:HOME|EXS|ARCHIVES)', '(?:RSPEC|SPEC|RAKE|TEST)_?OPTS?', 'TMPDIR',
  '(?:SBT|LEIN|JVM|CLJ|KOTLIN|SCALA|GROOVY|MILL|ANT|BOOT)_(?:JVM_)?OPTS', 'R_(?:PROFILE|ENVIRON|LIBS|HOME|DEFAULT_PACKAGES).*', 'JULIA_.*', 'PRE_COMMIT_.*', 'PANDOC_.*', 'FLASK_APP', 'DJANGO_SETTINGS_MODULE', 'OCAML.*', 'CAML.*', 'OPAM.*', 'GHC.*', 'STACK_.*', 'NIX_.*', 'DENO_.*', 'OPENCODE_.*', 'WEIR_.*',
  'GNUMAKEFLAGS', 'HARNESS_(?:PERL.*|OPTIONS|SUBCLASS)', 'SUDO_ASKPASS', 'MVNW_.*', 'ASPNETCORE_HOSTINGSTARTUPASSEMBLIES', 'COMPOSER_VENDOR_DIR', 'ZIG_(?:LIB|LOCAL_CACHE|GLOBAL_CACHE)_DIR', 'CABAL_.*', '.*_EDITOR', 'M4', 'RSYNC_(?:RSH|PROXY|CONNECT_PROG)', 'OVERCOMMIT_.*', '.*KUBEAPISERVER', '\\w+RCFILE', 'SCCACHE_(?!DIR|CACHE).*', 'TF_(?:DATA|PLUGIN)_.*', 'DESTDIR',
].join('|')})$`, 'i')

// Settings of those variables that people use every day and that steer nothing.
const HARMLESS: ReadonlyArray<readonly [RegExp, RegExp]> = [
  [/^GIT_(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)$/, /^/],
  [/^GIT_(?:TERMINAL_PROMPT|OPTIONAL_LOCKS)$/, /^[01]?$/],
  [/PAGER$/, /^(?:cat|less|)$/],
  [/EDITOR$/, /^(?:true|:)$/],
  [/^ENV$/, /^(?:test|testing|dev|development|staging|local|prod|production|ci)$/i],
  [/^BROWSER$/, /^none$/i],
  [/^SHELL$/, /^(?:\/usr)?\/bin\/(?:ba|da)?sh$/],
  [/^TMPDIR$/, /^\/tmp(?:\/[\w-]+)*\/?$/],
  [/^LESS$/, /^-?[FRXSi]*$/],
  [/^GIT_(?:SHA|COMMIT|COMMIT_SHA|BRANCH|TAG|REV|REVISION|HASH|VERSION)$/, /^/],
  [/^AWS_(?:DEFAULT_)?REGION$/, /^[a-z0-9-]*$/],
  // Switches of programs that have switches; what is trusted, verified or asked through is none of them.
  [/^(?!.*(?:SSL|TLS|VERIFY|TRUST|UNSAFE|STRICT|SSH|COMMAND|PAGER|EDITOR|ASKPASS|HOOK))(?:NPM_CONFIG|YARN|PNPM|BUN|TS_NODE|PIP|UV|BUNDLE|DOCKER|GIT|AWS|ANSIBLE|MAVEN|CCACHE|COVERAGE)_/i, /^(?:[012]|true|false|yes|no|on|off)?$/],
  [/^GIT_TRACE(?:2|2_PERF|2_EVENT|_PERFORMANCE|_SETUP|_REFS|_PACK_ACCESS|_FSMONITOR)?$/, /^\/tmp\/[\w-]+(?:\.(?:log|txt|trace|perf|out|json))?$/],
  [/^NPM_CONFIG_LOGLEVEL$/i, /^[a-z]+$/],
  [/^BUNDLE_WITHOUT$/, /^[\w:]*$/],
  [/^(?:(?:MAVEN|GRADLE|JAVA|SBT|LEIN|JVM)_OPTS|JAVA_TOOL_OPTIONS)$/, /^(?:-X(?:m[sx]|ss)\d+[kmg]? ?|-D(?!java\.|org\.gradle\.jvmargs|exec|jvm|argLine)[\w.]+=[\w.]+ ?)*$/i],
  // Behind each option there is a blank or the end: with none, long lists of them could be cut in too many ways.
  [/^(?:C|CXX|CPP|LD|CGO_[A-Z]*)FLAGS$/, /^(?:-(?:O[0-3sgz]|g\d?|pg|pipe|-coverage|W(?!l,|p,|a,)[\w=-]*|Wl,(?:--(?:as-needed|no-as-needed|gc-sections|no-undefined)|-z,(?:relro|now|defs)|-O\d)|std=[\w+]+|pedantic(?:-errors)?|m(?:arch|tune|cpu|fpu)=[\w.+-]+|m(?:32|64|avx2?|avx512\w+|sse[\d.]+)|f(?!plugin|pass-plugin|use-ld)[\w=,-]+|[ID][\w./=-]+|pthread|l\w+)(?: +|$))*$/],
  [/^GO(?:TOOLCHAIN)$/, /^local$/],
  [/^(?:FLASK_APP|DJANGO_SETTINGS_MODULE)$/, /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\.py)?$/], // a module of the project
  [/^GOPROXY$/, /^off$/],
  [/^JAVA_HOME$/, /^\/(?:usr\/lib\/jvm|opt)\/[\w.+-]+(?:\/[\w-]+)*\/?$/],
  [/^(?:UV|PIP|PRE_COMMIT)_(?:CACHE_DIR|HOME)$|^(?:npm_config_cache|YARN_CACHE_FOLDER)$/i, /^\/tmp(?:\/[\w.-]+)*$/],
  [/^COVERAGE_FILE$/, /^(?:\/tmp\/|\.\/)?(?:[\w-]+\/)*\.?coverage[\w.-]*$/],
  [/^CARGO_TARGET_DIR$/, /^(?:target|\/tmp)(?:\/[\w-]+)*$/],
  [/^(?:RSPEC|SPEC|RAKE|TEST)_?OPTS?$/, /^(?:(?:-v|--verbose|--fail-fast|--format=?) ?|progress|documentation)*$/],
  [/^CMAKE_BUILD_(?:TYPE|PARALLEL_LEVEL)$/, /^\w*$/],
  [/^CMAKE_EXPORT_COMPILE_COMMANDS$/, /^\w*$/],
  [/^IFS$/, /^\n?$/],
  [/^(?:ZIG_\w+_DIR|CABAL_DIR)$/, /^(?:\/tmp\/[\w.-]+|\.?zig-cache|(?:build|\.cache)(?:\/[\w.-]+)*)$/],
  [/^DESTDIR$/, /^(?:\/tmp\/|(?:\.\/)?(?:build|dist|out|stage|staging|pkg|tmp))[\w./-]*$/],
  [/^NODE_OPTIONS$/, /^(?:--(?:max-(?:old|semi)-space-size=\d+|experimental-(?:vm-modules|strip-types|json-modules)|no-(?:warnings|deprecation)|enable-source-maps|expose-gc|unhandled-rejections=[a-z-]+|stack-trace-limit=\d+|trace-(?:warnings|deprecation|uncaught))(?: +|$))*$/],
  [/^RUBYOPT$/, /^(?:-(?:w|W[012]?|W:[\w-]+|-yjit|-(?:en|dis)able=(?!gem)[\w-]+)(?: +|$))*$/],
  [/^PYTEST_ADDOPTS$/, /^(?:(?:-[vqxs]+|-p no:\w+|-n ?(?:\d+|auto)|--(?:tb|color|durations|maxfail|log-level)=\w+|--(?:no-cov|no-header|exitfirst|lf|ff)) ?)*$/],
  [/^PYTHONPATH$/, /^(?:(?:\.|\/workspace(?:\/[\w-]+)*|(?:\.\/)?[A-Za-z][\w/-]*)(?::(?!$)|$))*$/],
  // A category with a dot is imported.
  [/^PYTHONWARNINGS$/, /^(?:ignore|default|error|always|once)(?:::\w*)?$/],
  [/^(?:CC|CXX|LD|AR)$/, /^(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|ld|lld|ar)$/],
  [/^RUST(?:DOC)?FLAGS$/, /^(?:(?:-[DWA] ?[a-z_:-]+|-C ?(?:target-cpu=[\w-]+|opt-level=\w|debuginfo=\d|instrument-coverage|overflow-checks=\w+|codegen-units=\d+|debug-assertions=\w+)|--cfg[ =]\w+)(?: +|$))*$/],
  [/^GOFLAGS$/, /^(?:-(?:mod=\w+|v|race|trimpath|buildvcs=\w+|tags=[\w,]+|p=\d+|count=\d+) ?)*$/],
]

/** Whether setting a variable to this value (null: not known) can change what a program runs or loads. */
export function steersPrograms (name: string, value: string | null): boolean {
  if (!STEERING.test(name)) return false
  return value === null || !HARMLESS.some(([names, values]) => names.test(name) && values.test(value))
}
