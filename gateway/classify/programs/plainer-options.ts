import { saysTests } from './test-words.ts'
import { literal, type Field } from '../shell/facts.ts'

type Plainer = (words: readonly string[], args: readonly Field[]) => readonly Field[] | null

/** The same call without the words that say nothing of what it does; null when there are none. */
function without (program: string, isIdle: (word: string, before: string, at: number) => boolean): Plainer {
  return (words, args) => {
    const rest = args.filter((_, at) => !isIdle(words[at] ?? '', words[at - 1] ?? '', at))
    return rest.length === args.length ? null : [literal(program), ...rest]
  }
}

// A pattern between slashes looks like a place on the machine.
const TITLES = /^\/[\w :()|.^$\\*+?[\]-]+\/i?$/
const phpunit = (program: string): Plainer => (words, args) => {
  const at = words.findIndex((word, place) => TITLES.test(word.replace(/^--filter=/, '')) && (word.startsWith('--filter=') || words[place - 1] === '--filter'))
  return at < 0 ? null : [literal(program), ...args.with(at, literal((words[at] ?? '').startsWith('--') ? '--filter=x' : 'x'))]
}

// Behind the dashes stands what the tests are told.
const environments = (program: string): Plainer => (words, args) => {
  const at = words.indexOf('--')
  // What stands first could be a program of its own, where an environment is no more than that.
  return at > 0 && /^-|^(?:\.\/)?tests?\//.test(words[at + 1] ?? '') && !words.slice(0, at).some((word) => /^e(?:xec)?$/.test(word)) && saysTests(words.slice(at + 1).join(' ')) ? [literal(program), ...args.slice(0, at)] : null
}

// Behind the dashes of tests and benchmarks stand patterns of their titles; how sources are laid out is told by a name and a value.
const cargo: Plainer = (words, args) => {
  const at = words.indexOf('--')
  const verb = words.find((word) => /^(?:bench|test|fmt)$/.test(word))
  if (at < 1 || verb === undefined) return null
  const style = /^(?:imports_granularity|group_imports|max_width|edition|style_edition|format_strings|wrap_comments|reorder_imports|use_field_init_shorthand|unstable_features)=\w+$/
  const isIdle = (word: string, index: number): boolean => verb === 'fmt'
    ? (word === '--config' && style.test(words[index + 1] ?? '')) || (words[index - 1] === '--config' && style.test(word))
    : args[index]?.glob === null && word.length <= 200 && /^\^?[\w:][\w:.*+/-]*\$?$/.test(word) && /\.[*+]/.test(word) && !/\.\.|\/\.(?![*+])/.test(word)
  const rest = args.filter((_, index) => index <= at || !isIdle(words[index] ?? '', index))
  return rest.length === args.length ? null : [literal('cargo'), ...rest]
}

// What a path of names picks out of a file of XML; a function could open another.
const XML_OPTION = /^-(?:t|n|T|b|f|-text|-nl|-template|-break)$/
const XML_VALUED = /^-(?:[vmcosiea]|-value-of|-match|-copy-of|-output|-if|-elem|-attr)$/
const xmlstarlet: Plainer = (words, args) => {
  if (!/^sel(?:ect)?$/.test(words[0] ?? '')) return null
  const files: Field[] = []
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const field = args[at]
    if (XML_OPTION.test(word)) continue
    if (word === '-N' && /^\w+=https?:\/\/[\w./#-]+$/.test(words[at + 1] ?? '')) at += 1
    else if (XML_VALUED.test(word)) {
      if (/document|unparsed|dyn:|saxon|exslt|xi:/.test(words[at += 1] ?? '')) return null
    } else if (word.startsWith('-') || field === undefined || !/^[\w.*/-]+$/.test(word)) return null
    else files.push(field)
  }
  return files.length === 0 ? [literal('true')] : [literal('cat'), literal('--'), ...files]
}

// Of its many verbs those that only compute with tables, under the name of what it grew out of.
const qsv: Plainer = (words, args) => /^(?:stats|table|count|headers|select|search|frequency|sort|slice|sample|join|cat|fmt|dedup|flatten|lens|moarstats)$/.test(words[0] ?? '') ? [literal('xsv'), ...args] : null

// A question to tables of the moment, made of files; other databases and scripts are named by options that are not here.
const csvsql: Plainer = (words, args) => {
  const at = words.indexOf('--query')
  const files = args.filter((_, index) => index !== at && index !== at + 1)
  const rest = files.filter(({ text }) => !/^(?:-I|--no-inference|-H|--no-header-row|-S|--skipinitialspace)$/.test(text))
  const isPlain = /^\s*(?:select|with)\b[^;]*;?\s*$/i.test(words[at + 1] ?? '') && !/load_extension|readfile|writefile|attach|\binto\b/i.test(words[at + 1] ?? '')
  return at >= 0 && isPlain && rest.length > 0 && rest.every(({ text }) => /^[\w./][\w./-]*\.(?:csv|tsv|txt)$/.test(text)) ? [literal('cat'), literal('--'), ...rest] : null
}

// Of verbs that run nothing, `-f` names fields.
const MLR_VERBS = /^(?:then|put|filter|tee|split|cut|sort|head|tail|top|uniq|count|count-distinct|stats1|stats2|step|reorder|nest|fill-down|merge-fields|having-fields)$/
const mlr: Plainer = (words, args) => {
  const isField = (at: number): boolean => words[at] === '-f' && /^\w+(?:,\w+)*$/.test(words[at + 1] ?? '') && !/^(?:then|put|filter|tee|split|)$/.test(words.slice(0, at).findLast((word) => MLR_VERBS.test(word)) ?? '')
  const rest = args.filter((_, at) => !isField(at) && !isField(at - 1))
  return rest.length === args.length ? null : [literal('mlr'), ...rest]
}

// What is in an archive, and whether it is whole.
const archive = (program: string, look: RegExp): Plainer => (words, args) => look.test(words[0] ?? '') && words.length > 1 && args.slice(1).every(({ text }) => !text.startsWith('-') && !text.startsWith('@')) ? [literal(program), literal(program === 'tar' ? '-tf' : '--'), ...args.slice(1)] : null

/** Calls with words that say nothing of what they do, or that look like places and are none. */
export const PLAINER_OPTIONS: Readonly<Record<string, Plainer>> = {
  cloc: without('cloc', (word) => /^--vcs=(?:git|auto)$/.test(word)),
  phpunit: phpunit('phpunit'),
  pest: phpunit('pest'),
  tox: environments('tox'),
  nox: environments('nox'),
  cargo,
  xmlstarlet,
  qsv,
  csvsql,
  mlr,
  '7z': archive('cat', /^[lt]$/),
  bsdtar: archive('tar', /^-?tv?f$/),
  // All of its input is read before it writes.
  sponge: (words, args) => words.length === 1 && !(words[0] ?? '-').startsWith('-') ? [literal('tee'), literal('--'), ...args] : null,
}
