import { literal, type Field } from '../shell/facts.ts'
import type { Stdin } from './invocation.ts'

/** Stands for the number of any commit in a list. */
export const ANY_COMMIT = 'v0'

// Nothing behind it may begin another line: the body of a commit, or a break.
const FORMAT = /^--(?:format|pretty)=(?:t?format:)?%[hH](?: (?!.*%[bBNnwx(gG])[^\n]*)?$/
const ONLY_NUMBER = /^--(?:format|pretty)=(?:t?format:)?%[hH]$/
// Options that choose commits, and change nothing of how a line begins.
const CHOOSES = /^(?:--oneline|--(?:reverse|no-merges|merges|first-parent|all|no-color|no-decorate|abbrev-commit|follow|branches|tags|date-order|topo-order)|-i|-\d+|-n\d*|\d+|--(?:max-count|skip|since|until|after|before|author|grep|diff-filter|date)=.*|-[SG].+)$/

/** The lines of a `git log` that begin with the commit's number; null when they may begin otherwise. */
export function commitLines (args: readonly Field[]): readonly Field[] | null {
  const words = args.map(({ text }) => text)
  const formats = words.filter((word) => FORMAT.test(word) || word === '--oneline')
  if (formats.length !== 1 || !args.every(({ known }) => known) || !words.every((word) => !word.startsWith('-') || word === '--' || CHOOSES.test(word) || FORMAT.test(word))) return null
  return ONLY_NUMBER.test(formats[0] ?? '') ? [literal(ANY_COMMIT)] : [{ text: '', known: false, glob: null, first: ANY_COMMIT }]
}

// They would hide the number, or print something before it.
const BLAME_OTHERS = /^-[a-zA-Z]{0,8}[bpSh]|^--(?:incremental|contents|help)/
const BLAME_PORCELAIN = /^(?:-p|--porcelain|--line-porcelain)$/

/** The lines of a `git blame`: each begins with a commit's number, or the first alone does. */
export function blamedLines (args: readonly Field[]): readonly Field[] | null {
  const words = args.map(({ text }) => text)
  const isPorcelain = words.some((word) => BLAME_PORCELAIN.test(word))
  if (!args.every(({ known }) => known) || words.some((word) => BLAME_OTHERS.test(word) && !BLAME_PORCELAIN.test(word))) return null
  const line = { text: '', known: false, glob: null }
  return [isPorcelain ? { ...line, heading: ANY_COMMIT } : { ...line, first: ANY_COMMIT }]
}

/** What `head -1` leaves of lines the first of which is known. */
export function firstLine (args: readonly Field[], names: readonly Field[]): readonly Field[] {
  const isOne = /^(?:-1|-n ?1)$/.test(args.map(({ text }) => text).join(' '))
  return isOne ? names.map(({ heading, ...name }) => heading === undefined ? name : { ...name, first: heading }) : names
}

/** What `awk '{print $1}'` and `cut -d' ' -f1` leave of lines whose first word is known; null for other lines and other columns. */
export function firstWords (name: string, args: readonly Field[], stdin: Stdin): readonly Field[] | null {
  const said = args.map(({ text }) => text).join('\n')
  const isFirst = name === 'awk' ? /^\{\s*print \$1;?\s*\}$/.test(said) : /^-d\n? \n-f\n?1$/.test(said)
  if (!isFirst || stdin.kind !== 'piped' || stdin.names === null) return null
  const found = stdin.names.flatMap(({ first }) => first === undefined ? [] : [literal(first)])
  return found.length === 0 ? null : found
}
