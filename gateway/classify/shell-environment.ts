// Variables that make an innocent program run, load or trust something else. Named by what they steer, not by incident.
const STEERING = new RegExp(`^(?:${[
  'PATH', 'LD_.*', 'DYLD_.*', 'GCONV_PATH', 'LOCPATH', 'BASH_ENV', 'ENV', 'IFS', 'SHELLOPTS', 'BASHOPTS', 'PS[0-4]', 'PROMPT_COMMAND', 'BASH_FUNC.*',
  'CDPATH', 'GLOBIGNORE', 'HOME', 'SHELL', 'EDITOR', 'VISUAL', 'BROWSER', '.*PAGER', 'LESSOPEN', 'LESSCLOSE', 'INPUTRC', 'VIMINIT', 'EXINIT',
  'GIT_.*', 'SSH_.*', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'NPM_CONFIG_.*', 'YARN_.*', 'PNPM_.*', 'BUN_.*', 'TS_NODE_.*',
  'PYTHON(?:PATH|STARTUP|HOME|INSPECT|BREAKPOINT|USERBASE|EXECUTABLE|PLATLIBDIR|WARNINGS)', 'PYTEST_(?:ADDOPTS|PLUGINS)', 'PIP_.*', 'UV_.*', 'PERL.*', 'RUBY(?:OPT|LIB)', 'BUNDLE_.*', 'GEM_.*',
  '_?JAVA_(?:TOOL_)?OPTIONS', 'JDK_JAVA_OPTIONS', 'MAVEN_(?:OPTS|ARGS)', 'GRADLE_OPTS', 'CLASSPATH',
  'CARGO_(?:HOME|BUILD_.*|TARGET_.*)', '.*RUSTC.*', 'RUSTFLAGS', 'GOFLAGS', 'GOPROXY', 'GONOSUMDB', 'CC', 'CXX', 'LD', 'AR', 'MAKEFLAGS', 'MAKEFILES',
  '.*_PROXY', 'SSL_CERT_.*', 'OPENSSL_CONF', 'CURL_HOME', 'WGETRC', 'TAR_OPTIONS', 'RIPGREP_CONFIG_PATH', 'XDG_CONFIG_.*', 'AWS_.*', 'DOCKER_.*', 'KUBECONFIG',
  'OPENCODE_.*', 'WEIR_.*',
].join('|')})$`, 'i')

// Settings of those variables that people use every day and that steer nothing.
const HARMLESS: ReadonlyArray<readonly [RegExp, RegExp]> = [
  [/^GIT_(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)$/, /^/],
  [/^GIT_(?:TERMINAL_PROMPT|OPTIONAL_LOCKS)$/, /^[01]?$/],
  [/PAGER$/, /^(?:cat|less|)$/],
  [/EDITOR$/, /^true$/],
  [/^IFS$/, /^\n?$/],
  [/^NODE_OPTIONS$/, /^(?:--(?:max-old-space-size=\d+|experimental-vm-modules|no-warnings|enable-source-maps|trace-(?:warnings|deprecation)) ?)*$/],
  [/^PYTHONPATH$/, /^(?:\.|(?:\.\/)?[A-Za-z][\w/-]*)?$/],
  [/^PYTHONWARNINGS$/, /^(?:ignore|default|error|always|once)$/],
  [/^(?:CC|CXX|LD|AR)$/, /^(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|ld|lld|ar)$/],
  [/^RUSTFLAGS$/, /^(?:-[DWA] ?[a-z_-]+ ?)*$/],
  [/^GOFLAGS$/, /^(?:-(?:mod=\w+|v|race|count=\d+) ?)*$/],
]

/** Whether setting a variable to this value (null: not known) can change what a program runs or loads. */
export function steersPrograms (name: string, value: string | null): boolean {
  if (!STEERING.test(name)) return false
  return value === null || !HARMLESS.some(([names, values]) => names.test(name) && values.test(value))
}
