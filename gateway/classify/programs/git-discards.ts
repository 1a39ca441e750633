import { isWorkFolder } from './data-loss.ts'
import { isKept, isKindOfKept } from './kept-folders.ts'
import { isScratch, literal } from '../shell/facts.ts'
import { hasFlag, type Arguments, type Invocation } from './invocation.ts'

// Pathspecs for all files, from wherever they are given.
const EVERYTHING = /^(?:\.\/?|\.\/\.|\/workspace\/?|:\/|:\(top\)\.?|:|\*|\.\/\*|\*\*|:\/\*|:\(glob\)\*\*(?:\/\*)?)$/

/** Set anew by force, such a branch no longer holds what it held. */
export const SHARED_BRANCH = /^(?:main|master|trunk|develop|production|release)$/
const EARLIER = /[~^]\d*$|^[0-9a-f]{7,40}$/

const SINGLE_FILE = /[^/.]\.\w+$/

/**
 * Whether git throws away all changes that are in no commit and in no stash: of all files, or of a whole folder of people's
 * work. Single files are part of the everyday.
 */
export function discardsWork (verb: string, { flags, operands, afterDashes, values }: Arguments, { directories, facts }: Invocation): boolean {
  const paths = afterDashes.length > 0 ? afterDashes : operands
  const whole = (): boolean => paths.some((path) => EVERYTHING.test(path.text) || isWorkFolder(path, directories, facts) || isKindOfKept(path, directories, facts))
  const folders = (): boolean => paths.some((path) => directories.some((directory) => isKept(facts.placeOf(path, directory))))
  const moves = values.some(({ flag, value }) => /^(?:-[BC]|--force-create)$/.test(flag) && (SHARED_BRANCH.test(value.text) || operands.some(({ text }) => EARLIER.test(text))))
  switch (verb) {
    // Git removes nothing that was changed since, unless it is forced to.
    case 'rm': return (!hasFlag(flags, 'n', '--dry-run', '--cached') && paths.some((path) => isKindOfKept(path, directories, facts))) || (hasFlag(flags, 'f', '--force') && hasFlag(flags, 'r') && !flags.includes('--cached') && !hasFlag(flags, 'n', '--dry-run'))
    case 'reset': return flags.some((flag) => flag.length > 3 && ('--hard'.startsWith(flag) || ('--merge'.startsWith(flag) && operands.length > 0)))
    case 'switch': return moves || hasFlag(flags, 'f', '--force') || flags.some((flag) => flag.startsWith('--disc'))
    // One in a scratch folder is as much worth as the folder.
    case 'worktree': return operands[0]?.text === 'remove' && hasFlag(flags, 'f', '--force') && !operands.slice(1).every((path) => path.known && directories.every((directory) => isScratch(facts.placeOf(path, directory))))
    // What git ignores is made again; what is only new is nowhere else.
    // Below what people write, or everywhere, settings and secrets are ignored too, and nobody makes those again.
    case 'clean': return !hasFlag(flags, 'n', '--dry-run') && (whole() || (hasFlag(flags, 'f', '--force') && (folders() || (paths.length === 0 && isWorkFolder(literal('.'), directories, facts)))))
    case 'checkout-index': return hasFlag(flags, 'f', '--force')
    case 'checkout': return moves || (hasFlag(flags, 'f', '--force') && !paths.some(({ text }) => SINGLE_FILE.test(text))) || (!hasFlag(flags, 'p', '--patch') && whole())
    case 'restore': return (!hasFlag(flags, 'S', '--staged') || hasFlag(flags, 'W', '--worktree')) && whole()
    default: return false
  }
}
