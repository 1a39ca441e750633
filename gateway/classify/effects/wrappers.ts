import { checkHanded } from '../shell/assignments.ts'
import { effectTable, fullName, hasFlag, NO_STDIN, splitArguments, tail, type Effect, type Stdin } from '../programs/invocation.ts'
import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'
import { joined } from '../shell/fields.ts'
import { isEndlessSource } from '../programs/endless.ts'

interface Wrapping { readonly valued?: readonly string[], readonly skip?: number, readonly assignments?: boolean, readonly limits?: boolean }

// Programs that start the program named in their own arguments, after their options and `skip` operands.
const WRAPPERS: ReadonlyArray<readonly [names: string, wrapping: Wrapping]> = [
  ['nohup setsid chronic unbuffer caffeinate coproc builtin setarch busybox toybox firejail proot fakeroot catchsegv dbus-run-session ts', {}],
  ['time', { valued: ['-f', '-o', '--format', '--output'], assignments: true }], // as a word of the shell, it stands before variables too
  ['nice', { valued: ['-n', '--adjustment'] }],
  ['ionice', { valued: ['-c', '-n', '-p'] }],
  ['timeout', { valued: ['-k', '-s', '--kill-after', '--signal'], skip: 1, limits: true }],
  ['stdbuf', { valued: ['-i', '-o', '-e'] }],
  ['exec', { valued: ['-a'] }],
  ['sudo', { valued: ['-u', '-g', '-h', '-p', '-C', '-T', '-r', '-t', '-D', '-R', '-U'], assignments: true }],
  ['doas', { valued: ['-u', '-C'] }],
  ['taskset chrt dotenvx', { skip: 1 }],
  ['bear', { valued: ['-o', '--output', '-c', '--config', '-b', '--bear-path', '-l', '--library', '-w', '--wrapper'] }],
  ['cross-env', { assignments: true }],
  ['strace', { valued: ['-o', '-e', '-p', '-s', '-u', '-E', '-P', '-O', '-S'] }],
  ['ltrace', { valued: ['-o', '-e', '-p', '-s', '-u'] }],
  ['xvfb-run', { valued: ['-s', '-n', '-e'] }],
]

const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s

function wrapper ({ valued = [], skip = 0, assignments = false, limits = false }: Wrapping): Effect {
  const options = new Set(valued)
  return ({ args, facts, run, directories }) => {
    const behind = dropOptions(args, options, (flag, value) => {
      if (flag === '-o' || flag === '--output') facts.touch(value, 'write', directories)
    })
    const rest = assignments ? dropAssignments(behind.slice(skip), facts, directories) : behind.slice(skip)
    // A limit of nothing is none.
    // What never ends fills a disk in that time all the same.
    if (limits && isLimit(behind[0]?.text ?? '') && !rest.some(({ text }) => /^(?:.*\/)?yes$/.test(text) || isEndlessSource(text))) run(rest, { bounded: true })
    else run(rest)
  }
}

// More than an hour ends nothing that anybody waits for.
function isLimit (text: string): boolean {
  return /^(?!0*(?:\.0*)?[smhd]?$)\d*\.?\d+[smh]?$/.test(text) && Number(text.replace(/[smh]$/, '')) * (text.endsWith('h') ? 3600 : text.endsWith('m') ? 60 : 1) <= 3600
}

const env: Effect = ({ args, facts, run, script, directories, enter, narrowed }) => {
  let places = directories
  let text: Field | null = null
  let rest = dropOptions(args, new Set(['-u', '--unset', '-C', '--chdir', '-S', '--split-string', '-a', '--argv0']), (flag, value) => {
    if (flag === '-C' || flag === '--chdir') {
      places = enter(value)
      // Whatever runs there reads it, named or not.
      facts.touch(value, 'read', directories)
    }
    if (flag === '-S' || flag === '--split-string') text = value
  })
  // `-vS'sh -c …'`: the text may stand in a cluster of letters.
  if (text === null && args.slice(0, args.length - rest.length).some((arg) => /^-[a-zA-Z]*S/.test(arg.text))) facts.problem('evaluated-text')
  while (rest[0] !== undefined && (ASSIGNMENT.test(rest[0].text) || rest[0].text === '-')) {
    if (rest[0].text !== '-') assign(rest[0], facts, directories)
    rest = rest.slice(1)
  }
  if (text !== null) return script(literal([text, ...rest].map((field: Field) => field.text).join(' ')))
  if (rest.length === 0 && !narrowed) facts.problem('environment-dump')
  run(rest, { directories: places })
}

// `command -v x` looks a program up; without such a flag the program is run.
const command: Effect = ({ args, run }) => {
  const rest = dropOptions(args, new Set(), () => {})
  if (!args.slice(0, args.length - rest.length).some(({ text }) => /^-.*[vV]/.test(text))) run(rest)
}

const xargs: Effect = ({ args, stdin, run, facts, directories }) => {
  let replace: string | null = null
  let listed = false
  let held: readonly Field[] | null = null
  const valued = new Set(['-I', '-i', '-J', '-n', '-P', '-L', '-d', '-s', '-E', '-a', '--arg-file', '--max-args', '--max-procs', '--delimiter', '--replace', '--max-lines'])
  const words = dropOptions(args, valued, (flag, value) => {
    if (flag === '-I' || flag === '-J' || flag === '--replace') replace = value.text
    if (flag !== '-a' && flag !== '--arg-file') return
    facts.touch(value, 'read', directories)
    held = facts.listIn(value, directories)
    listed = true
  })
  // With a placeholder, or a delimiter of its own, xargs hands on whole lines, whatever words they hold.
  const delimited = args.slice(0, args.length - words.length).some(({ text }) => /^-[a-zA-Z]*[0d]|^--(?:null|delim)/.test(text))
  const text = stdin.kind === 'text' && stdin.text !== null && !delimited ? stdin.text.split(replace === null ? /\s+/ : /\n/).filter(Boolean).map(literal) : null
  const input: Stdin = listed ? { kind: 'piped', names: held } : stdin
  const piped = input.kind === 'piped' && !((replace !== null || delimited) && input.names?.some(({ piece }) => piece === true) === true) ? input.names : null
  const said = text ?? piped
  // It takes quotes and backslashes out, as a shell does.
  const names = delimited || said?.some(({ text: word }) => /['"\\]/.test(word)) !== true ? said : null
  const given: readonly Field[] = names ?? [{ text: '{}', known: false, glob: null }]
  const inner = words.length === 0 ? [literal('echo')] : words
  if (text === null && takesNameForProgram(inner, replace)) facts.problem('evaluated-text')
  run(replace === null ? [...inner, ...given] : substitute(inner, replace, given), listed ? {} : { stdin: NO_STDIN })
}

const watch: Effect = ({ args, script, run }) => {
  const rest = dropOptions(args, new Set(['-n', '--interval', '-q']), () => {})
  const exec = hasFlag(args.slice(0, args.length - rest.length).map(({ text }) => text), 'x', '--exec')
  if (exec) run(rest)
  else if (rest.length > 0) script(joined(rest))
}

const flock: Effect = ({ args, facts, run, script, directories }) => {
  const [file, ...rest] = dropOptions(args, new Set(['-w', '--timeout', '-E']), () => {})
  if (file !== undefined && !/^\d+$/.test(file.text)) facts.touch(file, 'write', directories)
  const [flag, text] = rest
  if (flag?.text === '-c' || flag?.text === '--command') script(text ?? literal(''))
  else run(rest)
}

const scriptRunner: Effect = ({ args, facts, script }) => {
  const { values } = splitArguments(args, new Set(['-c', '--command', '-s', '--shell', '-u', '--user']))
  const texts = values.filter(({ flag }) => flag === '-c' || flag === '--command')
  for (const { value } of texts) script(value)
  if (texts.length === 0) facts.problem('interactive-program')
}

const HYPERFINE_VALUED: ReadonlySet<string> = new Set(['-w', '--warmup', '-m', '--min-runs', '-M', '--max-runs', '-r', '--runs', '-s', '--setup', '-p', '--prepare', '-C', '--conclude', '-c', '--cleanup', '-P', '--parameter-scan', '-D', '--parameter-step-size', '-L', '--parameter-list', '-S', '--shell', '--style', '--sort', '-u', '--time-unit', '--export-asciidoc', '--export-csv', '--export-json', '--export-markdown', '--export-orgmode', '--output', '--input', '-n', '--command-name', '--reference'])

// What a shell would take for nothing else either.
const PLAIN_WORDS = /^(?:\.|\.\/|\/)?[\w][\w./-]*(?: [\w./@%+:,=-]+)*$/

// Every operand is a shell text of its own, and so are those that run before and after.
const hyperfine: Effect = ({ args, facts, script: text, run, directories }) => {
  const script = (command: Field): void => {
    if (command.known && PLAIN_WORDS.test(command.text)) run(command.text.split(' ').map(literal))
    else text(command)
  }
  const { operands, values } = splitArguments(args, HYPERFINE_VALUED)
  for (const { flag, value } of values) {
    if (/^-[spCc]$|^--(?:setup|prepare|conclude|cleanup|reference)$/.test(flag)) script(value)
    if (flag.startsWith('--export') || (flag === '--output' && /[./]/.test(value.text))) facts.touch(value, 'write', directories)
    if (flag === '--input') facts.touch(value, 'read', directories)
    // What is put in for a name may be any words.
    if (/^-[PLS]$|^--(?:parameter-(?:scan|list)|shell)$/.test(flag) && !/^(?:none|default|bash|sh)$/.test(value.text)) facts.problem('evaluated-text')
  }
  operands.forEach(script)
}

export const WRAPPER_EFFECTS = effectTable([
  ...WRAPPERS.map(([names, wrapping]) => [names, wrapper(wrapping)] as const),
  ['env', env],
  ['command', command],
  ['xargs', xargs],
  ['watch', watch],
  ['flock', flock],
  ['su runuser script', scriptRunner],
  ['hyperfine', hyperfine],
])

/** Whether a shell takes what stands for a name, or a name that follows, for a program: `xargs sh -c`, `-exec sh -c '{} x' ;`. Anybody can give a file the name of a command. */
export function takesNameForProgram (words: readonly Field[], placeholder: string | null): boolean {
  if (!/^(?:\/(?:usr\/)?bin\/)?(?:ba|da|z|k)?sh$/.test(words[0]?.text ?? '')) return false
  const at = words.findIndex(({ text }) => /^-[a-z]*c$/.test(text))
  const script = words[at + 1]
  if (at < 0) return false
  if (script === undefined) return true
  return placeholder !== null && script.text.split(placeholder).slice(0, -1).some((before) => /(?:^|[;&|(`\n]|\bdo|\bthen|\belse|\beval)\s*["']?$/.test(before))
}

/** Replaces a placeholder inside words by each of the names given. */
export function substitute (words: readonly Field[], placeholder: string, names: readonly Field[]): Field[] {
  return words.flatMap((word) => {
    if (!word.text.includes(placeholder)) return [word]
    return names.map((name): Field => {
      if (!name.known || !word.known) return { text: word.text, known: false, glob: null }
      const text = word.text.split(placeholder).join(name.text)
      return { text, known: true, glob: name.glob === null ? null : word.text.split(placeholder).join(name.glob) }
    })
  })
}

/** The words after the leading options, each of which is reported when it has a value. */
export function dropOptions (args: readonly Field[], valued: ReadonlySet<string>, onValue: (flag: string, value: Field) => void): readonly Field[] {
  let at = 0
  for (; at < args.length; at += 1) {
    const field = args[at]
    if (field === undefined || !field.known || !/^[-+]./.test(field.text)) break
    if (field.text === '--') return args.slice(at + 1)
    const equals = field.text.startsWith('--') ? field.text.indexOf('=') : -1
    const next = args[at + 1]
    if (equals > 0) onValue(fullName(field.text.slice(0, equals), valued), tail(field, equals + 1))
    else if (valued.has(field.text)) {
      if (next !== undefined) onValue(field.text, next)
      at += 1
    } else if (valued.has(field.text.slice(0, 2)) && !field.text.startsWith('--')) onValue(field.text.slice(0, 2), tail(field, 2))
  }
  return args.slice(at)
}

/** The words after the leading `NAME=value` ones, each of which is checked. */
function dropAssignments (words: readonly Field[], facts: FactCollector, directories: Directories): readonly Field[] {
  const at = words.findIndex(({ text }) => !ASSIGNMENT.test(text))
  const end = at < 0 ? words.length : at
  for (const word of words.slice(0, end)) assign(word, facts, directories)
  return words.slice(end)
}

function assign (field: Field, facts: FactCollector, directories: Directories): void {
  const [, name, value] = ASSIGNMENT.exec(field.text) ?? []
  checkHanded(name ?? '', field.known ? value ?? '' : null, facts, directories)
}
