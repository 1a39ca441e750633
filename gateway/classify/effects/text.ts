import { checkEmptied, checkScrambled } from '../programs/data-loss.ts'
import { effectTable, hasFlag, isInput, splitGnuArguments, textOn, type Effect, type Invocation, type Stdin } from '../programs/invocation.ts'
import { touchArgument } from './interpreters.ts'
import { isSystemName } from '../paths/system-names.ts'
import { literal, type Field } from '../shell/facts.ts'
import { sedText } from '../shell/written-texts.ts'
import { AwkOutputs } from '../programs/awk-outputs.ts'
import { awkRedirects, withoutSorts } from '../programs/awk-redirects.ts'
import { keepsMost, readSedScript } from '../programs/sed-script.ts'

// Programs that read each operand and print something about it. Their options with a value of their own are listed.
const READERS: ReadonlyArray<readonly [names: string, valued: readonly string[]]> = [
  ['cat tac less more most wc md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum md5 df readlink comm diff3 difft delta rev bc zcat bzcat xzcat zless zgrep look nm objdump readelf ldd size pr tsort ptx basenc hexyl pv mdcat glow difft icdiff wdiff colordiff gron textstat', []],
  ['nl', ['-b', '-w', '-s', '-v']],
  ['bat', ['-l', '-r', '--language', '--line-range', '--style', '--theme']],
  ['batcat', ['-l', '-r']],
  ['head tail', ['-n', '-c', '--lines', '--bytes']],
  ['od', ['-A', '-j', '-N', '-t']],
  ['xxd', ['-l', '-s', '-c', '-g']],
  ['hexdump', ['-n', '-s', '-e']],
  ['hd', ['-n', '-s']],
  ['strings', ['-n', '-t', '-e']],
  ['base64', ['-w', '--wrap']],
  ['base32 fold fmt', ['-w']],
  ['shasum', ['-a']],
  ['stat', ['-c', '-f', '--format', '--printf']],
  ['exa eza', ['-L', '-I']],
  ['tree', ['-L', '-I', '-P']],
  ['du', ['-d', '--max-depth']],
  ['realpath', ['--relative-to', '--relative-base']],
  ['diff', ['-U', '-C', '-W', '-I', '-x', '--label', '--exclude']],
  ['cmp', ['-n', '-i']],
  ['colordiff', ['-U']],
  ['cut', ['-d', '-f', '-c', '-b', '--delimiter', '--fields']],
  ['paste', ['-d']],
  ['join', ['-t', '-j', '-1', '-2', '-o']],
  ['column', ['-s', '-c', '-o']],
  ['expand unexpand', ['-t']],
  ['shellcheck', ['-s', '-e', '-f', '-S']],
]

// They show names, sizes and symbols, and nothing that is in a file for people.
const NAMES_ONLY = /^(?:stat|tree|du|df|exa|eza|readlink|realpath|nm|readelf|objdump|size|ldd)$/

const reader = (valued: readonly string[]): Effect => {
  const options = new Set(valued)
  return (invocation) => {
    const { operands, values } = splitGnuArguments(invocation.args, options)
    if (/^(?:gron|glow|mdcat)$/.test(invocation.name) && operands.some(({ text }) => /^\w+:\/\//.test(text))) invocation.facts.network()
    for (const operand of operands) if (operand.text !== '-' && !(NAMES_ONLY.test(invocation.name) && isSystemName(operand, invocation.directories, invocation.facts))) invocation.facts.touch(operand, 'read', invocation.directories)
    for (const { flag, value } of values) touchOptionFile(flag, value, invocation)
  }
}

// `uniq IN OUT` writes its second operand.
const readThenWrite = (valued: readonly string[]): Effect => ({ args, facts, directories }) => {
  const { operands } = splitGnuArguments(args, new Set(valued))
  const [input, output] = operands
  if (input !== undefined && input.text !== '-') facts.touch(input, 'read', directories)
  if (output !== undefined) facts.touch(output, 'write', directories)
}

const XXD_VALUED = /^--?(?:[cglnosR]|cols|groupsize|len|name|seek|skip)$/

// Its long options have one dash. Whatever follows what it reads may be what it writes.
const xxd: Effect = ({ args, facts, directories }) => {
  const operands = args.filter(({ text, known }, at) => !(known && /^-./.test(text)) && !XXD_VALUED.test(args[at - 1]?.text ?? ''))
  const [input, ...outputs] = operands
  if (input !== undefined && input.text !== '-') facts.touch(input, 'read', directories)
  for (const output of outputs) facts.touch(output, 'write', directories)
}

/** Readers whose `-o` names a file to write. */
const readToOutput = (valued: readonly string[]): Effect => ({ args, facts, directories }) => {
  const { operands, values } = splitGnuArguments(args, new Set([...valued, '-o', '--output']))
  for (const operand of operands) if (operand.text !== '-') facts.touch(operand, 'read', directories)
  for (const { flag, value } of values) if (flag === '-o' || flag === '--output') facts.touch(value, 'write', directories)
}

const SORT_VALUED: ReadonlySet<string> = new Set(['-k', '-t', '-S', '-T', '-o', '--sort', '--key', '--output', '--field-separator', '--parallel', '--compress-program', '--temporary-directory', '--buffer-size'])

const sort: Effect = (invocation) => {
  const { facts, directories } = invocation
  const { operands, values, flags } = splitGnuArguments(invocation.args, SORT_VALUED)
  if (flags.includes('--compress-program')) facts.problem('inline-code')
  const shuffles = invocation.name === 'shuf' || hasFlag(flags, 'R', '--random-sort') || values.some(({ flag, value }) => flag === '--sort' && value.text === 'random')
  for (const operand of operands) if (operand.text !== '-') facts.touch(operand, 'read', directories)
  for (const { flag, value } of values) {
    if (shuffles && /^-o$|^--output$/.test(flag)) checkScrambled(value, facts)
    if (/^(?:-[oT]|--output|--temporary-directory)$/.test(flag)) facts.touch(value, 'write', directories)
    else touchOptionFile(flag, value, invocation)
  }
}

/** Whether the file a program is in is the input, and all of that is written in the command. */
function isGiven (file: Field, stdin: Stdin): boolean { return isInput(file) && textOn(stdin) !== null }

const SED_VALUED: ReadonlySet<string> = new Set(['-e', '-f', '-l', '--expression', '--file', '--line-length'])

const sed: Effect = ({ args, facts, directories, stdin }) => {
  // `-i` holds its suffix in the same word, so the letters after it are no options.
  const inPlace = args.some(({ text }) => /^-[nErsuz]*i|^--i/.test(text))
  const suffixes = args.flatMap(({ text }) => /^(?:-[nErsuz]*i|--i[a-z-]*=)(.+)$/s.exec(text)?.[1] ?? []).filter((suffix) => !/^\.?(?:bak|orig|old|backup|tmp|~)$/.test(suffix))
  const { operands, values } = splitGnuArguments(args.filter(({ text }) => !/^-[nErsuz]*i|^--i/.test(text)), SED_VALUED)
  const named = values.filter(({ flag }) => flag === '-f' || flag === '--file').map(({ value }) => value)
  const files = named.filter((file) => !isGiven(file, stdin))
  const given = named.length > files.length ? [literal(textOn(stdin) ?? '')] : []
  const expressions = [...values.filter(({ flag }) => flag === '-e' || flag === '--expression').map(({ value }) => value), ...given]
  const scripts = expressions.length + files.length > 0 ? expressions : operands.slice(0, 1)
  for (const file of files) {
    facts.touch(file, 'read', directories)
    facts.problem('inline-code')
  }
  for (const script of scripts) {
    const { reads, writes, opaque } = script.known ? readSedScript(script.text) : { reads: [], writes: [], opaque: true }
    if (opaque) facts.problem('inline-code')
    for (const path of reads) facts.touch(literal(path), 'read', directories)
    for (const path of writes) facts.touch(literal(path), 'write', directories)
  }
  // A file may have any name, but one that reads as a script is one to whoever gets the options wrong.
  for (const { text, known } of scripts === expressions ? operands : []) {
    if (!known || !/[{}!;]|\s/.test(text)) continue
    const { writes, opaque } = readSedScript(text)
    if (opaque && /[{}!]/.test(text)) facts.problem('inline-code')
    for (const path of writes) facts.touch(literal(path), 'write', directories)
  }
  const edited = expressions.length + files.length > 0 ? operands : operands.slice(1)
  for (const operand of edited) {
    facts.touch(operand, inPlace ? 'write' : 'read', directories)
    if (inPlace) facts.writesText(operand, scripts.map(({ text }) => sedText(text)).join('\n'), directories)
  }
  const quiet = args.some(({ text }) => /^-[nErsuz]*n|^--(?:quiet|silent)/.test(text))
  if (inPlace && (quiet || scripts.some(({ text }) => !keepsMost(text)))) checkEmptied(edited, directories, facts)
  if (inPlace && scripts.some(({ text }) => /^\s*(?:\$!|(?:[0-5]|\/\^?\.?\*?\/)\s*,\s*(?:\$|\/\.?\*?\$?\/)|\/(?:\.\*?|\^|\$|\^\.\*\$?)\/)?\s*d\s*$/.test(text))) for (const operand of edited) checkScrambled(operand, facts)
  for (const suffix of suffixes) for (const operand of edited) facts.touch(backupOf(operand, suffix), 'write', directories)
  if (inPlace && operands.some(({ known }) => !known)) facts.problem('unknown-argument')
}

// The suffix names the copy that is kept: `x` and `.env` make `x.env`, and a `*` in it stands for the name itself.
function backupOf (operand: Field, suffix: string): Field {
  const at = operand.text.lastIndexOf('/') + 1
  const name = operand.text.slice(at)
  const copy = suffix.includes('*') ? suffix.split('*').join(name) : `${name}${suffix}`
  return { text: copy.includes('/') ? copy : `${operand.text.slice(0, at)}${copy}`, known: operand.known, glob: null }
}

// awk can run commands, and read or write files named anywhere in its program text.
const AWK_POWERS = /system\s*\(|getline|\bENVIRON\b|\|&|@\s*(?:load|include|\w+\s*\()|\bARG[VC]\b|\bextension\s*\(/

// In this order after a `print`: the end of a statement may stand in a string or a pattern, as in `print "}" | "sh"`.
const AWK_HIDDEN_END = ['"/', ';}\n', '"/', '>|'] as const

/** Whether a print may go to a file or a program. Linear: the text is a model's. */
function redirectsPrint (program: string): boolean {
  if (program.split(/[;}]/).some((statement) => /[>|]/.test(statement.slice(after(statement, 'print'))))) return true
  let rest = program.slice(after(program, 'print'))
  return AWK_HIDDEN_END.every((characters) => {
    const at = rest.split('').findIndex((character) => characters.includes(character))
    rest = rest.slice(at + 1)
    return at >= 0
  })
}

function after (text: string, word: string): number {
  const at = text.indexOf(word)
  return at < 0 ? text.length : at + word.length
}

const AWK_FOREVER = /\bwhile\s*\(\s*[1-9]\d*\s*\)|\bfor\s*\(\s*;\s*;/

const awk: Effect = ({ args, facts, directories, stdin }) => {
  const { operands, values, flags } = splitGnuArguments(args, new Set(['-F', '-v', '-f', '-e', '-E', '-i', '-l', '-o', '-p', '-d', '--file', '--source', '--include', '--load', '--assign', '--field-separator']))
  if (flags.some((flag) => /^-[ilEe]|^--(?:include|load|source|exec)/.test(flag))) facts.problem('inline-code')
  const named = values.filter(({ flag }) => flag === '-f' || flag === '--file')
  const files = named.filter(({ value }) => !isGiven(value, stdin))
  for (const { flag, value } of values) if (['-o', '-p', '-d'].includes(flag)) facts.touch(value, 'write', directories)
  for (const { value } of files) {
    facts.touch(value, 'read', directories)
    facts.problem('inline-code')
  }
  const given = named.length > files.length ? literal(textOn(stdin) ?? '') : operands[0]
  const program = given === undefined ? given : { ...given, text: withoutSorts(given.text) }
  if (program !== undefined && AWK_FOREVER.test(program.text) && !/\b(?:break|exit|next)\b/.test(program.text)) facts.problem('endless')
  const assigned = [...values.filter(({ flag }) => flag === '-v' || flag === '--assign').map(({ value }) => value), ...operands]
  const outputs = new AwkOutputs(program?.text ?? '', givenNames(assigned))
  if (files.length === 0 && program !== undefined && (!program.known || AWK_POWERS.test(program.text) || (awkRedirects(program.text, outputs) ?? redirectsPrint(program.text)))) facts.problem('inline-code')
  for (const file of outputs.files) facts.touch(literal(file), 'write', directories)
  for (const operand of named.length > 0 ? operands : operands.slice(1)) if (!/^[A-Za-z_]\w*=/.test(operand.text)) facts.touch(operand, 'read', directories)
}

// Of names that are given several values, or one that is not known, it is told that they are no path.
function givenNames (words: readonly Field[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>()
  for (const { text, known, glob } of words) {
    // A file may have a name that gives a value.
    if (glob !== null && /^[*?[]/.test(glob) && !/\.(?:csv|tsv|txt|log|out)$/.test(glob)) given.set('*', '')
    const [, name = '', value = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? []
    if (name !== '') given.set(name, known && !given.has(name) ? value : '')
  }
  return given
}

// Behind a dot or before a colon such a word is a key of the data: `.env`, `{env: 1}`.
const JQ_POWERS = /(?<![.\w])(?:import|include|(?:str)?load(?:_\w+)?|(?:str)?env(?:subst)?)\b(?!\s*:)|\$(?:ENV|__prog_args)/

const YQ_VERBS = /^(?:e|ea|eval|eval-all)$/

// The first operand is a program of their own small languages, which can neither run nor write anything.
const jq: Effect = (invocation) => {
  const { facts, directories } = invocation
  // Behind its verb stands what stands first without one.
  const verb = invocation.name === 'yq' ? invocation.args.findIndex(({ text }) => !text.startsWith('-')) : -1
  const args = withoutVariables(invocation.args.filter(({ text }, at) => at !== verb || !YQ_VERBS.test(text)))
  const { operands, values, flags } = splitGnuArguments(args, new Set(['-f', '--from-file', '-L', '--indent', '--tab']))
  const inPlace = invocation.name === 'yq' && hasFlag(flags, 'i', '--inplace')
  for (const { flag, value } of values) {
    if (flag !== '--indent') facts.touch(value, 'read', directories)
    if (/^-f$|^-L$|^--from-file$/.test(flag)) facts.code(value, directories)
    if (/^-f$|^--from-file$/.test(flag) && isInput(value) && JQ_POWERS.test(textOn(invocation.stdin) ?? 'env')) facts.problem('inline-code')
  }
  const data = flags.some((flag) => /^--(?:raw|slurp)file|^--argfile/.test(flag))
  if (data) for (const operand of operands) touchArgument(operand, invocation)
  const files = values.some(({ flag }) => flag === '-f' || flag === '--from-file') ? operands : operands.slice(1)
  const [filter] = operands
  if (filter !== undefined && (!filter.known || JQ_POWERS.test(filter.text))) facts.problem('inline-code')
  for (const file of files) facts.touch(file, inPlace ? 'write' : 'read', directories)
}

// `--arg NAME VALUE`: the words behind are neither the filter nor a file; those of `--rawfile NAME FILE` stay, as files.
function withoutVariables (args: readonly Field[]): readonly Field[] {
  return args.filter((_, at) => !/^--arg(?:json)?$/.test(args[at - 1]?.text ?? '') && !/^--arg(?:json)?$/.test(args[at - 2]?.text ?? ''))
}

// A listing shows names: which of them a pattern picks says less than the plain `ls` that everybody may run.
const list: Effect = ({ args, facts, directories }) => {
  const { operands } = splitGnuArguments(args, new Set(['-I', '-w', '-T']))
  for (const operand of operands) if (!isSystemName(operand, directories, facts)) facts.touch({ ...operand, glob: null }, 'read', directories)
}

const fileType: Effect = ({ args, facts, directories }) => {
  const { operands, values } = splitGnuArguments(args, new Set(['-f', '-m', '--files-from', '--magic-file']))
  for (const field of [...operands.filter((operand) => !isSystemName(operand, directories, facts)), ...values.map(({ value }) => value)]) facts.touch(field, 'read', directories)
}

const less: Effect = (invocation) => {
  if (invocation.args.some(({ text }) => /^\+|^-[koO]/.test(text))) invocation.facts.problem('interactive-program')
  reader([])(invocation)
}

export const TEXT_EFFECTS = effectTable([
  ...READERS.map(([names, valued]) => [names, reader(valued)] as const),
  ['less more', less],
  ['ls', list],
  ['file', fileType],
  ['uniq', readThenWrite(['-f', '-s', '-w'])],
  ['xxd', xxd],
  ['json.tool', readThenWrite(['--indent'])],
  ['iconv', readToOutput(['-f', '-t', '--from-code', '--to-code'])],
  ['sdiff', readToOutput(['-w', '-I'])],
  ['sort shuf', sort],
  ['sed gsed', sed],
  ['awk gawk mawk nawk', awk],
  ['jq yq xq tomlq', jq],
])

function touchOptionFile (flag: string, value: Field, invocation: Invocation): void {
  if (/^--files0-from$/.test(flag) && isInput(value)) return touchListed(invocation)
  if (/^--(?:files0-from|from-file|to-file|file|random-source|magic-file|reference|files-from|rcfile)$/.test(flag)) invocation.facts.touch(value, 'read', invocation.directories)
}

// The names of files come on the input.
function touchListed ({ stdin, facts, directories }: Invocation): void {
  const names = stdin.kind === 'piped' ? stdin.names : textOn(stdin)?.split(/[\0\n]|\\0/).filter(Boolean).map(literal) ?? null
  if (names === null) return facts.problem('unknown-argument')
  for (const name of names) facts.touch(name, 'read', directories)
}
