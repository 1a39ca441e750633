import { effectTable, hasFlag, splitGnuArguments, type Effect } from '../programs/invocation.ts'
import { ANYTHING, huntsSecrets, SECRET_SETTING, SECRET_VALUE } from '../programs/secret-searches.ts'
import { literal, type Field } from '../shell/facts.ts'
import { isSecretName } from '../shell/hidden.ts'
import { touchAll } from '../paths/whole-tree.ts'

const GREP_VALUED: ReadonlySet<string> = new Set([
  '-e', '-f', '-m', '-A', '-B', '-C', '-g', '-t', '-T', '-d', '-D', '-M', '-j', '-r', '--regexp', '--file', '--max-count', '--glob', '--iglob', '--type', '--type-not', '--pre', '--replace', '--after-context',
  '--before-context', '--context', '--max-depth', '--color', '--colour', '--directories', '--include', '--exclude', '--exclude-dir', '--sort', '--hostname-bin', '--ignore-file', '--threads', '--type-add',
])
const PLAIN_GREP_VALUED: ReadonlySet<string> = new Set([...GREP_VALUED].filter((flag) => !['-g', '-t', '-T', '-M', '-j', '-r'].includes(flag)))

function isWorkspace ({ text }: Field): boolean {
  return /^(?:\.|\.\/|\/workspace\/?)$/.test(text)
}

// Those that leave hidden files out unless they are asked for them.
const SKIPS_HIDDEN: ReadonlySet<string> = new Set(['rg', 'ag'])

type Values = ReadonlyArray<{ readonly flag: string, readonly value: Field }>

/** What a search looks for and where. */
interface Search {
  readonly name: string
  readonly roots: readonly Field[]
  readonly sought: readonly string[]
  readonly recursive: boolean
  /** Whether only files of some names are searched. */
  readonly narrow: boolean
  /** Whether the hidden files are asked for that it would leave out. */
  readonly hidden: boolean
  /** Whether files of every kind are asked for, where it searches those of code. */
  readonly asksAll: boolean
  /** Whether it shows the lines it finds. */
  readonly shows: boolean
}

function searchOf (name: string, given: readonly Field[], valued: ReadonlySet<string>, hasInput: boolean): Search & { readonly values: Values, readonly flags: readonly string[] } {
  const { operands, flags, values } = splitGnuArguments(given, valued)
  const lists = flags.includes('--files') || flags.includes('--type-list')
  const isTold = lists || values.some(({ flag }) => ['-e', '-f', '--regexp', '--file'].includes(flag))
  const paths = isTold ? operands : operands.slice(1)
  const recursive = /^(?:rg|ag|ack)$/.test(name) || values.some(({ flag, value }) => /^(?:-d|--directories)$/.test(flag) && value.text.startsWith('rec')) || hasFlag(flags, 'r', '--recursive', '--dereference-recursive') || hasFlag(flags, 'R')
  return {
    name,
    flags,
    values,
    recursive,
    roots: paths.length > 0 ? paths : recursive && !hasInput ? [literal('.')] : [],
    sought: isTold ? values.filter(({ flag }) => flag === '-e' || flag === '--regexp').map(({ value }) => value.text) : [operands[0]?.text ?? ''],
    narrow: values.some(({ flag, value }) => ['-g', '--glob', '-t', '--type', '--include'].includes(flag) && !/^!|^\*+$/.test(value.text)),
    hidden: SKIPS_HIDDEN.has(name) && flags.some((flag) => (name === 'ag' ? /^-[a-zA-Z]*[au]|^--(?:hidden|unrestricted|all-(?:text|types))$/ : /^-[a-zA-Z]*\.|^-[a-zA-Z]*uu|^--hidden$/).test(flag)),
    asksAll: name === 'ack' && flags.some((flag) => /^-[a-zA-Z]*[au]|^--(?:all(?:-types)?|unrestricted|known-types)$/.test(flag)),
    shows: !namesOnly(flags, values),
  }
}

function namesOnly (flags: readonly string[], values: Values): boolean {
  return hasFlag(flags, 'l', '--files-with-matches', '--count', '--quiet') || hasFlag(flags, 'c') || hasFlag(flags, 'q') || hasFlag(flags, 'L') || values.some(({ flag, value }) => flag === '--exclude' && /^\.(?:env|\*)/.test(value.text))
}

// Looking for the values of secrets through the whole workspace, hidden files included, is reading those files.
function huntsInWorkspace ({ name, roots, sought, recursive, narrow, hidden, asksAll, shows }: Search): boolean {
  // Names of all files, as `find` prints them, are as good as a search of its own.
  if (!recursive) return shows && roots.some(({ text }) => /^(?:\.|\/workspace)\/\.$/.test(text)) && sought.some((text) => SECRET_VALUE.test(text) || SECRET_SETTING.test(text))
  if (narrow || !roots.some(isWorkspace)) return false
  const isThorough = !SKIPS_HIDDEN.has(name)
  return sought.some((text) => {
    if (SECRET_VALUE.test(text) || ((hidden || asksAll) && isSecretName(text))) return true
    // The line of a settings file that gives a secret its value is found by the secret's name.
    return shows && (((hidden || isThorough) && huntsSecrets(text)) || (isThorough && SECRET_SETTING.test(text)))
  })
}

/** The folders of which every line of every file is shown. */
function readWhole ({ name, roots, sought, recursive, narrow, hidden }: Search): readonly Field[] {
  if (!sought.some((text) => ANYTHING.test(text))) return []
  if (!recursive) return roots.filter(({ text }) => /\/\.$/.test(text))
  return narrow || (SKIPS_HIDDEN.has(name) && !hidden) ? [] : roots
}

const grep: Effect = ({ facts, directories, args, name, stdin }) => {
  const search = searchOf(name, args, name === 'rg' ? GREP_VALUED : PLAIN_GREP_VALUED, stdin.kind !== 'none')
  if (search.flags.includes('--pre') || search.flags.includes('--hostname-bin')) facts.problem('inline-code')
  for (const path of search.roots) if (path.text !== '-') facts.touch(path, 'read', directories)
  if (huntsInWorkspace(search)) facts.problem('secret-variable')
  for (const root of readWhole(search)) touchAll(root, directories, facts)
  for (const { flag, value } of search.values) {
    // A kind of files of its own: `--type-add 'x:.env*'`.
    const added = flag === '--type-add' ? /:(?!include:)(.+)$/s.exec(value.text)?.[1] : undefined
    if (added !== undefined) facts.touch({ text: added, known: true, glob: added }, 'read', directories)
    else if (['-f', '--file', '--ignore-file'].includes(flag)) facts.touch(value, 'read', directories)
    // Naming what to search is as telling as naming the file; a leading `!` names what is left out.
    else if (['-g', '--glob', '--iglob', '--include'].includes(flag) && !value.text.startsWith('!')) facts.touch({ ...value, glob: value.text }, 'read', directories)
  }
}

export const SEARCH_EFFECTS = effectTable([['grep egrep fgrep rg ag ack ugrep', grep]])
