import { describeTool, OUTPUT_OPTIONS } from '../programs/developer-tool.ts'
import { CONTAINER_LOOK } from '../programs/container-looks.ts'
import { LOCAL_QUERY, LOCAL_REQUEST, REGISTRY_LOOKUP } from '../programs/local-questions.ts'
import { LOCAL_SERVER } from '../programs/local-servers.ts'
import { effectTable, isInput, splitArguments, type Effect, type Invocation } from '../programs/invocation.ts'
import { literal, type Field } from '../shell/facts.ts'
import { saysTests } from '../programs/test-words.ts'
import { steersPrograms } from '../shell/environment.ts'
import { isSecretName } from '../shell/hidden.ts'

// Programs whose arguments name no file that they open, and whose output is all they do.
const INERT = 'sleep cal whoami id groups uname arch nproc uptime free pgrep pkill killall which whereis type basename ' +
  'dirname seq yes expr tr factor numfmt getconf locale tput clear reset stty tty info uuidgen lsof ' +
  'lscpu vmstat getent sync figlet'

const NETWORK = 'http.server SimpleHTTPServer smtpd ftplib telnetlib pyftpdlib curl wget nc ncat netcat socat ssh scp sftp ftp telnet ping dig nslookup host aria2c http https httpie xh gh glab openssl rclone ' +
  'nmap traceroute whois ssh-keyscan ssh-copy-id mail sendmail websocat curlie lynx w3m links elinks'

const EDITORS = 'vi vim nvim view ex ed emacs nano pico micro gdb lldb screen tmux top htop'

/** What is assumed of a program that is not known in detail. */
export const unlistedProgram: Effect = (invocation) => { describeTool(invocation) }

const inert: Effect = () => {}

// A server of the folder itself hands out the files that its paths name.
const served: Effect = ({ args, facts, directories }) => { for (const path of args.slice(args[0]?.text === 'get' ? 2 : 1)) facts.touch(path, 'read', directories) }

// A page named by its path, or with `-l`, is any file of the machine.
const manual: Effect = ({ args, facts, directories }) => {
  if (args.some(({ text }) => /^-[a-zA-Z]*[PHC]|^--(?:pager|html|config-file)/.test(text))) facts.problem('configured-command')
  const local = args.some(({ text }) => /^-[a-zA-Z]*l|^--local/.test(text))
  for (const arg of args) if (!arg.text.startsWith('-') && (local || arg.text.includes('/'))) facts.touch(arg, 'read', directories)
}

const network: Effect = (invocation) => {
  if (invocation.name === 'openssl' && /^(?:rand|version)$/.test(invocation.args[0]?.text ?? '')) return unlistedProgram(invocation)
  invocation.facts.network()
  unlistedProgram(invocation)
  const { operands } = splitArguments(invocation.args, new Set())
  // `-d @file`, `-F name=@file` and `host:file` send a file of the workspace.
  for (const { text } of operands) {
    const sent = /(?:^|=)[@<](.+)$/s.exec(text)?.[1]
    if (sent !== undefined) invocation.facts.touch(literal(sent), 'read', invocation.directories)
  }
}

const printenv: Effect = ({ args, facts, narrowed }) => {
  const names = args.filter(({ text }) => !text.startsWith('-'))
  if (names.length === 0 && !narrowed) facts.problem('environment-dump')
  if (names.some(({ text, known }) => !known || isSecretName(text))) facts.problem('secret-variable')
}

// Given a plain word, these set what they otherwise print.
function settable (word: RegExp, valued: readonly string[] = []): Effect {
  const options = new Set(valued)
  return ({ args, facts, directories }) => {
    const { operands, values } = splitArguments(args, options)
    if (operands.some(({ text }) => word.test(text))) facts.problem('configured-command')
    for (const { flag, value } of values) if (/^-r|^--ref/.test(flag)) facts.touch(value, 'read', directories)
  }
}

const editor: Effect = (invocation) => {
  invocation.facts.problem('interactive-program')
  unlistedProgram(invocation)
}

/** Formatters and linters, which write their operands when told to, unless they are to show only what they would write. */
function rewriter (writes: RegExp, valued: readonly string[] = [], shows: RegExp = /^(?!)/): Effect {
  const options = new Set(valued)
  return (invocation) => {
    const { args, facts, directories } = invocation
    const { operands, values } = splitArguments(args, options)
    const changes = args.some(({ text }) => writes.test(text)) && !args.some(({ text }) => shows.test(text))
    for (const operand of operands) {
      if (!operand.known) facts.problem('unknown-argument')
      else if (!/^(?:check|format|lint|run|ci)$/.test(operand.text)) facts.touch(shellPattern(operand), changes ? 'write' : 'read', directories)
    }
    for (const { flag, value } of values) if (value.text !== '') touchValue(flag, value, invocation)
  }
}

const blackFiles = rewriter(/^[^-]/, ['-l', '--line-length', '-t', '--target-version', '--config'], /^--(?:check|diff)$/)

const black: Effect = (invocation) => {
  if (invocation.args.some(({ text }) => /^(?:-c|--code)(?:$|[= ])/.test(text))) invocation.facts.problem('inline-code')
  blackFiles(invocation)
}

const MAKE_VALUED: ReadonlySet<string> = new Set(['-C', '-f', '-I', '-j', '-l', '-o', '-W', '--directory', '--file', '--makefile', '--eval', '-E', '--jobs', '--include-dir'])
// A variable given on the command line wins over the makefile's, and most of them are commands or their options.
const MAKE_FLAGS = /^\w*(?:FLAGS|ARGS|OPTS)\W?=(?:-[\w=.,+:-]+ ?)*$/
const MAKE_COMMANDS = /^(?:SHELL|MAKE|MAKEFLAGS|\.SHELLFLAGS|CC|CXX|CPP|LD|AR|AS|\w*(?:CMD|COMMAND|BIN|EXEC|TOOL|RUNNER)|PYTHON\d?|NODE|NPM|GO|CARGO|RUBY|PYTEST)\W?=(?!(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|python3?|node|npm|go)?(?:-?[\d.]+)?$)/

const MAKE_VARIABLE = /^(\w+)[:+?]?=(.*)$/s
// What the programs of a recipe are steered by, should it not be of their own makefile.
const MAKE_STEERS = /^(?:PATH|LD_\w+|BASH_ENV|(?:C|CXX|CPP|LD)FLAGS|NODE_OPTIONS|PYTHON\w+|PERL5\w+|RUBY(?:OPT|LIB)|GOFLAGS|RUST\w+|GIT_\w+COMMAND|MAKEFILES)$/

const MAKE_TESTS = /^(?:[A-Z]{0,12}_?(?:TEST|JEST|RSPEC|BENCH)_?)?(?:ARGS|OPTS|FLAGS|OPTIONS|FILTER|TESTS?|NAMES?|K|UNITS?|BENCH|SUITES?|PKGS?|PACKAGES|MODULES?|TAGS|PATTERN|MATCH|ONLY|GREP|SPECS?|CASES?|LINTERS?|FILES?)\W?=(.+)$/
// Of such words most recipes make tests.
const TESTING = /^(?:[\w-]+[-_:])?(?:tests?|check|unit|integration|e2e|spec|bench|lint|coverage|cov|pytest|jest|vitest)(?:[-_:][\w-]+)*$/

const make: Effect = (invocation) => {
  const { args, facts, directories, enter } = invocation
  const { operands, flags, values } = splitArguments(args.map(withJobs), MAKE_VALUED)
  if (flags.some((flag) => flag === '--eval' || flag === '-E')) facts.problem('inline-code')
  let places = directories
  for (const { flag, value } of values) {
    if (flag === '-C' || flag === '--directory') places = enter(value)
    else if (isInput(value)) facts.problem('pipe-to-interpreter')
    else if (/^-[fI]$|file|include/.test(flag)) {
      facts.touch(value, 'read', directories)
      facts.code(value, directories)
    }
  }
  for (const place of places) if (place !== null) facts.touch(literal(place), 'read', directories)
  for (const file of ['Makefile', 'makefile', 'GNUmakefile']) facts.code(literal(file), places)
  // Into the folders of the machine, unless it is told where to.
  if (operands.some(({ text }) => /^(?:un)?install(?:-(?:strip|bin|lib|man|data|exec|all))?$/.test(text)) && !operands.some(({ text }) => /^(?:prefix|DESTDIR)=/i.test(text)) && !facts.hasSaid('staged') && !flags.some((flag) => /^-(?:[a-zA-Z]*n[a-zA-Z]*)$|^--(?:dry-run|just-print|recon)$/.test(flag))) facts.touch(literal('/usr/local'), 'write', directories)
  for (const { text } of operands) {
    const [, name = '', value = ''] = MAKE_VARIABLE.exec(text) ?? []
    if (/^(?:PREFIX|DESTDIR)$/i.test(name)) facts.touch(literal(value), 'write', places)
    else if (MAKE_STEERS.test(name) && !MAKE_FLAGS.test(text) && steersPrograms(name, value)) facts.problem('configured-command')
  }
  const targets = operands.filter(({ text }) => !MAKE_VARIABLE.test(text))
  const tests = targets.length > 0 && targets.every(({ text }) => TESTING.test(text))
  const plain = operands.filter(({ text, known }) => !(tests && known && saysTests(MAKE_TESTS.exec(text)?.[1] ?? '')))
  for (const operand of plain) if (!operand.known || /\$[({]|`/.test(operand.text) || MAKE_COMMANDS.test(operand.text) || (!MAKE_FLAGS.test(operand.text) && /^\w+\W?=.*[\s;|&]/s.test(operand.text))) facts.problem('configured-command')
}

// `-j$(nproc)` is a number of jobs, whatever it is.
function withJobs (arg: Field): Field {
  return !arg.known && /^(?:-j|--jobs=)\$\(nproc\)$/.test(arg.text) ? literal('-j1') : arg
}

// Here `-d` names what is read, or asks for a difference.
export const policies: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  if (args.some(({ text }) => /^(?:-w|--write|--rewrite)$/.test(text))) for (const arg of args.slice(1)) if (!arg.text.startsWith('-')) facts.touch(arg, 'write', directories)
  describeTool({ ...invocation, args: args.filter(({ text }) => text !== '-d') })
}

const container: Effect = (invocation) => {
  invocation.facts.network()
  invocation.facts.problem('interactive-program')
  unlistedProgram(invocation)
}

// Where there is no user `xe`, they are read without the dash.
const OLD_PS = /^-[a-z]*ux[a-z]*e[a-z]*$/
const PS_VALUE = /^-[aAdefFjlLMNywHcT]*[oOCGgpqstuU]$|^--(?:sort|user|User|group|Group|pid|ppid|quick-pid|format|tty|sid)$/

export const TOOL_EFFECTS = effectTable([
  [INERT, inert],
  [`${REGISTRY_LOOKUP} ${LOCAL_QUERY} ${CONTAINER_LOOK}`, inert],
  [`${LOCAL_REQUEST} ${LOCAL_SERVER}`, served],
  ['man', manual],
  ['printenv', printenv],
  // Without a dash, `e` shows the environment of each process.
  ['ps', ({ args, facts }) => { if (args.some(({ text }, at) => (/^[a-z]*e[a-z]*$/i.test(text) || OLD_PS.test(text)) && !PS_VALUE.test(args[at - 1]?.text ?? ''))) facts.problem('environment-dump') }],
  ['date', settable(/^(?![-+]|@)./, ['-d', '--date', '-r', '--reference', '-s', '-f'])],
  ['hostname', settable(/^[^-]/)],
  [NETWORK, network],
  [EDITORS, editor],
  ['prettier', rewriter(/^(?:--write|-w)$/, ['--config', '--ignore-path', '--parser', '--plugin'])],
  ['eslint', rewriter(/^--fix$/, ['-c', '--config', '--ext', '-f', '--format', '-o', '--output-file', '--rulesdir', '--parser', '--plugin', '--resolve-plugins-relative-to', '--ignore-pattern', '--ignore-path', '--max-warnings', '--rule', '--global', '--env', '--cache-location'])],
  ['black', black],
  ['isort', rewriter(/^[^-]/, ['--profile', '--settings-path', '--settings-file', '--sp'], /^(?:--check(?:-only)?|--diff|-[cd])$/)],
  ['ruff', rewriter(/^(?:--fix|--fix-only|--add-noqa|format)$/, ['--config', '--select', '--ignore', '-o', '--output-file', '--cache-dir'], /^--(?:check|diff)$/)],
  ['gofmt', rewriter(/^-w$/, ['-r'])],
  ['goimports', rewriter(/^-w$/, ['-local'])],
  ['rustfmt', rewriter(/^[^-]/, ['--edition', '--config-path'], /^--check$/)],
  ['biome', rewriter(/^(?:--write|--apply)$/, ['--config-path'])],
  ['standard', rewriter(/^--fix$/)],
  ['stylelint', rewriter(/^--fix$/, ['--config', '--custom-syntax', '--custom-formatter', '--config-basedir'])],
  ['jscodeshift', rewriter(/^[^-]/, ['-t', '--transform', '--parser', '--parser-config', '--extensions', '--ignore-pattern', '--ignore-config', '-c', '--cpus', '-v', '--verbose'], /^(?:-d|--dry)$/)],
  ['shfmt', rewriter(/^-w$/, ['-i', '-ln'])],
  ['clang-format', rewriter(/^-i$/, ['--style'])],
  ['conftest', policies],
  ['make gmake', make],
  ['docker podman nerdctl kubectl chroot unshare nsenter mount umount systemctl crontab at batch', container],
])

// What a linter or formatter is configured with is code to it, or names code.
const LOADS = /config|settings|^-t$|transform|^--sp$|rules|relative-to|-path$|^-c$|parser|plugin|preset|^-f$|format|syntax/

const INLINE_SETTING = /^(?:[\w-]+\.)*(?:extend|cache-dir|src|output-file)\s*=/

function touchValue (flag: string, value: Field, { facts, directories }: Invocation): void {
  if (/^data:/i.test(value.text)) facts.problem('inline-code')
  else if (/^[a-z][a-z+.-]+:\/\//i.test(value.text)) facts.network()
  // A setting in place of a file of them: `cache-dir='x'`, `extend="x"`.
  else if (/^--config$/.test(flag) && INLINE_SETTING.test(value.text)) facts.problem('configured-command')
  else if (OUTPUT_OPTIONS.has(flag)) facts.touch(value, 'write', directories)
  else if (LOADS.test(flag) && /[./]/.test(value.text)) {
    facts.touch(value, 'read', directories)
    facts.code(value, directories)
  }
}

// These tools expand quoted patterns themselves.
function shellPattern (field: Field): Field {
  return field.glob === null && /[*?[{]/.test(field.text) ? { ...field, glob: field.text } : field
}
