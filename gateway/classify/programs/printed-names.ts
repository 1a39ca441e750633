import { hasFlag, splitArguments, type Invocation, type Stdin } from './invocation.ts'
import { findNames } from '../effects/find.ts'
import { ANYTHING } from './secret-searches.ts'
import { ANY_COMMIT, blamedLines, commitLines, firstLine, firstWords } from './commit-lines.ts'
import { isOwnProcess } from './own-processes.ts'
import { temporaryName } from './temporary-names.ts'
import { isSecretName } from '../shell/hidden.ts'
import { literal, type Field } from '../shell/facts.ts'

const NONE: ReadonlySet<string> = new Set()

// Filters print some of the lines they are given, unchanged.
const FILTERS = ['sort', 'uniq', 'head', 'tail', 'tac', 'shuf', 'cat', 'tee'] as const

/**
 * The words a program prints, as far as its arguments tell: exact for `echo`, a pattern or a folder for programs that
 * list files. Null when its output could be anything.
 */
export function printedNames (invocation: Invocation): readonly Field[] | null {
  const names = wordsOf(invocation)
  return names === null || saysItself(invocation) ? names : names.map((field) => ({ ...field, foreign: true }))
}

// Its own words, numbers, or what came to it; a list of files or branches has names that somebody chose.
function saysItself ({ name, args }: Invocation): boolean {
  if (name === 'git') return /^(?:rev-parse|merge-base|rev-list)$/.test(args[0]?.text ?? '') && !args.some(({ text }) => /^--(?:abbrev-ref|symbolic)/.test(text))
  return OWN_WORDS.has(name)
}

function wordsOf (invocation: Invocation): readonly Field[] | null {
  const { name, directories } = invocation
  const { args, stdin } = READS.test(name) ? withHeldList(invocation) : invocation
  const { operands, flags } = splitArguments(args, NONE)
  switch (name) {
    case 'echo': return echoed(args)
    case 'printf': return printfWords(args)
    case 'nproc': case 'wc': case 'date': case 'seq': case 'id': return printsNumbers(name, args) ? NUMERIC : null
    case 'basename': case 'dirname': return flags.length > 0 ? null : pathParts(name, operands)
    case 'pgrep': return isOwnProcess(args.map(({ text }) => text).filter((word) => !/^-[fnox]+$/.test(word)).join(' ')) && args.every(({ known }) => known) ? NUMERIC : null
    case 'mktemp': return allKnown([temporaryName(args) ?? UNKNOWN])
    case 'true': case ':': case 'cd': case 'test': return []
    case 'pwd': return directories.every((directory) => directory !== null) ? directories.map(literal) : null
    case 'find': case 'fd': case 'fdfind': return findNames(invocation)
    case 'ls': if (operands.every(({ text }) => /^\.\/?$/.test(text)) && (hasFlag(flags, 'a', '--all') || hasFlag(flags, 'A', '--almost-all'))) return HIDDEN
      return allKnown(operands.length > 0 ? operands : [literal('.')])
    case 'git': return args[0]?.text === 'grep' ? gitMatches(args.slice(1)) : gitNames(args)
    // Those that they would write in another way.
    case 'gofmt': case 'gofumpt': case 'goimports': case 'prettier': return flags.length > 0 && flags.every((flag) => /^(?:-l|-s|--list-different)$/.test(flag)) ? anyBelow(operands) : null
    // Packages, by the names they are imported under: to all that takes such names, `./...` is the same.
    case 'go': if (/^list -m$/.test(args.map(({ text }) => text).join(' '))) return [literal('module')]
      return args[0]?.text === 'list' && args.slice(1).every(({ text, known }) => known && /^(?:\.\/[\w./-]*|\.\.\.)$/.test(text)) ? [literal('./...')] : null
    case 'awk': case 'cut': return firstWords(name, args, stdin)
    case 'rg': case 'grep': return searchNames({ ...invocation, args, stdin })
    case 'npx': case 'bunx': case 'pnpx': return handedNames(args.filter(({ text }) => text !== '--no-install'), invocation)
    case 'xargs': return foldersOf(args, stdin)
    case 'sed': return prefixed(args, stdin)
    case 'tee': return stdin.kind === 'piped' ? stdin.names : null
    default: return (FILTERS as readonly string[]).includes(name) && operands.every(({ text }) => /^\d+$/.test(text)) && stdin.kind === 'piped' ? filtered(name, args, stdin.names) : null
  }
}

const READS = /^(?:cat|sort|uniq|head|tail|tac|grep)$/

// What comes from a scratch file that the command itself filled with names, as if it came through a pipe.
function withHeldList ({ args, stdin, facts, directories }: Invocation): { readonly args: readonly Field[], readonly stdin: Stdin } {
  const file = args.at(-1)
  const names = file === undefined ? null : facts.listIn(file, directories)
  return names === null ? { args, stdin } : { args: args.slice(0, -1), stdin: { kind: 'piped', names } }
}

function filtered (name: string, args: readonly Field[], names: readonly Field[] | null): readonly Field[] | null {
  if (name === 'head') return names === null ? null : firstLine(args, names)
  // Which line comes first, they change.
  return name === 'cat' ? names : names?.map(({ heading, ...line }) => line) ?? null
}

// `npx prettier -l .` prints what `prettier -l .` does.
function handedNames ([program, ...args]: readonly Field[], invocation: Invocation): readonly Field[] | null {
  return program?.text === 'prettier' ? wordsOf({ ...invocation, name: program.text, args }) : null
}

const SOURCE = /\*\w*\.(?:go|[cm]?[jt]sx?|py|rs|java|kt|scala|rb|php|cs|swift|exs?|c|cc|cpp|h|hpp|lua|hs|ml|dart)$/

// `xargs -n1 dirname`: the folders of the files that are listed, where these are sources: settings also lie in hidden folders, which no pattern names.
function foldersOf (args: readonly Field[], stdin: Stdin): readonly Field[] | null {
  if (!/^(?:(?:-r|-n ?1|-L ?1|-0) )*dirname$/.test(args.map(({ text }) => text).join(' ')) || stdin.kind !== 'piped') return null
  return stdin.names?.flatMap((name) => name.piece === true || !SOURCE.test(name.glob ?? '') ? [UNKNOWN] : pathParts('dirname', [name]) ?? [UNKNOWN]) ?? null
}

// `s|^|./|` says where they are, `s|$|/...|` that all below them is meant.
function prefixed (args: readonly Field[], stdin: Stdin): readonly Field[] | null {
  const [, , mark = '', text = ''] = /^s([|#,/])([$^])\1((?:\.|\\?\/)+)\1$/.exec(args.length === 1 ? args[0]?.text ?? '' : '') ?? []
  const added = text.replaceAll('\\/', '/')
  if (stdin.kind !== 'piped' || stdin.names === null || !(mark === '^' ? added === './' : /^\/(?:\.\.\.)?$/.test(added))) return null
  const put = (name: string): string => mark === '^' ? `${added}${name === '.' ? '' : name}` : `${name}${added}`
  return stdin.names.map((field) => field.known ? { ...field, text: put(field.text), glob: field.glob === null ? null : put(field.glob) } : field)
}

const OWN_WORDS: ReadonlySet<string> = new Set([...FILTERS, 'echo', 'printf', 'nproc', 'wc', 'date', 'seq', 'id', 'basename', 'dirname', 'mktemp', 'true', ':', 'cd', 'test', 'pwd'])

const UNKNOWN: Field = { text: '', known: false, glob: null }

// Everything here, hidden files among it.
const HIDDEN: readonly Field[] = [literal('.'), { text: '.*', known: true, glob: '.*' }]

// What these print has no letter that a shell or a program gives a meaning to.
const NUMERIC: readonly Field[] = [literal('0')]

const NUMBER_ARGUMENTS: Readonly<Record<string, RegExp>> = { nproc: /^--all$/, wc: /^-[lcw]$/, date: /^(?:-u|\+(?:%[YmdHMSsNjFTyeI]|[-_:.TZ])+)$/, seq: /^\d+$/, id: /^-u$/ }

function printsNumbers (name: string, args: readonly Field[]): boolean {
  return (name === 'nproc' || args.length > 0) && args.every(({ text, known }) => known && NUMBER_ARGUMENTS[name]?.test(text) === true)
}

function pathParts (name: string, operands: readonly Field[]): readonly Field[] | null {
  const [path, suffix] = operands
  if (path === undefined || !path.known || operands.length > 2) return null
  const cut = (text: string): string => {
    const at = text.replace(/\/+$/, '').lastIndexOf('/')
    if (name === 'dirname') return at < 0 ? '.' : text.slice(0, at) || '/'
    const last = text.replace(/\/+$/, '').slice(at + 1)
    return suffix !== undefined && last !== suffix.text && last.endsWith(suffix.text) ? last.slice(0, -suffix.text.length) : last
  }
  return [{ text: cut(path.text), known: true, glob: path.glob === null ? null : cut(path.glob) }]
}

// Only what stands first is an option of its own: `echo -r x` prints `-r`.
function echoed (args: readonly Field[]): readonly Field[] | null {
  if (args.length === 1 && args[0]?.lines !== undefined) return args[0].lines
  const from = args.findIndex(({ text }) => !/^-[neE]+$/.test(text))
  const printed = from < 0 ? [] : args.slice(from)
  if (!args.every(({ known }) => known) || args.slice(0, args.length - printed.length).some(({ text }) => text.includes('e'))) return null
  return printed.length > 1 ? splitWords(printed).map(asPiece) : splitWords(printed)
}

function splitWords (fields: readonly Field[]): readonly Field[] {
  return fields.flatMap((field) => /\s/.test(field.text) ? field.text.split(/\s+/).filter(Boolean).map(literal).map(asPiece) : [field])
}

function asPiece (field: Field): Field {
  return { ...field, piece: true }
}

function printfWords (args: readonly Field[]): readonly Field[] | null {
  const [format, ...rest] = args[0]?.text === '--' ? args.slice(1) : args
  if (rest.length === 1 && rest[0]?.lines !== undefined && /^%s(?:\\n)?$/.test(format?.text ?? '')) return rest[0].lines
  if (format === undefined || format.text.startsWith('-') || !args.every(({ known }) => known)) return null
  // A substitution drops the zeros, and what stood between them is one word.
  if (format.text === '%s\\0') return [...splitWords(rest), literal(rest.map(({ text }) => text).join(''))]
  if (/^(?:%s(?:\\n| |\n))+$/.test(format.text)) return splitWords(rest)
  // Without anything between them, what is printed is one word of all.
  if (/^%s$/.test(format.text)) return rest.length > 1 ? null : splitWords(rest)
  const plain = format.text.replace(/\\[nt]/g, ' ')
  return /[%\\]/.test(plain) ? null : splitWords([literal(plain)])
}

function anyBelow (places: readonly Field[]): readonly Field[] | null {
  return allKnown(places.length > 0 ? places.map((place) => atAnyDepth(asPattern(place))) : [literal('.')])
}

function gitNames (args: readonly Field[]): readonly Field[] | null {
  const [verb, ...rest] = args
  if (verb?.text === 'rev-parse' && rest.some(({ text }) => text === '--show-toplevel')) return rest.length === 1 ? [literal('/workspace')] : null
  if (isRevision(verb?.text ?? '', rest)) return [literal('HEAD')]
  if (isTag(verb?.text ?? '', rest)) return [literal(ANY_COMMIT)]
  if (verb?.text === 'log') return commitLines(rest)
  if (verb?.text === 'blame') return blamedLines(rest)
  const { operands, flags } = splitArguments(rest, NONE)
  const lists = verb?.text === 'ls-files' || (verb?.text === 'diff' && flags.includes('--name-only'))
  if (!lists || hasFlag(flags, 'i', '--ignored') || (hasFlag(flags, 'o', '--others') && !flags.includes('--exclude-standard'))) return null
  const dashes = rest.findIndex(({ text }) => text === '--')
  const paths = verb.text === 'ls-files' ? operands : dashes < 0 ? [] : rest.slice(dashes + 1)
  return anyBelow(paths)
}

// `git grep -l WORD -- PATHS`: files that git keeps, as `git ls-files` lists them.
function gitMatches (args: readonly Field[]): readonly Field[] | null {
  const { operands, flags, afterDashes } = splitArguments(args, new Set(['-e', '-f', '-m', '-A', '-B', '-C']))
  const given = flags.includes('-e')
  const sought = operands[0]?.text ?? '.'
  const lists = flags.some((flag) => /^-[a-zA-Z]*l|^--(?:files-with-matches|name-only)$/.test(flag)) && !flags.some((flag) => /^-[a-zA-Z]*[vLf]|^--(?:invert|files-without|no-index|untracked|no-exclude|recurse|null)/.test(flag))
  if (!lists || (!given && (isSecretName(sought) || ANYTHING.test(sought)))) return null
  const paths = afterDashes.length > 0 ? afterDashes : given ? operands : operands.slice(1)
  return anyBelow(paths)
}

// Only these surely exist: of a name that is none, `rev-parse` prints the name itself.
function isRevision (verb: string, rest: readonly Field[]): boolean {
  const said = rest.map(({ text }) => text).join(' ')
  if ((verb === 'branch' && said === '--show-current') || (verb === 'rev-parse' && said === '--abbrev-ref HEAD')) return true
  return ['rev-parse', 'merge-base'].includes(verb) && rest.every(({ text, known }) => known && /^--(?:short(?:=\d+)?|verify)$|^(?:origin\/)?(?:HEAD|main|master|develop)(?:[~^]\d*)*$/.test(text))
}

// No name of a tag begins with a dash, and a list of commits is one of their numbers.
function isTag (verb: string, rest: readonly Field[]): boolean {
  if (!rest.every(({ known }) => known)) return false
  const said = rest.map(({ text }) => text).join(' ')
  // A branch has no name that begins with a dash, either.
  if (verb === 'branch') return /%\(refname:short\)/.test(said) && /^(?:--format[= ]%\(refname:short\)|--(?:list|all|remotes)|--(?:no-)?merged(?:[= ](?:origin\/)?(?:main|master|develop|HEAD))?|--sort=-?\w+|-[ar]| )*$/.test(said)
  if (verb === 'describe') return /^(?:--(?:tags|always|long|dirty(?:=[\w-]+)?|broken|exact-match|first-parent|abbrev=\d+|(?:match|exclude)[= ][\w.*-]+)|HEAD(?:[~^]\d*)*| )*$/.test(said)
  if (verb === 'tag') return LISTS_TAGS.test(said)
  if (verb === 'for-each-ref') return /%\(refname:short\)/.test(said) && /^(?:--format[= ]%\(refname:short\)|--(?:no-)?(?:merged|contains|points-at)[= ](?:origin\/)?(?:main|master|develop|HEAD)|--sort[= ]-?[\w:]+|--count[= ]\d+|refs\/(?:tags|heads|remotes)[\w/.*-]*| )*$/.test(said)
  return verb === 'rev-list' && /^(?:--(?:reverse|no-merges|merges|first-parent|all|tags|max-count=\d+)|-n ?\d+|-\d+|(?:\^?(?:origin\/)?[A-Za-z][\w/.~^-]*)| )*(?:-- [\w./ *-]+)?$/.test(said) && rest.length > 0
}

const LISTS_TAGS = /^(?:(?:-l|--list)(?: [\w.*@/-]+)?|--(?:no-)?(?:merged|contains|points-at)(?:[= ](?:origin\/)?(?:main|master|develop|HEAD))?|--sort[= ]-?[\w:]+|--format[= ]%\(refname:short\)| )*$/

// `grep -l` names files; a plain grep of a list of names keeps those that match.
function searchNames ({ name, args, stdin }: Invocation): readonly Field[] | null {
  const { operands, flags, values } = splitArguments(args, new Set(['-e', '-f', '-m', '-A', '-B', '-C', '-g', '-t', '-T', '--include', '--glob', '--type']))
  const lists = flags.some((flag) => /^-[a-zA-Z]*l|^--files(?:-with-matches)?$/.test(flag))
  // Those without something, of files that are named by their kind: anywhere below a folder they may be any file.
  if (flags.length === 1 && /^(?:-L|--files-without-match)$/.test(flags[0] ?? '') && operands.length > 1 && operands.slice(1).every(({ text }) => /[^/.][^/]*\.\w+$|\*\.\w+$/.test(text))) return allKnown(operands.slice(1))
  if (lists) {
    // Hidden files, those that hold what looks like a secret, and those without something may be any file.
    if (flags.some((flag) => /^--(?:hidden|invert-match)$|^-[a-zA-Z]*(?:uu|\.|v)/.test(flag)) || (!flags.includes('--files') && (isSecretName(operands[0]?.text ?? '') || ANYTHING.test(operands[0]?.text ?? '.')))) return null
    if (flags.includes('--files')) return flags.some((flag) => /^--(?:no-ignore|type|iglob|unrestricted|one-file|follow|null)|^-[a-zA-Z]*[utT0L]/.test(flag)) ? null : allKnown(listedFiles(operands, values.filter(({ flag }) => flag === '-g' || flag === '--glob').map(({ value }) => value)))
    const paths = flags.includes('-e') ? operands : operands.slice(1)
    return allKnown(paths.length > 0 ? paths : [literal('.')])
  }
  if (stdin.kind !== 'piped' || stdin.names === null || operands.length !== 1 || name === 'rg') return null
  const [pattern] = operands
  if (pattern === undefined || !pattern.known || flags.some((flag) => /^-[a-zA-Z]*[oc]/.test(flag))) return null
  const inverted = flags.some((flag) => /^-[a-zA-Z]*v/.test(flag))
  // Picking names by a fragment is as telling as a glob of that fragment.
  return inverted ? stdin.names : [...stdin.names, ...fragmentsOf(pattern.text).map((sought) => ({ text: sought, known: true, glob: `**/${sought}` }))]
}

// `rg --files -g '*.rs' src`: a pattern also brings back what is hidden or left out otherwise.
function listedFiles (paths: readonly Field[], patterns: readonly Field[]): readonly Field[] {
  const folders = paths.length > 0 ? paths : [literal('.')]
  const sought = patterns.filter(({ text }) => !text.startsWith('!'))
  return sought.length === 0 ? folders : folders.flatMap((folder) => sought.flatMap(({ text, known }) => (text.startsWith('*') ? [text, `.${text}`] : [text]).map((name) => ({ text: `${folder.text}/${text}`, known: known && folder.known, glob: `${folder.text === '.' ? '' : `${folder.glob ?? folder.text}/`}**/${name}` }))))
}

// `\.(ts|tsx)$` is `*.ts` and `*.tsx`; what is more than fragments tells no names.
function fragmentsOf (pattern: string): readonly string[] {
  const [, before = '', inner = pattern, times = '', after = ''] = /^([^()|]*)\(([^()]*)\)([?*+]?)([^()|]*)$/.exec(pattern.replace(/\\([(|)])/g, '$1')) ?? []
  const parts = [...inner.replace(/\\\|/g, '|').split('|'), ...times === '' ? [] : ['']]
  return parts.slice(0, MAX_FRAGMENTS).flatMap((part) => {
    const whole = `${before}${part}${after}`
    const core = whole.replace(/\\(.)/g, '$1').replace(/[$^]/g, '')
    if (!/^[\w.-]{2,}$/.test(core)) return []
    return [/(?<!\\)\$$/.test(whole) ? `*${core}` : `*${core}*`]
  })
}
const MAX_FRAGMENTS = 16

// In git, `*.ts` also names what stands in folders.
function atAnyDepth (field: Field): Field {
  return field.glob !== null && /^\*[^/]*$/.test(field.glob) ? { ...field, glob: `**/${field.glob}` } : field
}

// Git expands patterns itself, quoted or not.
function asPattern (field: Field): Field {
  return /[*?[]/.test(field.text) ? { ...field, glob: field.text } : field
}

function allKnown (fields: readonly Field[]): readonly Field[] | null {
  return fields.every(({ known }) => known) ? fields : null
}
