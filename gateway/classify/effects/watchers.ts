import { describeTool } from '../programs/developer-tool.ts'
import { checkHanded } from '../shell/assignments.ts'
import { dropOptions } from './wrappers.ts'
import { effectTable, splitArguments, type Effect, type Invocation } from '../programs/invocation.ts'
import { literal, type Field } from '../shell/facts.ts'
import { joined } from '../shell/fields.ts'

// Programs that start others when files change, side by side, or once something answers. What they start stands in their
// own words, as a text for a shell, as the words of one command or as the name of a script of the package.

const LOCAL_PLACE = /^(?:(?:https?(?:-get)?:\/\/|tcp:)?(?:localhost|127\.0\.0\.1)(?::\d+)?(?:\/[\w./?=&%-]*)?|(?:tcp:)?:?\d{2,5}|https?(?:-get)?:\/\/:\d+\S*)$/

/** Runs the script of the package with this name. */
function runScript (name: string, { run }: Invocation, manager = 'npm'): void {
  run([manager, 'run', name].map(literal))
}

const CONCURRENTLY: ReadonlySet<string> = new Set(['-n', '--names', '--name-separator', '-s', '--success', '-m', '--max-processes', '-p', '--prefix', '-c', '--prefix-colors', '-l', '--prefix-length', '-t', '--timestamp-format', '--restart-tries', '--restart-after', '--kill-signal', '--ks', '--kill-timeout', '-i', '--default-input-target', '--hide', '--teardown'])

// Each operand is a text of its own; `npm:NAME` is short for a script of the package.
const concurrently: Effect = (invocation) => {
  const { operands, values, flags } = splitArguments(invocation.args.map(asSwitch), CONCURRENTLY)
  // Words behind `--` are put into the texts.
  if (flags.some((flag) => /^-P$|^--passthrough/.test(flag))) invocation.facts.problem('evaluated-text')
  for (const text of [...operands, ...values.filter(({ flag }) => flag === '--teardown').map(({ value }) => value)]) {
    const [, manager, name] = /^(npm|pnpm|yarn|bun):([\w:.*-]+)$/.exec(text.text) ?? []
    if (name === undefined) invocation.script(text)
    else runScript(name, invocation, manager)
  }
}

// `-i` alone hands on what is typed.
function asSwitch (arg: Field): Field {
  return arg.text === '-i' ? literal('--handle-input') : arg
}

const NODEMON: ReadonlySet<string> = new Set(['-x', '--exec', '-e', '--ext', '-w', '--watch', '-i', '--ignore', '-d', '--delay', '--signal', '-s', '--config', '--cwd'])
const NODEMON_SWITCHES = /^(?:-[VqLIC]|--(?:verbose|quiet|legacy-watch|no-stdin|on-change-only|exitcrash|dump|no-colors|no-update-notifier|polling-interval=\d+))$/

// What is no option of its own goes to `node`, or to the program named instead.
const nodemon: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  const rest: Field[] = []
  const programs: Field[] = []
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? literal('')
    const [, flag = arg.text, value] = /^(--[\w-]+)=(.*)$/s.exec(arg.text) ?? []
    if (NODEMON_SWITCHES.test(arg.text) || arg.text === '--') continue
    if (!NODEMON.has(flag)) {
      rest.push(arg)
      continue
    }
    const said = value === undefined ? args[at += 1] ?? literal('') : { ...arg, text: value }
    if (/^(?:-x|--exec)$/.test(flag)) programs.push(said)
    else if (flag === '--cwd') facts.problem('unknown-directory')
    else if (flag === '--config') {
      facts.touch(said, 'read', directories)
      facts.code(said, directories)
    }
  }
  if (programs.length > 0) programs.forEach((program) => { invocation.script(joined([program, ...rest])) })
  else if (rest.length > 0) invocation.run([literal(/\.[cm]?ts$/.test(rest.at(-1)?.text ?? '') ? 'ts-node' : 'node'), ...rest])
}

const WATCHEXEC: ReadonlySet<string> = new Set(['-e', '--exts', '-w', '--watch', '-W', '--watch-non-recursive', '-i', '--ignore', '-f', '--filter', '-s', '--signal', '--stop-signal', '--stop-timeout', '-d', '--debounce', '--delay-run', '--poll', '-o', '--on-busy-update', '--fs-events', '--shell', '--workdir', '--project-origin', '-E', '--env', '--filter-file', '--ignore-file', '-F', '-j', '--filter-prog', '--watch-file'])

// Its words are one text for a shell.
const watchexec: Effect = (invocation) => {
  const { args, facts, directories, script } = invocation
  const rest = dropOptions(args, WATCHEXEC, (flag, value) => {
    if (/^--shell$|^-j$|^--filter-prog$/.test(flag)) { if (value.text !== 'none') facts.problem('configured-command') }
    if (/^--(?:workdir|project-origin)$/.test(flag)) facts.problem('unknown-directory')
    if (flag === '-E' || flag === '--env') checkHanded(/^\w+/.exec(value.text)?.[0] ?? '', value.text.slice(value.text.indexOf('=') + 1), facts, directories)
    if (/file$|^-F$/.test(flag)) facts.touch(value, 'read', directories)
  })
  if (rest.length > 0) script(joined(rest))
}

// The files to watch come on its input; `/_` is the one that changed.
const entr: Effect = ({ args, run, script }) => {
  const rest = dropOptions(args, new Set(), () => {})
  const asText = args.slice(0, args.length - rest.length).some(({ text }) => /^-[a-z]*s/.test(text))
  if (asText) script(rest[0] ?? literal(''))
  else run(rest.map((word) => word.text === '/_' ? { ...word, known: false } : word))
}

// `onchange PATTERNS -- COMMAND`; what is put in for `{{file}}` is one of the files watched.
const onchange: Effect = (invocation) => {
  const at = invocation.args.findIndex(({ text }) => text === '--')
  const words = at < 0 ? [] : invocation.args.slice(at + 1)
  if (words.some(({ text }) => text.includes('{{'))) invocation.facts.problem('unknown-argument')
  invocation.run(words)
}

const CHOKIDAR: ReadonlySet<string> = new Set(['-c', '--command', '-d', '--debounce', '-t', '--throttle', '-i', '--ignore', '--concurrent', '--poll-interval', '--poll-interval-binary'])

const chokidar: Effect = ({ args, facts, script }) => {
  for (const { flag, value } of splitArguments(args, CHOKIDAR).values) {
    if (!/^-c$|^--command$/.test(flag)) continue
    if (/\{(?:path|event)\}/.test(value.text)) facts.problem('evaluated-text')
    script(value)
  }
}

// Their own work besides, each step of which may be followed by a text for a shell.
const followed: Effect = (invocation) => {
  const isStep = ({ text }: Field): boolean => /^--on[A-Z-]/.test(text)
  const { values } = splitArguments(invocation.args, new Set(invocation.args.filter(isStep).map(({ text }) => text.replace(/=.*$/s, ''))))
  for (const { flag, value } of values) if (flag.startsWith('--on')) invocation.script(value)
  describeTool({ ...invocation, args: invocation.args.filter((arg, at) => !isStep(arg) && !(isStep(invocation.args[at - 1] ?? literal('')) && invocation.args[at - 1]?.text.includes('=') === false)) })
}

// It asks until something answers, and sends nothing.
const waitOn: Effect = ({ args, facts, directories }) => {
  const { operands, values } = splitArguments(args, new Set(['-c', '--config', '-d', '--delay', '-i', '--interval', '-l', '--log', '-s', '--simultaneous', '-t', '--timeout', '--httpTimeout', '--tcpTimeout', '-w', '--window']))
  for (const { flag, value } of values) {
    if (!/^-c$|config/.test(flag)) continue
    facts.touch(value, 'read', directories)
    facts.code(value, directories)
  }
  for (const place of operands) {
    if (LOCAL_PLACE.test(place.text)) continue
    if (/^(?:file:)?[\w./-]+$/.test(place.text) && !/^(?:tcp|socket):/.test(place.text)) facts.touch(literal(place.text.replace(/^file:/, '')), 'read', directories)
    else facts.network()
  }
}

// `[START] [PLACES] TEST`, where a lone word is the name of a script.
const startAndTest: Effect = (invocation) => {
  const { operands } = splitArguments(invocation.args, new Set(['--expect']))
  const last = operands.at(-1)
  for (const [at, operand] of operands.entries()) {
    const places = operand.text.split('|')
    if (operand.known && operand !== last && at > 0 && places.every((place) => LOCAL_PLACE.test(place))) continue
    if (operand.known && /^[\w:.-]+$/.test(operand.text) && !/^\d+$/.test(operand.text)) runScript(operand.text, invocation)
    else if (operand.known && LOCAL_PLACE.test(operand.text)) continue
    else if (/^\w+:\/\//.test(operand.text)) invocation.facts.network()
    else invocation.script(operand)
  }
}

/** `cargo watch -x 'test --lib' -s 'echo done'`: each of them, in turn. */
export const cargoWatch: Effect = (invocation) => {
  const { operands, values, afterDashes } = splitArguments(invocation.args, new Set(['-x', '--exec', '-s', '--shell', '-w', '--watch', '-i', '--ignore', '-d', '--delay', '-C', '--workdir', '-B', '--use-shell', '-E', '--env', '--env-file', '--features']))
  for (const { flag, value } of values) {
    if (/^-x$|^--exec$/.test(flag)) invocation.script({ ...value, text: `cargo ${value.text}` })
    else if (/^-s$|^--shell$/.test(flag)) invocation.script(value)
    else if (/^-[CBE]$|^--(?:workdir|use-shell|env|env-file)$/.test(flag)) invocation.facts.problem('configured-command')
  }
  const words = afterDashes.length > 0 ? afterDashes : operands
  if (words.length > 0) invocation.run(words)
}

export const WATCHER_EFFECTS = effectTable([
  ['concurrently conc', concurrently],
  ['nodemon', nodemon],
  ['watchexec', watchexec],
  ['entr', entr],
  ['onchange', onchange],
  ['chokidar', chokidar],
  ['tsc-watch tsup', followed],
  ['wait-on', waitOn],
  ['start-server-and-test server-test start-test', startAndTest],
  ['cargo-watch', cargoWatch],
])
