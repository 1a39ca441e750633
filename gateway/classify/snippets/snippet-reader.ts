import { makesHugeValue } from '../languages/huge-values.ts'
import { TooMuch } from '../languages/too-much.ts'
import type { SnippetLanguage } from './snippet-language.ts'
import { readSnippetTokens, type SnippetToken } from './snippet-tokens.ts'
import { SnippetWords } from './snippet-words.ts'
import { hiddenOf, type ScriptPlace } from '../languages/reached.ts'

/** All that a snippet reaches: the files it reads, and those of the project that it runs. */
export interface Snippet {
  readonly reads: readonly ScriptPlace[]
  readonly loads: readonly string[]
}

const LOOPS = /\bwhile\s*\(?\s*(?:true|1|TRUE)\b|\bfor\s*\(\s*;\s*;|\bfor\s*\{|\bloop\s*\{|\brepeat\s*\{|\brepeat\s*$|\bStream\.(?:cycle|repeatedly|iterate)\b/gm
const MAX_LOOPS = 16
const ENDS = /\bbreak\b|\breturn\b|\bEnum\.take\b/

/**
 * Reads a snippet in a world that is closed. What it may load is listed and only computes; so a name in it is the text's own, one of the
 * language's, or one of what it loads. Those of the language that start, open, send or evaluate anything are known by name and stand nowhere
 * in it, as a call, as a value or as a name of its own; where a language has too many, only those that compute are called. No name is made
 * from text, since what could do that is among them, and what was computed is not called. Files are read by written-out paths, which are
 * judged like those of `cat`. @returns null for any other text
 */
export function readSnippet (text: string, language: SnippetLanguage): Snippet | null {
  if (isEndless(text)) return null
  try {
    const sequences = readSnippetTokens(text, language.syntax)
    if (makesHugeValue(text)) return null
    const words = new SnippetWords(language)
    words.sequences = sequences
    for (const tokens of sequences) define(tokens, words)
    for (const tokens of sequences) check(tokens, words)
    for (const tokens of sequences) strings(tokens, words)
    return { reads: words.reads.flatMap((place) => [place, ...hiddenOf(place)]), loads: words.loads }
  } catch (error) {
    if (error instanceof TooMuch) return null
    throw error
  }
}

// A loop without a condition has to say in its body how it ends.
function isEndless (text: string): boolean {
  return [...text.matchAll(LOOPS)].slice(0, MAX_LOOPS).some(({ index }) => !ENDS.test(bodyAt(text, index)))
}

function bodyAt (text: string, from: number): string {
  const open = text.indexOf('{', from)
  if (open < 0) return text.slice(from)
  for (let at = open, depth = 0; at < text.length; at += 1) {
    if (text.charAt(at) === '{') depth += 1
    else if (text.charAt(at) === '}' && (depth -= 1) === 0) return text.slice(from, at)
  }
  return text.slice(from)
}

// What the text makes itself: behind a word that says so, or by its body.
function define (tokens: readonly SnippetToken[], words: SnippetWords): void {
  const { language } = words
  words.tokens = tokens
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind !== 'name') continue
    if (language.declares.has(text) && words.name(at + 1) !== '' && !words.joined(at)) words.defined.add(words.name(at + 1))
    if (language.bodies === true && words.mark(at + 1, '(') && !language.keywords.has(text) && hasBody(words, at + 1)) words.defined.add(text)
  }
}

function hasBody (words: SnippetWords, open: number): boolean {
  const before = words.tokens[open - 2]
  // The words of a call stand behind a mark, those of a definition behind its type.
  if (before === undefined || !(before.kind === 'name' || /^[*&>\]?]$/.test(before.text)) || /^(?:return|else|new|throw|case|await|yield|in|co_return)$/.test(before.text)) return false
  let at = words.behind(open)
  while (/^(?:const|noexcept|override|async|final)$/.test(words.text(at))) at += 1
  return words.mark(at, '{') || words.mark(at, '=>') || words.name(at) === 'throws' || words.mark(at, '->')
}

function check (tokens: readonly SnippetToken[], words: SnippetWords): void {
  words.tokens = tokens
  for (let at = 0; at < tokens.length; at += 1) {
    const gone = words.language.look?.(words, at) ?? null
    if (gone !== null) at = gone - 1
    else if (tokens[at]?.kind === 'name') name(words, at)
    else if (tokens[at]?.kind === 'string' && words.mark(at + 1, '(')) throw new TooMuch()
  }
}

function name (words: SnippetWords, at: number): void {
  const { language } = words
  const said = words.name(at)
  const called = words.mark(at + 1, '(')
  if (called && language.readers?.has(words.whole(at)) === true) return readsFile(words, at)
  if (language.denied.has(said)) throw new TooMuch()
  if (language.keywords.has(said)) return
  const joined = words.joined(at)
  const members = joined ? undefined : language.roots?.get(said)
  if (members !== undefined) {
    if (!language.joins.has(words.text(at + 1)) || !members.has(words.name(at + 2))) throw new TooMuch()
    return
  }
  if (words.defined.has(said)) return
  if (words.ownsCode && !language.calls?.has(said) && !words.whole(at).startsWith('std::')) words.own(said, called)
  // One letter is a type that stands for others.
  if (/^[A-Z]./.test(said) && language.types !== undefined) {
    if (!language.types.has(said) && !(joined && /^[A-Z][A-Z\d_]*$/.test(said))) throw new TooMuch()
  } else if (called && !joined && language.calls?.has(said) === false) throw new TooMuch()
}

function readsFile (words: SnippetWords, at: number): void {
  words.reading(at + 2)
  if (!words.mark(at + 3, ')') && !words.mark(at + 3, ',')) throw new TooMuch()
}

// Last, when it is known whether code of the project runs.
function strings (tokens: readonly SnippetToken[], words: SnippetWords): void {
  for (const { kind, text } of tokens) if (kind === 'string') words.string(text)
}
