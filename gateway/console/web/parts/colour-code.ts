import './prism-manual.ts'
import prism from './prism-global.ts'
import 'prismjs/components/prism-clike.js'
import 'prismjs/components/prism-markup.js'
import 'prismjs/components/prism-javascript.js'
import 'prismjs/components/prism-typescript.js'
import 'prismjs/components/prism-jsx.js'
import 'prismjs/components/prism-tsx.js'
import 'prismjs/components/prism-json.js'
import 'prismjs/components/prism-yaml.js'
import 'prismjs/components/prism-toml.js'
import 'prismjs/components/prism-bash.js'
import 'prismjs/components/prism-python.js'
import 'prismjs/components/prism-go.js'
import 'prismjs/components/prism-rust.js'
import 'prismjs/components/prism-java.js'
import 'prismjs/components/prism-ruby.js'
import 'prismjs/components/prism-c.js'
import 'prismjs/components/prism-sql.js'
import 'prismjs/components/prism-css.js'
import 'prismjs/components/prism-markdown.js'
import 'prismjs/components/prism-docker.js'
import 'prismjs/components/prism-rego.js'
import type { Piece } from 'prismjs/components/prism-core.js'

/** A piece of a line and what it is to the language: `keyword`, `string`, `comment`, …; null for plain text. */
export interface ColouredPiece { readonly kind: string | null, readonly text: string }
export type ColouredLine = readonly ColouredPiece[]

// Its expressions can take long over what was written to make them: what is longer stays plain.
const MAX_CHARS = 100_000
const MAX_LINE_CHARS = 1_000
const ENDINGS: ReadonlyArray<readonly [language: string, endings: readonly string[]]> = [
  ['javascript', ['js', 'mjs', 'cjs']], ['jsx', ['jsx']], ['typescript', ['ts', 'mts', 'cts']], ['tsx', ['tsx']], ['json', ['json']], ['yaml', ['yaml', 'yml']], ['toml', ['toml']],
  ['bash', ['sh', 'bash']], ['python', ['py']], ['go', ['go']], ['rust', ['rs']], ['java', ['java']], ['ruby', ['rb']], ['c', ['c', 'h']], ['sql', ['sql']], ['css', ['css']],
  ['markup', ['html', 'xml', 'svg']], ['markdown', ['md']], ['rego', ['rego']],
]
const BY_ENDING: ReadonlyMap<string, string> = new Map(ENDINGS.flatMap(([language, endings]) => endings.map((ending) => [ending, language])))

/** The pieces of each line of a text, by the language that the file's name tells; null when it tells none, or the text is too long. */
export function colourCode (file: string, text: string): readonly ColouredLine[] | null {
  const name = file.slice(file.lastIndexOf('/') + 1).toLowerCase()
  const ending = name.slice(name.lastIndexOf('.') + 1)
  const language = name === 'dockerfile' ? 'docker' : BY_ENDING.get(ending)
  const grammar = language === undefined ? undefined : prism.languages[language]
  if (grammar === undefined || text.length > MAX_CHARS || text.split('\n').some(({ length }) => length > MAX_LINE_CHARS)) return null
  const lines: ColouredPiece[][] = [[]]
  const put = (piece: Piece, kind: string | null): void => {
    if (typeof piece !== 'string') return [piece.content].flat().forEach((inner) => { put(inner as Piece, piece.type) })
    for (const [place, part] of piece.split('\n').entries()) {
      if (place > 0) lines.push([])
      if (part !== '') lines.at(-1)?.push({ kind, text: part })
    }
  }
  for (const piece of prism.tokenize(text, grammar)) put(piece, null)
  return lines
}
