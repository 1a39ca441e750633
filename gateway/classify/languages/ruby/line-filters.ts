import type { Field } from '../../shell/facts.ts'

/** A Ruby text that runs for each line of some files: what it computes as a text of its own, and what becomes of the files. */
export interface RubyFilter {
  readonly text: string
  readonly files: readonly Field[]
  /** Whether most of what is in the files stays. */
  readonly keeps: boolean
  /** The option of `sed` that means the same, when the files are written over; null when what is left is printed. */
  readonly inPlace: string | null
}

const OPTIONS = /^-[nplaw]+e?$|^-e$|^-W$|^-F[,;:|\t]$|^-i(?:\.(?:bak|orig|old))?$/
// Another line altogether in place of each.
const LOSES = /\.(?:replace|clear|slice!|tr!)|\$_\s*=(?![=~])|sub!?\(\/\^?(?:\.|\[)/
const MAX_TEXT = 2000
// Of these, what is meant without a receiver is the line.
const OF_THE_LINE = /(?<![\w.$@&:?!])(g?sub!?|chomp!?|chop!?)(?=\()/g

/** `ruby -ne 'TEXT' FILES`, `ruby -i -pe 'TEXT' FILES`; null for any other call. */
export function rubyFilter (args: readonly Field[]): RubyFilter | null {
  const at = args.findIndex(({ text }) => /^-[nplaw]*e$/.test(text))
  const program = args[at + 1]
  const options = args.slice(0, at + 1).map(({ text }) => text)
  const files = args.slice(at + 2)
  if (at < 0 || program === undefined || program.text.length > MAX_TEXT || !files.every(({ text }) => /^[\w./*-]+$/.test(text) && !text.startsWith('-'))) return null
  if (!options.some((option) => /^-[law]*[np]/.test(option)) || !options.every((option) => OPTIONS.test(option))) return null
  const inPlace = options.find((option) => option.startsWith('-i')) ?? null
  if ((inPlace !== null && files.length === 0) || !/\$[_F]|\b(?:puts?|print|g?sub)\b/.test(program.text)) return null
  const keeps = inPlace === null || !(LOSES.test(program.text) || (options.some((option) => /^-[law]*n/.test(option)) && !/^\s*(?:print|puts \$_) unless\b/.test(program.text)))
  return { keeps, text: `line = "a"\nfields = ["a"]\nplace = 1\nputs line\n${plainNames(program.text)}`, files, inPlace }
}

// The names that Ruby has for the line, its fields and its number, as a text may give them itself.
function plainNames (text: string): string {
  return text.replace(/(?<![\w.])(?:BEGIN|END)(?=\s*\{)/g, '1.times').replace(/\$_(?!\w)/g, 'line').replace(/\$F(?!\w)/g, 'fields').replace(/\$\./g, 'place').replace(OF_THE_LINE, 'line.$1')
}
