import { isInput, type Invocation } from './invocation.ts'
import { touchArgument } from '../effects/interpreters.ts'
import { isScratch, type Field } from '../shell/facts.ts'
import { SWITCH } from './left-files.ts'
import { GUARDED } from '../paths/guarded-folders.ts'

// Options that name an output wherever they occur.
export const OUTPUT_OPTIONS: ReadonlySet<string> = new Set([
  '-o', '--output', '--output-file', '--outfile', '--out', '--outDir', '--outdir', '--out-dir', '--output-dir', '--output-path', '--out-file', '--outFile', '--outputFile', '--dest', '--destination', '--declarationDir', '--log-file', '--report-file',
  '--coverageDirectory', '--coverage.reportsDirectory', '--reportsDirectory', '--project-cache-dir', '--coverage-directory', '--cache-location', '--tsBuildInfoFile', '--junitxml', '--junit-xml', '--html', '--dump-header', '--cookie-jar', '--trace-ascii', '--stderr', '--export', '--save',
  '--reports-dir', '--results-directory', '-out', '--report-dir', '--temp-directory', '--target-dir', '--artifact-dir', '--basetemp', '--cache-dir', '--cacheDirectory', '--html-report', '--xml-report', '--cobertura-xml-report', '--debug-file', '--image', '--generateTrace', '--generateCpuProfile',
  '--pack-destination', '--redirect-warnings', '--diagnostic-dir', '--cpu-prof-dir', '--cpu-prof-name', '--heap-prof-dir', '--heap-prof-name', '--trace-event-file-pattern', '--test-reporter-destination', '--report-filename', '--coverage-html', '--coverage-clover',
  '-coverprofile', '-cpuprofile', '-memprofile', '-blockprofile', '-mutexprofile', '-trace', '-outputdir', '-d', '--metafile', '--profile-dir', '--log-junit', '--write-to', '--distpath', '--callgrind-out-file', '--cachegrind-out-file', '--massif-out-file', '--dhat-out-file', '--xml-file', '-targetdir', '--dist', '--prof-output', '--output-junit', '--site-dir', '--outputJson', '--descriptor_set_out', '--dependency_out', '--sql', '--write-lang-def', '--diff-alignment', '-odir', '-hidir', '-stubdir', '-dumpdir',
])
// `--bundle-output`, `--assets-dest`: outputs by the end of their name, of tools that nobody knows in detail.
const OUTPUT_NAMED = /^--[a-z]+(?:-[a-z]+)*-(?:output|outfile|outdir|dest|destination)$/
const LEFT_OUT = /exclude|ignore|skip|filter|grep|pattern/i
const REMOTE = /^(?:--?[\w.-]+[=:])?(?:jdbc:)?(?!sqlite3?:)[a-z][a-z0-9+.-]*:\/\/(?!(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$))/i
// `--log-socket=203.0.113.5:1500`
const SOCKET = /^(?:--?[\w.-]+[=:])?(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}:\d+$/
const ADDRESS = /^(?!localhost(?::|$)|127\.|unix:|\.?\/)[\w.-]*[.:][\w.:-]+$/
// `-max_total_time=45`: what follows is a word of its own.
const HOLDS_VALUE = /^--?\w[\w-]*=[\w./-]+$/
const JOINED = /^(--?[\w.-]+?)[=:](.+)$/s
const GIT_FOLDER = /^(?:\.\/|\/workspace\/)?\.git(?:\/[\w./-]*)?$/
// Whatever the tool, an option of such a name holds something that it starts.
const STARTED = /^--?(?:[\w-]+-)?(?:command|cmd|exec|executable|pager|editor|wrapper|launcher|vcs|runtool|hook|post-?process(?:or)?|credential-?helper|start-?server-?command)$|^--extract-with$/
// Programs that a tool has others do its work by: any that is not of the machine or of the project's own packages.
const BY_OTHERS = /^--?(?:[\w-]+[-_])?(?:tool|binary|bin|compiler|linker|interpreter|gcc|clang|layout|browser|browser-path|driver|chromedriver|geckodriver|shell|shell-exe|graphvizdot|pythonpath)$/
const OWN_PROGRAM = /^(?:[\w.+-]*|\/(?:usr|opt)\/[\w./+-]*|\/s?bin\/[\w.+-]*|(?:\.\/|\/workspace\/)?(?:node_modules\/\.bin|\.?venv\/bin)\/[\w.+-]+)$/
// Open to all the network.
const LISTENS = /^--?(?:[\w-]+[-.])?(?:host|hostname|addr|address|bind|bind-addr|bind-address|listen|http|inspect|inspect-brk)$/
// Another machine, by its name: `--address api.example.com:443`.
const TALKS_TO = /^--?(?:[\w-]+[-.])?(?:host|address|addr|endpoint|broker)$/
const MACHINE_NAME = /^[\w-]+(?:\.[\w-]+){0,8}\.[a-z]{2,24}(?::\d{1,5})?$/i
const EVERYWHERE = /^(?:https?:\/\/)?(?:0\.0\.0\.0|\[?::\]?|\*)(?::\d*)?$/
const REPORTS = /report|format|out|log|cov|result|cache|temp|tmp|dest|dir$/i

/**
 * Records what is assumed of a program that runs or builds code and is not known in detail: whatever looks like a path is
 * read, and may be loaded as code; outputs are written. What lies in a scratch folder is not the project's own code.
 */
export function describeTool (invocation: Invocation, plainOptions: ReadonlySet<string> = NONE): void {
  const { args, facts, directories } = invocation
  facts.worksIn(directories)
  for (const [at, arg] of args.entries()) {
    if (arg.text === '--') return args.slice(at + 1).forEach((rest) => touchArgument(rest, invocation))
    const [, flag = '', text] = JOINED.exec(arg.text) ?? []
    const before = args[at - 1]?.text ?? ''
    const option = text === undefined ? (before.startsWith('-') && !HOLDS_VALUE.test(before) ? before : '') : flag
    describe(arg, text === undefined ? arg : { ...arg, text }, option, invocation, plainOptions)
  }
}

// Options whose file is a program, of tools that take `-` for their input.
const PROGRAM_OF: Readonly<Record<string, RegExp | undefined>> = Object.assign(Object.create(null) as Record<string, RegExp>, {
  ninja: /^-f$/, just: /^(?:-f|--justfile)$/, task: /^(?:-t|--taskfile)$/, gnuplot: /^$/, cmake: /^-P$/, yamllint: /^-c$/, tmux: /^-f$/, k6: /^$/, mill: /^-i$/,
})
const DATA_OPTION = /^--?(?:i|in|input|infile|stdin|data|json|csv|d|from|file-list|stdin-filename|stdin-filepath|values)$/

// The titles of Go's tests, of whichever program they were built into.
const TITLES = /^-test\.(?:run|skip|list|bench|fuzz)$/
const NONE: ReadonlySet<string> = new Set()

function describe (arg: Field, value: Field, option: string, invocation: Invocation, plainOptions: ReadonlySet<string>): void {
  const { facts, directories } = invocation
  if (!arg.known) return facts.problem('unknown-argument')
  // A setting of PHP, of whichever tool that hands it on.
  if (/^(?:-d)?auto_(?:ap|pre)pend_file=|^(?:-d)?(?:zend_)?extension=/.test(arg.text)) facts.problem('configured-command')
  if (REMOTE.test(arg.text) || SOCKET.test(arg.text) || (/socket|server$/.test(option) && ADDRESS.test(value.text))) return facts.network()
  // A text that is itself a module.
  if (/^data:[\w/+.-]*[,;]|^data:$/i.test(value.text)) return facts.problem('inline-code')
  if (value === arg && arg.text.startsWith('-') && arg.text !== '-') return describeFlag(arg, invocation)
  // What it is to do, or is configured with, is on an input that nobody looked at.
  if (isInput(value) && value.text === '-' ? PROGRAM_OF[invocation.name]?.test(option) === true : isInput(value) && option !== '' && !DATA_OPTION.test(option)) return facts.problem('pipe-to-interpreter')
  if ((OUTPUT_OPTIONS.has(option) || OUTPUT_NAMED.test(option) || (option === '--json' && invocation.name === 'webpack')) && !plainOptions.has(option)) return facts.touch(withoutKind(value), 'write', directories)
  if (option !== '' && !LEFT_OUT.test(option) && !(value === arg && SWITCH.test(option)) && GUARDED.test(withoutKind(value).text)) facts.touch(withoutKind(value), 'write', directories)
  else if (option === '' && GIT_FOLDER.test(value.text)) facts.touch(value, 'write', directories)
  if (STARTED.test(option) || (BY_OTHERS.test(option) && !OWN_PROGRAM.test(value.text))) facts.problem('configured-command')
  if (LISTENS.test(option) && EVERYWHERE.test(value.text)) facts.network()
  if (TALKS_TO.test(option) && MACHINE_NAME.test(value.text) && !/\.(?:local|localhost|test|internal|sock|json|ya?ml|toml|ts|js|py)(?::\d+)?$/i.test(value.text)) facts.network()
  if (plainOptions.has(option) || TITLES.test(option)) return describeSetting(value, invocation)
  describePieces(value, option, invocation)
  touchArgument(value, invocation)
  if (/^[./@]/.test(value.text) && !isData(value, option, invocation) && !isPlace(value, option, invocation)) facts.code({ ...value, text: value.text.replace(/^@/, '') }, directories)
}

// What a program works on, by its ending; what stands first could be a program that this one starts.
function isData ({ text }: Field, option: string, { name, args }: Invocation): boolean {
  if (/^-?-instr-profile$/.test(option)) return text.endsWith('.profdata')
  if (/^(?:xmllint|xmlstarlet)$/.test(name) && !/^--?(?:schema|dtd\w*|relaxng|schematron|catalogs|path|load\w*)/.test(option)) return /\.(?:xml|xsd|svg|html)$/.test(text)
  if (option === '--file') return /\.(?:json|html)$/.test(text)
  if (name === 'built-program' && option === '' && (CORPUS.test(text) || WORKED_ON.test(text) || FRESH.test(text))) return true
  return option === '' && /\.(?:csv|tsv|txt|log|html|md|parquet|graphql|proto|prof|pprof|profdata|profraw|png|svg|pdf)$|\/(?!a\.)[\w-]+\.out$/.test(text) && (args[0]?.text !== text || /^(?:built-program|benchstat|sphinx-build|go|pandoc|xmllint|protoc|buf)$/.test(name))
}

// What the project's own program is given in a scratch folder, by the name of what it is; scripts and modules are not here.
const WORKED_ON = /^\/tmp\/(?:[\w-][\w.-]*\/)*(?:[\w-][\w.-]*\.(?:json|jsonl|ndjson|xml|toml|ya?ml|bin|dat|raw|hex|wav|mp[34]|flac|ogg|jpe?g|gif|bmp|p[gp]m|webp|gz|zst|bz2|lz4|lz|br|deflate|xz|zip|pcap|bam|fas?ta|fa|fq|fastq|vcf|stl|ply|glb|gltf|db|sqlite3?|idx|h5|npy|npz|arrow|feather|avro|pb|msgpack|cbor|out|expected|actual|ini|conf|cfg)|in|out|input|output|src|dst|dest|res|results?|data|copy)$/

// A folder that `mktemp` made, or data in it: a script that the command put there has another ending.
const FRESH = /^\/tmp\/(?=[\w.-]*XXX)[\w.-]{1,80}(?:\/(?!\.\.)[\w.-]{1,80}){0,6}(?<!\.(?:py|pyc|sh|bash|rb|pl|php|lua|so|dylib|dll|jar|wasm|exe|node|[cm]?[jt]sx?))\/?$/

// What a fuzzer of the project starts from, and what it found.
const CORPUS = /^\/tmp\/(?:[\w-]+\/)*(?:[\w-]*(?:corpus|corpora|seeds?|crashes|findings|artifacts)|(?:crash|oom|leak|timeout|slow-unit|minimized-from)-[\da-f]+)\/?$/

// Where the project's own program keeps what it works on. What such an option names for a tool may be code to it.
const PLACES = /^--?(?:[\w-]+-)?(?:dir|directory|data|db|database|store|storage|state|socket|sock|pid|pidfile|logs?|file|input|in|path|work|workdir|tmp|temp|cache|out|output|dump|trace|snapshot|wal|folder|csv|json)$/

function isPlace ({ text }: Field, option: string, { name }: Invocation): boolean {
  return name === 'built-program' && isScratch(text) && PLACES.test(option)
}

// A value of several parts may name a path behind any of them: `txt:report.txt`, `trx;LogFileName=x`, `filename=x`.
function describePieces ({ text, known }: Field, option: string, { facts, directories }: Invocation): void {
  if (/^(?:jdbc:)?[a-z][a-z0-9+.-]*:\/\/|\s/i.test(text)) return
  for (const piece of text.split(/[:;,=]/).slice(1)) {
    const place: Field = { text: piece, known, glob: null }
    if (GUARDED.test(piece)) facts.touch(place, 'write', directories)
    else if (/^(?:\/|~\/|\.\.\/)/.test(piece)) {
      facts.touch(place, 'read', directories)
      if (!REPORTS.test(option)) facts.code(place, directories)
    }
  }
}

// `-o cache_dir=/home/x`: what is no path may still hold one.
function describeSetting ({ text, known }: Field, { facts, directories }: Invocation): void {
  const place = /^[\w.-]+=((?:\/|~\/|\.\.\/)\S*)$/.exec(text)?.[1]
  if (place !== undefined) facts.touch({ text: place, known, glob: null }, 'write', directories)
}

// A letter or two with their value, as in `-I/tmp`, `-r./x` or `-Fu/tmp`.
function describeFlag (arg: Field, invocation: Invocation): void {
  const path = /^-\w{1,2}([./~@].*)$/s.exec(arg.text)?.[1]
  touchArgument(arg, invocation)
  // What a compiler of messages finds there only describes data.
  if (path !== undefined && !(invocation.name === 'protoc' && arg.text.startsWith('-I'))) invocation.facts.code({ ...arg, text: path.replace(/^@/, '') }, invocation.directories)
}

// `--cov-report=html:out` names a kind before its path, `-O output=x` its meaning.
function withoutKind (value: Field): Field {
  return { ...value, text: value.text.replace(/^(?:html|xml|json|lcov|annotate):|^(?:[\w.]+;)?[A-Za-z]\w*=(?=[./~])/, '') }
}
