import { splitArguments, textOn, type Effect } from '../programs/invocation.ts'
import { literal, type Field } from '../shell/facts.ts'
import { dropOptions } from './wrappers.ts'

const MAX_WORDS = 32 // each is a command of its own
// How many at once and what is shown; other options take more words from files, or send the work elsewhere.
const PLAIN = /^(?:-j|-[kvtq]|--jobs|--keep-order|--line-buffer|--lb|--ungroup|-u|--tag|--bar|--eta|--progress|--halt(?:-on-error)?|--verbose|--dry-run|--will-cite|--no-notice|--timeout|--delay|--retries)$/
const VALUED: ReadonlySet<string> = new Set(['-j', '--jobs', '--halt', '--halt-on-error', '--timeout', '--delay', '--retries'])
// Other marks stand for parts of a word, which only it can tell.
const OTHER_MARK = /\{[^}]+\}/

/**
 * `parallel`: a shell text for each word behind `:::`, or of its input when that is known. Each is read as that text; where the
 * words are not told, neither is what runs.
 */
export const parallel: Effect = ({ args, stdin, script, facts }) => {
  const at = args.findIndex(({ text }) => /^:::/.test(text))
  const before = at < 0 ? args : args.slice(0, at)
  const template = dropOptions(before, VALUED, () => {})
  const { flags } = splitArguments(before.slice(0, before.length - template.length), VALUED)
  const words = at < 0 ? textOn(stdin)?.split('\n').filter(Boolean).map(literal) ?? null : args.slice(at + 1)
  const isPlain = flags.every((flag) => PLAIN.test(flag)) && template.every(({ known, text }) => known && !OTHER_MARK.test(text))
  if (!isPlain || words === null || words.length > MAX_WORDS || (at >= 0 && args[at]?.text !== ':::') || !words.every((word) => isTold(word))) return facts.problem('evaluated-text')
  const text = template.map((word) => word.text).join(' ')
  for (const word of words) script(literal(textOf(text, word.text)))
}

function isTold ({ known, glob, piece, text }: Field): boolean {
  return known && glob === null && piece !== true && !/[\n\0]/.test(text) && !/^::::?/.test(text)
}

// Without a command of its own, each word is one.
function textOf (template: string, word: string): string {
  if (template === '') return word
  const quoted = `'${word.replaceAll("'", "'\\''")}'`
  return template.includes('{}') ? template.replaceAll('{}', () => quoted) : `${template} ${quoted}`
}
