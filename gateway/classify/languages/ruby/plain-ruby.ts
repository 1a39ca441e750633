import { RUBY_CLASSES, RUBY_FUNCTIONS, RUBY_KEYWORDS, RUBY_LIBRARIES, RUBY_METHODS, RUBY_PLACES, RUBY_SUMS, RUBY_TAKEN } from './vocabulary.ts'
import { RubyDefinitions } from './definitions.ts'
import { readRubyTokens, type RubyToken } from './tokens.ts'
import { DOING, words } from '../words.ts'
import { TooMuch, refuse } from '../too-much.ts'
import type { PlainScript, ScriptPlace } from '../reached.ts'

const ASSIGNS = /^(?:=|[-+*/]=|\|\|=|&&=)$/
// What goes through what a listing found, one name at a time, and hands each to its block.
const EACH = /^(?:each|map|flat_map|select|reject|filter|filter_map|sum|count|to_h|sort_by|max_by|min_by|group_by|each_with_index|each_with_object|find|any\?|all\?|none\?|partition|sort|uniq|reverse)$/

// Nobody who means well gives a value of their own such a name.
const POWERS = /^(?:system|exec|spawn|fork|syscall|eval|instance_eval|class_eval|module_eval|instance_exec|send|__send__|public_send|open|load|autoload|binding|trap)$/

/**
 * Reads a Ruby text by its words: each name is a value of the text's own, or known for computing only, and each place it opens is written
 * out. Ruby calls whatever is named, so that a name that is not known is refused wherever it stands. @returns null for any other text
 */
export function readPlainRuby (text: string, folder: string | null = null, isOwn: ((name: string) => boolean) | null = null): PlainScript | null {
  try {
    const sequences = readRubyTokens(text)
    const script = new Script(sequences, folder, isOwn)
    for (const tokens of sequences) script.check(tokens)
    if (script.opensFound && sequences.some(changesTexts)) return null
    const { reads, writes } = script
    const shows = sequences.some((tokens) => tokens.some(({ kind, text: said }) => kind === 'name' && /^(?:puts|p|pp|print|printf|bm|bmbm)$/.test(said)))
    return reads.length === 0 && writes.length === 0 && !shows ? null : { reads, writes, loads: script.loads, listed: [] }
  } catch (error) {
    if (error instanceof TooMuch) return null
    throw error
  }
}

// A file of the project below the folder that it is looked for in, by a name that nothing of Ruby's own has.
const OWN_FILE = /^[a-z]\w*(?:\/[a-z]\w*)*$/
const RUBY_OWN = words('abbrev base64 bigdecimal bundler cgi coverage debug digest drb erb etc expect fcntl fiddle fileutils find gem io irb ipaddr kernel logger minitest mkmf monitor net objspace observer open open3 openssl optparse pathname process pstore pty rake rbconfig rdoc readline reline resolv rexml rinda ripper ruby rubygems set socket syslog tempfile test thread timeout tmpdir tracer un unicode_normalize uri weakref webrick win32ole object file dir json yaml zlib signal thread module class')
const RUBYS_OWN = /^(?:Kernel|IO|Process|Object\w*|Open3|Net|Socket|Module|Class|BasicObject|Thread|Signal|Fiddle|ENV)$/
const REACHES = /^(?:method|methods|instance_\w+|class_\w+|const\w*|define\w*|singleton\w*|public\w*|private\w*|protected\w*|object_id|then|tap|yield_self|extend|include|prepend|binding|freeze)$|^_/

// What the project's own code computes, and nothing that every value has to reach further.
function isOwnCall (name: string): boolean {
  return /^(?:new|call)$/.test(name) || (/^[a-z]\w*[?!]?$/.test(name) && !RUBY_TAKEN.has(name) && !POWERS.test(name) && !REACHES.test(name) && !DOING.test(name))
}

/** Whether `-rNAME` loads a library that only computes. */
export function isPlainLibrary (name: string): boolean {
  return RUBY_LIBRARIES.has(name)
}

class Script {
  readonly reads: ScriptPlace[] = []
  readonly writes: ScriptPlace[] = []
  /** Whether it opens what a listing found, by a name for that. */
  opensFound = false
  readonly #own = new Set<string>()
  /** Names that only ever stand for what a listing found. */
  readonly #found = new Map<string, ScriptPlace | null>()
  /** Names that are given one value, which is a text as it stands, and how often each is given any. */
  readonly #texts = new Map<string, string>()
  readonly #given = new Map<string, number>()
  /** Files of the project that it loads, and the names that these give to what is in them. */
  readonly loads: string[] = []
  readonly #folder: string | null
  readonly #roots = new Set<string>()
  /** Whether a name is one of the project's, where that is there without being loaded. */
  readonly #isOwn: ((name: string) => boolean) | null
  readonly #definitions: RubyDefinitions
  #tokens: readonly RubyToken[] = []

  constructor (sequences: ReadonlyArray<readonly RubyToken[]>, folder: string | null, isOwn: ((name: string) => boolean) | null) {
    this.#folder = folder
    this.#isOwn = isOwn
    this.#definitions = new RubyDefinitions(sequences)
    for (const tokens of sequences) for (const [at, token] of tokens.entries()) if (token.kind === 'mark') this.#bind(tokens, at)
    for (const name of this.#definitions.parameters) this.#takes(name, null)
  }

  check (tokens: readonly RubyToken[]): void {
    this.#tokens = tokens
    for (const [at, token] of tokens.entries()) {
      const before = tokens[at - 1]
      const isMember = before?.kind === 'mark' && /^&?\.$/.test(before.text)
      if (token.kind === 'symbol' && before?.text === '&' && !RUBY_METHODS.has(token.text)) throw new TooMuch()
      // `&name` hands over whatever the name stands for, as what is to be called; with blanks around it, it joins two values.
      if (token.kind === 'mark' && token.text === '&' && !(tokens[at + 1]?.kind === 'symbol') && !(token.spaced && tokens[at + 1]?.spaced === true)) throw new TooMuch()
      if (token.kind === 'regexp' && token.text.includes('(?<')) throw new TooMuch() // it may give names values
      if (token.kind === 'constant') this.#constant(at)
      if (token.kind === 'name') isMember ? this.#member(at) : this.#name(at)
      if (isMember && token.kind !== 'name') throw new TooMuch() // `f.()` calls
    }
  }

  /** `x =`, `x, y =` and the names between the bars of a block. */
  #bind (tokens: readonly RubyToken[], at: number): void {
    const mark = tokens[at]?.text ?? ''
    if (ASSIGNS.test(mark)) this.#assigns(tokens, at)
    // `value => name`
    if (mark === '=>') for (let next = at + 1; tokens[next] !== undefined && tokens[next]?.kind !== 'line'; next += 1) if (/^(?:name|key)$/.test(tokens[next]?.kind ?? '')) this.#found.set(tokens[next]?.text.replace(/:$/, '') ?? '', null)
    if (mark !== '|' || !(tokens[at - 1]?.text === '{' || tokens[at - 1]?.text === 'do')) return
    const listing = listedBefore(tokens, at - 2)
    for (let next = at + 1, first = true; tokens[next]?.text !== '|'; next += 1) {
      const token = tokens[next]
      if (token === undefined || !(token.kind === 'name' || /^[,()]$/.test(token.text))) throw new TooMuch()
      if (token.kind !== 'name') continue
      this.#takes(token.text, first ? listing : null)
      first = false
    }
  }

  // Whatever stands before it in its statement may get a value.
  #assigns (tokens: readonly RubyToken[], at: number): void {
    const last = tokens[at - 1]
    if (last?.kind === 'name' && !/^&?\.$/.test(tokens[at - 2]?.text ?? '')) this.#takes(last.text, null)
    const [value, end] = tokens.slice(at + 1, at + 3)
    if (last?.kind === 'name' && (at === 1 || tokens[at - 2]?.kind === 'line') && tokens[at]?.text === '=' && value?.kind === 'string' && value.plain && (end === undefined || end.kind === 'line')) this.#texts.set(last.text, value.text)
    let isList = last?.kind === 'name'
    for (let back = at - 2; tokens[back] !== undefined && tokens[back]?.kind !== 'line' && tokens[back]?.text !== '|'; back -= 1) {
      const { kind, text = '' } = tokens[back] ?? {}
      // Names and commas alone are all given a value; in anything else a name may be one that is called.
      isList &&= kind === 'name' ? !/^&?\.$/.test(tokens[back - 1]?.text ?? '') && !RUBY_FUNCTIONS.has(text) && !RUBY_KEYWORDS.has(text) : text === ','
      if (kind !== 'name') continue
      if (isList) this.#takes(text, null)
      else this.#found.set(text, null)
    }
  }

  #takes (name: string, place: ScriptPlace | null): void {
    // A value of such a name and a call of it look the same.
    if (RUBY_FUNCTIONS.has(name) || RUBY_KEYWORDS.has(name) || POWERS.test(name) || /[?!]$/.test(name)) throw new TooMuch()
    this.#found.set(name, this.#own.has(name) && this.#found.get(name) === null ? null : place)
    if (this.#own.has(name) && place === null) this.#found.set(name, null)
    this.#own.add(name)
    this.#given.set(name, (this.#given.get(name) ?? 0) + 1)
  }

  #name (at: number): void {
    const { text = '' } = this.#tokens[at] ?? {}
    if (this.#tokens[at - 1]?.text === 'def') return
    if (/^(?:while|until)$/.test(text) && /^(?:true|false|nil|!|not|\d.*)$/.test(this.#tokens[at + 1]?.text ?? '')) throw new TooMuch()
    if (RUBY_KEYWORDS.has(text) || /^_[1-9]$/.test(text)) return
    if (text === 'require') return this.#requires(at)
    if (RUBY_FUNCTIONS.has(text)) return
    if (this.#definitions.methods.has(text)) return
    if (!this.#own.has(text)) throw new TooMuch()
    // With a value behind it, a name is called, whatever it stands for elsewhere.
    const next = this.#tokens[at + 1]
    if (next === undefined || next.kind === 'line') return
    if (next.kind === 'name' ? !RUBY_KEYWORDS.has(next.text) || next.text === 'do' : next.kind !== 'mark' && next.kind !== 'key') throw new TooMuch()
    if (next.kind === 'key' || /^[({!]$|^->$/.test(next.text) || (next.text === '[' && next.spaced)) throw new TooMuch()
    if (/^[-*&:]$|^\*\*$|^<<$/.test(next.text) && next.spaced && this.#tokens[at + 2]?.spaced !== true) throw new TooMuch() // `x -1`, `x *y`, `x <<A`
  }

  #member (at: number): void {
    const { text = '' } = this.#tokens[at] ?? {}
    if (this.#tokens[at - 2]?.kind === 'constant') return // looked at with its class
    if (this.#definitions.methods.has(text)) return
    if (text === 'new' && this.#tokens[at - 2]?.text === 'class' && this.#tokens[at - 4]?.text === 'self') return
    if ((this.loads.length > 0 || this.#isOwn !== null) && isOwnCall(text)) return
    if (!RUBY_METHODS.has(text)) throw new TooMuch()
    if (!RUBY_SUMS.has(text)) return
    // `inject(:instance_eval)` calls what it is told.
    const first = this.#tokens[at + 2]
    if (this.#tokens[at + 1]?.text === '(' ? !(first?.kind === 'number' || (first?.kind === 'symbol' && /^[+*|&-]$|^(?:merge|max|min|lcm|gcd)$/.test(first.text)) || first?.text === '{' || first?.text === '[') : !/^(?:\{|do)$/.test(this.#tokens[at + 1]?.text ?? '')) throw new TooMuch()
    if (this.#tokens[at + 1]?.text === '(' && first?.kind === 'number' && this.#tokens[at + 3]?.text !== ')') throw new TooMuch()
  }

  #requires (at: number): void {
    const library = this.#tokens[at + 1]
    if (library?.kind !== 'string' || !library.plain || (this.#tokens[at + 2] !== undefined && this.#tokens[at + 2]?.kind !== 'line')) throw new TooMuch()
    if (RUBY_LIBRARIES.has(library.text)) return
    if (this.#folder === null || !OWN_FILE.test(library.text) || RUBY_OWN.has(library.text.split('/')[0] ?? '')) throw new TooMuch()
    this.loads.push(`${this.#folder}/${library.text}.rb`)
    this.#roots.add(library.text.split('/')[0]?.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase()) ?? '')
  }

  #constant (at: number): void {
    const { text = '' } = this.#tokens[at] ?? {}
    const calls = RUBY_CLASSES.get(text)
    const next = this.#tokens[at + 1]
    if (calls === undefined) {
      const verb = this.#tokens[at + 2]?.text ?? ''
      if ((this.#isOwn?.(text) ?? this.#roots.has(text.split('::')[0] ?? '')) && !text.split('::').slice(1).some((part) => RUBY_CLASSES.has(part) || RUBYS_OWN.test(part)) && (/^[).,\]]$/.test(next?.text ?? ')') || next?.kind === 'line') && (next?.text !== '.' || isOwnCall(verb))) return
      if (!this.#definitions.isOwn(text) || (/^&?\.$/.test(next?.text ?? '') && !/^(?:new|members)$/.test(verb) && !RUBY_METHODS.has(verb) && !this.#definitions.methods.has(verb))) throw new TooMuch()
      return
    }
    // `BigDecimal("1.1")`, `Set[1, 2]`
    if ((next?.text === '(' && /^(?:BigDecimal|Rational|Complex|Integer|Float|String|Array|Hash)$/.test(text)) || (next?.text === '[' && next.spaced === false && /^(?:Set|Hash|Array|Matrix)$/.test(text))) return
    if (text === 'Dir' && next?.text === '[') return this.#lists(at + 2, ']')
    if (next?.text !== '.') {
      // A class as such is only compared with.
      if (/^\$|^(?:File|Dir|YAML|JSON|CSV)$/.test(text) || (next !== undefined && !/^(?:[),\]};]|===?|[<>]=?|[-+*/|]|&&|\|\||:|=>|then|do)$/.test(next.text))) throw new TooMuch()
      return
    }
    const method = this.#tokens[at + 2]
    if (method?.kind !== 'name' || !calls.has(method.text)) throw new TooMuch()
    if (text === 'Dir' && method.text === 'glob') return this.#tokens[at + 3]?.text === '(' ? this.#lists(at + 4, ')') : refuse()
    if (RUBY_PLACES.has(`${text}.${method.text}`)) this.#opens(at + 3, this.reads)
    else if (text === 'File' && method.text === 'write') this.#opens(at + 3, this.writes)
  }

  #lists (at: number, end: string): void {
    const pattern = this.#tokens[at]
    if (pattern?.kind !== 'string' || !pattern.plain || this.#tokens[at + 1]?.text !== end) throw new TooMuch()
    this.reads.push({ root: '.', below: pattern.text })
  }

  #opens (at: number, places: ScriptPlace[]): void {
    const place = this.#tokens[at + 1]
    const end = this.#tokens[at + 2]
    if (this.#tokens[at]?.text !== '(' || !/^[),]$/.test(end?.text ?? '') || (places === this.reads && end?.text === ',' && this.#tokens[at + 3]?.kind !== 'key')) throw new TooMuch()
    const said = place?.kind === 'string' && place.plain ? place.text : place?.kind === 'name' && this.#given.get(place.text) === 1 ? this.#texts.get(place.text) : undefined
    // Texts may be changed where they are, and so may what a name stands for.
    if (place?.kind === 'name') this.opensFound = true
    if (said !== undefined && !/^\||:\/\//.test(said)) places.push({ root: said, below: null })
    else if (place?.kind === 'name' && this.#found.get(place.text)) places.push(...places === this.writes ? [this.#found.get(place.text) ?? refuse()] : [])
    else throw new TooMuch()
  }
}

// The name of a file that was found would be another: `f << '/../x'`, `f.prepend('x')`, `f[0] = 'x'`. A list that is empty at first is none.
function changesTexts (tokens: readonly RubyToken[]): boolean {
  const lists = new Set(tokens.flatMap(({ kind, text }, at) => kind === 'name' && tokens[at + 1]?.text === '=' && tokens[at + 2]?.text === '[' && tokens[at + 3]?.text === ']' ? [text] : []))
  return tokens.some(({ kind, text }, at) => {
    const [before, next] = [tokens[at - 1], tokens[at + 1]]
    if (kind === 'mark' && text === '<<') return !(before?.kind === 'name' && lists.has(before.text) && tokens[at - 2]?.text !== '.')
    if (kind === 'mark' && text === ']' && next?.kind === 'mark' && next.text === '=') return tokens[at - 1]?.kind === 'number' || tokens[at - 1]?.kind === 'regexp'
    return kind === 'name' && before?.kind === 'mark' && /^&?\.$/.test(before.text) && /!$|^(?:concat|prepend|append|insert|replace|setbyte|push|unshift|fill|clear|force_encoding)$/.test(text) && !lists.has(tokens[at - 2]?.text ?? '')
  })
}

/** The pattern of the listing whose block begins behind this word: `Dir.glob('x/*.rb').sort.each`. */
function listedBefore (tokens: readonly RubyToken[], from: number): ScriptPlace | null {
  let at = from
  while (tokens[at]?.kind === 'name' && EACH.test(tokens[at]?.text ?? '') && tokens[at - 1]?.text === '.') at -= 2
  if (at === from) return null
  const [head, dot, verb, open, pattern, close] = tokens.slice(at - 5, at + 1)
  if (head?.text === 'Dir' && dot?.text === '.' && verb?.text === 'glob' && open?.text === '(' && pattern?.kind === 'string' && close?.text === ')') return { root: '.', below: pattern.text }
  const [listed, bracket, sought, end] = tokens.slice(at - 3, at + 1)
  return listed?.text === 'Dir' && bracket?.text === '[' && sought?.kind === 'string' && end?.text === ']' ? { root: '.', below: sought.text } : null
}
