import { touchArgument } from './effects-interpreters.ts'
import { effectTable, splitArguments, tail, type Effect, type Invocation } from './invocation.ts'
import { literal, type Field } from './shell-facts.ts'

// Programs whose arguments name no file that they open, and whose output is all they do.
const INERT = 'sleep date cal whoami id groups uname hostname arch nproc uptime free ps pgrep pkill killall top which whereis type basename ' +
  'dirname seq yes expr bc tr factor numfmt getconf locale tput clear reset stty tty printenv info shuf uuidgen lsof ' +
  'lscpu vmstat getent sync figlet cowsay'

const NETWORK = 'http.server SimpleHTTPServer smtpd ftplib telnetlib pyftpdlib curl wget nc ncat netcat socat ssh scp sftp ftp telnet ping dig nslookup host aria2c http https httpie xh gh glab openssl rclone ' +
  'nmap traceroute whois ssh-keyscan ssh-copy-id mail sendmail websocat curlie lynx w3m links elinks'

const EDITORS = 'vi vim nvim view ex ed emacs nano pico micro gdb lldb screen tmux top htop'

// Options that name an output wherever they occur.
const OUTPUT_OPTIONS: ReadonlySet<string> = new Set([
  '-o', '--output', '--output-file', '--outfile', '--out', '--outDir', '--outdir', '--out-dir', '--output-dir', '--output-path', '--out-file', '--outFile', '--outputFile', '--dest', '--destination', '--declarationDir', '--log-file', '--report-file',
  '--coverageDirectory', '--coverage-directory', '--cache-location', '--tsBuildInfoFile', '--junitxml', '--junit-xml', '--html', '--dump-header', '--cookie-jar', '--trace', '--trace-ascii', '--stderr', '--export', '--save',
])

/** What is assumed of a program that is not known in detail: whatever looks like a path is read, and outputs are written. */
export const unlistedProgram: Effect = (invocation) => {
  const { args } = invocation
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at]
    if (arg === undefined) break
    const equals = arg.text.indexOf('=')
    const flag = equals > 0 ? arg.text.slice(0, equals) : arg.text
    if (!OUTPUT_OPTIONS.has(flag)) touchArgument(arg, invocation)
    else if (equals > 0) invocation.facts.touch(tail(arg, equals + 1), 'write', invocation.directories)
    else if (args[at + 1] !== undefined) invocation.facts.touch(args[++at] ?? arg, 'write', invocation.directories)
  }
}

const inert: Effect = () => {}

const manual: Effect = ({ args, facts }) => {
  if (args.some(({ text }) => /^-[a-zA-Z]*[PHC]|^--(?:pager|html|config-file)/.test(text))) facts.problem('configured-command')
}

const network: Effect = (invocation) => {
  invocation.facts.network()
  unlistedProgram(invocation)
  const { operands } = splitArguments(invocation.args, new Set())
  // `-d @file`, `-F name=@file` and `host:file` send a file of the workspace.
  for (const { text } of operands) {
    const sent = /(?:^|=)[@<](.+)$/s.exec(text)?.[1]
    if (sent !== undefined) invocation.facts.touch(literal(sent), 'read', invocation.directories)
  }
}

const editor: Effect = (invocation) => {
  invocation.facts.problem('interactive-program')
  unlistedProgram(invocation)
}

/** Formatters and linters, which write their operands when told to. */
function rewriter (writes: RegExp, valued: readonly string[] = []): Effect {
  const options = new Set(valued)
  return (invocation) => {
    const { args, facts, directories } = invocation
    const { operands, values } = splitArguments(args, options)
    const changes = args.some(({ text }) => writes.test(text))
    for (const operand of operands) {
      if (!operand.known) facts.problem('unknown-argument')
      else if (!/^(?:check|format|lint|run|ci)$/.test(operand.text)) facts.touch(shellPattern(operand), changes ? 'write' : 'read', directories)
    }
    for (const { flag, value } of values) if (value.text !== '') touchValue(flag, value, invocation)
  }
}

const make: Effect = (invocation) => {
  const { args, facts, directories, enter } = invocation
  const { operands, flags, values } = splitArguments(args, new Set(['-C', '-f', '-I', '-j', '-l', '-o', '-W', '--directory', '--file', '--makefile', '--eval', '-E', '--jobs']))
  if (flags.some((flag) => flag === '--eval' || flag === '-E')) facts.problem('inline-code')
  for (const { flag, value } of values) {
    if (flag === '-C' || flag === '--directory') enter(value).forEach((place) => { if (place !== null) facts.touch(literal(place), 'read', directories) })
    if (['-f', '--file', '--makefile'].includes(flag)) value.text === '-' ? facts.problem('pipe-to-interpreter') : facts.touch(value, 'read', directories)
  }
  // A variable given on the command line wins over the makefile's, and most of them are commands.
  for (const operand of operands) if (!operand.known || /^(?:SHELL|MAKEFLAGS|\.SHELLFLAGS)\W|^\w+\W?=.*[\s;|&$`(]/s.test(operand.text)) facts.problem('configured-command')
}

const container: Effect = (invocation) => {
  invocation.facts.network()
  invocation.facts.problem('interactive-program')
  unlistedProgram(invocation)
}

export const TOOL_EFFECTS = effectTable([
  [INERT, inert],
  ['man', manual],
  [NETWORK, network],
  [EDITORS, editor],
  ['prettier', rewriter(/^(?:--write|-w)$/, ['--config', '--ignore-path', '--parser', '--plugin'])],
  ['eslint', rewriter(/^--fix$/, ['-c', '--config', '--ext', '-f', '--format', '-o', '--output-file', '--rulesdir', '--parser', '--plugin', '--resolve-plugins-relative-to', '--ignore-pattern', '--ignore-path', '--max-warnings', '--rule', '--global', '--env', '--cache-location'])],
  ['black', rewriter(/^(?!--(?:check|diff)$)[^-]/, ['-l', '--line-length', '-t', '--target-version', '--config'])],
  ['isort', rewriter(/^(?!--(?:check|diff)$)[^-]/, ['--profile'])],
  ['ruff', rewriter(/^(?:--fix|--fix-only|format)$/, ['--config', '--select', '--ignore'])],
  ['gofmt', rewriter(/^-w$/, ['-r'])],
  ['goimports', rewriter(/^-w$/, ['-local'])],
  ['rustfmt', rewriter(/^(?!--check$)[^-]/, ['--edition', '--config-path'])],
  ['biome', rewriter(/^(?:--write|--apply)$/, ['--config-path'])],
  ['standard', rewriter(/^--fix$/)],
  ['stylelint', rewriter(/^--fix$/, ['--config'])],
  ['shfmt', rewriter(/^-w$/, ['-i', '-ln'])],
  ['clang-format', rewriter(/^-i$/, ['--style'])],
  ['make gmake', make],
  ['docker podman nerdctl kubectl chroot unshare nsenter mount umount systemctl crontab at batch', container],
])

function touchValue (flag: string, value: Field, { facts, directories }: Invocation): void {
  if (OUTPUT_OPTIONS.has(flag)) facts.touch(value, 'write', directories)
  else if (/config|rulesdir|relative-to|-path$|^-c$/.test(flag)) facts.touch(value, 'read', directories)
  else if (/parser|plugin|^-f$|^--format$/.test(flag) && /[./]/.test(value.text)) facts.touch(value, 'read', directories)
}

// These tools expand quoted patterns themselves.
function shellPattern (field: Field): Field {
  return field.glob === null && /[*?[{]/.test(field.text) ? { ...field, glob: field.text } : field
}
