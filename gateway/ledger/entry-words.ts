import type { LedgerEntry } from '../core/ledger-entry.ts'

/** What a search by words looks at: so much of an entry's text, so much of a word, and so many words of at most so much text. Lengths in characters (code points). */
export const WORD_LIMITS = { entry: 32_768, word: 64, words: 16, search: 256 } as const

/** What is said of a search without words, or with more than it may have. */
export const NO_WORDS = `Give 1 to ${WORD_LIMITS.words} words of letters and digits, ${WORD_LIMITS.search} characters at most.`

// ASCII letters, digits, and whatever is not ASCII. Databases differ in what else they take for a letter, and in which has which capital.
const SEPARATORS = /[^a-z0-9\u0080-\uffff]+/

/** The words that an entry is found by: those of a decision's reason and of the paths that it is about. The store's `weir_terms` makes the same. */
export function wordsOfEntry (entry: LedgerEntry): ReadonlySet<string> {
  return new Set(entry.kind === 'decision' ? words([entry.decision.reason, ...entry.input.targets.map(({ path }) => path)].join(' ')) : [])
}

/** The words of a search, each of which an entry must have; null when there are none, or more or longer ones than `WORD_LIMITS` says. */
export function wordsOfSearch (text: string): readonly string[] | null {
  const found = text.length > WORD_LIMITS.search ? [] : words(text)
  return found.length === 0 || found.length > WORD_LIMITS.words ? null : found
}

function words (text: string): readonly string[] {
  return cut(text, WORD_LIMITS.entry).replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()).split(SEPARATORS).filter((word) => word !== '').map((word) => cut(word, WORD_LIMITS.word))
}

function cut (text: string, characters: number): string {
  return text.length <= characters ? text : [...text].slice(0, characters).join('')
}
