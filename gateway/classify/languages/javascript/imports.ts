import { bracketAround, closingOf, isMark, isMember, isPlainText, isWord, openingOf } from './names.ts'
import type { JavascriptToken, JavascriptTokens } from './tokens.ts'
import { JAVASCRIPT_MODULES, JAVASCRIPT_STARTERS, LISTED_PACKAGES, PURE_PACKAGES, type JavascriptObject } from './vocabulary.ts'
import { TooMuch } from '../too-much.ts'
import { DOING } from '../words.ts'

/** What a text loads, and what its names for that mean. */
export interface JavascriptImports {
  readonly loads: readonly string[]
  readonly reads: readonly string[]
  /** Packages of which only listed functions are used. */
  readonly packages: readonly string[]
  /** Imported names: a module of Node or a part of one, or an empty text for what is the project's. */
  readonly names: ReadonlyMap<string, string>
  /** The module of Node, or the part of one, that stands here, and its last word; null for anything else. */
  meaningAt (tokens: JavascriptTokens, at: number): { readonly name: string, readonly last: number } | null
  /** How often each name is given to a module by `require`. */
  readonly required: ReadonlyMap<string, number>
  /** Whether a word only gives an import its name. */
  isBinding (token: JavascriptToken): boolean
  /** The last word of an import that begins with this one; undefined for other words. */
  endsAt (token: JavascriptToken): number | undefined
  /** Whether a string names what is loaded. */
  isSpecifier (token: JavascriptToken): boolean
}

// Of a package nobody knows what its functions do; what it is, its manifest says.
const PACKAGE = /^@?[a-z][\w./-]*$/
const MANIFEST = /^(?:@[\w-]+\/)?[a-z][\w.-]*\/package\.json$/
// A file of the project, by where it stands. What packages have inside is theirs.
const OWN = /^(?:\.{1,2}\/|\/workspace\/)(?!.*node_modules)[\w./@-]*$/

// What a scratch folder holds may be read.
const DATA = /^(?:\.{1,2}\/|\/workspace\/|\/tmp\/)(?!.*node_modules)[\w./@-]*$/

/** Finds everything that a text loads. Throws TooMuch when it is not written out, or could do more than to compute. */
export function readImports (sequences: readonly JavascriptTokens[]): JavascriptImports {
  const reader = new ImportReader(sequences)
  for (const [index, tokens] of sequences.entries()) for (const [at, token] of tokens.entries()) if (token.kind === 'name') reader.word(tokens, at, index === 0)
  return reader
}

class ImportReader implements JavascriptImports {
  readonly loads: string[] = []
  readonly reads: string[] = []
  readonly packages: string[] = []
  readonly names = new Map<string, string>()
  readonly required = new Map<string, number>()
  readonly #ends = new Map<JavascriptToken, number>()
  readonly #required = new Map<JavascriptToken, string>()
  readonly #specifiers = new Set<JavascriptToken>()

  readonly #bindings = new Set<JavascriptToken>()
  readonly #sequences: readonly JavascriptTokens[]

  constructor (sequences: readonly JavascriptTokens[]) { this.#sequences = sequences }

  isBinding (token: JavascriptToken): boolean { return this.#bindings.has(token) }

  endsAt (token: JavascriptToken): number | undefined { return this.#ends.get(token) }

  isSpecifier (token: JavascriptToken): boolean { return this.#specifiers.has(token) }

  meaningAt (tokens: JavascriptTokens, at: number): { readonly name: string, readonly last: number } | null {
    const token = tokens[at]
    if (token?.kind !== 'name' || isMember(tokens, at)) return null
    const required = this.#required.get(token)
    const start = required === undefined ? { name: this.names.get(token.text) ?? '', last: at } : { name: required, last: at + 3 }
    if (start.name === '') return null
    // `fs.promises` and `fs.readFileSync` are one name each.
    let { name, last } = start
    for (; isMark(tokens, last + 1, '.') && tokens[last + 2]?.kind === 'name' && partsOf(name) !== undefined; last += 2) name += `.${tokens[last + 2]?.text ?? ''}`
    return { name, last }
  }

  word (tokens: JavascriptTokens, at: number, isProgram: boolean): void {
    if (isWord(tokens, at, 'require')) return this.#requires(tokens, at)
    if (!isWord(tokens, at, 'import') || isMark(tokens, at + 1, ':')) return
    if (isMark(tokens, at + 1, '(')) return this.#later(tokens, at)
    if (!isProgram) throw new TooMuch()
    this.#imports(tokens, at)
  }

  // `require('x')`, which is given a name, taken apart, or asked for one part.
  #requires (tokens: JavascriptTokens, at: number): void {
    const module = this.#specified(tokens, at)
    const first = tokens[at]
    if (first === undefined) throw new TooMuch()
    if (module === null) return this.#asksPackage(tokens, at, first)
    const end = at + 3
    if (module.kind === 'file') this.reads.push(module.name)
    else if (module.kind === 'own') this.loads.push(module.name)
    if (isMark(tokens, end + 1, '(')) throw new TooMuch()
    if (module.kind !== 'node') {
      this.#ends.set(first, end)
      if (module.kind === 'own' && isMark(tokens, at - 1, '=') && isMark(tokens, at - 2, '}')) this.#takeApart(tokens, at - 2, '')
      return
    }
    this.#required.set(first, module.name)
    const meant = this.meaningAt(tokens, at)
    if (meant === null || isMark(tokens, meant.last + 1, '(')) return
    if (!isMark(tokens, at - 1, '=')) return partsOf(meant.name) === undefined ? undefined : this.#asksPackage(tokens, at, first)
    this.#ends.set(first, meant.last)
    if (isMark(tokens, at - 2, '}')) this.#takeApart(tokens, at - 2, meant.name)
    else if (declares(tokens, at - 3)) this.#bind(tokens[at - 2], meant.name)
    else throw new TooMuch()
  }

  // `Object.keys(require('x'))`, `const x = require('x'); x.version`
  #asksPackage (tokens: JavascriptTokens, at: number, first: JavascriptToken): void {
    const specifier = tokens[at + 2]
    if (!isMark(tokens, at + 1, '(') || !isPlainText(specifier) || !isMark(tokens, at + 3, ')') || !PACKAGE.test(specifier.text)) throw new TooMuch()
    this.loads.push(specifier.text)
    this.#ends.set(first, at + 3)
    if (isOnlyAsked(tokens, at, at + 3)) return
    const name = isMark(tokens, at - 1, '=') && declares(tokens, at - 3) ? tokens[at - 2] : undefined
    const isAsked = this.#sequences.every((words) => words.every((word, place) => word === name || !isWord(words, place, name?.text ?? '') || isOnlyAsked(words, place, place)))
    if (name === undefined || !isAsked) throw new TooMuch()
    this.#bind(name, '')
  }

  // `import('./x.js')`: what comes of it may go anywhere, so it has to be the project's.
  #later (tokens: JavascriptTokens, at: number): void {
    const module = this.#specified(tokens, at)
    const first = tokens[at]
    if (module?.kind !== 'own' || first === undefined) throw new TooMuch()
    this.loads.push(module.name)
    this.#ends.set(first, at + 3)
  }

  #imports (tokens: JavascriptTokens, from: number): void {
    const first = tokens[from]
    const text = tokens.findIndex(({ kind }, index) => index > from && kind === 'string')
    const specifier = tokens[text]
    if (first === undefined || !isPlainText(specifier)) throw new TooMuch()
    const module = this.#moduleOf(specifier)
    if (module === null) throw new TooMuch()
    if (module.kind === 'own') this.loads.push(module.name)
    if (module.kind === 'file') this.reads.push(module.name)
    this.#ends.set(first, module.kind === 'file' ? attributesAt(tokens, text + 1) : text)
    if (text === from + 1) return
    if (!isWord(tokens, text - 1, 'from')) throw new TooMuch()
    this.#clause(tokens, from + 1, text - 1, module.kind === 'node' ? module.name : '')
  }

  // `a`, `* as a`, `{ a, b as c }`, `a, { b }`
  #clause (tokens: JavascriptTokens, from: number, end: number, meaning: string): void {
    for (let at = from; at < end; at += 1) {
      if (isMark(tokens, at, '*') && isWord(tokens, at + 1, 'as')) at += 2
      else if (isMark(tokens, at, '{')) {
        const close = closingOf(tokens, at)
        this.#takeApart(tokens, close, meaning, false)
        at = close
        if (isMark(tokens, at + 1, ',') || at + 1 === end) { at += 1; continue }
        throw new TooMuch()
      }
      this.#bind(tokens[at], meaning, false)
      at += 1
      if (at < end && !isMark(tokens, at, ',')) throw new TooMuch()
    }
  }

  // `{ a, b: c }` or `{ a, b as c }`, whose closing brace this is.
  #takeApart (tokens: JavascriptTokens, close: number, meaning: string, required = true): void {
    const open = openingOf(tokens, close)
    for (let at = open + 1; at < close; at += 1) {
      const name = tokens[at]
      if (name?.kind !== 'name') throw new TooMuch()
      const renamed = isMark(tokens, at + 1, ':') || isWord(tokens, at + 1, 'as')
      const bound = renamed ? tokens[at + 2] : name
      if (meaning === '') { if (DOING.test(name.text)) throw new TooMuch() } else if (!isPart(meaning, name.text)) throw new TooMuch()
      this.#bind(bound, meaning === '' ? '' : `${meaning}.${name.text}`, required)
      at += renamed ? 3 : 1
      if (at < close && !isMark(tokens, at, ',')) throw new TooMuch()
    }
  }

  #bind (token: JavascriptToken | undefined, meaning: string, required = true): void {
    if (token?.kind !== 'name' || (this.names.get(token.text) ?? meaning) !== meaning) throw new TooMuch()
    this.names.set(token.text, meaning)
    this.#bindings.add(token)
    if (required) this.required.set(token.text, (this.required.get(token.text) ?? 0) + 1)
  }

  #specified (tokens: JavascriptTokens, at: number): Module | null {
    const specifier = tokens[at + 2]
    return isMark(tokens, at + 1, '(') && isPlainText(specifier) && isMark(tokens, at + 3, ')') ? this.#moduleOf(specifier) : null
  }

  #moduleOf (specifier: JavascriptToken): Module | null {
    const name = specifier.text.replace(/^node:/, '')
    this.#specifiers.add(specifier)
    if (MANIFEST.test(name)) return { kind: 'file', name: `node_modules/${name}` }
    if (/\.json$/.test(name)) return DATA.test(name) ? { kind: 'file', name } : null
    if (OWN.test(name)) return { kind: 'own', name }
    if (LISTED_PACKAGES.has(name)) {
      if (name !== specifier.text) return null
      this.packages.push(name)
    }
    if (!name.includes('.') && partsOf(name) !== undefined) return { kind: 'node', name }
    return name === specifier.text && PURE_PACKAGES.has(name) ? { kind: 'own', name } : null
  }
}

// What a module has is asked for its names or its version, and nothing else is done with it than to show it.
function isOnlyAsked (tokens: JavascriptTokens, first: number, last: number): boolean {
  if (isMark(tokens, first - 1, '(') && tokens[first - 2]?.text === 'keys' && isMark(tokens, first - 3, '.') && isWord(tokens, first - 4, 'Object') && isMark(tokens, last + 1, ')')) return true
  const around = bracketAround(tokens, first)
  const isShown = around < 0 || (isMark(tokens, around, '(') && tokens[around - 1]?.text === 'log' && isWord(tokens, around - 3, 'console'))
  const behind = tokens[last + 3]
  const ends = behind === undefined || behind.kind === 'name' || (behind.kind === 'mark' && /^[);,+]$/.test(behind.text))
  return isShown && ends && isMark(tokens, last + 1, '.') && /^(?:version|VERSION)$/.test(tokens[last + 2]?.text ?? '')
}

// `with { type: 'json' }`, which a file of data needs. @returns where its last word stands
function attributesAt (tokens: JavascriptTokens, from: number): number {
  const said = tokens.slice(from, from + 6).map(({ text }) => text).join('')
  if (!/^(?:with|assert)\{type:json\}$/.test(said)) throw new TooMuch()
  return from + 5
}

// `const a = 1, b = require('x')`: without brackets around it, nothing else gets the value.
function declares (tokens: JavascriptTokens, from: number): boolean {
  for (let at = from; at >= 0; at -= 1) {
    const token = tokens[at]
    if (token?.kind === 'name' && /^(?:const|let|var)$/.test(token.text)) return true
    if (at === from && !isMark(tokens, at, ',')) return false
    if (token?.kind === 'mark' && /^[)\]}]$/.test(token.text)) at = openingOf(tokens, at)
    else if (token?.kind === 'mark' && /^[([{;]$/.test(token.text)) return false
  }
  return false
}

interface Module { readonly kind: 'node' | 'own' | 'file', readonly name: string }

function partsOf (module: string): JavascriptObject | undefined {
  return JAVASCRIPT_MODULES.get(module) ?? JAVASCRIPT_STARTERS.get(module)
}

function isPart (module: string, name: string): boolean {
  const object = partsOf(module)
  return object?.calls.has(name) === true || object?.values.has(name) === true || JAVASCRIPT_MODULES.has(`${module}.${name}`)
}
