import { closingOf, isMark, isMember } from './names.ts'
import type { JavascriptToken, JavascriptTokens } from './tokens.ts'
import { JAVASCRIPT_POWER } from './vocabulary.ts'
import { refuse } from '../too-much.ts'

// Classes of the language, and of its modules, that one of a text may go on from.
const BASES = /^(?:Error|TypeError|RangeError|SyntaxError|Map|Set|Array|events\.EventEmitter|stream\.(?:Readable|Writable|Transform|Duplex|PassThrough))$/
const MODIFIERS = /^(?:static|async|get|set)$/
// By these, the runtime or a package asks a value for more than to compute.
const ASKED = /^(?:constructor|prototype|then|__\w*|_\w*|inspect|toPath|asyncDispose|dispose|handleEvent|apply|ownKeys)$/

/** The classes that a text declares: `this` stands for one of their values only, since what they hold is strict. */
export class JavascriptClasses {
  /** Names of classes and of what their methods are given, as often as they are. */
  readonly bound: string[] = []
  readonly methods = new Set<string>()
  readonly #members = new Set<JavascriptToken>()
  readonly #heads = new Map<JavascriptToken, number>()
  readonly #within = new Set<JavascriptToken>()

  constructor (tokens: JavascriptTokens, meaning: (name: string) => string) {
    const names = new Set<string>()
    for (const [at, token] of tokens.entries()) if (token.kind === 'name' && token.text === 'class' && !isMember(tokens, at) && !isMark(tokens, at + 1, ':')) this.#read(tokens, at, names, meaning)
  }

  /** Whether a word names a method or a value of a class where that is made. */
  isMade (token: JavascriptToken | undefined): boolean { return token !== undefined && this.#members.has(token) }

  /** Where the body opens of the class that begins with this word. */
  opensAt (token: JavascriptToken | undefined): number | undefined { return token === undefined ? undefined : this.#heads.get(token) }

  /** Whether a word stands in the body of a class. */
  isWithin (token: JavascriptToken | undefined): boolean { return token !== undefined && this.#within.has(token) }

  #read (tokens: JavascriptTokens, at: number, names: Set<string>, meaning: (name: string) => string): void {
    const name = tokens[at + 1]
    const extended = tokens[at + 2]?.text === 'extends' ? tokens[at + 3] : undefined
    const open = extended === undefined ? at + 2 : at + 4
    if (name?.kind !== 'name' || JAVASCRIPT_POWER.test(name.text) || !isMark(tokens, open, '{')) refuse()
    if (extended !== undefined && (extended.kind !== 'name' || !(names.has(extended.text) || BASES.test(meaning(extended.text))))) refuse()
    names.add(name.text)
    this.bound.push(name.text)
    const first = tokens[at]
    if (first !== undefined) this.#heads.set(first, open)
    const close = closingOf(tokens, open)
    if (close >= tokens.length) refuse()
    for (const token of tokens.slice(open, close)) this.#enter(token)
    for (let next = open + 1; next < close;) next = this.#member(tokens, next, close)
  }

  #enter (token: JavascriptToken): void {
    this.#within.add(token)
    for (const words of token.inner) for (const word of words) this.#enter(word)
  }

  // `static async name (a, b) { … }`, `name = 1;`. @returns where the next one begins
  #member (tokens: JavascriptTokens, from: number, close: number): number {
    let at = from
    if (isMark(tokens, at, ';')) return at + 1
    while (tokens[at]?.kind === 'name' && MODIFIERS.test(tokens[at]?.text ?? '') && (tokens[at + 1]?.kind === 'name' || isMark(tokens, at + 1, '*'))) {
      this.#made(tokens[at])
      at += 1
    }
    if (isMark(tokens, at, '*')) at += 1
    const name = tokens[at]
    if (name?.kind !== 'name') return refuse()
    const isConstructor = name.text === 'constructor' && at === from && isMark(tokens, at + 1, '(')
    if (!isConstructor && (ASKED.test(name.text) || JAVASCRIPT_POWER.test(name.text))) return refuse()
    this.#made(name)
    if (isMark(tokens, at + 1, '(')) return this.#method(tokens, name, at + 1)
    if (isMark(tokens, at + 1, ';')) return at + 2
    // Its value ends where that is said.
    const end = isMark(tokens, at + 1, '=') ? endOfField(tokens, at + 2, close) : close
    return end < close ? end + 1 : refuse()
  }

  #method (tokens: JavascriptTokens, name: JavascriptToken, open: number): number {
    const end = closingOf(tokens, open)
    if (!isMark(tokens, end + 1, '{')) return refuse()
    if (name.text !== 'constructor') this.methods.add(name.text)
    for (let at = open + 1; at < end; at += 1) if (tokens[at]?.kind === 'name' && !isMember(tokens, at)) this.bound.push(tokens[at]?.text ?? '')
    return closingOf(tokens, end + 1) + 1
  }

  #made (token: JavascriptToken | undefined): void {
    if (token !== undefined) this.#members.add(token)
  }
}

function endOfField (tokens: JavascriptTokens, from: number, close: number): number {
  for (let at = from; at < close; at += 1) {
    if (['(', '[', '{'].some((mark) => isMark(tokens, at, mark))) at = closingOf(tokens, at)
    else if (isMark(tokens, at, ';')) return at
  }
  return close
}
