import type { Field } from './facts.ts'
import type { Syntax } from './syntax.ts'

/**
 * The `read` of `while read -r NAME`, which takes one line of its input after the other. With options
 * that change what a line is, null.
 */
export function readerOf (loop: Syntax): Syntax | null {
  const condition = loop.children.find(({ named }) => named)
  if (loop.children[0]?.type !== 'while' || condition?.type !== 'command') return null
  const words = condition.children.filter(({ type }) => type !== 'variable_assignment').map(({ text }) => text)
  const [head, ...rest] = words
  const names = rest.filter((text) => !/^-r$|^-d$|^(?:''|\$'\\0')$/.test(text))
  if (head === 'read' && firstReadBy(condition) !== null) return condition
  return head === 'read' && names.length === 1 && /^[A-Za-z_]\w*$/.test(names[0] ?? '') ? condition : null
}

/** The name that `while read -r NAME REST` gives the first word of each line; null for any other loop. */
export function firstReadBy (reader: Syntax): string | null {
  const words = reader.children.map(({ text }) => text)
  const [name, ...more] = words.slice(words[1] === '-r' ? 2 : 1)
  return words[0] === 'read' && more.length > 0 && [name, ...more].every((word) => /^[A-Za-z_]\w*$/.test(word ?? '')) ? name ?? null : null
}

/** The first words of the lines that a program prints; null when they are not known. */
export function firstWordsOf (names: readonly Field[] | null): readonly Field[] | null {
  return names !== null && names.length > 0 && names.every(({ first }) => first !== undefined) ? names.map(({ first = '' }) => ({ text: first, known: true, glob: null })) : null
}

/**
 * The lines among the words that a program prints; null when they may be more than one word each, as those of `echo`:
 * a listing prints paths, and none of them is an option or a plain word.
 */
export function linesOf (names: readonly Field[] | null): readonly Field[] | null {
  return names?.every(({ text, known, glob, piece }) => known && piece !== true && (glob !== null || /^(?!-).*[./]|^[\w-]+$/.test(text))) === true && names.length > 0 && !isSentence(names) ? names : null
}

function isSentence (names: readonly Field[]): boolean {
  return names.length > 1 && names.some(({ text }) => !/[./*]/.test(text))
}
