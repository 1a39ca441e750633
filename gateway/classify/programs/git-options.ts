import { hasFlag, type Arguments } from './invocation.ts'
import { seeksSecrets } from './secret-searches.ts'
import type { Field } from '../shell/facts.ts'

// Options by which an ordinary subcommand starts a program.
const RUNS_PROGRAM = /^--(?:exec|upload-pack|receive-pack|open-files-in-pager|ext-diff|textconv|extcmd|tree-filter|index-filter|msg-filter|env-filter|interactive-filter|gpg-sign-program|template|config|server-option)$|^-[xO]$/

const COMMIT = /^v0$|^HEAD[~^]|^[0-9a-f]{7,40}$/ // `v0` stands for those of a list

// Git takes any beginning of an option that no other has.
const SHORTENED: ReadonlyArray<readonly [RegExp, string]> = [[/^--fo(?:r|rc)?$/, '--force'], [/^--del(?:e|et)?$/, '--delete'], [/^--har?$/, '--hard'], [/^--no-ver(?:i|if)?$/, '--no-verify'], [/^--mirr?o?$/, '--mirror']]

/** The option that a word is the beginning of, where git takes it for a forceful one. */
export function inFull (word: Field): Field {
  const text = SHORTENED.find(([shortened]) => shortened.test(word.text))?.[1]
  return text === undefined || !word.known ? word : { ...word, text }
}

/** Whether options make an ordinary subcommand start a program, go round the project's checks, or speak for somebody else. */
export function startsMore (verb: string, flags: readonly string[], words: readonly Field[]): boolean {
  return (flags.some((flag) => RUNS_PROGRAM.test(flag)) && !harmlessLetter(verb, flags)) || skipsChecks(verb, flags, words) || opensBrowser(verb, flags) || speaksForOthers(verb, words)
}

/** Whether a command looks for secrets in what the files once held, and prints what it finds. */
export function showsSecrets (verb: string, { values, operands }: Arguments, words: readonly Field[]): boolean {
  const [sought, ...places] = operands
  // In what once was, by its commits: what was taken out again is still there.
  if (verb === 'grep' && sought !== undefined && seeksSecrets(sought.text) && places.some(({ text }) => COMMIT.test(text))) return true
  return values.some(({ flag, value }) => /^-[SG]$/.test(flag) && seeksSecrets(value.text)) && showsChanges(verb, words)
}

// `-x` of `git clean` and `-O` of `git diff` start nothing.
function harmlessLetter (verb: string, flags: readonly string[]): boolean {
  return flags.filter((flag) => RUNS_PROGRAM.test(flag)).every((flag) => (flag === '-x' && ['clean', 'cherry-pick', 'ls-files'].includes(verb)) || (flag === '-O' && verb === 'diff'))
}

function showsChanges (verb: string, words: readonly Field[]): boolean {
  return /^(?:show|whatchanged|diff)$/.test(verb) || words.some(({ text }) => /^-[a-zA-Z]*[pucU]|^--(?:patch|unified|word-diff|color-words|cc|remerge-diff)/.test(text))
}

// Hooks are checks of the project's own: a call that goes round them is not the ordinary one.
function skipsChecks (verb: string, flags: readonly string[], words: readonly Field[]): boolean {
  return flags.some((flag) => flag.startsWith('--no-veri')) || (verb === 'commit' && words.some(({ text }) => /^-[a-zA-Z]*n/.test(text) && !/^-[a-zA-Z]*[mFCct].*n/.test(text)))
}

// A commit in somebody else's name or at another time, or signed with a key of the person at the machine, says what did not happen.
function speaksForOthers (verb: string, words: readonly Field[]): boolean {
  if (verb === 'commit' && words.some(({ text }) => /^--(?:au|date)/.test(text))) return true
  return /^(?:commit|merge|rebase|cherry-pick|revert|am)$/.test(verb) && words.some(({ text }) => /^-[a-ln-zA-RT-Z]*S|^--gpg/.test(text) && !/^-[a-zA-Z]*[FCctXx].*S/.test(text))
}

function opensBrowser (verb: string, flags: readonly string[]): boolean {
  return verb === 'help' && hasFlag(flags, 'w', '--web')
}
