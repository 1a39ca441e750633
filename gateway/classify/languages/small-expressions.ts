import type { SmallLanguage } from './small-languages.ts'
import { TooMuch, type Token, type TokenCursor } from './small-tokens.ts'

/** A value of the program: data, a module by name, code of the project of which only values are looked at, or a function of it. */
export type Value = { readonly kind: 'data' | 'loaded' | 'maker' } | { readonly kind: 'module', readonly name: string }

/** What was found so far; `looks` is whether anything is looked at or printed. */
export interface SmallFindings { readonly reads: string[], readonly loads: string[], readonly listed: string[], looks: boolean }

const DATA: Value = { kind: 'data' }
const MAX_DEPTH = 16
const OPERATORS: ReadonlySet<string> = new Set(['+', '-', '*', '%', '<', '>', '**', '==', '===', '!=', '!==', '<=', '>=', '&&', '||', '??'])
const CONSTANTS: ReadonlySet<string> = new Set(['null', 'undefined', 'true', 'false', 'None', 'True', 'False'])
const VERSIONS = /^(?:__version__|__file__|version|VERSION|version_info|versions)$/
const LOOKING = /(?:^|\.)(?:version|python_version|machine|system)$/
const PRINTING: ReadonlySet<string> = new Set(['print', 'log'])
// By way of these, a value becomes a function, or a function is called.
const POWERS: ReadonlySet<string> = new Set(['constructor', 'prototype', 'call', 'apply', 'bind'])
const READABLE = /^(?:\.\/)?(?:@?[A-Za-z_][\w-]*(?:\.[\w-]+)*\/)*[A-Za-z_][\w-]*(?:\.[\w-]+)*\.(?:json|toml|py|pyi|js|ts|mjs|cjs|tsx|jsx|md|txt|csv)$/
const READ_MODE = /^(?:r|rb|rt|utf-?8)$/

/** Reads expressions in which only listed functions are called. Throws TooMuch at anything else. */
export class SmallExpressions {
  readonly #tokens: TokenCursor
  readonly #language: SmallLanguage
  readonly #found: SmallFindings
  readonly #names = new Map<string, Value>()
  #depth = 0

  constructor (tokens: TokenCursor, language: SmallLanguage, found: SmallFindings) {
    this.#tokens = tokens
    this.#language = language
    this.#found = found
  }

  // A name that means something already, such as `print`, keeps its meaning.
  bind (name: string, value: Value): void {
    if (this.#language.functions.includes(name) || Object.hasOwn(this.#language.globals, name)) throw new TooMuch()
    this.#names.set(name, value)
  }

  module (name: string): Value {
    if (Object.hasOwn(this.#language.modules, name)) {
      this.#found.listed.push(name)
      return { kind: 'module', name }
    }
    if (!this.#language.own.test(name)) throw new TooMuch()
    this.#found.loads.push(name)
    return { kind: 'loaded' }
  }

  expression (): Value {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new TooMuch()
    let value = this.#operand()
    while (this.#tokens.peek()?.kind === 'mark' && OPERATORS.has(this.#tokens.text())) {
      this.#tokens.next()
      this.#operand()
      value = DATA
    }
    this.#depth -= 1
    return value
  }

  #operand (): Value {
    this.#tokens.take('-')
    let value = this.#primary()
    for (;;) {
      if (this.#tokens.take('[')) {
        if (this.#found.loads.length > 0 && /secret|passw|token|credential|api_?key|private_?key/i.test(this.#tokens.peek()?.text ?? '')) throw new TooMuch()
        this.expression()
        this.#tokens.need(']')
        if (value.kind !== 'data') throw new TooMuch()
      } else if (this.#tokens.take('.')) value = this.#member(value, this.#tokens.name())
      else return value
    }
  }

  #primary (): Value {
    const token = this.#tokens.next()
    if (token?.kind === 'string' || token?.kind === 'number') return DATA
    if (token?.kind === 'mark') return this.#group(token.text)
    if (token === undefined) throw new TooMuch()
    const bound = this.#names.get(token.text)
    if (bound !== undefined) return this.#bound(bound)
    if (CONSTANTS.has(token.text)) return DATA
    if (token.text === 'require') return this.#required()
    if (token.text === 'new' && this.#language.constructors.includes(this.#tokens.text())) return this.#called(this.#tokens.name())
    if (this.#language.functions.includes(token.text)) return this.#called(token.text)
    // A letter that stands for a value somebody has in mind. No letter is a name of the runtime's own.
    if (/^[a-z]$/.test(token.text) && !this.#tokens.done && this.#tokens.text() !== '(') return DATA
    // By itself, `process` shows the environment.
    if (Object.hasOwn(this.#language.globals, token.text) && this.#tokens.text() === '.') return { kind: 'module', name: token.text }
    throw new TooMuch()
  }

  #bound (value: Value): Value {
    const called = this.#tokens.text() === '('
    if (value.kind === 'module' && called) {
      this.#found.looks ||= LOOKING.test(value.name)
      return this.#called(value.name)
    }
    if (value.kind !== 'maker') return value
    // A function of the project, asked for what it makes by itself: with arguments it could be told anything.
    this.#tokens.need('(')
    this.#tokens.need(')')
    return DATA
  }

  /** A list, or an expression in brackets. */
  #group (opening: string): Value {
    const closing = opening === '[' ? ']' : opening === '(' ? ')' : null
    if (closing === null) throw new TooMuch()
    while (!this.#tokens.take(closing)) {
      if (this.expression().kind !== 'data') throw new TooMuch()
      if (!this.#tokens.take(',') && this.#tokens.text() !== closing) throw new TooMuch()
    }
    return DATA
  }

  #member (value: Value, name: string): Value {
    const called = this.#tokens.text() === '('
    if (value.kind === 'data') return this.#ofData(name, called)
    if (value.kind !== 'module') {
      if (called || !VERSIONS.test(name)) throw new TooMuch()
      this.#found.looks = true
      return DATA
    }
    const known = this.#language.modules[value.name] ?? this.#language.globals[value.name]
    if (called && known?.calls.includes(name) === true) {
      this.#found.looks ||= LOOKING.test(name)
      return this.#called(name)
    }
    if (!called && known?.values.includes(name) === true) {
      this.#found.looks = true
      return DATA
    }
    throw new TooMuch()
  }

  #ofData (name: string, called: boolean): Value {
    if (called && this.#language.higher.includes(name)) return this.#mapped()
    if (called && this.#language.methods.includes(name)) return this.#called(name)
    if (called || name.includes('__') || POWERS.has(name)) throw new TooMuch()
    // What the project's own code makes holds its settings, too.
    if (this.#found.loads.length > 0 && /secret|passw|token|credential|api_?key|private_?key|^(?:config|settings|conf|environ)$/i.test(name)) throw new TooMuch()
    return DATA
  }

  /** Methods that call what they are given: it has to be a function written there. */
  #mapped (): Value {
    this.#tokens.need('(')
    if (this.#tokens.take(')')) return DATA
    const names = this.#parameters()
    this.#tokens.need('=>')
    const outer = new Map(this.#names)
    for (const name of names) this.bind(name, DATA)
    this.expression()
    this.#names.clear()
    for (const [name, value] of outer) this.#names.set(name, value)
    if (this.#tokens.take(',')) this.expression()
    this.#tokens.need(')')
    return DATA
  }

  #parameters (): readonly string[] {
    if (!this.#tokens.take('(')) return [this.#tokens.name()]
    const names = [this.#tokens.name()]
    while (this.#tokens.take(',')) names.push(this.#tokens.name())
    this.#tokens.need(')')
    return names
  }

  #called (name: string): Value {
    this.#tokens.need('(')
    this.#found.looks ||= PRINTING.has(name)
    const reads = this.#language.readers.includes(name)
    if (reads) this.#read(this.#plainString(this.#tokens.peek()))
    for (let count = 0; !this.#tokens.take(')'); count += 1) {
      if (count > 0) this.#tokens.need(',')
      this.#argument(reads && count > 0)
    }
    return DATA
  }

  // What a file is opened for has to be said in plain words, like its name.
  #argument (mode: boolean): void {
    const token = this.#tokens.peek()
    if (token?.kind === 'name' && this.#tokens.peek(1)?.kind === 'mark' && this.#tokens.text(1) === '=') {
      if (!this.#language.keywords.includes(token.text)) throw new TooMuch()
      this.#tokens.next()
      this.#tokens.next()
    } else if (mode && !READ_MODE.test(this.#plainString(token))) throw new TooMuch()
    this.expression()
  }

  // Not the first of several that are put together: `'.e' + 'nv'`, `'.e' 'nv'`.
  #plainString (token: Token | undefined): string {
    if (token?.kind !== 'string' || token.text === '' || !/^[,)]$/.test(this.#tokens.text(1))) throw new TooMuch()
    return token.text
  }

  #required (): Value {
    this.#tokens.need('(')
    const token = this.#tokens.next()
    this.#tokens.need(')')
    if (token?.kind !== 'string' || token.text === '') throw new TooMuch()
    if (/\.json$/.test(token.text)) {
      this.#read(token.text.startsWith('.') ? token.text : `node_modules/${token.text}`)
      return DATA
    }
    const name = token.text.replace(/^node:/, '')
    return Object.hasOwn(this.#language.modules, name) ? { kind: 'module', name } : this.module(token.text)
  }

  // Only what is written as a file of the project: anything else is left to whoever has to say why it is code.
  #read (path: string): void {
    if (!READABLE.test(path)) throw new TooMuch()
    this.#found.looks = true
    this.#found.reads.push(path)
  }
}
