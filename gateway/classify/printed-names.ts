import { hasFlag, splitArguments, type Invocation } from './invocation.ts'
import { findNames } from './effects-find.ts'
import { isSecretName } from './shell-hidden.ts'
import { literal, type Field } from './shell-facts.ts'

const NONE: ReadonlySet<string> = new Set()

// Filters print some of the lines they are given, unchanged.
const FILTERS = ['sort', 'uniq', 'head', 'tail', 'tac', 'shuf', 'cat', 'tee'] as const

/**
 * The words a program prints, as far as its arguments tell: exact for `echo`, a pattern or a folder for programs that
 * list files. Null when its output could be anything.
 */
export function printedNames (invocation: Invocation): readonly Field[] | null {
  const { name, args, stdin, directories } = invocation
  const { operands, flags } = splitArguments(args, NONE)
  switch (name) {
    case 'echo': return args.every(({ known }) => known) && !flags.some((flag) => /^-[nE]*e/.test(flag)) ? splitWords(operands) : null
    case 'printf': return printfWords(args)
    case 'nproc': case 'wc': case 'date': case 'seq': case 'id': return printsNumbers(name, args) ? NUMERIC : null
    case 'basename': case 'dirname': return pathParts(name, operands)
    case 'true': case ':': case 'cd': case 'test': return []
    case 'pwd': return directories.every((directory) => directory !== null) ? directories.map(literal) : null
    case 'find': case 'fd': case 'fdfind': return findNames(invocation)
    case 'ls': if (operands.every(({ text }) => /^\.\/?$/.test(text)) && (hasFlag(flags, 'a', '--all') || hasFlag(flags, 'A', '--almost-all'))) return HIDDEN
      return allKnown(operands.length > 0 ? operands : [literal('.')])
    case 'git': return gitNames(args)
    case 'rg': case 'grep': return searchNames(invocation)
    default: return (FILTERS as readonly string[]).includes(name) && operands.every(({ text }) => /^\d+$/.test(text)) && stdin.kind === 'piped' ? stdin.names : null
  }
}

// Everything here, hidden files among it.
const HIDDEN: readonly Field[] = [literal('.'), { text: '.*', known: true, glob: '.*' }]

// What these print has no letter that a shell or a program gives a meaning to.
const NUMERIC: readonly Field[] = [literal('0')]

const NUMBER_ARGUMENTS: Readonly<Record<string, RegExp>> = { nproc: /^--all$/, wc: /^-[lcw]$/, date: /^(?:-u|\+(?:%[YmdHMSsNjFT]|[-_:])+)$/, seq: /^\d+$/, id: /^-u$/ }

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

function splitWords (fields: readonly Field[]): readonly Field[] {
  return fields.flatMap((field) => /\s/.test(field.text) ? field.text.split(/\s+/).filter(Boolean).map(literal) : [field])
}

function printfWords (args: readonly Field[]): readonly Field[] | null {
  const [format, ...rest] = args
  if (format === undefined || !args.every(({ known }) => known)) return null
  if (/^(?:%s(?:\\n|\\0| |\n)?)+$/.test(format.text)) return splitWords(rest)
  const plain = format.text.replace(/\\[n0t]/g, ' ')
  return /[%\\]/.test(plain) ? null : splitWords([literal(plain)])
}

function gitNames (args: readonly Field[]): readonly Field[] | null {
  const [verb, ...rest] = args
  if (verb?.text === 'rev-parse' && rest.some(({ text }) => text === '--show-toplevel')) return rest.length === 1 ? [literal('/workspace')] : null
  if (isRevision(verb?.text ?? '', rest)) return [literal('HEAD')]
  const { operands, flags } = splitArguments(rest, NONE)
  const lists = verb?.text === 'ls-files' || (verb?.text === 'diff' && flags.includes('--name-only'))
  if (!lists || hasFlag(flags, 'i', '--ignored') || (hasFlag(flags, 'o', '--others') && !flags.includes('--exclude-standard'))) return null
  const dashes = rest.findIndex(({ text }) => text === '--')
  const paths = verb.text === 'ls-files' ? operands : dashes < 0 ? [] : rest.slice(dashes + 1)
  return allKnown(paths.length > 0 ? paths.map(asPattern) : [literal('.')])
}

// Only these surely exist: of a name that is none, `rev-parse` prints the name itself.
function isRevision (verb: string, rest: readonly Field[]): boolean {
  const said = rest.map(({ text }) => text).join(' ')
  if ((verb === 'branch' && said === '--show-current') || (verb === 'rev-parse' && said === '--abbrev-ref HEAD')) return true
  return ['rev-parse', 'merge-base'].includes(verb) && rest.every(({ text, known }) => known && /^--(?:short(?:=\d+)?|verify)$|^(?:origin\/)?(?:HEAD|main|master|develop)(?:[~^]\d*)*$/.test(text))
}

// `grep -l` names files; a plain grep of a list of names keeps those that match.
function searchNames ({ name, args, stdin }: Invocation): readonly Field[] | null {
  const { operands, flags } = splitArguments(args, new Set(['-e', '-f', '-m', '-A', '-B', '-C', '-g', '-t', '-T', '--include', '--glob', '--type']))
  const lists = flags.some((flag) => /^-[a-zA-Z]*l|^--files(?:-with-matches)?$/.test(flag))
  if (lists) {
    // Hidden files, or those that hold what looks like a secret, may be any file.
    if (flags.some((flag) => /^--hidden$|^-[a-zA-Z]*(?:uu|\.)/.test(flag)) || isSecretName(operands[0]?.text ?? '')) return null
    const paths = flags.includes('--files') || flags.includes('-e') ? operands : operands.slice(1)
    return allKnown(paths.length > 0 ? paths : [literal('.')])
  }
  if (stdin.kind !== 'piped' || stdin.names === null || operands.length !== 1 || name === 'rg') return null
  const [pattern] = operands
  if (pattern === undefined || !pattern.known || flags.some((flag) => /^-[a-zA-Z]*[oc]/.test(flag))) return null
  const inverted = flags.some((flag) => /^-[a-zA-Z]*v/.test(flag))
  const core = pattern.text.replace(/\\(.)/g, '$1').replace(/[$^]/g, '')
  // Picking names by a fragment is as telling as a glob of that fragment.
  return inverted || !/^[\w.-]{2,}$/.test(core) ? stdin.names : [...stdin.names, { text: `*${core}*`, known: true, glob: `**/*${core}*` }]
}

// Git expands patterns itself, quoted or not.
function asPattern (field: Field): Field {
  return /[*?[]/.test(field.text) ? { ...field, glob: field.text } : field
}

function allKnown (fields: readonly Field[]): readonly Field[] | null {
  return fields.every(({ known }) => known) ? fields : null
}
