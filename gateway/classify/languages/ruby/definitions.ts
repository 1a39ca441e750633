import { RUBY_CLASSES, RUBY_FUNCTIONS, RUBY_KEYWORDS, RUBY_TAKEN } from './vocabulary.ts'
import type { RubyToken } from './tokens.ts'
import { TooMuch } from '../too-much.ts'
import { deepening } from '../brackets.ts'

// Classes and modules of Ruby by which more is reached than they compute, and those that every value looks its methods up in.
const CORE = /^(?:Object|BasicObject|Kernel|Module|Class|IO|Process|ENV|ARGV|ARGF|DATA|Marshal|ObjectSpace|Open3|FileUtils|FileTest|Pathname|Net|Socket|TCPSocket|UNIXSocket|UDPSocket|TCPServer|Thread|Fiber|Signal|Etc|PTY|Tempfile|Gem|Bundler|RubyVM|TracePoint|Ractor|Binding|Method|UnboundMethod|Proc|ERB|IRB|Fiddle|DRb|GC|TOPLEVEL_BINDING|Errno|RbConfig|Readline|Reline|Syslog|Logger|PStore|Find|Refinement|Warning|Monitor|Mutex|Queue|Random|Psych|Date|Digest|NilClass|TrueClass|FalseClass|Proc|Enumerator|Exception|SystemExit|Interrupt|NoMemoryError|ScriptError|LoadError|SyntaxError|Zlib|OpenSSL|WIN32OLE|Timeout|Benchmark|SecureRandom)(?:::|$)/
const OPERATOR = /^(?:<=>|===?|[-+*/%<>]|<=|>=|<<|\[|!|!=|=~|&)$/

/** Classes, constants and methods that a Ruby text makes for itself, and the names of what its methods are given. */
export class RubyDefinitions {
  readonly constants = new Set<string>()
  readonly methods = new Set<string>()
  readonly parameters = new Set<string>()

  constructor (sequences: ReadonlyArray<readonly RubyToken[]>) {
    for (const tokens of sequences) for (const at of tokens.keys()) this.#look(tokens, at)
  }

  /** Whether a constant is one of these, or one within them. */
  isOwn (name: string): boolean {
    return name.split('::').every((part) => this.constants.has(part))
  }

  #look (tokens: readonly RubyToken[], at: number): void {
    const { kind, text = '' } = tokens[at] ?? {}
    const isMember = /^&?\.$/.test(tokens[at - 1]?.text ?? '') && tokens[at - 1]?.kind === 'mark'
    if (kind === 'constant' && tokens[at + 1]?.text === '=' && begins(tokens, at)) return this.#constant(text)
    if (kind === 'constant' && /^(?:Struct|Data)$/.test(text) && /^(?:new|define)$/.test(tokens[at + 2]?.text ?? '')) return this.#readers(tokens, at + 3)
    if (kind !== 'name' || isMember) return
    if (/^(?:class|module)$/.test(text)) this.#class(tokens, at)
    else if (text === 'def') this.#method(tokens, at + 1)
    else if (/^attr_(?:reader|accessor|writer)$/.test(text)) this.#readers(tokens, at + 1)
    else if (text === '=>') this.parameters.add(text)
    else if (text === 'rescue') this.#rescued(tokens, at)
    else if (text === 'in' && begins(tokens, at)) this.#matched(tokens, at)
    else if (text === 'for') for (let next = at + 1; tokens[next] !== undefined && tokens[next]?.text !== 'in'; next += 1) if (tokens[next]?.kind === 'name') this.#given(tokens[next]?.text ?? '')
  }

  // `in {a: Integer, b:}`, `in [first, *rest] if first > 1`
  #matched (tokens: readonly RubyToken[], at: number): void {
    for (let next = at + 1; tokens[next] !== undefined && tokens[next]?.kind !== 'line' && !/^(?:then|if|unless)$/.test(tokens[next]?.text ?? ''); next += 1) {
      const { kind, text = '' } = tokens[next] ?? {}
      if (kind === 'name' && !RUBY_KEYWORDS.has(text)) this.#given(text)
      if (kind === 'key' && /^[,}]$|^;$/.test(tokens[next + 1]?.text ?? ';')) this.#given(text.replace(/:$/, ''))
    }
  }

  #constant (name: string): void {
    if (RUBY_CLASSES.has(name) || CORE.test(name) || !/^[A-Z]\w*$/.test(name)) throw new TooMuch()
    this.constants.add(name)
  }

  #class (tokens: readonly RubyToken[], at: number): void {
    if (!begins(tokens, at)) throw new TooMuch()
    const name = tokens[at + 1]
    if (tokens[at]?.text === 'class' && name?.text === '<<' && tokens[at + 2]?.text === 'self') return
    if (name?.kind !== 'constant') throw new TooMuch()
    this.#constant(name.text)
  }

  #method (tokens: readonly RubyToken[], from: number): void {
    const at = tokens[from]?.text === 'self' && tokens[from + 1]?.text === '.' ? from + 2 : from
    const name = tokens[at]
    if (name?.kind === 'name') this.#named(name.text)
    else if (name?.kind !== 'mark' || !OPERATOR.test(name.text)) throw new TooMuch()
    // What it is given, up to the end of its brackets or its line.
    for (let next = at + 1, depth = 0; tokens[next] !== undefined && tokens[next]?.kind !== 'line'; next += 1) {
      const { kind, text = '' } = tokens[next] ?? {}
      if (kind === 'mark') depth += deepening(text)
      const isFirst = /^(?:[(,*]|\*\*)$/.test(tokens[next - 1]?.text ?? '') || next === at + 1
      if (kind === 'name' && isFirst) this.#given(text)
      if (kind === 'key') this.#given(text.replace(/:$/, ''))
      if (depth <= 0 && (text === ')' || text === '=')) break
    }
  }

  #given (name: string): void {
    if (RUBY_TAKEN.has(name) || RUBY_FUNCTIONS.has(name) || RUBY_KEYWORDS.has(name) || /[?!]$/.test(name)) throw new TooMuch()
    this.parameters.add(name)
  }

  #named (name: string): void {
    if (RUBY_TAKEN.has(name) || RUBY_FUNCTIONS.has(name) || (RUBY_KEYWORDS.has(name)) || name.startsWith('__')) throw new TooMuch()
    this.methods.add(name)
  }

  // `attr_reader :a, :b`, `Struct.new(:a, :b)`
  #readers (tokens: readonly RubyToken[], from: number): void {
    for (let at = from; tokens[at] !== undefined && (tokens[at]?.kind === 'symbol' || /^[(,]$/.test(tokens[at]?.text ?? '')); at += 1) {
      if (tokens[at]?.kind === 'symbol') this.#named(tokens[at]?.text ?? '')
    }
  }

  // `rescue ArgumentError, TypeError => e`
  #rescued (tokens: readonly RubyToken[], from: number): void {
    let at = from + 1
    while (tokens[at]?.kind === 'constant' || tokens[at]?.text === ',') at += 1
    if (tokens[at]?.text === '=>' && tokens[at + 1]?.kind === 'name') this.#given(tokens[at + 1]?.text ?? '')
  }
}

function begins (tokens: readonly RubyToken[], at: number): boolean {
  return tokens[at - 1] === undefined || tokens[at - 1]?.kind === 'line'
}
