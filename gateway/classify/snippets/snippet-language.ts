import type { SnippetWords } from './snippet-words.ts'

export { words as names } from '../languages/words.ts'

/** How strings of one kind are written. The longer opening comes first in a list of them. */
export interface StringSyntax {
  readonly open: string
  readonly close: string
  readonly escapes: boolean
  /** What begins an expression inside the string, and what ends that. */
  readonly filled?: readonly [open: string, close: string]
  /** Whether it may hold more than one line. */
  readonly lines?: boolean
}

export interface SnippetSyntax {
  /** All sticky; what none of them matches is not understood. */
  readonly comment: RegExp
  readonly name: RegExp
  readonly mark: RegExp
  readonly strings: readonly StringSyntax[]
  /** Whole literals in which nothing is put: raw strings, characters. */
  readonly raw?: RegExp
  /** Names that may stand right before a quote: `r"\d"`. */
  readonly prefixes?: ReadonlySet<string>
  /** A text with this anywhere is not understood. */
  readonly refused: RegExp
}

/** A list of names, or a rule for them. */
export interface Names { readonly has: (name: string) => boolean }

/**
 * The words of one language, of which nothing but computing, printing and the listed reads can be made. A name is fine when it is the
 * text's own or the language's, and none of those that lead out of the program.
 */
export interface SnippetLanguage {
  readonly syntax: SnippetSyntax
  /** Names that lead out of the program. None of them is fine anywhere, not even for something of the text's own. */
  readonly denied: ReadonlySet<string>
  /** What may be called by its bare name besides the text's own; without it, whatever is not denied. */
  readonly calls?: Names
  /** Capitalised names that are fine besides the text's own; without it, all that are not denied. */
  readonly types?: Names
  /** Names that are only fine with one of these behind them: `System.out`. */
  readonly roots?: ReadonlyMap<string, ReadonlySet<string>>
  readonly keywords: ReadonlySet<string>
  /** Behind these stands the name of something the text makes. */
  readonly declares: ReadonlySet<string>
  /** What joins a name to what it belongs to. */
  readonly joins: ReadonlySet<string>
  /** Calls, by their names with what they belong to, that read the file their first value names. */
  readonly readers?: ReadonlySet<string>
  /** The language's own rules for the word at this place: where to go on, or null when it has none. Throws TooMuch. */
  readonly look?: (words: SnippetWords, at: number) => number | null
  /** Names of functions that only have a body to be known by: `int twice(int x) {`. */
  readonly bodies?: boolean
}
