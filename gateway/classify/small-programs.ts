import { readSmallTokens, type Token } from './small-tokens.ts'

/** What a small program does, all of it: the files it reads and the modules it loads. */
export interface SmallProgram {
  readonly reads: readonly string[]
  /** Modules of the project or of its packages. */
  readonly loads: readonly string[]
  /** Modules of the language, unless a file of the project has that name. */
  readonly listed: readonly string[]
}

/** The words of one language. Everything that is not listed makes a program more than a small one. */
export interface SmallLanguage {
  /** Modules by name, each with what of it is a plain value and what may be called. */
  readonly modules: Readonly<Record<string, { readonly values: readonly string[], readonly calls: readonly string[] }>>
  readonly globals: Readonly<Record<string, { readonly values: readonly string[], readonly calls: readonly string[] }>>
  readonly functions: readonly string[]
  readonly methods: readonly string[]
  readonly keywords: readonly string[]
  /** Functions that read the file their first argument names. */
  readonly readers: readonly string[]
  readonly declares: RegExp
  /** Names under which modules of the project may be loaded. */
  readonly own: RegExp
}

/** A value of the program: data, a module by name, or code of the project of which only values are looked at. */
type Value = { readonly kind: 'data' } | { readonly kind: 'module', readonly name: string } | { readonly kind: 'loaded' }

const DATA: Value = { kind: 'data' }
const VERSIONS = /^(?:__version__|__file__|version|VERSION|version_info|versions)$/
const LOOKING = /(?:^|\.)(?:version|python_version|machine|system)$/
const READABLE = /^(?:\.\/)?(?:@?[A-Za-z_][\w-]*(?:\.[\w-]+)*\/)*[A-Za-z_][\w-]*(?:\.[\w-]+)*\.(?:json|toml|py|pyi|js|ts|mjs|cjs|tsx|jsx|md|txt|csv)$/
const READ_MODE = /^(?:r|rb|rt|utf-?8)$/

class TooMuch extends Error {}

/**
 * Reads a one-line program that only prints values: of the runtime, of JSON files, of modules' versions. Nothing in it can
 * write, start or reach anything, since only listed functions are called, and never a value. @returns null for any other text
 */
export function readSmallProgram (text: string, language: SmallLanguage): SmallProgram | null {
  const tokens = readSmallTokens(text)
  if (tokens === null) return null
  try {
    return new Reader(tokens, language).program()
  } catch (error) {
    if (error instanceof TooMuch) return null
    throw error
  }
}

class Reader {
  readonly #tokens: readonly Token[]
  readonly #language: SmallLanguage
  readonly #names = new Map<string, Value>()
  readonly #reads: string[] = []
  readonly #loads: string[] = []
  readonly #listed: string[] = []
  #looks = false
  #at = 0
  #depth = 0

  constructor (tokens: readonly Token[], language: SmallLanguage) {
    this.#tokens = tokens
    this.#language = language
  }

  program (): SmallProgram {
    while (this.#at < this.#tokens.length) {
      if (this.#take(';')) continue
      this.#statement()
      if (this.#at < this.#tokens.length) this.#need(';')
    }
    // What looks at nothing is no question, whatever else it is.
    if (!this.#looks) throw new TooMuch()
    return { reads: this.#reads, loads: this.#loads, listed: this.#listed }
  }

  #statement (): void {
    if (this.#take('import')) return this.#imports()
    if (this.#take('from')) return this.#importsFrom()
    if (this.#language.declares.test(this.#text())) this.#at += 1
    const name = this.#tokens[this.#at]
    if (name?.kind === 'name' && isMark(this.#tokens[this.#at + 1], '=')) {
      this.#at += 2
      this.#bind(name.text, this.#expression())
    } else this.#expression()
  }

  #imports (): void {
    do {
      const name = this.#dotted()
      this.#bind(this.#take('as') ? this.#name() : name, this.#module(name))
    } while (this.#take(','))
  }

  #importsFrom (): void {
    const name = this.#dotted()
    this.#need('import')
    const listed = Object.hasOwn(this.#language.modules, name) ? this.#language.modules[name] : undefined
    this.#listed.push(name)
    do {
      const word = this.#name()
      if (listed?.calls.includes(word) !== true) throw new TooMuch()
      this.#bind(word, { kind: 'module', name: `${name}.${word}` })
    } while (this.#take(','))
  }

  // A name that means something already, such as `print`, keeps its meaning.
  #bind (name: string, value: Value): void {
    if (this.#language.functions.includes(name) || Object.hasOwn(this.#language.globals, name)) throw new TooMuch()
    this.#names.set(name, value)
  }

  #module (name: string): Value {
    if (Object.hasOwn(this.#language.modules, name)) {
      this.#listed.push(name)
      return { kind: 'module', name }
    }
    if (!this.#language.own.test(name)) throw new TooMuch()
    this.#loads.push(name)
    return { kind: 'loaded' }
  }

  #expression (): Value {
    this.#depth += 1
    if (this.#depth > 16) throw new TooMuch()
    let value = this.#operand()
    while (this.#take('+')) {
      this.#operand()
      value = DATA
    }
    this.#depth -= 1
    return value
  }

  #operand (): Value {
    let value = this.#primary()
    for (;;) {
      if (this.#take('[')) {
        this.#expression()
        this.#need(']')
        if (value.kind !== 'data') throw new TooMuch()
      } else if (this.#take('.')) value = this.#member(value, this.#name())
      else return value
    }
  }

  #primary (): Value {
    const token = this.#tokens[this.#at]
    this.#at += 1
    if (token?.kind === 'string' || token?.kind === 'number') return DATA
    if (token?.kind !== 'name') throw new TooMuch()
    const bound = this.#names.get(token.text)
    if (bound !== undefined && (bound.kind !== 'module' || this.#text() !== '(')) return bound
    if (bound?.kind === 'module') {
      this.#looks ||= LOOKING.test(bound.name)
      return this.#called(bound.name)
    }
    if (token.text === 'require') return this.#required()
    if (this.#language.functions.includes(token.text)) return this.#called(token.text)
    // By itself, `process` shows the environment.
    if (Object.hasOwn(this.#language.globals, token.text) && this.#text() === '.') return { kind: 'module', name: token.text }
    throw new TooMuch()
  }

  #member (value: Value, name: string): Value {
    const called = this.#text() === '('
    if (value.kind === 'data') return called && this.#language.methods.includes(name) ? this.#called(name) : this.#plain(name, called)
    if (value.kind === 'loaded') {
      if (called || !VERSIONS.test(name)) throw new TooMuch()
      this.#looks = true
      return DATA
    }
    const known = this.#language.modules[value.name] ?? this.#language.globals[value.name]
    if (called && known?.calls.includes(name) === true) {
      this.#looks ||= LOOKING.test(name)
      return this.#called(name)
    }
    if (!called && known?.values.includes(name) === true) {
      this.#looks = true
      return DATA
    }
    throw new TooMuch()
  }

  #plain (name: string, called: boolean): Value {
    if (called || name.includes('__')) throw new TooMuch()
    return DATA
  }

  #called (name: string): Value {
    this.#need('(')
    const first = this.#tokens[this.#at]
    const reads = this.#language.readers.includes(name)
    if (reads) this.#read(this.#plainString(first))
    for (let count = 0; !this.#take(')'); count += 1) {
      if (count > 0) this.#need(',')
      this.#argument(reads && count > 0)
    }
    return DATA
  }

  // What a file is opened for has to be said in plain words, like its name.
  #argument (mode: boolean): void {
    const [token, next] = [this.#tokens[this.#at], this.#tokens[this.#at + 1]]
    if (token?.kind === 'name' && isMark(next, '=')) {
      if (!this.#language.keywords.includes(token.text)) throw new TooMuch()
      this.#at += 2
    } else if (mode && !READ_MODE.test(this.#plainString(token))) throw new TooMuch()
    this.#expression()
  }

  // Not the first of several that are put together: `'.e' + 'nv'`, `'.e' 'nv'`.
  #plainString (token: Token | undefined): string {
    const next = this.#tokens[this.#at + 1]
    if (token?.kind !== 'string' || token.text === '' || !(isMark(next, ',') || isMark(next, ')'))) throw new TooMuch()
    return token.text
  }

  #required (): Value {
    this.#need('(')
    const token = this.#tokens[this.#at]
    this.#at += 1
    this.#need(')')
    if (token?.kind !== 'string' || token.text === '') throw new TooMuch()
    if (/\.json$/.test(token.text)) {
      this.#read(token.text.startsWith('.') ? token.text : `node_modules/${token.text}`)
      return DATA
    }
    const name = token.text.replace(/^node:/, '')
    return Object.hasOwn(this.#language.modules, name) ? { kind: 'module', name } : this.#module(token.text)
  }

  // Only what is written as a file of the project: anything else is left to whoever has to say why it is code.
  #read (path: string): void {
    if (!READABLE.test(path)) throw new TooMuch()
    this.#looks = true
    this.#reads.push(path)
  }

  #dotted (): string {
    let name = this.#name()
    while (this.#take('.')) name += `.${this.#name()}`
    return name
  }

  #name (): string {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'name') throw new TooMuch()
    this.#at += 1
    return token.text
  }

  #text (): string {
    const token = this.#tokens[this.#at]
    return token === undefined || token.kind === 'string' ? '' : token.text
  }

  #take (text: string): boolean {
    if (this.#text() !== text) return false
    this.#at += 1
    return true
  }

  #need (text: string): void {
    if (!this.#take(text)) throw new TooMuch()
  }
}

function isMark (token: Token | undefined, text: string): boolean {
  return token?.kind === 'mark' && token.text === text
}
