import { literal, type Field } from '../shell/facts.ts'
import type { AskedSnippet, TextOf } from './asked-snippets.ts'
import { JAVA } from './jvm.ts'
import { readSnippet } from './snippet-reader.ts'

const FLAG = /^(?:-g|-parameters|-Xlint(?::[\w,-]+)?|-Werror|-nowarn|-proc:none|--enable-preview)$/
const VALUED = /^(?:--release|--source|--target|-source|-target|-encoding)$/
const FOLDER = /^(?:\.|\/tmp\/(?:\w[\w-]*\/)*\w[\w-]*)\/?$/
const SHOWS = /System\.(?:out|err)|assert|IO\.print/

/** What `javac -d FOLDER FILE` makes of a text known in full: the class in it that can be started; null for any other. */
export function compiledClass (args: readonly Field[], textOf: TextOf): AskedSnippet | null {
  const files: string[] = []
  let folder: string | null = null
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at]?.text ?? ''
    if (word === '-d') folder = args[at += 1]?.text ?? ''
    else if (VALUED.test(word)) at += 1
    else if (!word.startsWith('-')) files.push(word)
    else if (!FLAG.test(word)) return null
  }
  const [file, ...more] = files
  if (file === undefined || more.length > 0 || !file.endsWith('.java')) return null
  const text = textOf(literal(file))
  const started = text === null ? undefined : mainOf(text)
  const place = folder ?? (file.includes('/') ? file.replace(/\/[^/]*$/, '') : '.')
  const snippet = text === null || started === undefined || !FOLDER.test(place) || !SHOWS.test(text) ? null : readSnippet(text, JAVA)
  if (text === null || snippet === null || started === undefined) return null
  // Whatever else the text names may stand there as well.
  const named = new Set(text.match(/\b[A-Z]\w*/g) ?? [])
  const reads = snippet.reads.map(({ root }) => literal(root))
  return { runs: [reads.length === 0 ? [literal('true')] : [literal('cat'), literal('--'), ...reads]], code: snippet.loads, makes: literal(`${place}/${started}.class`), beside: [...named].filter((name) => name !== started).map((name) => `${place}/${name}.class`), onlyFresh: true }
}

function mainOf (text: string): string | undefined {
  const at = text.search(/\bstatic\s+void\s+main\s*\(/)
  return at < 0 ? undefined : [...text.slice(0, at).matchAll(/\b(?:class|record|enum|interface)\s+([A-Z]\w*)/g)].findLast(({ index }) => isOutermost(text.slice(0, index)))?.[1]
}

function isOutermost (before: string): boolean {
  return [...before].reduce((depth, unit) => unit === '{' ? depth + 1 : unit === '}' ? depth - 1 : depth, 0) === 0
}

/** The class that `java -cp FOLDER NAME` starts, by its file; null for any other start. */
export function startedClass (name: string, args: readonly Field[]): { readonly file: Field, readonly args: readonly Field[] } | null {
  if (name !== 'java' || !args.every(({ known, glob }) => known && glob === null)) return null
  let at = 0
  let folder = '.'
  for (; at < args.length && args[at]?.text.startsWith('-') === true; at += 1) {
    const word = args[at]?.text ?? ''
    if (/^(?:-cp|-classpath|--class-path)$/.test(word)) folder = args[at += 1]?.text ?? ''
    else if (!/^(?:-ea|-enableassertions|--enable-preview|-Xm[sx]\d{1,4}[mM]|-Xss\d{1,3}[mM]|-Xint)$/.test(word)) return null
  }
  const started = args[at]?.text ?? ''
  return FOLDER.test(folder) && /^[A-Z]\w*$/.test(started) ? { file: literal(`${folder.replace(/\/$/, '')}/${started}.class`), args: args.slice(at + 1) } : null
}
