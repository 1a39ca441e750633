import { bindingsOf, loopAround, type Binding } from './bindings.ts'
import { dictionaryAt, listAt, madeFolder } from './lists.ts'
import { endingsAt, endingsFor, isOfBody } from './guards.ts'
import { argumentAt } from './program-arguments.ts'
import { closingAt, endOfGlob, isPlain, markAt } from './places.ts'
import type { ScriptToken, ScriptTokens } from './tokens.ts'
import { combined, elementOf, literal, MADE, merge, narrowed, pattern, placeOf, SLASH, united, type Read, type ScriptValue } from './ways.ts'
import type { ScriptPlace } from '../reached.ts'

const MAX_STEPS = 4000
const MAX_DEPTH = 24
const LISTS = /^(?:sorted|list|set|tuple|reversed|frozenset)$/
const SAME = /^(?:str|os\.fspath|os\.path\.(?:abspath|normpath|realpath))$/
const PATHS = /^pathlib\.(?:Pure)?(?:Posix)?Path$/
const TEMPORARY = /^tempfile\.(?:mkdtemp|TemporaryDirectory)$/

/**
 * What the expressions of a program stand for, as far as they are texts that name files: written out, put together, found by listings,
 * handed to the program's own functions. A name may be any of the values that it is given anywhere; one value that is not
 * known makes the name unknown.
 */
export class ScriptValues {
  readonly #sequences: ScriptTokens
  readonly #meaning: (name: string) => string
  readonly #args: readonly string[]
  readonly #bindings: ReadonlyMap<string, readonly Binding[]>
  readonly #pending = new Set<string>()
  readonly #reader = (tokens: readonly ScriptToken[], at: number): Read | null => this.read(tokens, at)
  #steps = 0
  #stop: ScriptToken | undefined
  /** Where a value is used that a statement before it made. */
  #vantage: { readonly from: number, readonly at: number } | null = null

  constructor (sequences: ScriptTokens, meaning: (name: string) => string, args: readonly string[]) {
    this.#sequences = sequences
    this.#meaning = meaning
    this.#args = args
    this.#bindings = bindingsOf(sequences)
  }

  /** The places that the expression may name that begins at this word, and where the words after it begin; null when any is unknown. */
  placesAt (tokens: readonly ScriptToken[], at: number): { readonly places: readonly ScriptPlace[], readonly next: number } | null {
    const read = this.read(tokens, at)
    if (read?.value.kind !== 'text') return null
    const places = read.value.ways.map(placeOf)
    return places.length > 0 && places.every((place) => place !== null) ? { places, next: read.next } : null
  }

  /** The places that a list may name, as the only value of a call; null for anything else. */
  placesOfList (tokens: readonly ScriptToken[], at: number): readonly ScriptPlace[] | null {
    const read = this.read(tokens, at)
    if (read?.value.kind !== 'list' || !/^[,)]$/.test(tokens[read.next]?.text ?? '')) return null
    const places = read.value.ways.map(placeOf)
    return places.every((place) => place !== null) ? places : null
  }

  /** The places that the expression may name between these words, of which the second is the dot of its method. */
  placesBefore (tokens: readonly ScriptToken[], from: number, dot: number): readonly ScriptPlace[] | null {
    this.#stop = tokens[dot]
    const found = this.placesAt(tokens, from)
    this.#stop = undefined
    return found?.next === dot ? found.places : null
  }

  read (tokens: readonly ScriptToken[], from: number): Read | null {
    this.#steps += 1
    if (this.#steps > MAX_STEPS || this.#pending.size > MAX_DEPTH) return null
    let left = this.#operand(tokens, from)
    while (left !== null && (markAt(tokens, left.next, '/') || markAt(tokens, left.next, '+'))) {
      const divides = markAt(tokens, left.next, '/')
      // A text taken to pieces hides what it says.
      if (!divides && isPlain(tokens[left.next - 1]) && isPlain(tokens[left.next + 1])) return null
      const right = this.#operand(tokens, left.next + 1)
      const joined = right === null ? null : combined(left.value, right.value, divides)
      left = joined === null || right === null ? null : { value: joined, next: right.next }
    }
    return left
  }

  #operand (tokens: readonly ScriptToken[], from: number): Read | null {
    let read = this.#primary(tokens, from)
    while (read !== null) {
      const after = this.#postfix(tokens, read)
      if (after === undefined) return read
      read = after
    }
    return null
  }

  #primary (tokens: readonly ScriptToken[], at: number): Read | null {
    const token = tokens[at]
    if (isPlain(token)) return { value: { kind: 'text', ways: [[literal(token.text)]] }, next: at + 1 }
    if (token?.kind === 'string') return token.filled === true ? this.#filled(tokens, token, at) : null
    if (token?.kind === 'mark') return token.text === '[' ? listAt(this.#reader, tokens, at, ']') : token.text === '(' ? this.#bracket(tokens, at) : token.text === '{' ? dictionaryAt(this.#reader, tokens, at) : null
    if (token?.kind !== 'name') return null
    const [name, next] = this.#dotted(tokens, at)
    const meaning = this.#meaning(name)
    if (meaning === 'sys.argv') return argumentAt(tokens, next, this.#sequences, this.#args)
    if (!markAt(tokens, next, '(')) {
      const known = this.#named(tokens[at]?.text ?? '', tokens, at)
      return known === null ? null : { value: known, next: at + 1 }
    }
    return this.#called(tokens, LISTS.test(name) || name === 'str' ? name : meaning, next + 1)
  }

  // `os.path.join`, as long as it is one; `p.parent` is a name and what is asked of it.
  #dotted (tokens: readonly ScriptToken[], at: number): readonly [string, number] {
    let name = tokens[at]?.text ?? ''
    let next = at + 1
    if (this.#meaning(name).startsWith('?')) return [name, next]
    while (markAt(tokens, next, '.') && tokens[next + 1]?.kind === 'name') {
      name += `.${tokens[next + 1]?.text ?? ''}`
      next += 2
      if (/^(?:sys\.argv|pathlib\.(?:Pure)?(?:Posix)?Path)$/.test(this.#meaning(name)) && !markAt(tokens, next, '(') && tokens[next + 1]?.text !== 'cwd') break
    }
    return [name, next]
  }

  #called (tokens: readonly ScriptToken[], meaning: string, from: number): Read | null {
    if (meaning === 'os.getcwd' || meaning === 'pathlib.Path.cwd') return markAt(tokens, from, ')') ? { value: { kind: 'text', ways: [[literal('.')]] }, next: from + 1 } : null
    if (TEMPORARY.test(meaning)) return madeFolder(tokens, from)
    if (PATHS.test(meaning) || meaning === 'os.path.join') return this.#joined(tokens, from, meaning !== 'os.path.join')
    if (SAME.test(meaning)) return closed(tokens, this.read(tokens, from))
    if (LISTS.test(meaning)) return this.#sorted(tokens, from)
    if (meaning === 'os.listdir') {
      const bare = markAt(tokens, from, ')')
      const folder = bare ? null : this.read(tokens, from)
      return bare || folder?.value.kind === 'text' ? closed(tokens, { value: { kind: 'list', ways: [[pattern('*')]] }, next: folder?.next ?? from }) : null
    }
    if (meaning === 'os.walk') {
      const folder = closed(tokens, this.read(tokens, from))
      return folder?.value.kind === 'text' ? { value: { kind: 'walk', ways: folder.value.ways }, next: folder.next } : null
    }
    return meaning === 'glob.glob' || meaning === 'glob.iglob' ? this.#globbed(tokens, from) : null
  }

  #globbed (tokens: readonly ScriptToken[], from: number): Read | null {
    const read = this.read(tokens, from)
    const end = read === null ? null : endOfGlob(tokens, read.next)
    if (read?.value.kind !== 'text' || end === null) return null
    return { value: { kind: 'list', ways: read.value.ways.map((way) => [pattern(way.map(({ text }) => text).join(''))]) }, next: end }
  }

  // What is found is the same in any order; a key only says in which.
  #sorted (tokens: readonly ScriptToken[], from: number): Read | null {
    const read = this.read(tokens, from)
    if (read === null || (read.value.kind !== 'list' && read.value.kind !== 'rows')) return null
    if (markAt(tokens, read.next, ')')) return { value: read.value, next: read.next + 1 }
    return markAt(tokens, read.next, ',') && /^(?:key|reverse)$/.test(tokens[read.next + 1]?.text ?? '') ? { value: read.value, next: closingAt(tokens, from - 1) + 1 } : null
  }

  #joined (tokens: readonly ScriptToken[], from: number, mayBeEmpty: boolean): Read | null {
    if (mayBeEmpty && markAt(tokens, from, ')')) return { value: { kind: 'text', ways: [[literal('.')]] }, next: from + 1 }
    let value: ScriptValue | null = null
    for (let at = from; ;) {
      const read = this.read(tokens, at)
      if (read?.value.kind !== 'text') return null
      value = value === null ? read.value : combined(value, read.value, true)
      if (value === null) return null
      if (markAt(tokens, read.next, ')')) return { value, next: read.next + 1 }
      if (!markAt(tokens, read.next, ',')) return null
      at = read.next + 1
    }
  }

  /** `.parent`, `.joinpath('x')`, `.rglob('*.py')`, `[0]`; undefined where the value ends. */
  #postfix (tokens: readonly ScriptToken[], { value, next }: Read): Read | null | undefined {
    if (markAt(tokens, next, '[')) {
      const end = closingAt(tokens, next)
      if (value.kind === 'list') return { value: tokens.slice(next, end).some(({ text }) => text === ':') ? value : { kind: 'text', ways: value.ways }, next: end + 1 }
      return null
    }
    if (!markAt(tokens, next, '.') || tokens[next] === this.#stop) return undefined
    const verb = tokens[next + 1]?.text ?? ''
    const called = markAt(tokens, next + 2, '(')
    if (value.kind === 'rows') return called && verb === 'items' && markAt(tokens, next + 3, ')') ? { value, next: next + 4 } : called && verb === 'keys' ? { value: { kind: 'list', ways: value.columns[0] ?? [] }, next: next + 4 } : undefined
    if (value.kind !== 'text') return undefined
    if (called && /^(?:resolve|absolute|as_posix)$/.test(verb) && markAt(tokens, next + 3, ')')) return { value, next: next + 4 }
    if (called && verb === 'joinpath') {
      const inner = this.#joined(tokens, next + 3, false)
      const joined = inner === null ? null : combined(value, inner.value, true)
      return joined === null || inner === null ? null : { value: joined, next: inner.next }
    }
    if (called && verb === 'iterdir' && markAt(tokens, next + 3, ')')) return { value: { kind: 'list', ways: value.ways.map((way) => [...way, SLASH, pattern('*')]) }, next: next + 4 }
    if (called && (verb === 'glob' || verb === 'rglob')) {
      const sought = tokens[next + 3]
      if (!isPlain(sought) || !markAt(tokens, next + 4, ')')) return null
      return { value: { kind: 'list', ways: value.ways.map((way) => [...way, SLASH, pattern(verb === 'rglob' ? `**/${sought.text}` : sought.text)]) }, next: next + 5 }
    }
    return undefined
  }

  #bracket (tokens: readonly ScriptToken[], at: number): Read | null {
    const close = closingAt(tokens, at)
    const inner = this.read(tokens, at + 1)
    if (inner?.next === close) return { value: inner.value, next: close + 1 }
    return listAt(this.#reader, tokens, at, ')')
  }

  #filled (tokens: readonly ScriptToken[], token: ScriptToken, at: number): Read | null {
    if (token.text.includes('\\')) return null
    let value: ScriptValue = { kind: 'text', ways: [[]] }
    for (const [whole, text = '', name] of token.text.matchAll(/((?:[^{}]|\{\{|\}\})+)|\{([A-Za-z_]\w*)\}|[{}]/g)) {
      if (name === undefined && text === '') return null
      if (name === undefined && /[{}]/.test(whole)) return null
      const known: ScriptValue | null = name === undefined ? { kind: 'text', ways: [[literal(text)]] } : this.#named(name, tokens, at)
      const next: ScriptValue | null = known?.kind === 'text' ? combined(value, known, false) : null
      if (next === null) return null
      value = next
    }
    return { value, next: at + 1 }
  }

  /** What a name may be where it stands: any of the values that it is given. */
  #named (name: string, tokens: readonly ScriptToken[], at: number): ScriptValue | null {
    const all = this.#bindings.get(name)
    if (all === undefined || this.#pending.has(name)) return null
    const bindings = loopAround(all, tokens, at)
    this.#pending.add(name)
    try {
      let known: ScriptValue | null = null
      for (const binding of bindings) {
        if (binding.kind === 'value' && this.#isSame(name, binding.tokens, binding.at)) continue
        // Within brackets a name is of the comprehension alone.
        if (binding.kind === 'each' && binding.scope !== null && !(binding.tokens === tokens && at > binding.scope[0] && at < binding.scope[1])) continue
        const value = this.#bound(name, binding, tokens, at)
        known = value === null ? null : known === null ? value : united(known, value)
        if (known === null) return null
      }
      const endings = known?.kind === 'text' ? endingsAt(tokens, name, at, (from, to) => bindings.some((binding) => binding.kind === 'handed' || ('at' in binding && binding.tokens === tokens && binding.at > from && binding.at < to))) : null
      return known?.kind === 'text' ? narrowed(known, endings) : known
    } finally { this.#pending.delete(name) }
  }

  // `p = Path(p)`
  #isSame (name: string, tokens: readonly ScriptToken[], from: number): boolean {
    const [called, open] = this.#dotted(tokens, from)
    const meaning = this.#meaning(called)
    const keeps = SAME.test(meaning) || PATHS.test(meaning) || called === 'str'
    const [value, end] = [tokens[open + 1], tokens[open + 3]]
    const isAlone = markAt(tokens, open, '(') && value?.kind === 'name' && value.text === name && markAt(tokens, open + 2, ')')
    return keeps && isAlone && (end === undefined || end.kind === 'line')
  }

  #bound (name: string, binding: Binding, tokens: readonly ScriptToken[], at: number): ScriptValue | null {
    if (binding.kind === 'unknown') return null
    if (binding.kind === 'made') return MADE
    if (binding.kind === 'value') {
      const before = this.#vantage
      this.#vantage = binding.tokens === tokens && binding.at < at ? { from: binding.at, at } : null
      const read = this.read(binding.tokens, binding.at)
      this.#vantage = before
      const ends = binding.tokens[read?.next ?? -1]
      const whole = read !== null && (binding.ends === 'line' ? ends === undefined || ends.kind === 'line' : ends?.text === 'as')
      if (!whole) return null
      return read.value.kind === 'text' || binding.looked ? read.value : null
    }
    if (binding.kind === 'handed') return binding.places.reduce<ScriptValue | null | undefined>((all, place) => all === null ? null : merge(all, this.#argumentOf(place.tokens, place.at)), undefined) ?? null
    return this.#each(name, binding, tokens, at)
  }

  #argumentOf (tokens: readonly ScriptToken[], at: number): ScriptValue | null {
    this.#vantage = null
    const read = this.read(tokens, at)
    return read?.value.kind === 'text' && /^[,)]$/.test(tokens[read.next]?.text ?? '') ? read.value : null
  }

  #each (name: string, binding: Binding & { readonly kind: 'each' }, tokens: readonly ScriptToken[], at: number): ScriptValue | null {
    const counts = binding.tokens[binding.at]?.text === 'enumerate' && markAt(binding.tokens, binding.at + 1, '(')
    const list = this.read(binding.tokens, counts ? binding.at + 2 : binding.at)
    if (list === null || !(counts ? /^[,)]$/.test(binding.tokens[list.next]?.text ?? '') : endsList(binding.tokens, list.next))) return null
    const column = counts ? binding.column - 1 : binding.column
    if (column < 0 || (counts && binding.columns !== 2)) return null
    const found = elementOf(list.value, column, counts ? 1 : binding.columns)
    // Folders that are put in the way of the walk would lead it elsewhere.
    if (found === null || (list.value.kind === 'walk' && !binding.looked)) return null
    if (binding.tokens !== tokens || found.kind !== 'text') return found
    const seen = this.#vantage
    const endings = endingsFor(tokens, name, binding, list.next, at) ?? (seen !== null && isOfBody(tokens, list.next, seen.from) ? endingsFor(tokens, name, binding, list.next, seen.at) : null)
    return narrowed(found, endings)
  }
}

function closed (tokens: readonly ScriptToken[], read: Read | null): Read | null {
  return read !== null && markAt(tokens, read.next, ')') ? { value: read.value, next: read.next + 1 } : null
}

// Nothing may be added to what was found, as by `or ['.env']`; an `if` only narrows it, unless it chooses between two.
function endsList (tokens: readonly ScriptToken[], next: number): boolean {
  const after = tokens[next]
  if (after === undefined || (after.kind === 'mark' && /^[:)\]}]$/.test(after.text)) || after.text === 'for') return true
  return after.kind === 'name' && after.text === 'if' && !tokens.slice(next).some(({ kind, text }, index, rest) => kind === 'name' && text === 'else' && !markAt(rest, index + 1, ':'))
}
