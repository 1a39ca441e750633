import { checkEmptied } from '../programs/data-loss.ts'
import { effectTable, hasFlag, isInput, splitGnuArguments, type Effect, type Stdin } from '../programs/invocation.ts'
import { checkTakenAway } from '../programs/kept-folders.ts'
import { touchAll } from '../paths/whole-tree.ts'
import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'

const TAR_VALUED: ReadonlySet<string> = new Set(['-f', '-C', '-T', '-X', '-I', '-b', '-F', '-g', '-K', '-N', '-V', '--file', '--directory', '--files-from', '--exclude', '--exclude-from', '--to-command', '--use-compress-program', '--info-script', '--new-volume-script', '--rsh-command', '--checkpoint-action', '--transform', '--xform', '--strip-components', '--owner', '--group', '--mode'])
const TAR_RUNS = /^-[IF]$|^--(?:to-command|use-compress-program|info-script|new-volume-script|rsh-command|rmt-command|checkpoint-action)$/

// A list of names, on the input or printed by another program.
function touchListed (list: Field, directories: Directories, facts: FactCollector, stdin: Stdin): void {
  if (!isInput(list)) return
  const names = !/^\/dev\/fd\//.test(list.text) && stdin.kind === 'piped' ? stdin.names : null
  if (names === null) facts.problem('unknown-argument')
  for (const name of names ?? []) {
    facts.touch(name, 'read', directories)
    if (name.text.endsWith('/.')) touchAll({ ...name, text: name.text.replace(/\/\.$/, '') }, directories, facts)
  }
}

const tar: Effect = ({ args, facts, directories, enter, stdin }) => {
  const [first, ...rest] = args
  // The old form `tar xzf FILE` has no dash.
  const modern = first !== undefined && first.known && /^[A-Za-z]+$/.test(first.text) ? [literal(`-${first.text}`), ...rest] : args
  const { operands, flags, values } = splitGnuArguments(modern, TAR_VALUED)
  if (flags.some((flag) => TAR_RUNS.test(flag))) facts.problem('inline-code')
  if (hasFlag(modern.slice(0, 1).map(({ text }) => text), 'P') || hasFlag(flags, 'P', '--absolute-names')) facts.problem('unknown-argument')
  // Renaming on the way makes the names of the members say nothing; its `e` flag even runs them.
  if (flags.some((flag) => /^--(?:transform|xform|one-top-level)/.test(flag))) facts.problem('unknown-argument')
  if (flags.some((flag) => /^--recursive-un/.test(flag))) facts.problem('data-loss')
  const extracts = hasFlag(modern.map(({ text }) => text).filter((text) => /^-[^-]/.test(text)), 'x') || flags.some((flag) => ['--extract', '--get'].includes(flag))
  const lists = flags.some((flag) => /^-[a-zA-Z]*t|^--list$/.test(flag))
  const place = values.find(({ flag }) => flag === '-C' || flag === '--directory')?.value
  const places = place === undefined ? directories : enter(place)
  for (const { flag, value } of values) {
    // An archive of another machine.
    if ((flag === '-f' || flag === '--file') && /^[^/]*:/.test(value.text) && !flags.includes('--force-local')) facts.network()
    if (flag === '-f' || flag === '--file') { if (value.text !== '-') facts.touch(value, extracts || lists ? 'read' : 'write', directories) } else if (['-T', '-X', '--files-from'].includes(flag)) facts.touch(value, 'read', directories)
    // Which files are packed is said by what another program prints.
    if (/^(?:-T|--files-from)$/.test(flag) && !extracts) touchListed(value, places, facts, stdin)
  }
  if (extracts) {
    facts.touch(literal('.'), 'write', places)
    if (operands.length === 0) unpacked(places, facts)
    for (const member of operands) facts.touch(member, 'write', places)
  } else {
    const removes = flags.some((flag) => /^--remove-f/.test(flag))
    if (removes) checkTakenAway(operands, places, facts)
    for (const operand of operands) facts.touch(operand, removes ? 'delete' : 'read', places, removes)
    if (!lists && operands.some(({ text }) => /^\.\/?$/.test(text))) facts.touchHidden(places)
  }
}

/** Records what comes out of an archive, which it alone knows: at the top of the project it may be files that others run or trust. */
export function unpacked (places: Directories, facts: FactCollector): void {
  for (const place of places) if (place !== null && facts.placeOf(literal('.'), place) === '/workspace') facts.touch({ text: '.*', known: true, glob: '**/.*' }, 'write', [place])
}

const zip: Effect = ({ args, facts, directories, stdin }) => {
  const { operands, flags } = splitGnuArguments(args, new Set(['-x', '-i', '-b', '-n', '-t', '-P', '-TT', '--unzip-command']))
  if (flags.some((flag) => /^-T|^--unzip-command/.test(flag))) facts.problem('inline-code')
  const [archive, ...sources] = operands
  if (flags.some((flag) => /^-[a-zA-Z]*@/.test(flag))) touchListed(literal('-'), directories, facts, stdin)
  if (archive !== undefined) facts.touch(archive, 'write', directories)
  const moves = hasFlag(flags, 'm', '--move')
  if (moves) checkTakenAway(sources, directories, facts)
  for (const source of sources) facts.touch(source, moves ? 'delete' : 'read', directories, moves)
  if (sources.some(({ text }) => /^\.\/?$/.test(text))) facts.touchHidden(directories)
}

const unzip: Effect = ({ args, facts, directories }) => {
  const { operands, values, flags } = splitGnuArguments(args, new Set(['-d', '-P', '-x']))
  const [archive, ...members] = operands
  if (archive !== undefined) facts.touch(archive, 'read', directories)
  // What it prints of an archive is what such files hold.
  if (hasFlag(flags, 'p')) for (const member of members) facts.touch(member, 'read', directories)
  if (hasFlag(flags, 'l') || hasFlag(flags, 't') || hasFlag(flags, 'p') || hasFlag(flags, 'Z')) return
  for (const { flag, value } of values) if (flag === '-d') facts.touch(value, 'write', directories)
  if (members.length === 0 && !values.some(({ flag }) => flag === '-d')) unpacked(directories, facts)
  if (!values.some(({ flag }) => flag === '-d')) for (const path of [literal('.'), ...members]) facts.touch(path, 'write', directories)
}

const COMPRESS_VALUED: ReadonlySet<string> = new Set(['-S', '-T', '--suffix', '-D', '-o', '--patch-from', '--filelist', '--files', '--files0', '--output-dir-flat', '--output-dir-mirror', '--trace', '--threads', '--memory', '--memlimit', '--block-size', '--long', '--fast'])
const COMPRESS_READS = /^(?:-D|--patch-from|--filelist|--files0?)$/
const COMPRESS_WRITES = /^(?:-o|--output-dir-\w+|--trace)$/

// Compressors replace their operand by another file, or print when told to.
const compress: Effect = ({ args, facts, directories }) => {
  const { operands, flags, values } = splitGnuArguments(args, COMPRESS_VALUED)
  for (const { flag, value } of values) {
    // A list of names: each line of it is taken for a file, and shown when it is none.
    if (COMPRESS_READS.test(flag)) facts.touch(value, 'read', directories)
    else if (COMPRESS_WRITES.test(flag)) facts.touch(value, 'write', directories)
  }
  const prints = hasFlag(flags, 'c', '--stdout', '--to-stdout') || hasFlag(flags, 'l') || hasFlag(flags, 't')
  // Every file below takes another name, and what is in it another form.
  if (hasFlag(flags, 'r', '--recursive') && !prints && !hasFlag(flags, 'k', '--keep')) checkEmptied(operands, directories, facts)
  for (const operand of operands) {
    facts.touch(operand, 'read', directories)
    if (prints) continue
    for (const plain of [operand, ...elsewhere(operand, values)].flatMap((one) => [one, ...decompressed(one, values)])) facts.touch(plain, 'write', directories)
  }
}

// The same file in the folder that is named for it, by its own name or with the folders above it.
function elsewhere ({ text, known }: Field, values: ReadonlyArray<{ readonly flag: string, readonly value: Field }>): readonly Field[] {
  return values.flatMap(({ flag, value }) => flag.startsWith('--output-dir-') ? [text, text.replace(/^.*\//s, '')].map((name) => ({ text: `${value.text}/${name}`, known: known && value.known, glob: null })) : [])
}

// `package.json` is what `package.json.gz` becomes, whatever its ending is said to be.
function decompressed ({ text, known, glob }: Field, values: ReadonlyArray<{ readonly flag: string, readonly value: Field }>): readonly Field[] {
  const endings = [/\.\w+$/.exec(text)?.[0] ?? '', ...values.flatMap(({ flag, value }) => /^(?:-S|--suffix)$/.test(flag) ? [value.text] : [])]
  return endings.flatMap((ending) => ending === '' || !text.endsWith(ending) || text === ending ? [] : [{ text: text.slice(0, -ending.length), known, glob: glob?.endsWith(ending) === true ? glob.slice(0, -ending.length) : null }])
}

export const ARCHIVE_EFFECTS = effectTable([
  ['tar bsdtar gtar', tar],
  ['zip', zip],
  ['unzip', unzip],
  ['gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd lz4 lzma unlzma brotli compress uncompress pigz unpigz lzip', compress],
])
