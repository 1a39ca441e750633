import { literal, type Field } from '../shell/facts.ts'
import type { Stdin } from './invocation.ts'

/** Stands for the number of any commit in a list. */
export const ANY_COMMIT = 'v0'

// Nothing behind it may begin another line: the body of a commit, or a break.
const FORMAT = /^--(?:format|pretty)=(?:t?format:)?%[hH](?: (?!.*%[bBNnwx(gG])[^\n]*)?$/
const ONLY_NUMBER = /^--(?:format|pretty)=(?:t?format:)?%[hH]$/
// Options that choose commits, and change nothing of how a line begins.
const CHOOSES = /^(?:--oneline|--(?:reverse|no-merges|merges|first-parent|all|no-color|no-decorate|abbrev-commit|follow|branches|tags|date-order|topo-order)|-i|-\d+|-n\d*|\d+|--(?:max-count|skip|since|until|after|before|author|grep|diff-filter|date)=.*)$/

/** The lines of a `git log` that begin with the commit's number; null when they may begin otherwise. */
export function commitLines (args: readonly Field[]): readonly Field[] | null {
  const words = args.map(({ text }) => text)
  const formats = words.filter((word) => FORMAT.test(word) || word === '--oneline')
  if (formats.length !== 1 || !args.every(({ known }) => known) || !words.every((word) => !word.startsWith('-') || word === '--' || CHOOSES.test(word) || FORMAT.test(word))) return null
  return ONLY_NUMBER.test(formats[0] ?? '') ? [literal(ANY_COMMIT)] : [{ text: '', known: false, glob: null, first: ANY_COMMIT }]
}

/** What `awk '{print $1}'` and `cut -d' ' -f1` leave of lines whose first word is known; null for other lines and other columns. */
export function firstWords (name: string, args: readonly Field[], stdin: Stdin): readonly Field[] | null {
  const said = args.map(({ text }) => text).join('\n')
  const isFirst = name === 'awk' ? /^\{\s*print \$1;?\s*\}$/.test(said) : /^-d\n? \n-f\n?1$/.test(said)
  if (!isFirst || stdin.kind !== 'piped' || stdin.names === null) return null
  const found = stdin.names.flatMap(({ first }) => first === undefined ? [] : [literal(first)])
  return found.length === 0 ? null : found
}
