import { endOfGlob, isPlain, markAt, namedPlaces, pathAt, type ScriptPlace } from './script-places.ts'
import { readScriptTokens, type ScriptToken } from './script-tokens.ts'
import { DOING, POWERFUL_ATTRIBUTE, SCRIPT_FUNCTIONS, SCRIPT_KEYWORDS, SCRIPT_METHODS, SCRIPT_MODULES, SCRIPT_PLACES, SCRIPT_POWERS } from './script-vocabulary.ts'
import { TooMuch } from './small-tokens.ts'

/** All that a plain script reaches: files it reads and writes, and modules of the project it runs. */
export interface PlainScript {
  readonly reads: readonly ScriptPlace[]
  readonly writes: readonly ScriptPlace[]
  readonly loads: readonly string[]
  readonly listed: readonly string[]
}

// Packages whose names say that they are the project's.
const OWN = /^(?:app|main|src|server|backend|api|cli)(?:\.[a-z]\w*)*$/
// Where the project's modules may be looked for besides.
const OWN_FOLDER = /^(?:\.|(?:\.\/|\/workspace\/)?[A-Za-z][\w-]*(?:\/[A-Za-z][\w-]*)*\/?|\/workspace\/?)$/
const READ = /^[rbt]+$/
const WRITE = /^[rwaxbt+]+$/
const PATH_METHODS = /^(?:(read|write)_(?:text|bytes)|open|r?glob|iterdir)$/

/**
 * Reads a Python program by its words: every name that is called is known for computing only, none of power is handed on,
 * and each place it opens is written out. What then is left to judge are those places. @returns null for any other text
 */
export function readPlainScript (text: string): PlainScript | null {
  const sequences = readScriptTokens(text)
  if (sequences === null) return null
  const [first = []] = sequences
  try {
    const script = new Script(first)
    const places = namedPlaces(sequences, (name) => script.meaning(name) === 'pathlib.Path')
    for (const tokens of sequences) script.check(tokens, places)
    const { reads, writes, loads, listed } = script
    // What looks at nothing is no question, whatever else it is.
    if (reads.length + writes.length + loads.length === 0 && !first.some(({ kind, text: word }) => kind === 'name' && /^p?print$/.test(word))) return null
    return { reads, writes, loads, listed }
  } catch (error) {
    if (error instanceof TooMuch) return null
    throw error
  }
}

class Script implements PlainScript {
  readonly reads: ScriptPlace[] = []
  readonly writes: ScriptPlace[] = []
  readonly loads: string[] = []
  readonly listed: string[] = []
  /** Imported names, with what they stand for; an empty text is a function of the project. */
  readonly #imported = new Map<string, string>()
  readonly #defined = new Set<string>()
  #tokens: readonly ScriptToken[] = []
  #places: ReadonlyMap<string, ScriptPlace> = new Map()

  constructor (tokens: readonly ScriptToken[]) {
    this.#tokens = tokens
    for (const [at, token] of tokens.entries()) {
      if (token.kind !== 'name') continue
      if (token.text === 'def') this.#defined.add(fresh(tokens[at + 1]))
      if (token.text === 'import' && this.#begins(at)) this.#imports(at + 1)
      else if (token.text === 'from' && this.#begins(at)) this.#importsFrom(at + 1)
    }
  }

  /** What a dotted name stands for, by the imports. */
  meaning (name: string): string {
    const [head = '', ...rest] = name.split('.')
    return [this.#imported.get(head) ?? '?', ...rest].join('.')
  }

  check (tokens: readonly ScriptToken[], places: ReadonlyMap<string, ScriptPlace>): void {
    this.#tokens = tokens
    this.#places = places
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at]
      if (token === undefined) continue
      if (token.kind === 'mark' && token.text === '(') this.#notCalled(tokens[at - 1])
      if (token.kind === 'string' && markAt(tokens, at + 1, '(')) throw new TooMuch()
      if (token.kind !== 'name') continue
      if ((token.text === 'import' || token.text === 'from') && this.#begins(at)) at = this.#endOfStatement(at)
      else if (markAt(tokens, at - 1, '.')) this.#attribute(at)
      else at = this.#name(at)
    }
  }

  // What stands in brackets, or was computed, is never called.
  #notCalled (before: ScriptToken | undefined): void {
    if (before?.kind === 'mark' && /^[)\]}]$/.test(before.text)) throw new TooMuch()
    if (before?.kind === 'string' || before?.kind === 'number') throw new TooMuch()
  }

  #begins (at: number): boolean {
    const before = this.#tokens[at - 1]
    return before === undefined || before.kind === 'line' || (before.kind === 'mark' && before.text === ':')
  }

  #endOfStatement (from: number): number {
    const at = this.#tokens.findIndex(({ kind }, index) => index > from && kind === 'line')
    return at < 0 ? this.#tokens.length : at
  }

  /** A name that is no attribute. @returns where its dotted name ends */
  #name (at: number): number {
    const name = this.#tokens[at]?.text ?? ''
    if (name.includes('__')) {
      if (name !== '__name__') throw new TooMuch()
      return at
    }
    if (SCRIPT_KEYWORDS.has(name)) {
      if (name === 'while' && /^(?:True|\d+)$/.test(this.#tokens[at + 1]?.text ?? '')) throw new TooMuch()
      return at
    }
    const meaning = this.#imported.get(name)
    if (meaning !== undefined) return this.#ofModule(meaning, at)
    const called = markAt(this.#tokens, at + 1, '(')
    // A keyword of a call is only its name.
    if (!called && markAt(this.#tokens, at + 1, '=') && /^[(,]$/.test(this.#tokens[at - 1]?.text ?? '') && name !== 'opener') return at
    if (name === 'open' && called) this.#opens('open', at + 2)
    else if (SCRIPT_POWERS.has(name) || name === 'open' || name === 'opener') throw new TooMuch()
    else if (called && !SCRIPT_FUNCTIONS.has(name) && !this.#defined.has(name)) throw new TooMuch()
    return at
  }

  #ofModule (start: string, from: number): number {
    let at = from
    let name = start
    if (name === '') return this.#ofProject(at)
    while (markAt(this.#tokens, at + 1, '.') && this.#tokens[at + 2]?.kind === 'name') {
      const next = this.#tokens[at + 2]?.text ?? ''
      if (name === 'sys' && next === 'path') return this.#searches(at + 2)
      const module = SCRIPT_MODULES.get(name)
      const values = module?.values.has(next) === true
      const called = markAt(this.#tokens, at + 3, '(')
      at += 2
      if (called && module?.calls.has(next) === true) {
        if (SCRIPT_PLACES.has(`${name}.${next}`)) this.#opens(`${name}.${next}`, at + 2)
        return at
      }
      if (SCRIPT_MODULES.has(`${name}.${next}`)) name = `${name}.${next}`
      else if (!called && values && !markAt(this.#tokens, at + 1, '=')) return at
      else throw new TooMuch()
    }
    if (markAt(this.#tokens, at + 1, '(') && isCall(name)) {
      if (SCRIPT_PLACES.has(name)) this.#opens(name, at + 2)
      return at
    }
    // A class may be named as such, a module or a function may not.
    if (/^datetime\.(?:date|datetime|timedelta|timezone)$|^collections\.(?:Counter|defaultdict|OrderedDict|deque)$/.test(name) || isValue(name)) return at
    throw new TooMuch()
  }

  // A function of the project gets what a script of it would get as arguments.
  #ofProject (at: number): number {
    const name = this.#tokens[at]?.text ?? ''
    if (!markAt(this.#tokens, at + 1, '(') || DOING.test(name)) throw new TooMuch()
    for (let inner = at + 2, depth = 1; depth > 0; inner += 1) {
      const token = this.#tokens[inner]
      if (token === undefined) throw new TooMuch()
      if (token.kind === 'mark') depth += /^[([{]$/.test(token.text) ? 1 : /^[)\]}]$/.test(token.text) ? -1 : 0
      if (token.kind === 'string' && (!token.plain || /^[.~/-]|\/|^\w+:/.test(token.text))) throw new TooMuch()
    }
    return at
  }

  // `sys.path.insert(0, 'src')`
  #searches (at: number): number {
    const verb = this.#tokens[at + 2]?.text
    const value = at + (verb === 'insert' ? 6 : 4)
    const folder = this.#tokens[value]
    if (!markAt(this.#tokens, at + 1, '.') || !/^(?:insert|append)$/.test(verb ?? '') || !isPlain(folder) || !OWN_FOLDER.test(folder.text) || !markAt(this.#tokens, value + 1, ')')) throw new TooMuch()
    if (verb === 'insert' && (this.#tokens[at + 4]?.kind !== 'number' || !markAt(this.#tokens, at + 5, ','))) throw new TooMuch()
    this.loads.push(...this.loads.map((module) => `${folder.text.replace(/\/$/, '')}.${module}`))
    return value
  }

  #attribute (at: number): void {
    const name = this.#tokens[at]?.text ?? ''
    if (name.includes('__')) throw new TooMuch()
    const called = markAt(this.#tokens, at + 1, '(')
    const [, kind] = PATH_METHODS.exec(name) ?? []
    if (called && PATH_METHODS.test(name)) return this.#pathMethod(at, kind === 'write')
    if (!called && POWERFUL_ATTRIBUTE.test(name)) throw new TooMuch()
    if (called && name === 'replace') return this.#twoTexts(at + 2)
    if (called && !SCRIPT_METHODS.has(name)) throw new TooMuch()
  }

  // `replace` of a path moves the file; it takes one value, that of a text takes two.
  #twoTexts (from: number): void {
    let depth = 1
    let commas = 0
    for (let at = from; depth > 0; at += 1) {
      const token = this.#tokens[at]
      if (token === undefined) throw new TooMuch()
      if (token.kind !== 'mark') continue
      if (/^\*+$/.test(token.text) && /^[(,]$/.test(this.#tokens[at - 1]?.text ?? '')) throw new TooMuch()
      depth += /^[([{]$/.test(token.text) ? 1 : /^[)\]}]$/.test(token.text) ? -1 : 0
      if (depth === 1 && token.text === ',' && !markAt(this.#tokens, at + 1, ')')) commas += 1
    }
    if (commas === 0) throw new TooMuch()
  }

  /** A method that opens the path before it, which has to be written out right there, or be a name for one. */
  #pathMethod (at: number, writes: boolean): void {
    const name = this.#tokens[at]?.text
    const place = this.#pathBefore(at - 1)
    if (place === null || name === 'open') throw new TooMuch()
    if (name === 'read_text' || name === 'read_bytes') this.reads.push(place)
    else if (writes) this.writes.push(place)
    else if (name === 'iterdir') this.reads.push(place)
    else {
      const pattern = this.#tokens[at + 2]
      if (place.below !== null || !isPlain(pattern) || !markAt(this.#tokens, at + 3, ')')) throw new TooMuch()
      this.reads.push({ root: place.root, below: name === 'rglob' ? `**/${pattern.text}` : pattern.text })
    }
  }

  #pathBefore (dot: number): ScriptPlace | null {
    for (const length of [1, 4, 6]) {
      const read = pathAt(this.#tokens, dot - length, (name) => this.meaning(name) === 'pathlib.Path', this.#places)
      const before = this.#tokens[dot - length - 1]
      if (read?.next === dot && this.#tokens[dot - length]?.kind === 'name' && !(before?.kind === 'mark' && /^[./]$/.test(before.text))) return read.place
    }
    return null
  }

  #opens (name: string, at: number): void {
    const bare = markAt(this.#tokens, at, ')')
    if (bare && /^os\.listdir$|^pathlib\.Path$/.test(name)) {
      this.reads.push({ root: '.', below: null })
      return
    }
    const read = pathAt(this.#tokens, at, (path) => this.meaning(path) === 'pathlib.Path', this.#places)
    if (read === null || !(markAt(this.#tokens, read.next, ')') || markAt(this.#tokens, read.next, ','))) throw new TooMuch()
    if (name === 'open') return this.#mode(read.next) ? pushed(this.writes, read.place) : pushed(this.reads, read.place)
    const { root, below } = read.place
    if (/^glob\./.test(name)) {
      if (endOfGlob(this.#tokens, read.next) === null) throw new TooMuch()
      this.reads.push({ root: '.', below: root })
    } else {
      if (name === 'pathlib.Path' && !markAt(this.#tokens, read.next, ')')) throw new TooMuch()
      this.reads.push({ root, below })
    }
  }

  /** Whether a file is opened for writing, by its second value or the one called `mode`. */
  #mode (after: number): boolean {
    let writes = false
    for (let at = after, depth = 1, count = 0; depth > 0; at += 1) {
      const token = this.#tokens[at]
      if (token === undefined) throw new TooMuch()
      if (token.kind !== 'mark') continue
      depth += /^[([{]$/.test(token.text) ? 1 : /^[)\]}]$/.test(token.text) ? -1 : 0
      if (token.text !== ',' || depth !== 1) continue
      count += 1
      const named = this.#tokens[at + 1]?.kind === 'name' && markAt(this.#tokens, at + 2, '=')
      if (named && this.#tokens[at + 1]?.text !== 'mode') continue
      if (!named && count > 1) throw new TooMuch()
      const mode = this.#tokens[named ? at + 3 : at + 1]
      const end = this.#tokens[named ? at + 4 : at + 2]
      if (!isPlain(mode) || !/^[,)]$/.test(end?.text ?? '') || !WRITE.test(mode.text)) throw new TooMuch()
      writes ||= !READ.test(mode.text)
    }
    return writes
  }

  #imports (from: number): void {
    let at = from
    for (;;) {
      const [name, next] = this.#dotted(at)
      const alias = this.#tokens[next]?.text === 'as' ? this.#tokens[next + 1] : undefined
      if (!SCRIPT_MODULES.has(name)) throw new TooMuch()
      this.listed.push(name)
      this.#bind(alias ?? this.#tokens[at], alias === undefined ? name.split('.')[0] ?? name : name)
      at = alias === undefined ? next : next + 2
      if (!markAt(this.#tokens, at, ',')) break
      at += 1
    }
    this.#ends(at)
  }

  #importsFrom (from: number): void {
    const [module, next] = this.#dotted(from)
    if (this.#tokens[next]?.text !== 'import') throw new TooMuch()
    const own = !SCRIPT_MODULES.has(module)
    if (own && !OWN.test(module)) throw new TooMuch()
    if (own) this.loads.push(module)
    else this.listed.push(module)
    const bracket = markAt(this.#tokens, next + 1, '(')
    let at = next + (bracket ? 2 : 1)
    for (;;) {
      const word = this.#tokens[at]
      const alias = this.#tokens[at + 1]?.text === 'as' ? this.#tokens[at + 2] : undefined
      const meaning = own ? '' : `${module}.${word?.text ?? ''}`
      if (!own && !isCall(meaning) && !isValue(meaning) && !SCRIPT_MODULES.has(meaning)) throw new TooMuch()
      if (own && DOING.test(word?.text ?? '')) throw new TooMuch()
      this.#bind(alias ?? word, meaning)
      at += alias === undefined ? 1 : 3
      if (!markAt(this.#tokens, at, ',')) break
      at += 1
      if (bracket && markAt(this.#tokens, at, ')')) break
    }
    this.#ends(bracket ? at + 1 : at)
  }

  #dotted (from: number): readonly [string, number] {
    let name = this.#tokens[from]?.text ?? ''
    let at = from + 1
    while (markAt(this.#tokens, at, '.')) {
      name += `.${this.#tokens[at + 1]?.text ?? ''}`
      at += 2
    }
    return [name, at]
  }

  #ends (at: number): void {
    if (this.#tokens[at] !== undefined && this.#tokens[at]?.kind !== 'line') throw new TooMuch()
  }

  #bind (token: ScriptToken | undefined, meaning: string): void {
    const name = fresh(token)
    if ((this.#imported.get(name) ?? meaning) !== meaning) throw new TooMuch()
    this.#imported.set(name, meaning)
  }
}

function pushed (places: ScriptPlace[], place: ScriptPlace): void { places.push(place) }

// A name that means something already keeps its meaning.
function fresh (token: ScriptToken | undefined): string {
  if (token?.kind !== 'name' || token.text === 'open' || token.text.includes('__') || SCRIPT_FUNCTIONS.has(token.text) || SCRIPT_POWERS.has(token.text) || SCRIPT_KEYWORDS.has(token.text)) throw new TooMuch()
  return token.text
}

function isCall (name: string): boolean {
  const at = name.lastIndexOf('.')
  return at > 0 && SCRIPT_MODULES.get(name.slice(0, at))?.calls.has(name.slice(at + 1)) === true
}

function isValue (name: string): boolean {
  const at = name.lastIndexOf('.')
  return at > 0 && SCRIPT_MODULES.get(name.slice(0, at))?.values.has(name.slice(at + 1)) === true
}
