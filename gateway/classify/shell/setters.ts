import type { Syntax } from './syntax.ts'

/** Stands for every name: a word of a builtin that sets variables could be any. */
export const ANY_NAME = '*'

// Builtins that set the variables they are given as words, and the options of theirs that take another word.
const SETTERS: ReadonlyMap<string, RegExp> = new Map([
  ['read', /^-\w*[ptnNdui]$/], ['mapfile', /^-\w*[dnOscCu]$/], ['readarray', /^-\w*[dnOscCu]$/], ['let', /^(?!)/], ['unset', /^(?!)/],
])
const PREFIXES: ReadonlySet<string> = new Set(['command', 'builtin', 'time', '!', '-p'])
const NAME = /^[A-Za-z_]\w*/
const NAMES = /[A-Za-z_]\w*/g
const SETS_WITHIN = /\b(?:read|printf|mapfile|readarray|getopts|let|declare|typeset|local|export|readonly|eval|source|unset)\b/

/** The names of the variables that a command may set by its words, however these are spelt. */
export function namesSet (words: readonly Syntax[]): readonly string[] {
  const from = words.findIndex(({ text }) => !PREFIXES.has(plainOf(text) ?? ''))
  const [head, ...rest] = from < 0 ? [] : words.slice(from).map(({ text }) => text)
  if (head === undefined) return []
  const program = plainOf(head)
  // Whatever stands for the program may be such a builtin.
  if (program === null) return rest.flatMap((text) => NAME.exec(plainOf(text) ?? '')?.[0] ?? [])
  if (program === 'trap' || program === 'eval') return namesWithin(rest.join(' '))
  if (program === 'printf') return namesPrinted(rest)
  if (program === 'getopts') return nameOf(rest[1])
  if (program === 'wait') return rest.flatMap((text, at) => rest[at - 1] === '-p' ? nameOf(text) : [])
  const valued = SETTERS.get(program)
  return valued === undefined ? [] : rest.flatMap((text, at) => valued.test(plainOf(rest[at - 1] ?? '') ?? '') ? [] : nameOf(text))
}

// `-v NAME`, `-vNAME`; a first word that is not known may be either.
function namesPrinted ([first = '', ...rest]: readonly string[]): readonly string[] {
  const plain = plainOf(first)
  if (plain === null) return /^"?\$\{?\w+\}?"?$/.test(first) ? rest.flatMap((text) => NAME.exec(plainOf(text) ?? '')?.[0] ?? []) : []
  if (!plain.startsWith('-v')) return []
  return plain === '-v' ? nameOf(rest[0]) : nameOf(plain.slice(2))
}

function nameOf (text = ''): readonly string[] {
  const plain = plainOf(text)
  if (plain === null) return [ANY_NAME]
  // `read -raNAME`
  return plain.startsWith('-') ? (/^-[a-z]*a(\w+)$/.exec(plain)?.[1]?.match(NAMES) ?? []) : plain.match(NAMES) ?? []
}

function namesWithin (text: string): readonly string[] {
  if (/\$\{?\w*\}?["']?\+?=(?!=)/.test(text)) return [ANY_NAME]
  if (SETS_WITHIN.test(text)) return text.match(NAMES) ?? []
  return [...text.replace(/["'\\]/g, '').matchAll(/([A-Za-z_]\w*)\+?=/g)].map(([, name = '']) => name)
}

// Without the quotes that the shell takes out; null for a word that it puts something into.
function plainOf (text: string): string | null {
  return /[$`]/.test(text.replace(/'[^']*'|\\./g, '')) ? null : text.replace(/["'\\]/g, '')
}

const DECLARES = /^(?:declare|typeset|local|readonly|export)$/

/** Whether a builtin that gives variables their meaning is started as a program is, by words: `command declare -i n='a[$(x)]'`. What it does to later words is not followed. */
export function declaresByWords (words: ReadonlyArray<{ readonly text: string }>): boolean {
  const from = words.findIndex(({ text }) => !PREFIXES.has(text) && text !== 'exec' && text !== '--')
  const [head, ...rest] = from < 0 ? [] : words.slice(from)
  return head !== undefined && (DECLARES.test(head.text) ? rest.some(({ text }) => /[=[$`]|^[-+]/.test(text)) : /^(?:let|unset)$/.test(head.text) && rest.some(({ text }) => /[[$`]/.test(text)))
}
