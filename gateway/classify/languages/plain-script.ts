import { begins, isCall, isValue, ScriptImports } from './script-imports.ts'
import { isPlainSpecial, readClass, readDecorator, readSuper } from './script-classes.ts'
import { composesText } from './script-packages.ts'
import { isSecretName } from '../shell/hidden.ts'
import { endOfGlob, hiddenOf, isPlain, markAt, namedPlaces, pathAt, type ScriptPlace } from './script-places.ts'
import { databaseAt, isQueryAt, startedAt } from './script-starts.ts'
import { readScriptTokens, type ScriptToken } from './script-tokens.ts'
import { DOING, FORM_METHOD, NAMING_METHODS, POWERFUL_ATTRIBUTE, SCRIPT_FUNCTIONS, SCRIPT_KEYWORDS, SCRIPT_METHODS, SCRIPT_MODULES, SCRIPT_PLACES, SCRIPT_POWERS, WRITING_NAME } from './script-vocabulary.ts'
import { TooMuch } from './small-tokens.ts'

/** All that a plain script reaches: files it reads and writes, and modules of the project it runs. */
export interface PlainScript {
  readonly reads: readonly ScriptPlace[]
  readonly writes: readonly ScriptPlace[]
  readonly loads: readonly string[]
  readonly listed: readonly string[]
  /** Programs that it starts, each by its words. */
  readonly starts?: ReadonlyArray<readonly string[]>
}

// Where the project's modules may be looked for besides.
const OWN_FOLDER = /^(?:\.|(?:\.\/|\/workspace\/)?[A-Za-z][\w-]*(?:\/[A-Za-z][\w-]*)*\/?|\/workspace\/?)$/
const READ = /^[rbt]+$/
const WRITE = /^[rwaxbt+]+$/
const SHELLS = /^(?:sh|bash|cmd|fork|launch|local|sudo|connect|submit|post|put|patch|query|commit)$/
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
    if (script.loads.length > 0) for (const tokens of sequences) script.names(tokens)
    const { reads, writes, loads, listed, starts } = script
    // What looks at nothing is no question, whatever else it is.
    if (reads.length + writes.length + loads.length + starts.length === 0 && !first.some(({ kind, text: word }) => kind === 'name' && /^p?print$/.test(word))) return null
    return { reads, writes, loads, listed, ...starts.length === 0 ? {} : { starts } }
  } catch (error) {
    if (error instanceof TooMuch) return null
    throw error
  }
}

function refuse (): never { throw new TooMuch() }

class Script implements PlainScript {
  readonly reads: ScriptPlace[] = []
  readonly writes: ScriptPlace[] = []
  readonly starts: Array<readonly string[]> = []
  readonly #imports: ScriptImports
  #tokens: readonly ScriptToken[] = []
  #places: ReadonlyMap<string, ScriptPlace> = new Map()

  constructor (tokens: readonly ScriptToken[]) { this.#imports = new ScriptImports(tokens) }

  get loads (): readonly string[] { return this.#imports.loads }

  get listed (): readonly string[] { return this.#imports.listed }

  /** What a dotted name stands for, by the imports. */
  meaning (name: string): string { return this.#imports.meaning(name) }

  check (tokens: readonly ScriptToken[], places: ReadonlyMap<string, ScriptPlace>): void {
    this.#tokens = tokens
    this.#places = places
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at]
      if (token === undefined) continue
      if (token.kind === 'mark' && token.text === '(') this.#notCalled(tokens[at - 1])
      if (token.kind === 'mark' && token.text === '@' && begins(tokens, at)) at = readDecorator(tokens, at, (name) => this.#imports.names.get(name), this.#imports.defined)
      if (token.kind === 'string' && markAt(tokens, at + 1, '(')) throw new TooMuch()
      if (token.kind !== 'name') continue
      if ((token.text === 'import' || token.text === 'from') && begins(tokens, at)) at = this.#endOfStatement(at)
      else if (token.text === 'class' && begins(tokens, at)) at = readClass(tokens, at, (name) => this.#imports.names.get(name), this.#imports.defined)
      else if (markAt(tokens, at - 1, '.')) this.#attribute(at)
      else at = this.#name(at)
    }
  }

  // Where code of the project runs, any text may be a path to it.
  names (tokens: readonly ScriptToken[]): void {
    for (const { kind, text: said } of tokens) {
      if (this.#imports.unsure && kind === 'name' && composesText(said)) throw new TooMuch()
      if (kind === 'string' && /^\w+:\/\//.test(said)) throw new TooMuch()
      if (kind !== 'string' || !(this.#imports.unsure ? /^[~.]|[/\\]|^\w+:\S/ : /^[~/]|^\.\.?\/|^\.\w/).test(said)) continue
      if (!/^[\w./@~-]+$/.test(said)) throw new TooMuch()
      this.reads.push({ root: said, below: null })
    }
  }

  // What stands in brackets, or was computed, is never called.
  #notCalled (before: ScriptToken | undefined): void {
    if (before?.kind === 'mark' && /^[)\]}]$/.test(before.text)) throw new TooMuch()
    if (before?.kind === 'string' || before?.kind === 'number') throw new TooMuch()
  }

  #endOfStatement (from: number): number {
    const at = this.#tokens.findIndex(({ kind }, index) => index > from && kind === 'line')
    return at < 0 ? this.#tokens.length : at
  }

  /** A name that is no attribute. @returns where its dotted name ends */
  #name (at: number): number {
    const name = this.#tokens[at]?.text ?? ''
    if (name.includes('__')) {
      if (name !== '__name__' && this.#tokens[at - 1]?.text !== 'def') throw new TooMuch()
      return at
    }
    if (name === 'super') return readSuper(this.#tokens, at) ?? refuse()
    if (SCRIPT_KEYWORDS.has(name)) {
      if (name === 'while' && /^(?:True|\d+)$/.test(this.#tokens[at + 1]?.text ?? '')) throw new TooMuch()
      return at
    }
    // A pattern of `match` binds what stands behind it; anywhere else this is a name like others.
    if (name === 'case' && !markAt(this.#tokens, at + 1, '(') && (!begins(this.#tokens, at) || markAt(this.#tokens, at + 1, '.') || markAt(this.#tokens, at + 1, '='))) return at
    const meaning = this.#imports.names.get(name)
    if (meaning !== undefined) return this.#ofModule(meaning, at)
    const called = markAt(this.#tokens, at + 1, '(')
    // A keyword of a call is only its name.
    if (!called && markAt(this.#tokens, at + 1, '=') && /^[(,]$/.test(this.#tokens[at - 1]?.text ?? '') && name !== 'opener') return at
    if (name === 'open' && called) this.#opens('open', at + 2)
    else if (SCRIPT_POWERS.has(name) || name === 'open' || name === 'opener') throw new TooMuch()
    else if (called && !SCRIPT_FUNCTIONS.has(name) && !this.#imports.defined.has(name)) throw new TooMuch()
    return at
  }

  #ofModule (start: string, from: number): number {
    let at = from
    let name = start
    if (name === '') return this.#ofProject(at)
    while (markAt(this.#tokens, at + 1, '.') && this.#tokens[at + 2]?.kind === 'name') {
      const next = this.#tokens[at + 2]?.text ?? ''
      if (name === 'sys' && next === 'path') return this.#isShown(at) ? at + 2 : this.#searches(at + 2)
      if (name === 'os' && (next === 'environ' || next === 'getenv')) return this.#variable(at + 2)
      const module = SCRIPT_MODULES.get(name)
      const values = module?.values.has(next) === true
      const called = markAt(this.#tokens, at + 3, '(')
      at += 2
      if (called && module?.calls.has(next) === true) {
        this.#calls(`${name}.${next}`, at + 2)
        return at
      }
      if (SCRIPT_MODULES.has(`${name}.${next}`)) name = `${name}.${next}`
      else if (!called && values && !markAt(this.#tokens, at + 1, '=')) return at
      else throw new TooMuch()
    }
    if (markAt(this.#tokens, at + 1, '(') && isCall(name)) {
      this.#calls(name, at + 2)
      return at
    }
    // A class may be named as such, a module or a function may not.
    if (/^datetime\.(?:date|datetime|timedelta|timezone)$|^collections\.(?:Counter|defaultdict|OrderedDict|deque)$/.test(name) || isValue(name)) return at
    throw new TooMuch()
  }

  /** A listed function of a module, by its first value. */
  #calls (name: string, at: number): void {
    if (name.startsWith('subprocess.')) this.starts.push(startedAt(this.#tokens, at) ?? refuse())
    else if (name === 'sqlite3.connect') this.reads.push(...databaseAt(this.#tokens, at) ?? refuse())
    else if (SCRIPT_PLACES.has(name)) this.#opens(name, at)
  }

  // A function of the project gets what a script of it would get as arguments.
  #ofProject (at: number): number {
    const name = this.#tokens[at]?.text ?? ''
    // What a class is about, as `Order.__table__` tells it; what is asked of that is looked at next.
    if (markAt(this.#tokens, at + 1, '.') && isPlainSpecial(this.#tokens, at + 2) && this.#tokens[at + 2]?.text !== '__class__') return at
    if (!markAt(this.#tokens, at + 1, '(') || DOING.test(name)) throw new TooMuch()
    for (let inner = at + 2, depth = 1; depth > 0; inner += 1) {
      const token = this.#tokens[inner]
      if (token === undefined) throw new TooMuch()
      if (token.kind === 'mark') depth += /^[([{]$/.test(token.text) ? 1 : /^[)\]}]$/.test(token.text) ? -1 : 0
      if (token.kind === 'string' && (!token.plain || /^[.~/-]|\/|^\w+:/.test(token.text))) throw new TooMuch()
    }
    return at
  }

  // As `echo $NAME` in a shell: `os.environ.get('NAME')`, `os.environ['NAME']`, `os.getenv('NAME')`.
  #variable (at: number): number {
    const got = this.#tokens[at]?.text === 'environ' && markAt(this.#tokens, at + 1, '.') && this.#tokens[at + 2]?.text === 'get' ? at + 3 : at + 1
    const name = this.#tokens[got + 1]
    const looked = got === at + 1 && this.#tokens[at]?.text === 'environ' ? markAt(this.#tokens, got, '[') && markAt(this.#tokens, got + 2, ']') && !/=$/.test(this.#tokens[got + 3]?.text ?? '') : markAt(this.#tokens, got, '(')
    if (!looked || !isPlain(name) || !/^[A-Z][A-Z0-9_]*$/.test(name.text) || isSecretName(name.text)) throw new TooMuch()
    return got + 1
  }

  // `print(sys.path)`, `for p in sys.path:`
  #isShown (at: number): boolean {
    const [third, second, before] = [3, 2, 1].map((back) => this.#tokens[at - back]?.text ?? '')
    if (!/^[),:]?$|^;$/.test(this.#tokens[at + 3]?.text ?? '')) return false
    return before === 'in' || (before === '(' && /^(?:print|pprint|join|len|sorted|list)$/.test(second ?? '')) || (before === '*' && second === '(' && third === 'print')
  }

  // `sys.path.insert(0, 'src')`
  #searches (at: number): number {
    const verb = this.#tokens[at + 2]?.text
    const value = at + (verb === 'insert' ? 6 : 4)
    const folder = this.#tokens[value]
    if (!markAt(this.#tokens, at + 1, '.') || !/^(?:insert|append)$/.test(verb ?? '') || !isPlain(folder) || !OWN_FOLDER.test(folder.text) || !markAt(this.#tokens, value + 1, ')')) throw new TooMuch()
    if (verb === 'insert' && (this.#tokens[at + 4]?.kind !== 'number' || !markAt(this.#tokens, at + 5, ','))) throw new TooMuch()
    const below = folder.text.replace(/^\/workspace(?:\/|$)|^\.(?:\/|$)/, '').replace(/\/$/, '').replaceAll('/', '.')
    if (below !== '') this.#imports.loads.push(...this.loads.map((module) => `${below}.${module}`))
    return value
  }

  #attribute (at: number): void {
    const name = this.#tokens[at]?.text ?? ''
    if (name.includes('__') && !isPlainSpecial(this.#tokens, at)) throw new TooMuch()
    if (name === '__class__') return
    const called = markAt(this.#tokens, at + 1, '(')
    const [, kind] = PATH_METHODS.exec(name) ?? []
    if (called && PATH_METHODS.test(name)) return this.#pathMethod(at, kind === 'write')
    if (!called && !name.startsWith('__') && POWERFUL_ATTRIBUTE.test(name)) throw new TooMuch()
    // A database is asked what changes nothing; what else has a method of that name is none of Python's.
    if (called && name === 'execute' && this.loads.length === 0 && this.listed.includes('sqlite3')) return isQueryAt(this.#tokens, at + 2) ? undefined : refuse()
    if (called && name === 'replace') return this.#twoTexts(at + 2)
    // Handed on, it would be called with whatever another has.
    if (!called && name.startsWith('to_')) throw new TooMuch()
    if (called && FORM_METHOD.test(name)) return this.#toText(at + 2)
    if (called && NAMING_METHODS.has(name)) return this.#namesNone(at + 2)
    if (this.loads.length > 0 && (isSecretName(name) || /secret|passw|token|credential/i.test(name))) throw new TooMuch()
    if (called && !SCRIPT_METHODS.has(name) && !this.#isOwnMethod(name)) throw new TooMuch()
  }

  // Objects of the text's classes, and those of the project, have methods of their own.
  #isOwnMethod (name: string): boolean {
    return !DOING.test(name) && !POWERFUL_ATTRIBUTE.test(name) && !SHELLS.test(name) && (this.#imports.defined.has(name) || this.loads.length > 0)
  }

  // `df.agg('to_csv', 'x')` is `df.to_csv('x')`.
  #namesNone (from: number): void {
    for (const { kind, text } of this.#values(from)) if (kind === 'string' && WRITING_NAME.test(text)) throw new TooMuch()
  }

  // A first value, or one that is called so, would be a file.
  #toText (from: number): void {
    const values = this.#values(from)
    if (values.length > 0 && !(values[0]?.kind === 'name' && values[1]?.text === '=')) throw new TooMuch()
    if (values.some(({ kind, text }) => (kind === 'name' && /buf|path/.test(text)) || (kind === 'mark' && /^\*+$/.test(text)))) throw new TooMuch()
  }

  /** The words between a bracket that is open and its end. */
  #values (from: number): readonly ScriptToken[] {
    for (let at = from, depth = 1; ; at += 1) {
      const token = this.#tokens[at]
      if (token === undefined) throw new TooMuch()
      if (token.kind === 'mark') depth += /^[([{]$/.test(token.text) ? 1 : /^[)\]}]$/.test(token.text) ? -1 : 0
      if (depth === 0) return this.#tokens.slice(from, at)
    }
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
    if (name === 'read_text' || name === 'read_bytes') this.reads.push(place, ...hiddenOf(place))
    else if (writes) this.#filled(place, at + 2)
    else if (name === 'iterdir') this.reads.push(place)
    else {
      const pattern = this.#tokens[at + 2]
      if (place.below !== null || !isPlain(pattern) || !markAt(this.#tokens, at + 3, ')')) throw new TooMuch()
      this.reads.push({ root: place.root, below: name === 'rglob' ? `**/${pattern.text}` : pattern.text })
    }
  }

  // One text for all of them is no edit.
  #filled (place: ScriptPlace, at: number): void {
    if (place.below !== null && this.#tokens[at]?.kind === 'string' && markAt(this.#tokens, at + 1, ')')) throw new TooMuch()
    this.writes.push(place)
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
    if (name === 'open' || name === 'gzip.open') {
      const opened = this.#mode(read.next) ? this.writes : this.reads
      opened.push(read.place, ...hiddenOf(read.place))
      return
    }
    const { root, below } = read.place
    if (root.includes('://')) throw new TooMuch()
    if (/^glob\./.test(name)) {
      if (endOfGlob(this.#tokens, read.next) === null) throw new TooMuch()
      this.reads.push({ root: '.', below: root })
    } else {
      // What else they take would be more of the path, or a way to write.
      if ((name === 'pathlib.Path' || name === 'zipfile.ZipFile') && !markAt(this.#tokens, read.next, ')')) throw new TooMuch()
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
}
