import { isWork } from './lost-work.ts'

const MAX_COMMANDS = 512 // of one text
const MAX_BEFORE = 200

// What stands behind the word for git, up to where a command or a text in quotes ends.
const COMMANDS = /(?<![\w.$/-])(?:\/usr)?(?:\/bin\/)?git((?:[ \t]+-[cC][ \t]+[^\s'"]{1,120}|[ \t]+--?[\w-]+(?:=[^\s'"]{1,120})?){0,4})[ \t]+(reset|clean|checkout|switch|restore|stash)(?![\w-])([^;&|\n'"`)}\]]{0,200})/g
const AT = /(?:^|[;&|({`"'!]|\b(?:then|do|else|exec|command|sudo|nohup|time|eval))\s*@?-?(?:[A-Z_]+=\S*\s+)*$/
// The words alone, as a list that something else hands to git.
const LISTS = /['"`{[(](reset|clean|checkout|restore|stash)[ \t]+([^;&|\n'"`)}\]]{1,120})['"`)}\]]/g
const STARTS_GIT = /['"`/]git['"`]|\bgit\(\s*['"]|\b(?:git|repo|repository)\.git\b/i
const SAID = /^\s*(?:\/\/|#(?!\{|!)|\*|--|;)|\b(?:expect|assert\w*|describe|it|test|echo|puts|print\w*|log\w*|message|error|help|usage|throw|raise)\b[^;&|]{0,80}$/i
// Libraries whose own words they are, on the repository that the program stands in.
const OWN_REPOSITORY = /\bsimpleGit\(\s*\)|\bGit\.open\(\s*(?:['"]\.['"]|Dir\.pwd|Rails\.root)|\bsimpleGit\(\s*process\.cwd\(\)\s*\)|\b(?:git\.)?Repo\(\s*(?:['"]\.['"]|os\.getcwd\(\)|search_parent_directories=True)?\s*\)/
const HARD = /\.reset\(\s*\[?\s*['"](?:hard|--hard)['"]|\bResetMode\.HARD\b|\.reset_hard\b|\.clean\(\s*force:\s*true|\.clean\(\s*(?:CleanOptions\.FORCE|['"]-?\w*f)|\.git\.clean\(|\.git\.checkout\(\s*['"](?:-f|--force|--)['"]|\.head\.reset\([^)\n]{0,80}\bworking_tree\s*=\s*True/
// In a repository that a text makes or takes for itself there is nothing to lose.
const SCRATCH = /\bgit['", (]{1,4}(?:init|clone)\b|\bmktemp\b|\b(?:cd|pushd)\s+(?:--\s+)?"?\$[({]?\w*(?:tmp|temp|scratch|sandbox|fixture|clone|dest)/i
const OWN_FOLDER = /\b(?:cwd|chdir|dir|current_dir|directory|working_dir|workdir)\s*(?:[:=]|\()\s*&?\w{0,20}(?:tmp|temp|dir|repo|clone|fixture|sandbox|scratch)|\bcmd\.Dir\s*=/i

/** Whether a text works in a repository of its own. */
export function hasOwnRepository (text: string): boolean {
  return SCRATCH.test(text) || OWN_FOLDER.test(text)
}

/** Whether a line has, as a command, one by which git throws away what nobody committed. */
export function discardsAt (line: string): boolean {
  return commandsOf(line).some(({ index }) => AT.test(line.slice(Math.max(0, index - MAX_BEFORE), index)))
}

/** Where a text says such a command, whoever runs it. */
export function commandsOf (text: string): ReadonlyArray<{ readonly index: number, readonly length: number }> {
  if (!text.includes('git')) return []
  return [...text.matchAll(COMMANDS)].slice(0, MAX_COMMANDS)
    .filter(([, options = '', verb = '', given = '']) => !isElsewhere(options) && discards(verb, given))
    .map(({ index, 0: { length } }) => ({ index, length }))
}

/** Whether a program hands such words to git in a list, or to a library for it. */
export function discardsByList (flat: string): boolean {
  if (OWN_REPOSITORY.test(flat) && HARD.test(flat)) return true
  if (!STARTS_GIT.test(flat)) return false
  return [...flat.matchAll(LISTS)].slice(0, MAX_COMMANDS).some(({ index, 1: verb = '', 2: given = '' }) => {
    const before = flat.slice(Math.max(0, index - MAX_BEFORE), index)
    return discards(verb, given) && !SAID.test(before.slice(before.lastIndexOf('\n') + 1))
  })
}

function isElsewhere (options: string): boolean {
  const [, folder] = /\s-C\s+(\S+)/.exec(options) ?? []
  return folder !== undefined && !/^["']?(?:\.|\/workspace|\$\{?(?:PWD|ROOT|REPO)\b)/.test(folder)
}

function discards (verb: string, given: string): boolean {
  const words = given.split(/\s+/).filter((word) => word !== '')
  const has = (option: RegExp): boolean => words.some((word) => option.test(word))
  if (verb === 'reset') return has(/^--hard$/)
  if (verb === 'stash') return /^(?:drop|clear)$/.test(words[0] ?? '')
  // What git ignores is made again; a folder that is named is one that somebody knows.
  if (verb === 'clean') return has(/^(?:-[a-zA-WYZ]*f[a-zA-WYZ]*|--force)$/) && !has(/^(?:-\w*[nX]\w*|--dry-run)$/) && !words.some((word, at) => !word.startsWith('-') && !/^(?:-\w*e|--exclude)$/.test(words[at - 1] ?? '') && !isAll(word))
  if (has(/^(?:-f|--force|--discard-changes)$/)) return verb !== 'restore'
  if (verb === 'switch' || (verb === 'restore' && has(/^(?:-S|--staged)$/) && !has(/^(?:-W|--worktree)$/))) return false
  return words.some((word) => isAll(word))
}

function isAll (word: string): boolean {
  return word === '.' || word === ':/' || word === './' || (isWork(word) && !/\.\w+$/.test(word))
}
