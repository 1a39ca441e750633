import { effectTable, hasFlag, splitGnuArguments, type Effect } from '../programs/invocation.ts'
import { ANYTHING, huntsSecrets, SECRET_SETTING, SECRET_VALUE } from '../programs/secret-searches.ts'
import { literal, type Field } from '../shell/facts.ts'
import { isSecretName } from '../shell/hidden.ts'
import { touchAll } from '../paths/whole-tree.ts'

const GREP_VALUED: ReadonlySet<string> = new Set([
  '-e', '-f', '-m', '-A', '-B', '-C', '-g', '-t', '-T', '-d', '-D', '-M', '-j', '-r', '--regexp', '--file', '--max-count', '--glob', '--iglob', '--type', '--type-not', '--pre', '--replace', '--after-context',
  '--before-context', '--context', '--max-depth', '--color', '--colour', '--directories', '--include', '--exclude', '--exclude-dir', '--sort', '--hostname-bin', '--ignore-file', '--threads',
])
const PLAIN_GREP_VALUED: ReadonlySet<string> = new Set([...GREP_VALUED].filter((flag) => !['-g', '-t', '-T', '-M', '-j', '-r'].includes(flag)))

function isWorkspace ({ text }: Field): boolean {
  return /^(?:\.|\.\/|\/workspace\/?)$/.test(text)
}

const SKIPS_HIDDEN: ReadonlySet<string> = new Set(['rg', 'ag'])
function namesOnly (flags: readonly string[], values: ReadonlyArray<{ readonly flag: string, readonly value: Field }>): boolean {
  return hasFlag(flags, 'l', '--files-with-matches', '--count', '--quiet') || hasFlag(flags, 'c') || hasFlag(flags, 'q') || hasFlag(flags, 'L') || values.some(({ flag, value }) => flag === '--exclude' && /^\.(?:env|\*)/.test(value.text))
}

const grep: Effect = (invocation) => {
  const { facts, directories, args, name, stdin } = invocation
  const { operands, flags, values } = splitGnuArguments(args, name === 'rg' ? GREP_VALUED : PLAIN_GREP_VALUED)
  if (flags.includes('--pre') || flags.includes('--hostname-bin')) facts.problem('inline-code')
  const listsFiles = flags.includes('--files') || flags.includes('--type-list')
  const given = listsFiles || values.some(({ flag }) => ['-e', '-f', '--regexp', '--file'].includes(flag))
  const paths = given ? operands : operands.slice(1)
  const recursive = /^(?:rg|ag|ack)$/.test(name) || values.some(({ flag, value }) => /^(?:-d|--directories)$/.test(flag) && value.text.startsWith('rec')) || hasFlag(flags, 'r', '--recursive', '--dereference-recursive') || hasFlag(flags, 'R')
  const roots = paths.length > 0 ? paths : recursive && stdin.kind === 'none' ? [literal('.')] : []
  for (const path of roots) if (path.text !== '-') facts.touch(path, 'read', directories)
  const sought = given ? values.filter(({ flag }) => flag === '-e' || flag === '--regexp').map(({ value }) => value.text) : [operands[0]?.text ?? '']
  const narrow = values.some(({ flag, value }) => ['-g', '--glob', '-t', '--type', '--include'].includes(flag) && !/^!|^\*+$/.test(value.text))
  const hidden = SKIPS_HIDDEN.has(name) && flags.some((flag) => (name === 'ag' ? /^-[a-zA-Z]*[au]|^--(?:hidden|unrestricted|all-(?:text|types))$/ : /^-[a-zA-Z]*\.|^-[a-zA-Z]*uu|^--hidden$/).test(flag))
  // Files of every kind, where most searches are of code.
  const asksAll = name === 'ack' && flags.some((flag) => /^-[a-zA-Z]*[au]|^--(?:all(?:-types)?|unrestricted|known-types)$/.test(flag))
  // Looking for the values of secrets through the whole workspace, hidden files included, is reading those files.
  if (recursive && !narrow && roots.some(isWorkspace) && sought.some((text) => SECRET_VALUE.test(text) || ((hidden || asksAll) && isSecretName(text)) || ((hidden || !SKIPS_HIDDEN.has(name)) && huntsSecrets(text) && !namesOnly(flags, values)))) facts.problem('secret-variable')
  if (recursive && !narrow && (!SKIPS_HIDDEN.has(name) || hidden) && sought.some((text) => ANYTHING.test(text))) for (const root of roots) touchAll(root, directories, facts)
  if (!recursive && sought.some((text) => ANYTHING.test(text))) for (const root of roots) if (/\/\.$/.test(root.text)) touchAll(root, directories, facts)
  // Names of all files, as `find` prints them, are as good as a search of its own.
  if (!recursive && roots.some(({ text }) => /^(?:\.|\/workspace)\/\.$/.test(text)) && sought.some((text) => SECRET_VALUE.test(text) || SECRET_SETTING.test(text)) && !namesOnly(flags, values)) facts.problem('secret-variable')
  // The line of a settings file that gives a secret its value is found by the secret's name.
  if (recursive && !narrow && !SKIPS_HIDDEN.has(name) && roots.some(isWorkspace) && sought.some((text) => SECRET_SETTING.test(text)) && !namesOnly(flags, values)) facts.problem('secret-variable')
  for (const { flag, value } of values) {
    if (['-f', '--file', '--ignore-file'].includes(flag)) facts.touch(value, 'read', directories)
    // Naming what to search is as telling as naming the file; a leading `!` names what is left out.
    else if (['-g', '--glob', '--iglob', '--include'].includes(flag) && !value.text.startsWith('!')) facts.touch({ ...value, glob: value.text }, 'read', directories)
  }
}

export const SEARCH_EFFECTS = effectTable([['grep egrep fgrep rg ag ack ugrep', grep]])
