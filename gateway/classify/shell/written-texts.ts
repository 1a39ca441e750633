import { decodeDoubleQuoted } from './quoting.ts'
import { descendants, type Syntax } from './syntax.ts'
import { bareName } from '../programs/program-path.ts'

const SOURCES: ReadonlySet<string> = new Set(['heredoc_body', 'herestring_redirect', 'command'])
const SAYS = /^(?:echo|printf)$/

/**
 * The text that a statement says of itself to print: here-documents, and the words of `echo` and `printf`. Near enough to look for signs
 * in, not to the letter: what variables hold is left as it is written.
 */
export function writtenText (statement: Syntax): string {
  return [...SOURCES.has(statement.type) ? [statement] : [], ...descendants(statement, SOURCES)].map((node) => node.type === 'command' ? saidBy(node) : unquoted(bodyOf(node))).filter((text) => text !== '').join('\n')
}

/** Whether a command is an `echo` or a `printf` of words that hold nothing but what is written in them. */
export function saysPlainly (command: Syntax | undefined): boolean {
  const [name, ...words] = command?.type === 'command' ? command.children : []
  return SAYS.test(name?.text ?? '') && words.every(({ type, text }) => {
    if (type === 'raw_string') return true
    // Behind a backslash of its own, what looks escaped is not.
    return type === 'string' ? !/(?<!\\)[$`]|\\\\/.test(text) : /^-?[\w.,:+]+$/.test(text)
  })
}

function bodyOf (node: Syntax): Syntax | undefined {
  return node.type === 'heredoc_body' ? node : node.children.at(-1)
}

function saidBy ({ children }: Syntax): string {
  const all = children.filter(({ type, field }) => field !== 'redirect' && type !== 'variable_assignment')
  // However it is started, quoted or held in a variable.
  const at = all.findIndex((word, place) => SAYS.test(plainWord(word)) || (place === 0 && /\$|`/.test(word.text)))
  if (at < 0) return ''
  const words = all.slice(at + 1).map(unquoted).filter((word) => !/^(?:-[neE]+|--|%s(?:\\n)?)$/.test(word))
  // A line each is what `printf '%s\n'` makes of them.
  const lines = words.length > 1 ? ['', words.join('\n')] : []
  return [words.join(' '), ...lines].join('\n').replaceAll('\\n', '\n').replaceAll('\\t', '\t')
}

function plainWord ({ text }: Syntax): string {
  return bareName(text.replace(/['"\\]/g, ''))
}

function unquoted (node: Syntax | undefined): string {
  if (node === undefined) return ''
  const { text } = node
  switch (node.type) {
    case 'concatenation': return node.children.map(unquoted).join('')
    case 'string': return decodeDoubleQuoted(text.slice(1, -1))
    case 'raw_string': return text.slice(1, -1)
    case 'ansi_c_string': return text.slice(2, -1).replace(/\\(["'\\?])/g, '$1')
    case 'word': return text.replace(/\\([^])/g, (escape, character: string) => /[nt]/.test(character) ? escape : character)
    default: return text
  }
}

const ADDRESS = /^(?:[\d,$]*|\/(?:[^/\\]|\\.){0,400}\/)\s*/
const ADDS = /^[aic](?:\\\n?|\s)\s*/

/** The text that a `sed` script puts into what it edits: a line that it adds, or what it puts in the place of something. */
export function sedText (script: string): string {
  const command = script.replace(ADDRESS, '')
  return (command.startsWith('s') ? replacementOf(command) : command.replace(ADDS, '')).replaceAll('\\n', '\n').replaceAll('\\t', '\t')
}

// Between the second and the third of its delimiters; the whole script, should it have another form.
function replacementOf (command: string): string {
  const ends: number[] = []
  for (let at = 2; at < command.length && ends.length < 2; at += 1) {
    if (command.charAt(at) === '\\') at += 1
    else if (command.charAt(at) === command.charAt(1)) ends.push(at)
  }
  const [first, second] = ends
  return first === undefined || second === undefined ? command : command.slice(first + 1, second)
}
