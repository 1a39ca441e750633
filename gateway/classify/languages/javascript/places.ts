import { boundNamesOf, closingOf, isMark, isMember, isPlainText, isWord } from './names.ts'
import { BETWEEN, MAX_WAYS, placeOf, waysOf, type Part } from './parts.ts'
import type { JavascriptToken, JavascriptTokens } from './tokens.ts'
import type { ScriptPlace } from '../reached.ts'

/**
 * What a name surely stands for: a text, one of a few texts, a list of such texts, a list of names of files, one such name, or a number.
 * `value` is the text, the texts with BETWEEN between them, or the pattern of the names.
 */
export interface JavascriptName { readonly kind: 'text' | 'choice' | 'choices' | 'list' | 'entry' | 'number', readonly value: string }

/** What an imported name stands for: `fs`, `path.join`. */
export type Meaning = (tokens: JavascriptTokens, at: number) => { readonly name: string, readonly last: number } | null

interface Read<Value> { readonly value: Value, readonly next: number }

// Methods that hand the names of a list to a function, one by one.
const TAKES = /^(?:forEach|map|filter|some|every|find|flatMap)$/

/** The parameter of a function that takes one: `f => …` or `(f) => …`. */
function singleParameter (tokens: JavascriptTokens, at: number): JavascriptToken | null {
  const bracketed = isMark(tokens, at, '(')
  const name = tokens[bracketed ? at + 1 : at]
  const ends = bracketed ? isMark(tokens, at + 2, ')') && isMark(tokens, at + 3, '=>') : isMark(tokens, at + 1, '=>')
  return ends && name?.kind === 'name' ? name : null
}

// What ends no value: behind it, a bracket begins a list.
function startsValue (tokens: JavascriptTokens, at: number): boolean {
  const before = tokens[at - 1]
  return before === undefined || (before.kind === 'mark' && /^(?:[(,;=:{]|=>)$/.test(before.text)) || (before.kind === 'name' && /^(?:return|of|await)$/.test(before.text) && !isMember(tokens, at - 1))
}

/** Names of the text that stand for one thing only: every binding of theirs is one of those that are understood. */
export class JavascriptPlaces {
  readonly #meaning: Meaning
  readonly #walkers: ReadonlyMap<string, string>
  readonly #sequences: readonly JavascriptTokens[]
  readonly #bound = new Map<string, number>()
  readonly #understood = new Map<string, { readonly name: JavascriptName, count: number }>()

  constructor (sequences: readonly JavascriptTokens[], meaning: Meaning, walkers: ReadonlyMap<string, string>, more: readonly string[]) {
    this.#walkers = walkers
    this.#meaning = meaning
    this.#sequences = sequences
    for (const name of [...boundNamesOf(sequences), ...more]) this.#bound.set(name, (this.#bound.get(name) ?? 0) + 1)
    for (const tokens of sequences) for (const [at, token] of tokens.entries()) this.#learn(tokens, token, at)
  }

  get bound (): ReadonlyMap<string, number> { return this.#bound }

  /** What a name stands for, wherever it is written. */
  nameOf (name: string): JavascriptName | null {
    const known = this.#understood.get(name)
    return known !== undefined && known.count === this.#bound.get(name) ? known.name : null
  }

  /** The places that are written out here, and where the words after them begin. */
  placesAt (tokens: JavascriptTokens, at: number): Read<readonly ScriptPlace[]> | null {
    const read = this.#parts(tokens, at)
    const places = read === null ? [] : waysOf(read.value)?.map(placeOf) ?? []
    const found = places.filter((place) => place !== null)
    return read === null || places.length === 0 || found.length < places.length ? null : { value: found, next: read.next }
  }

  /** The texts of which one is written out here, and where the words after it begin. */
  textsAt (tokens: JavascriptTokens, at: number): Read<readonly string[]> | null {
    const read = this.#parts(tokens, at)
    const ways = read === null || read.value.some(({ pattern }) => pattern) ? null : waysOf(read.value)
    return read === null || ways === null ? null : { value: ways.map((parts) => parts.map(({ text }) => text).join('')), next: read.next }
  }

  /** All that a text surely begins with which is put together here. */
  beginningsAt (tokens: JavascriptTokens, from: number): readonly string[] | null {
    const parts: Part[] = []
    for (let at = from; ;) {
      const token = tokens[at]
      const read = this.#part(tokens, at)
      if (read === null) {
        if (token?.kind !== 'string') break
        // A method of it could make it another.
        if (![',', ')', '+'].some((mark) => isMark(tokens, at + 1, mark))) return null
        parts.push(...this.#beginning(token))
        break
      }
      const goesOn = isMark(tokens, read.next, '+')
      if (!goesOn && !isMark(tokens, read.next, ',') && !isMark(tokens, read.next, ')')) return null
      parts.push(...read.value)
      if (!goesOn) break
      at = read.next + 1
    }
    return parts.length === 0 || parts.some(({ pattern }) => pattern) ? null : waysOf(parts)?.map((way) => way.map(({ text }) => text).join('')) ?? null
  }

  #beginning ({ pieces, inner }: JavascriptToken): readonly Part[] {
    const parts: Part[] = []
    for (const [index, piece] of pieces.entries()) {
      if (piece.includes('\\')) return parts
      parts.push({ pattern: false, text: piece })
      const tokens = inner[index] ?? []
      const read = this.#parts(tokens, 0)
      if (read === null || read.next !== tokens.length) return parts
      parts.push(...read.value)
    }
    return parts
  }

  #learn (tokens: JavascriptTokens, token: JavascriptToken, at: number): void {
    if (token.kind === 'mark' && (token.text === '++' || token.text === '--')) for (const near of [at - 1, at + 1]) this.#add(tokens[near], { kind: 'number', value: '' })
    if (token.kind === 'mark' && token.text === '[' && startsValue(tokens, at)) this.#takesWritten(tokens, at)
    if (token.kind !== 'name') return
    const [before, next] = [tokens[at - 1]?.text ?? '', tokens[at + 1]?.text]
    if (/^(?:[-*%]|\+)=$/.test(next ?? '') && tokens[at + 2]?.kind === 'number' && this.#ends(tokens, at + 3)) this.#add(token, { kind: 'number', value: '' })
    if (next === '=' && /^(?:const|let|var)$/.test(before)) this.#learnValue(tokens, token, at + 2, before)
    if (next === 'of' && /^(?:const|let|var)$/.test(before)) {
      const list = this.#listAt(tokens, at + 2)
      if (list !== null && isMark(tokens, list.next, ')')) this.#add(token, { kind: 'entry', value: list.value })
      const written = list === null ? this.#writtenAt(tokens, at + 2) : null
      if (written !== null && isMark(tokens, written.next, ')')) this.#add(token, { kind: 'choice', value: written.value })
    }
    this.#takesWritten(tokens, at)
    const chain = this.#listAt(tokens, at)
    if (chain === null) return
    // What is handed to the function of the next method is one of the list's names.
    const taker = TAKES.test(tokens[chain.next + 1]?.text ?? '') ? chain.next + 3 : null
    if (taker !== null) this.#parameter(tokens, taker, chain.value)
  }

  #learnValue (tokens: JavascriptTokens, token: JavascriptToken, at: number, keyword: string): void {
    if (keyword !== 'const' && tokens[at]?.kind === 'number' && this.#ends(tokens, at + 1)) this.#add(token, { kind: 'number', value: '' })
    const list = this.#listAt(tokens, at)
    if (list !== null && this.#ends(tokens, list.next)) {
      if (this.#onlyLooked(token)) this.#add(token, { kind: 'list', value: list.value })
      return
    }
    const written = this.#writtenAt(tokens, at)
    if (written !== null && this.#ends(tokens, written.next)) {
      if (this.#onlyLooked(token)) this.#add(token, { kind: 'choices', value: written.value })
      return
    }
    const read = this.#parts(tokens, at)
    if (read === null || !this.#ends(tokens, read.next)) return
    const pattern = read.value.some((part) => part.pattern)
    if (read.value.some(({ text }) => text.includes(BETWEEN))) {
      const texts = pattern ? null : this.textsAt(tokens, at)
      if (texts !== null) this.#add(token, { kind: 'choice', value: texts.value.join(BETWEEN) })
      return
    }
    this.#add(token, { kind: pattern ? 'entry' : 'text', value: read.value.map((part) => part.text).join('') })
  }

  // A list whose names are as it was made: nothing else ever holds it, and none of its methods changes it.
  #onlyLooked (list: JavascriptToken): boolean {
    return this.#sequences.every((tokens) => tokens.every((token, at) => {
      if (token === list || token.kind !== 'name' || token.text !== list.text || isMember(tokens, at)) return true
      if (isWord(tokens, at - 1, 'of')) return isMark(tokens, at + 1, ')')
      const verb = isMark(tokens, at + 1, '.') ? tokens[at + 2]?.text ?? '' : ''
      if (/^(?:length|join|includes)$/.test(verb)) return true
      return TAKES.test(verb) ? isMark(tokens, at + 3, '(') && singleParameter(tokens, at + 4) !== null : verb === 'slice' || (isMark(tokens, at - 1, '(') && tokens[at - 2]?.text === 'log' && isWord(tokens, at - 4, 'console'))
    }))
  }

  // Behind a value, a name begins the next statement.
  #ends (tokens: JavascriptTokens, at: number): boolean {
    const token = tokens[at]
    if (token === undefined) return true
    return token.kind === 'name' ? !/^(?:in|instanceof|of)$/.test(token.text) : token.kind === 'mark' && /^[;,)}]$/.test(token.text)
  }

  #add (token: JavascriptToken | undefined, name: JavascriptName): void {
    if (token?.kind !== 'name') return
    const known = this.#understood.get(token.text)
    if (known === undefined) this.#understood.set(token.text, { name, count: 1 })
    else if (known.name.kind === name.kind && known.name.value === name.value) known.count += 1
    else known.count = Number.NaN
  }

  /** `fs.readdirSync('src')`, a name for such a list, and what only leaves some of it out. */
  #listAt (tokens: JavascriptTokens, at: number): Read<string> | null {
    const known = tokens[at]?.kind === 'name' && !isMark(tokens, at - 1, '.') ? this.nameOf(tokens[at].text) : null
    let list: Read<string> | null = known?.kind === 'list' ? { value: known.value, next: at + 1 } : this.#listed(tokens, isWord(tokens, at, 'await') ? at + 1 : at)
    while (list !== null && isMark(tokens, list.next, '.') && /^(?:filter|sort|slice|reverse)$/.test(tokens[list.next + 1]?.text ?? '') && isMark(tokens, list.next + 2, '(')) {
      const end = closingOf(tokens, list.next + 2)
      const [, , ending] = /^(\w+)=>\1\.endsWith\(("[^"]*")\)$/.exec(tokens.slice(list.next + 3, end).map(({ kind, text }) => kind === 'string' ? JSON.stringify(text) : text).join('').replace(/^\((\w+)\)=>/, '$1=>')) ?? []
      const verb = tokens[list.next + 1]?.text
      if (verb === 'filter' || (verb === 'sort' && end > list.next + 3)) {
        // A third parameter would be the list itself.
        if (verb === 'filter' && singleParameter(tokens, list.next + 3) === null) return null
        if (verb === 'sort' && !isMark(tokens, list.next + 3, '(')) return null
      }
      const value = ending !== undefined && /^"\.?[\w.-]+"$/.test(ending) ? list.value.replace(/\*$/, `*${ending.slice(1, -1)}`) : list.value
      if (verb === 'filter') this.#parameter(tokens, list.next + 3, value)
      list = { value, next: end + 1 }
    }
    return list
  }

  /** `['a', 'b']`, or a name for such a list. */
  #writtenAt (tokens: JavascriptTokens, from: number): Read<string> | null {
    const known = tokens[from]?.kind === 'name' && !isMember(tokens, from) ? this.nameOf(tokens[from].text) : null
    if (known?.kind === 'choices') return { value: known.value, next: from + 1 }
    if (!isMark(tokens, from, '[')) return null
    const end = closingOf(tokens, from)
    const texts: string[] = []
    for (let at = from + 1; at < end; at += 2) {
      const text = tokens[at]
      if (!isPlainText(text) || (at + 1 < end && !isMark(tokens, at + 1, ','))) return null
      texts.push(text.text)
    }
    return texts.length === 0 || texts.length > MAX_WAYS ? null : { value: texts.join(BETWEEN), next: end + 1 }
  }

  // `['a', 'b'].forEach(f => …)`. Behind a value, the bracket would look something up.
  #takesWritten (tokens: JavascriptTokens, at: number): void {
    const written = this.#writtenAt(tokens, at)
    if (written === null || !isMark(tokens, written.next, '.') || !TAKES.test(tokens[written.next + 1]?.text ?? '') || !isMark(tokens, written.next + 2, '(')) return
    const name = singleParameter(tokens, written.next + 3)
    if (name === null || this.#taken.has(name)) return
    this.#taken.add(name)
    this.#add(name, { kind: 'choice', value: written.value })
  }

  #listed (tokens: JavascriptTokens, at: number): Read<string> | null {
    const ending = tokens[at]?.kind === 'name' && !isMember(tokens, at) ? this.#walkers.get(tokens[at].text) : undefined
    // What a walk finds is named from its folder on.
    if (ending !== undefined) return { value: `${(tokens[at + 2]?.text ?? '').replace(/\/+$/, '')}/**/*${ending}`, next: at + 4 }
    const read = this.#meaning(tokens, at)
    if (read === null || !/^fs(?:[./]promises)?\.readdir(?:Sync)?$/.test(read.name) || !isMark(tokens, read.last + 1, '(')) return null
    const end = closingOf(tokens, read.last + 1)
    return { value: tokens.slice(read.last, end).some(({ text }) => text === 'recursive') ? '**/*' : '*', next: end + 1 }
  }

  readonly #taken = new Set<JavascriptToken>()

  #parameter (tokens: JavascriptTokens, at: number, value: string): void {
    const name = singleParameter(tokens, at)
    if (name === null || this.#taken.has(name)) return
    this.#taken.add(name)
    this.#add(name, { kind: 'entry', value })
  }

  /** Texts and names that are put together. */
  #parts (tokens: JavascriptTokens, from: number): Read<readonly Part[]> | null {
    const parts: Part[] = []
    for (let at = from; ;) {
      const read = this.#joined(tokens, at) ?? this.#part(tokens, at)
      if (read === null) return null
      parts.push(...read.value)
      if (!isMark(tokens, read.next, '+')) return { value: parts, next: read.next }
      at = read.next + 1
    }
  }

  #part (tokens: JavascriptTokens, at: number): Read<readonly Part[]> | null {
    const token = tokens[at]
    if (isPlainText(token)) return { value: [{ pattern: false, text: token.text }], next: at + 1 }
    if (token?.kind === 'string' && token.inner.length > 0) return this.#template(token, at)
    const known = token?.kind === 'name' ? this.nameOf(token.text) : null
    if (known === null || !/^(?:text|choice|entry)$/.test(known.kind)) return null
    return { value: [{ pattern: known.kind === 'entry', text: known.value }], next: at + 1 }
  }

  #template ({ pieces, inner }: JavascriptToken, at: number): Read<readonly Part[]> | null {
    const parts: Part[] = []
    for (const [index, piece] of pieces.entries()) {
      if (piece.includes('\\')) return null
      parts.push({ pattern: false, text: piece })
      const tokens = inner[index]
      if (tokens === undefined) continue
      const read = this.#parts(tokens, 0)
      if (read === null || read.next !== tokens.length) return null
      parts.push(...read.value)
    }
    return { value: parts, next: at + 1 }
  }

  // `path.join('src', name)`
  #joined (tokens: JavascriptTokens, from: number): Read<readonly Part[]> | null {
    const read = this.#meaning(tokens, from)
    if (read?.name !== 'path.join' || !isMark(tokens, read.last + 1, '(')) return null
    const parts: Part[] = []
    for (let at = read.last + 2; ;) {
      const next = this.#parts(tokens, at)
      if (next === null) return null
      parts.push(...next.value)
      if (isMark(tokens, next.next, ')')) return { value: parts, next: next.next + 1 }
      if (!isMark(tokens, next.next, ',')) return null
      parts.push({ pattern: false, text: '/' })
      at = next.next + 1
    }
  }
}
