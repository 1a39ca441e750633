import { readImports, type JavascriptImports } from './imports.ts'
import { isHanded, isHarmlessLook } from './lookups.ts'
import { JavascriptClasses } from './classes.ts'
import { isOwnKey } from './own-keys.ts'
import { closingOf, isMark, isMember, isPlainText, openingOf } from './names.ts'
import { JavascriptPlaces } from './places.ts'
import { isStart, startsOf } from './starts.ts'
import { readJavascriptTokens, type JavascriptToken, type JavascriptTokens } from './tokens.ts'
import { withoutTypes } from './types.ts'
import { withoutVisitor } from './visitors.ts'
import { withoutWalkers } from './walkers.ts'
import { JAVASCRIPT_CLASSES, JAVASCRIPT_FUNCTIONS, JAVASCRIPT_KEYWORDS, JAVASCRIPT_METHODS, JAVASCRIPT_MODULES, JAVASCRIPT_OBJECTS, JAVASCRIPT_PLACES, JAVASCRIPT_POWER, JAVASCRIPT_TAKEN } from './vocabulary.ts'
import { isSecretName } from '../../shell/hidden.ts'
import { TooMuch } from '../too-much.ts'
import { DOING } from '../words.ts'
import { hiddenOf, type PlainScript, type ScriptPlace } from '../reached.ts'

/**
 * Reads a JavaScript text by its words. Functions that it can reach are those it writes itself, listed ones, and those of the
 * project's modules; no word of it, written or spelled at run time, leads to one that runs texts or loads more; and each
 * place it opens is written out. `printed` says that the runtime prints the last value. @returns null for any other text
 */
export function readPlainJavascript (text: string, printed = false): PlainScript | null {
  const words = readJavascriptTokens(text)
  if (words === null || words.length === 0) return null
  const script = readWords(words, printed)
  const untyped = script === null ? withoutTypes(words) : null
  return untyped === null ? script : readWords(untyped, printed)
}

function readWords (words: JavascriptTokens, printed: boolean): PlainScript | null {
  const visited = withoutVisitor(words)
  const { rest: program, walkers: found, needs } = withoutWalkers(visited.rest)
  const walkers = new Map([...visited.walkers, ...found])
  const sequences = [program, ...templatesOf(program)]
  try {
    const imports = readImports(sequences)
    if (![...needs, ...visited.needs].every((need) => isModuleFunction(imports, need))) return null
    const classes = new JavascriptClasses(program, (name) => imports.names.get(name) ?? name)
    const script = new JavascriptScript(sequences, imports, walkers, classes)
    const { reads, writes, starts, fed } = script
    // A method of a text's own may be called on what a program that it started has.
    if (classes.methods.size > 0 && starts.length > 0) return null
    const loads = [...script.loads, ...imports.packages]
    // What a program writes could be what is loaded.
    if (script.loads.length > 0 && starts.some(([program]) => program !== 'curl')) return null
    const shows = printed || program.some(({ kind, text: word }) => kind === 'name' && /^(?:console|stdout|assert|test)$/.test(word))
    return shows || reads.length + writes.length + loads.length + starts.length > 0 ? { reads, writes, loads, listed: [], ...starts.length === 0 ? {} : { starts, fed } } : null
  } catch (error) {
    if (error instanceof TooMuch) return null
    throw error
  }
}

// `fs.readdirSync`, or `readdirSync` taken out of it.
function isModuleFunction ({ names }: JavascriptImports, need: string): boolean {
  const [module = '', name] = need.split('.')
  return name === undefined ? /^(?:fs\.readdirSync|path\.join)$/.test(names.get(need) ?? '') : names.get(module) === module
}

function templatesOf (tokens: JavascriptTokens): readonly JavascriptTokens[] {
  return tokens.flatMap(({ inner }) => inner.flatMap((words) => [words, ...templatesOf(words)]))
}

// They compute, whatever each value of a list is.
const HANDED = /^(?:JSON\.(?:parse|stringify)|Math\.\w+|Number\.is\w+|Array\.isArray|Object\.(?:keys|values|entries))$/
const PATH_LIKE = /^[.~/-]|[\\/]|^\w+:/
const PLAIN_PATH = /^[\w./@~-]+$/
const MAX_STARTS = 32
const SHELLS = /^(?:\$|sh|bash|cmd|fork|launch)$/

class JavascriptScript {
  readonly reads: ScriptPlace[] = []
  readonly writes: ScriptPlace[] = []
  readonly loads: readonly string[]
  readonly starts: Array<readonly string[]> = []
  fed = false
  readonly #imports: JavascriptImports
  readonly #places: JavascriptPlaces
  readonly #walkers: ReadonlyMap<string, string>
  readonly #classes: JavascriptClasses
  readonly #sequences: readonly JavascriptTokens[]
  #tokens: JavascriptTokens = []
  #isTemplate = false

  constructor (sequences: readonly JavascriptTokens[], imports: JavascriptImports, walkers: ReadonlyMap<string, string>, classes: JavascriptClasses) {
    this.loads = imports.loads
    this.#walkers = walkers
    this.#classes = classes
    this.#imports = imports
    this.#sequences = sequences
    this.reads.push(...imports.reads.map((root) => ({ root, below: null })))
    this.#places = new JavascriptPlaces(sequences, (tokens, at) => imports.meaningAt(tokens, at), walkers, classes.bound)
    for (const [name, times] of this.#places.bound) this.#free(name, times)
    for (const [index, tokens] of sequences.entries()) {
      this.#isTemplate = index > 0
      this.#check(tokens)
    }
  }

  // A name that means something already keeps its meaning, unless it is imported and means what it says.
  #free (name: string, times: number): void {
    const meaning = this.#imports.names.get(name)
    // Elsewhere it would be something else: `[{ join: () => '.env' }].map(path => …)`.
    if (meaning !== undefined && meaning !== '' && times !== this.#imports.required.get(name)) throw new TooMuch()
    if (JAVASCRIPT_TAKEN.has(name) && meaning?.split(/[./]/)[0] !== name) throw new TooMuch()
  }

  #check (tokens: JavascriptTokens): void {
    this.#tokens = tokens
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at]
      if (token === undefined) continue
      if (token.kind === 'string') this.#string(token, at)
      else if (token.kind === 'mark' && token.text === '[') this.#bracket(at)
      else if (token.kind === 'mark' && token.text === '(') this.#call(at)
      else if (token.kind === 'name' && !this.#imports.isBinding(token)) at = this.#imports.endsAt(token) ?? this.#name(token.text, at)
    }
  }

  // What a function of the project is asked is judged by its name, so there has to be one.
  #call (at: number): void {
    if (this.loads.length === 0) return
    const before = at - 1
    const written = isMark(this.#tokens, before, ')') && /^(?:async|function|\()$/.test(this.#tokens[openingOf(this.#tokens, before) + 1]?.text ?? '')
    if (!written && [')', ']', '?.'].some((mark) => isMark(this.#tokens, before, mark))) throw new TooMuch()
  }

  // Where code of the project runs, every text may be a path to it.
  #string (token: JavascriptToken, at: number): void {
    if (this.#isKey(at) && (!token.plain || JAVASCRIPT_POWER.test(token.text))) throw new TooMuch()
    if (isMark(this.#tokens, at + 1, '(')) throw new TooMuch()
    if (this.loads.length === 0 || this.#imports.isSpecifier(token)) return
    for (const text of token.inner.length > 0 ? token.pieces : [token.text]) {
      // `~1.2` is a range of versions.
      if (!PATH_LIKE.test(text.replace(/\\[nt'"`]/g, '')) || /^~\d[\w.]*$/.test(text)) continue
      if (!PLAIN_PATH.test(text)) throw new TooMuch()
      this.reads.push({ root: text, below: null })
    }
  }

  #isKey (at: number): boolean {
    return isMark(this.#tokens, at + 1, ':') && (isMark(this.#tokens, at - 1, '{') || isMark(this.#tokens, at - 1, ','))
  }

  #bracket (at: number): void {
    const before = this.#tokens[at - 1]
    const optional = isMark(this.#tokens, at - 1, '?.')
    // `{ [key]: value }`, also where it takes a value apart.
    if ((isMark(this.#tokens, at - 1, '{') || isMark(this.#tokens, at - 1, ',')) && isMark(this.#tokens, closingOf(this.#tokens, at) + 1, ':')) throw new TooMuch()
    const looks = optional || (before !== undefined && (before.kind === 'mark' ? /^[)\]}]$/.test(before.text) : before.kind !== 'name' || isMember(this.#tokens, at - 1) || !JAVASCRIPT_KEYWORDS.has(before.text)))
    if (looks && !isOwnKey(this.#tokens, at, this.#sequences, this.#places.bound) && !isHarmlessLook(this.#tokens, at, this.#isTemplate, (name) => this.#places.nameOf(name)?.kind === 'number')) throw new TooMuch()
  }

  /** A name. @returns where the last word that belongs to it stands */
  #name (name: string, at: number): number {
    // What is compiled only, runs nothing.
    if (name === 'WebAssembly' && !isMember(this.#tokens, at) && isMark(this.#tokens, at + 1, '.')) return this.#ofModule(name, at, JAVASCRIPT_OBJECTS)
    if (/^global(?:This)?$/.test(name) && /^\.gc(?:\?\.)?\(\)/.test(this.#tokens.slice(at + 1, at + 6).map(({ text }) => text).join(''))) return at + 2
    const token = this.#tokens[at]
    const open = this.#classes.opensAt(token)
    if (open !== undefined) return open
    if (this.#classes.isMade(token)) return at
    // Texts of classes are strict: there is nothing of the runtime that it stands for.
    if (/^(?:this|super)$/.test(name) && !isMember(this.#tokens, at) && this.#classes.isWithin(token)) return at
    if (JAVASCRIPT_POWER.test(name)) throw new TooMuch()
    if (this.#walkers.has(name) && !isMember(this.#tokens, at)) return this.#walked(name, at)
    if (isMember(this.#tokens, at)) return this.#member(name, at)
    if (this.#isKey(at)) return at
    const meant = this.#imports.meaningAt(this.#tokens, at)
    if (meant !== null) return isStart(meant.name) ? this.#started(meant.name, meant.last) : this.#ofModule(meant.name, meant.last, JAVASCRIPT_MODULES)
    if (/^(?:fetch|WebSocket)$/.test(name) && !this.#imports.names.has(name)) return this.#started(name, at)
    if (this.#imports.names.has(name)) return at
    if (this.#places.bound.has(name)) return at
    if (JAVASCRIPT_KEYWORDS.has(name)) return this.#keyword(name, at)
    if (isMark(this.#tokens, at + 1, '.') && JAVASCRIPT_OBJECTS.has(name)) return this.#ofModule(name, at, JAVASCRIPT_OBJECTS)
    const made = /^(?:new|instanceof)$/.test(this.#tokens[at - 1]?.text ?? '')
    // A letter of which nothing is said has no value, and is nobody's name for anything of the runtime.
    if (/^[a-z]$/.test(name)) return at
    if (JAVASCRIPT_FUNCTIONS.has(name) || (made && JAVASCRIPT_CLASSES.has(name))) return at
    throw new TooMuch()
  }

  // All that is below a folder is listed; what of it is opened is looked at there.
  #walked (name: string, at: number): number {
    const folder = this.#tokens[at + 2]
    if (this.#places.bound.has(name) || this.#imports.names.has(name) || folder === undefined) throw new TooMuch()
    this.reads.push({ root: folder.text, below: null })
    return at
  }

  #started (name: string, at: number): number {
    const found = isMark(this.#tokens, at + 1, '(') ? startsOf(name, this.#tokens, at + 1, this.#places) : null
    if (found === null || this.starts.length + found.starts.length > MAX_STARTS) throw new TooMuch()
    this.starts.push(...found.starts)
    this.fed ||= found.fed
    return at
  }

  #keyword (name: string, at: number): number {
    const [first, second, third] = [1, 2, 3].map((ahead) => this.#tokens[at + ahead])
    if (name === 'while' && (second?.kind === 'number' || /^(?:true|!)$/.test(second?.text ?? '')) && (third?.text === ')' || second?.text === '!')) throw new TooMuch()
    if (name === 'for' && first?.text === '(' && /^;;/.test(this.#tokens.slice(at + 2, closingOf(this.#tokens, at + 1)).map(({ text }) => text).join(''))) throw new TooMuch()
    return at
  }

  /** A member of what is only known as some value. */
  #member (name: string, at: number): number {
    if (name.startsWith('_')) throw new TooMuch()
    if (!isMark(this.#tokens, at + 1, '(') || JAVASCRIPT_METHODS.has(name)) return at
    if (this.loads.length === 0 && (this.#classes.methods.has(name) || (this.starts.length > 0 && /^(?:send|close)$/.test(name)))) return at
    // Objects of the project have methods of their own.
    if (this.loads.length === 0 || DOING.test(name) || SHELLS.test(name)) throw new TooMuch()
    return at
  }

  #ofModule (start: string, from: number, objects: typeof JAVASCRIPT_OBJECTS): number {
    let name = start
    let at = from
    // What a value of a module has, such as `ts.ScriptTarget.Latest`.
    if (isMark(this.#tokens, at + 1, '.') && !objects.has(start) && objects.get(start.replace(/\.[^.]*$/, ''))?.values.has(start.replace(/^.*\./, '')) === true) return at
    for (;;) {
      const next = this.#tokens[at + 2]
      const path = `${name}.${next?.text ?? ''}`
      if (!(isMark(this.#tokens, at + 1, '.') || isMark(this.#tokens, at + 1, '?.')) || next?.kind !== 'name') break
      if (path === 'process.env') return this.#variable(at + 2)
      if (isMark(this.#tokens, at + 3, '(') && objects.get(name)?.calls.has(next.text) === true) return this.#called(path, at + 2)
      if (!objects.has(path)) return this.#value(name, next.text, at + 2, objects)
      name = path
      at += 2
    }
    const [, object = '', last = ''] = /^(.*)\.([^.]*)$/.exec(name) ?? []
    if (isMark(this.#tokens, at + 1, '(') && (/^(?:assert(?:\/strict)?|test)$/.test(name) || objects.get(object)?.calls.has(last) === true)) return this.#called(name, at)
    if (name === 'process.stdin' || objects.get(object)?.values.has(last) === true) return at
    throw new TooMuch()
  }

  #value (object: string, name: string, at: number, objects: typeof JAVASCRIPT_OBJECTS): number {
    if (HANDED.test(`${object}.${name}`) && objects.get(object)?.calls.has(name) === true && isHanded(this.#tokens, at - 2)) return at
    const isSet = isMark(this.#tokens, at + 1, '=') && name !== 'exitCode'
    if (objects.get(object)?.values.has(name) !== true || isSet) throw new TooMuch()
    return at
  }

  // As `echo $NAME` in a shell.
  #variable (at: number): number {
    const name = this.#tokens[at + 2]
    if (!isMark(this.#tokens, at + 1, '.') || name?.kind !== 'name' || isSecretName(name.text) || !/^[A-Z][A-Z0-9_]*$/.test(name.text) || /=$/.test(this.#tokens[at + 3]?.text ?? '')) throw new TooMuch()
    return at + 2
  }

  // `ts.readConfigFile('tsconfig.json', ts.sys.readFile)`, and what some versions of a package would run, which is read from a file.
  #ofPackage (name: string, at: number): number {
    const from = at + 2
    if (name === 'typescript.readConfigFile') {
      const read = this.#places.placesAt(this.#tokens, from)
      if (read === null || !isMark(this.#tokens, read.next, ',')) throw new TooMuch()
      for (const place of read.value) this.#read(place, name)
      const given = this.#imports.meaningAt(this.#tokens, read.next + 1)
      const words = given === null ? '' : this.#tokens.slice(given.last + 1, given.last + 6).map(({ text }) => text).join('')
      return given?.name === 'typescript.sys' && words.startsWith('.readFile)') ? given.last + 2 : read.next
    }
    if (name === 'readline.createInterface') {
      const said = this.#tokens.slice(from, closingOf(this.#tokens, at + 1)).map(({ text }) => text).join('')
      if (!/^\{input:(?:process\.stdin|\w+\.createReadStream\([^{}]*\))(?:,crlfDelay:Infinity)?,?\}$/.test(said)) throw new TooMuch()
      return at
    }
    if (this.#imports.meaningAt(this.#tokens, from)?.name !== 'fs.readFileSync') throw new TooMuch()
    return at
  }

  #called (name: string, at: number): number {
    if (/^(?:typescript\.readConfigFile|readline\.createInterface|js-yaml\.load(?:All)?)$/.test(name)) return this.#ofPackage(name, at)
    const fills = JAVASCRIPT_PLACES.get(name)
    if (fills === undefined) return at
    const first = this.#tokens[at + 2]
    const end = closingOf(this.#tokens, at + 1)
    const fromInput = first?.kind === 'number' && first.text === '0' && name === 'fs.readFileSync'
    const read = fromInput ? { value: [], next: at + 3 } : this.#places.placesAt(this.#tokens, at + 2)
    if (read === null || !(read.next === end || isMark(this.#tokens, read.next, ','))) throw new TooMuch()
    // How it is opened could make a look change the file.
    if (!fills && !this.#tokens.slice(read.next, end).every((token) => token.kind === 'mark' ? /^[{}:,]$/.test(token.text) : isPlainText(token) || /^(?:encoding|withFileTypes|recursive|true|false|null)$/.test(token.text))) throw new TooMuch()
    // One text for all of them is no edit.
    if (fills && read.value.some(({ below }) => below !== null) && this.#tokens[read.next + 1]?.kind === 'string' && isMark(this.#tokens, read.next + 2, ')')) throw new TooMuch()
    if (fills) this.writes.push(...read.value)
    else for (const place of read.value) this.#read(place, name)
    return at
  }

  // What lists a folder names hidden files too.
  #read (place: ScriptPlace, name: string): void {
    this.reads.push(place)
    if (!/exists|stat/.test(name)) this.reads.push(...hiddenOf(place))
  }
}
