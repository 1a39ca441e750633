import { begins } from './imports.ts'
import { closingAt, endOfGlob, isPlain, markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import type { ScriptValues } from './values.ts'
import { refuse, TooMuch } from '../too-much.ts'
import { hiddenOf, type ScriptPlace } from '../reached.ts'
import { deepening } from '../brackets.ts'

const READ = /^[rbt]+$/
const WRITE = /^[rwaxbt+]+$/

/** Methods of a path that open it, or list what is below it. */
export const PATH_METHODS = /^(?:(?:read|write)_(?:text|bytes)|open|r?glob|iterdir|unlink)$/

/** Finds the files that a program opens, each of which has to be written out. Throws TooMuch for any other. */
export class ScriptOpenings {
  readonly reads: ScriptPlace[] = []
  readonly writes: ScriptPlace[] = []
  readonly removes: ScriptPlace[] = []
  readonly #values: ScriptValues

  constructor (values: ScriptValues) { this.#values = values }

  /** A listed function whose first value is a place, from behind its bracket. */
  called (name: string, tokens: readonly ScriptToken[], at: number): void {
    if (markAt(tokens, at, ')') && /^os\.listdir$|^os\.scandir$|^os\.walk$|^pathlib\.Path$/.test(name)) {
      this.reads.push({ root: '.', below: null })
      return
    }
    // Several parts of a path, or a path of a path, are looked at where it is opened.
    if (name === 'pathlib.Path') return this.#path(tokens, at)
    const read = this.#values.placesAt(tokens, at)
    if (read === null || !(markAt(tokens, read.next, ')') || markAt(tokens, read.next, ','))) throw new TooMuch()
    if (read.places.some(({ root }) => root.includes('://'))) throw new TooMuch()
    if (name === 'open' || name === 'gzip.open') return this.#opened(read.places, tokens, read.next)
    if (/^os\.(?:remove|unlink)$/.test(name)) return markAt(tokens, read.next, ')') ? this.#removed(read.places) : refuse()
    if (/^glob\./.test(name)) return this.#globbed(read.places, tokens, read.next)
    // What else it takes would be more of the path, or a way to write.
    if (name === 'zipfile.ZipFile' && !markAt(tokens, read.next, ')')) throw new TooMuch()
    this.reads.push(...read.places)
  }

  #path (tokens: readonly ScriptToken[], at: number): void {
    const places = this.#values.placesAt(tokens, at)
    // One that nothing is known of may be asked about, and cannot be opened.
    if (places !== null && markAt(tokens, places.next, ')')) this.reads.push(...places.places.filter(({ root }) => !root.includes('://')))
  }

  #opened (places: readonly ScriptPlace[], tokens: readonly ScriptToken[], next: number): void {
    const opened = modeAt(tokens, next) ? this.writes : this.reads
    opened.push(...places, ...places.flatMap(hiddenOf))
  }

  #removed (places: readonly ScriptPlace[]): void {
    this.removes.push(...places, ...places.flatMap(hiddenOf))
  }

  #globbed (places: readonly ScriptPlace[], tokens: readonly ScriptToken[], next: number): void {
    if (endOfGlob(tokens, next) === null) throw new TooMuch()
    this.reads.push(...places.map(({ root, below }) => ({ root: '.', below: below === null ? root : `${root === '.' ? '' : `${root}/`}${below}` })))
  }

  /** A value that names the file that something reads or fills. */
  named (tokens: readonly ScriptToken[], at: number, writes: boolean): void {
    const read = this.#values.placesAt(tokens, at)
    if (read === null || !/^[,)]$/.test(tokens[read.next]?.text ?? '') || read.places.some(({ root }) => root.includes(':'))) throw new TooMuch()
    const opened = writes ? this.writes : this.reads
    opened.push(...read.places, ...writes ? [] : read.places.flatMap(hiddenOf))
  }

  /** Several files that something reads, by their names. */
  listed (tokens: readonly ScriptToken[], at: number): void {
    const places = this.#values.placesOfList(tokens, at)
    if (places === null) return this.named(tokens, at, false)
    this.reads.push(...places, ...places.flatMap(hiddenOf))
  }

  /** A method that opens the path before it. */
  method (tokens: readonly ScriptToken[], at: number): void {
    const name = tokens[at]?.text ?? ''
    const places = this.#before(tokens, at - 1)
    if (places === null) throw new TooMuch()
    if (/^r?glob$/.test(name)) return this.#listed(places, name, tokens, at)
    if (name === 'unlink') this.#removed(places)
    else if (name === 'iterdir') this.reads.push(...places)
    else if (name.startsWith('read_')) this.reads.push(...places, ...places.flatMap(hiddenOf))
    else if (name === 'open') {
      const mode = tokens[at + 2]
      const bare = markAt(tokens, at + 2, ')') || (mode?.kind === 'name' && markAt(tokens, at + 3, '=') && mode.text !== 'mode')
      if (!bare && !(isPlain(mode) && READ.test(mode.text) && /^[,)]$/.test(tokens[at + 3]?.text ?? ''))) throw new TooMuch()
      if (tokens.slice(at + 2, closingAt(tokens, at + 1)).some(({ text }) => /^(?:mode|opener|\*\*?)$/.test(text))) throw new TooMuch()
      this.reads.push(...places, ...places.flatMap(hiddenOf))
    } else {
      // One text for all of them is no edit.
      if (places.some(({ below }) => below !== null) && tokens[at + 2]?.kind === 'string' && markAt(tokens, at + 3, ')')) throw new TooMuch()
      this.writes.push(...places)
    }
  }

  #listed (places: readonly ScriptPlace[], name: string, tokens: readonly ScriptToken[], at: number): void {
    const pattern = tokens[at + 2]
    if (places.some(({ below }) => below !== null) || !isPlain(pattern) || !markAt(tokens, at + 3, ')')) throw new TooMuch()
    this.reads.push(...places.map(({ root }) => ({ root, below: name === 'rglob' ? `**/${pattern.text}` : pattern.text })))
  }

  /** What the expression may name whose method's dot this is. */
  #before (tokens: readonly ScriptToken[], dot: number): readonly ScriptPlace[] | null {
    const from = startOf(tokens, dot - 1)
    const before = tokens[from - 1]
    const alone = before === undefined || before.kind === 'line' || (before.kind === 'mark' ? /^[([{,=:]$/.test(before.text) || /^(?:[-+*/%<>=!]=|:=|\+|[<>])$/.test(before.text) || (before.text === '*' && /^[[(,]$/.test(tokens[from - 2]?.text ?? '')) : before.kind === 'name' && !begins(tokens, from))
    return alone && (tokens[from]?.kind === 'name' || markAt(tokens, from, '(')) ? this.#values.placesBefore(tokens, from, dot) : null
  }
}

/** Where the value begins that ends with this word: `Path('a')`, `(base / 'x')`, `p`. */
function startOf (tokens: readonly ScriptToken[], end: number): number {
  let at = end
  for (;;) {
    if (markAt(tokens, at, ')') || markAt(tokens, at, ']')) {
      at = openingOf(tokens, at)
      if (tokens[at - 1]?.kind === 'name' && !/^(?:in|return|and|or|not|if|else|yield|await|assert|is|lambda)$/.test(tokens[at - 1]?.text ?? '')) at -= 1
      else return at
    }
    if (!markAt(tokens, at - 1, '.')) return at
    at -= 2
  }
}

function openingOf (tokens: readonly ScriptToken[], close: number): number {
  for (let at = close, depth = 0; at >= 0; at -= 1) {
    const { kind, text = '' } = tokens[at] ?? {}
    if (kind === 'mark') depth -= deepening(text)
    if (depth === 0) return at
  }
  return 0
}

/** Whether a file is opened for writing, by its second value or the one called `mode`. */
function modeAt (tokens: readonly ScriptToken[], after: number): boolean {
  let writes = false
  for (let at = after, depth = 1, count = 0; depth > 0; at += 1) {
    const token = tokens[at]
    if (token === undefined) throw new TooMuch()
    if (token.kind !== 'mark') continue
    depth += deepening(token.text)
    if (token.text !== ',' || depth !== 1) continue
    count += 1
    const named = tokens[at + 1]?.kind === 'name' && markAt(tokens, at + 2, '=')
    if (named && tokens[at + 1]?.text !== 'mode') continue
    if (!named && count > 1) throw new TooMuch()
    const mode = tokens[named ? at + 3 : at + 1]
    const end = tokens[named ? at + 4 : at + 2]
    if (!isPlain(mode) || !/^[,)]$/.test(end?.text ?? '') || !WRITE.test(mode.text)) throw new TooMuch()
    writes ||= !READ.test(mode.text)
  }
  return writes
}
