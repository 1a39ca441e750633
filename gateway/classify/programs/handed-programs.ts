import { literal, type Field } from '../shell/facts.ts'

type Runs = ReadonlyArray<readonly Field[]>
type Handed = (words: readonly string[], args: readonly Field[]) => Runs | null

/** Where what is handed on begins: behind the options, each a switch or one with its value. -1 when an option is neither. */
function behind (words: readonly string[], switches: RegExp, valued: RegExp): number {
  let at = 0
  while (at < words.length) {
    const word = words[at] ?? ''
    if (!word.startsWith('-')) return at
    if (word === '--') return at + 1
    if (switches.test(word)) at += 1
    else if (valued.test(`${word} ${words[at + 1] ?? ''}`)) at += 2
    else return -1
  }
  return -1
}

/** A program that follows or measures the one behind its own options. */
function follows (switches: RegExp, valued: RegExp): Handed {
  return (words, args) => {
    const at = behind(words, switches, valued)
    return at < 0 || at >= words.length ? null : [args.slice(at)]
  }
}

// What a tracer shows is calls of the very program that it starts; `-p` would be any process, and `inject` would change it.
const CALLS = /^-e (?:(?:trace|t|signal|signals|abbrev|status|quiet|q|verbose|decode-fds)=)?!?[%\w,/]+$/
const TRACE = /^-[sSPaIbXO] [\w/.-]+$|^-o \/tmp\/[\w-]+\.(?:txt|log|out|trace|strace)$|^--(?:trace|signal) [%\w,]+$/
const strace = follows(/^-(?:[fcCqtTrkivxyzZwhn]+|s\d+)$|^--(?:follow-forks|summary|summary-only|trace=[%\w,]+|quiet=\w+|decode-fds(?:=\w+)?|timestamps|relative-timestamps|syscall-times|string-limit=\d+)$|^-e(?:trace=)?[%\w,]+$/, new RegExp(`${CALLS.source}|${TRACE.source}`))
const ltrace = follows(/^-[fcCitTrS]+$/, /^-[esn] [\w*@.+-]+$|^-o \/tmp\/[\w-]+\.(?:txt|log|out|trace)$/)

const conda: Handed = (words, args) => words[0] !== 'run' ? null : follows(/^(?:--no-capture-output|--live-stream|-v)$/, /^(?:-n|--name) [\w.-]+$/)(words.slice(1), args.slice(1))

const rustup: Handed = (words, args) => words[0] === 'run' && /^(?:stable|beta|nightly)(?:-[\w-]+)?$|^1\.\d+(?:\.\d+)?$/.test(words[1] ?? '') && words[2] === 'cargo' ? [args.slice(2)] : null

const dmypy: Handed = (words, args) => {
  if (/^(?:status|stop|restart)$/.test(words.join(' '))) return [[literal('true')]]
  if (!/^(?:run|check)$/.test(words[0] ?? '')) return null
  return [[literal('mypy'), ...args.slice(1).filter(({ text }) => text !== '--')]]
}

// A notebook is checked by the linter that stands first.
const nbqa: Handed = (words, args) => /^(?:ruff|black|isort|flake8|mypy|pylint|pyupgrade|autopep8|yapf)$/.test(words[0] ?? '') ? [args] : null

// Tasks one after the other: `mix do format --check, test + credo`.
const mix: Handed = (words, args) => {
  if (words[0] !== 'do') return null
  const tasks: Field[][] = [[]]
  for (const { text } of args.slice(1)) {
    const ends = text === '+' || text.endsWith(',')
    const task = text === '+' ? '' : text.replace(/,$/, '')
    if (task !== '') tasks.at(-1)?.push(literal(task))
    if (ends) tasks.push([])
  }
  return tasks.every((task) => task.length > 0) ? tasks.map((task) => [literal('mix'), ...task]) : null
}

// By the ending that these tools give to programs of the project.
const dune: Handed = (words, args) => words[0] === 'exec' && /^(?:\.\/)?(?:[\w-]+\/)*[\w-]+\.(?:exe|bc)$/.test((words[1] === '--' ? words[2] : words[1]) ?? '') ? [[literal('dune'), literal('build')], [literal('built-program'), ...args.slice(words[1] === '--' ? 3 : 2).filter(({ text }) => text !== '--')]] : null
const stack: Handed = (words, args) => words[0] === 'exec' && /^[\w-]+-(?:exe|app|test|bench|cli|server)$/.test(words[1] ?? '') ? [[literal('stack'), literal('build')], [literal('built-program'), ...args.slice(2).filter(({ text }) => text !== '--')]] : null

// A class of the project's own; those of others may read and run what they are told.
const OWN_CLASS = /^-Dexec\.mainClass=(?!(?:java|javax|jdk|sun|com\.sun|org|groovy|kotlin|clojure|scala)\.)[a-z]\w*(?:\.\w+)+$/
const mvn: Handed = (words, args) => {
  if (!words.includes('exec:java') || words.filter((word) => OWN_CLASS.test(word)).length !== 1) return null
  const rest = args.filter(({ text }) => text !== 'exec:java' && !OWN_CLASS.test(text) && !/^-Dexec\.(?:args=[\w ./=-]*|cleanupDaemonThreads=false|classpathScope=\w+)$/.test(text))
  return [[literal('mvn'), literal('compile'), ...rest]]
}

// What a debugger is told without anybody at its keyboard: to run, stop and show. Expressions could call anything.
const DEBUGGER = /^(?:r|run|start|bt|backtrace|bt (?:full|-?\d+)|where|thread apply all bt(?: full)?|info (?:registers|locals|args|threads|breakpoints|frame|source|sharedlibrary|functions|line)(?: [\w.:*]+)?|b(?:reak)? [\w./:+-]+|c|continue|n|next|s|step|finish|up|down|frame \d+|f \d+|l|list(?: [\w.:,]+)?|p(?:rint)? [A-Za-z_][\w.>-]*|disassemble(?: \w+)?|(?:ptype|whatis)(?:\/o)? [\w :*]+|p(?:rint)?(?:\/[xdcsu])? (?:sizeof ?\((?:struct |union |enum )?\w+\)|[A-Za-z_][\w.>-]*)|info (?:types|variables|scope|symbol|files|signals|target)(?: [\w:]+)?|tbreak [\w./:+-]+|watch \w+|set print (?:pretty|elements|array|object|symbol)(?: (?:on|off|\d+))?|python print\(gdb\.lookup_type\(['"][\w: ]+['"]\)\.(?:sizeof|name|tag|alignof)\)|image (?:lookup (?:-[vrn]+ )*-?[nrt]? ?[\w:]+|list)|type lookup [\w:]+|x\/\d*[xdsiu]?[bhwg]? \$?\w+|quit|q|set pagination off|set confirm off)$/

const gdb: Handed = (words, args) => {
  if (!words.some((word) => /^--?batch$/.test(word))) return null
  const program: Field[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const field = args[at]
    // What follows is the program and its own arguments.
    if (/^--?args$/.test(word)) return program.length > 0 || at + 1 >= words.length ? null : [args.slice(at + 1)]
    if (/^--?(?:batch|nx|n|q|quiet|nh|return-child-result)$/.test(word)) continue
    if (/^--?(?:ex|eval-command)$/.test(word)) {
      if (!DEBUGGER.test(words[at += 1] ?? '')) return null
    } else if (word.startsWith('-') || field === undefined) return null
    else program.push(field)
  }
  return program.length === 0 ? null : [program]
}

// The same of another debugger, with what follows the dashes.
const lldb: Handed = (words, args) => {
  const at = behind(words, /^(?:-b|--batch|-x|--no-lldbinit)$/, /^(?:-o|-k|--one-line|--one-line-on-crash) /)
  const told = words.slice(0, Math.max(at, 0)).filter((_, place) => /^(?:-[ok]|--one-line.*)$/.test(words[place - 1] ?? ''))
  return at < 0 || at >= words.length || !words.slice(0, at).some((word) => /^(?:-b|--batch)$/.test(word)) || !told.every((line) => DEBUGGER.test(line)) ? null : [args.slice(at)]
}

// It may start what it looks at, so that this has to be a program that may be started.
const ldd: Handed = (words, args) => words.length === 1 && /^[^-].*\//.test(words[0] ?? '') ? [args] : null

// A terminal of its own for a tool of the work, and a file for all that is shown in it.
const COLOURED = /^(?:[A-Z_]+=\w+ )*(?:npx|npm|pnpm|yarn|bun|node|make|cargo|go|python3?|pytest|uv|poetry|bundle|bin\/\w+|mix|mvn|gradle|\.\/(?:gradlew|mvnw)|dotnet|ctest|cmake|ninja|bats|tox|nox|git (?:diff|log|show|status|grep)|rg|ls|jest|vitest|rspec|phpunit|swift|dart|flutter|zig|deno|just|task) /
const recorded: Handed = (words) => {
  const [, flags = '', text = '', , place = '/dev/null'] = /^((?:-[qefa]+\n)*(?:-[qefa]*c|--command)\n)([^\n]+)(\n(\/dev\/null|\/tmp\/[\w-]+(?:\.(?:log|txt|out))?))?$/.exec(words.filter((word) => !/^--(?:quiet|return|flush)$/.test(word)).join('\n')) ?? []
  return flags === '' || !COLOURED.test(text) ? null : [['bash', '-c', text].map(literal), ['tee', '--', place].map(literal)]
}

// Analysers that stand before the build they look into.
const scanBuild = follows(/^(?:--status-bugs|-v|--keep-going|-k)$/, /^-o [A-Za-z][\w/-]*$/)

// What stands for the plain tools on every machine, and what is built put where it is looked at.
const FILE_TOOLS: Readonly<Record<string, readonly string[] | undefined>> = { make_directory: ['mkdir', '-p'], copy: ['cp'], copy_if_different: ['cp'], copy_directory: ['cp', '-r'], rename: ['mv'], remove: ['rm'], rm: ['rm'], remove_directory: ['rm', '-r'], touch: ['touch'], cat: ['cat'], md5sum: ['md5sum'], sha256sum: ['sha256sum'], compare_files: ['cmp'], echo: ['echo'] }
const cmake: Handed = (words, args) => {
  const [tool, ...more] = words[0] === '-E' ? FILE_TOOLS[words[1] ?? ''] ?? [] : []
  if (tool !== undefined) return [[...[tool, ...more].map(literal), ...args.slice(2)]]
  const [, folder, place] = /^--install ([\w][\w/-]*) --prefix[= ]([\w./-]+)$/.exec(words.join(' ')) ?? []
  return folder === undefined || place === undefined ? null : [[literal('cmake'), literal('--build'), literal(folder)], [literal('tee'), literal('--'), literal(`${place.replace(/\/+$/, '')}/bin/x`)]]
}

// What it shows goes into a scratch file, or into a file that is no more than that by its name.
const SHOWN_INTO = /^(?:\/tmp\/(?:(?!\.)[\w.-]+\/)*(?!\.)[\w.-]+|(?:[\w-]+\/)*[\w.-]+\.(?:diff|patch|log|tar|tar\.gz|tgz|zip))$/
const git: Handed = (words, args) => {
  const at = words.findIndex((word) => /^--output(?:-directory)?(?:=|$)/.test(word))
  if (!words.slice(0, Math.max(at, 0)).some((word) => /^(?:diff|log|show|format-patch|archive)$/.test(word))) return null
  const joined = /=(.*)$/s.exec(words[at] ?? '')?.[1]
  const place = joined ?? words[at + 1] ?? ''
  return SHOWN_INTO.test(place) ? [[literal('git'), ...args.slice(0, at), ...args.slice(joined === undefined ? at + 2 : at + 1)], [literal('tee'), literal('--'), literal(place)]] : null
}

// A profile is numbers, and the program beside it is looked up by name, not started.
const PROFILE = /^--?(?:top|text|tree|traces|raw|cum|flat|lines|functions|files|addresses|relative_percentages|(?:nodecount|sample_index|unit|focus|ignore|show|hide|nodefraction|edgefraction|granularity|peek|list|disasm)=[^/]*|(?:alloc|inuse)_(?:space|objects)|total_delay|contentions|mean_delay)$/
const go: Handed = (words, args) => {
  if (words[0] !== 'tool' || words[1] !== 'pprof') return null
  const rest = args.slice(2).filter(({ text }, at, all) => !PROFILE.test(text) && !/^--?(?:list|peek|disasm|nodecount|focus|ignore)$/.test(text) && !/^--?(?:list|peek|disasm|nodecount|focus|ignore)$/.test(all[at - 1]?.text ?? ''))
  const files = rest.map(({ text }) => text.replace(/^--?(?:diff_)?base=/, ''))
  return files.length > 0 && files.length <= 3 && files.every((file) => /^[\w.][\w./-]*$|^\/tmp\/[\w./-]+$/.test(file)) ? [['cat', '--', ...files].map(literal)] : null
}

// What a profiler wrote down is numbers, too, looked at by whoever shows them.
const DATA_FILE = /^\/tmp\/(?:(?!\.)[\w.-]+\/)*(?!\.)[\w.-]+$|^(?!-)(?:[\w-]+\/)*[\w.-]+\.(?:data|out|info|prof)(?:\.\d+)?$/
const perf: Handed = (words, args) => {
  const at = words.findIndex((word) => /^(?:-i|--input)$/.test(word))
  const file = words[at + 1] ?? ''
  if (!/^(?:report|annotate)$/.test(words[0] ?? '') || at < 0 || !DATA_FILE.test(file)) return null
  return [[literal('perf'), ...args.toSpliced(at, 2)], ['cat', '--', file].map(literal)]
}
const annotated: Handed = (words) => {
  const files = words.filter((word) => !/^--(?:auto=(?:yes|no)|inclusive=(?:yes|no)|tree=\w+|threshold=[\d.]+|show=\w+|sort=\w+|x=\d+|y=\d+)$/.test(word))
  return files.length === 1 && files.every((file) => DATA_FILE.test(file)) ? [['cat', '--', ...files].map(literal)] : null
}
const genhtml: Handed = (words) => {
  const [, file, folder] = /^(?:(?:-q|--quiet|--legend|--branch-coverage) )*(\S+) (?:-o|--output-directory)[ =](\S+)(?: (?:-q|--quiet|--legend|--branch-coverage))*$/.exec(words.join(' ')) ?? []
  return file !== undefined && folder !== undefined && DATA_FILE.test(file) && SHOWN_FOLDER.test(folder) ? [['cat', '--', file].map(literal), ['tee', '--', `${folder.replace(/\/$/, '')}/index.html`].map(literal)] : null
}
const SHOWN_FOLDER = /^\/tmp\/(?!\.)[\w.-]+\/?$|^(?:coverage|build|target|out|htmlcov)(?:\/(?!\.)[\w.-]+)*\/?$/

// A listing that goes into a file.
const listing = (program: string, option: RegExp): Handed => (words, args) => {
  const at = words.findIndex((word) => option.test(word))
  const place = words[at + 1] ?? ''
  return at >= 0 && SHOWN_INTO.test(place) ? [[literal(program), ...args.toSpliced(at, 2)], [literal('tee'), literal('--'), literal(place)]] : null
}

// Tools of Xcode, by the names that they have everywhere else.
const xcrun: Handed = (words, args) => /^(?:swift|swiftc|clang|clang\+\+|xcodebuild|size|nm|otool|llvm-cov|llvm-profdata)$/.test(words[0] ?? '') ? [args] : null
const plutil: Handed = (words, args) => /^-(?:lint|p)$/.test(words[0] ?? '') && words.length > 1 && args.slice(1).every(({ text }) => !text.startsWith('-')) ? [[literal('cat'), literal('--'), ...args.slice(1)]] : null

// A client of a database, beside it in its container, is what it is outside of it.
const CLIENT = /^(?:psql|pg_isready|redis-cli|mysql)$/
const inContainer = follows(/^(?:-T|--no-TTY|-i)$/, /^(?:-u|--user) \w+$/)
const docker: Handed = (words, args) => {
  const verb = words[0] === 'compose' ? 1 : 0
  const [inner] = words[verb] === 'exec' ? inContainer(words.slice(verb + 1), args.slice(verb + 1)) ?? [] : []
  return inner !== undefined && /^[a-z][\w-]*$/.test(inner[0]?.text ?? '') && CLIENT.test(inner[1]?.text ?? '') ? [inner.slice(1)] : null
}

// Load for a server of the work, started by the runner of packages.
const npx: Handed = (words, args) => words[0] === 'autocannon' ? [args] : null

const MODULES = /^-[a-zA-Z]*$|^--(?:count|trace|listfuncs|trackcalls|summary|missing|timing|no-report)$/
// `python -m trace --count x.py` and `python -m pdb -c continue x.py` run that file.
const traced = follows(MODULES, /^--(?:ignore-(?:dir|module)) [\w.:/-]+$/)
// Without anybody at the keyboard it has to be told what to do.
const debugged: Handed = (words, args) => words.includes('-c') ? runsOn(words, args) : null
const runsOn = follows(/^$/, /^-c (?:c|continue|w|where|bt|q|quit)$/)
const python = (handed: Handed): Handed => (words, args) => {
  const [script] = handed(words, args) ?? []
  return script === undefined || !/\.py$/.test(script[0]?.text ?? '') ? null : [[literal('python3'), ...script]]
}

const zipfile: Handed = (words, args) => /^(?:-l|--list|-t|--test)$/.test(words[0] ?? '') && words.length === 2 ? [[literal('unzip'), literal('-l'), ...args.slice(1)]] : null
const tarfile: Handed = (words, args) => /^(?:-l|--list|-t|--test)$/.test(words[0] ?? '') && words.length === 2 ? [[literal('tar'), literal('-tf'), ...args.slice(1)]] : null
const zipinfo: Handed = (words, args) => words.every((word) => /^-[1slmvhtzT]+$|^[^-]/.test(word)) ? [[literal('unzip'), literal('-l'), ...args.filter(({ text }) => !text.startsWith('-'))]] : null

// Files of this machine alone: no other host, no program to reach one, nothing left out of what is copied.
const RSYNC = /^-[avrltpgoDhnuPciWHAXESx]+$|^--(?:archive|verbose|recursive|delete|delete-after|dry-run|progress|stats|human-readable|checksum|update|inplace|whole-file|itemize-changes|info=[\w,]+|exclude=[\w.*/-]+|include=[\w.*/-]+|mkpath|no-perms|no-owner|no-group)$/
const rsync: Handed = (words, args) => {
  const at = words.findIndex((word) => /^--exclude$/.test(word))
  if (at >= 0 && /^[\w.*/-]+$/.test(words[at + 1] ?? '')) return rsync([...words.slice(0, at), ...words.slice(at + 2)], [...args.slice(0, at), ...args.slice(at + 2)])
  const places = args.filter(({ text }) => !RSYNC.test(text))
  const target = places.at(-1)
  if (places.length < 2 || target === undefined || !places.every(({ text }) => /^[\w./@-]+$/.test(text) && !text.startsWith('-'))) return null
  const removes = words.some((word) => word.startsWith('--delete')) ? [[literal('rm'), literal('-r'), literal('--'), target]] : []
  return [[literal('cp'), literal('-r'), literal('--'), ...places], ...removes]
}

// A part of a file, or a small file of noughts: a device or a missing count has no end.
const DD = /^(?:if|of)=[\w./-]+$|^(?:bs|ibs|obs|count|skip|seek)=\d{1,9}[kKmM]?B?$|^(?:status|conv|iflag|oflag)=[\w,]+$/
const dd: Handed = (words) => {
  const value = (name: string): string | undefined => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
  const [from, to, count] = [value('if'), value('of'), value('count')]
  if (!words.every((word) => DD.test(word)) || new Set(words.map((word) => word.split('=')[0])).size !== words.length) return null
  // From another program no more than that either.
  if (from === undefined && count !== undefined && sizeOf(value('bs') ?? value('obs') ?? '512') * sizeOf(count) > MAX_FILLED) return null
  const isSource = from?.startsWith('/dev/') === true
  if (isSource && (!/^\/dev\/u?(?:zero|random)$/.test(from) || count === undefined || sizeOf(value('bs') ?? '512') * sizeOf(count) > MAX_FILLED)) return null
  const reads = from === undefined || isSource ? [] : [[literal('cat'), literal('--'), literal(from)]]
  const writes = to === undefined ? [] : [['truncate', '-s', '0', to].map(literal), ['tee', '--', to].map(literal)]
  return [[literal('true')], ...reads, ...writes]
}
const MAX_FILLED = 512 * 1024 * 1024

function sizeOf (text: string): number {
  return Number.parseInt(text, 10) * (/k/i.test(text) ? 1024 : /m/i.test(text) ? 1024 * 1024 : 1)
}

const MAX_CUTS = 24
// A file cut where its lines match, into others that begin with one name.
const csplit: Handed = (words) => {
  if (words.length > MAX_CUTS) return null
  const [, prefix = 'xx', file = ''] = /^(?:(?:-[szkq]+|--(?:quiet|silent|elide-empty-files|keep-files|suppress-matched))\n|-(?:n\n?\d|b\n?\w*%0?\d?[dux][\w.]*)\n)*(?:-f\n?(\S+)\n)?(?:(?:-[szkq]+|--(?:quiet|elide-empty-files|suppress-matched))\n|-(?:n\n?\d|b\n?\w*%0?\d?[dux][\w.]*)\n)*([\w./][\w./-]*)(?:\n[^-\n][^\n]*)+$/.exec(words.join('\n')) ?? []
  return file === '' ? null : [['cat', '--', file].map(literal), ['tee', '--', `${prefix}00`].map(literal)]
}

const HANDED: Readonly<Record<string, Handed | undefined>> = Object.assign(Object.create(null) as Record<string, Handed>, {
  strace,
  ltrace,
  gdb,
  lldb,
  tree: listing('tree', /^-o$/),
  ctags: listing('ctags', /^-[fo]$/),
  perf,
  callgrind_annotate: annotated,
  cg_annotate: annotated,
  ms_print: annotated,
  genhtml,
  ldd,
  cmake,
  conda,
  mamba: conda,
  micromamba: conda,
  rustup,
  dmypy,
  nbqa,
  mix,
  dune,
  stack,
  mvn,
  mvnw: mvn,
  'scan-build': scanBuild,
  csplit,
  script: recorded,
  npx,
  docker,
  podman: docker,
  git,
  go,
  xcrun,
  plutil,
  rsync,
  dd,
  trace: python(traced),
  pdb: python(debugged),
  zipfile,
  tarfile,
  zipinfo,
})

/** The program starts that a command comes down to when it hands its words on in plain sight; null for any other. */
export function handedOn (program: string, words: readonly string[], args: readonly Field[]): Runs | null {
  return HANDED[program]?.(words, args) ?? null
}
