import { begins } from './imports.ts'
import { argumentsFrom } from './arguments.ts'
import { localRequest } from './local-requests.ts'
import type { ScriptOpenings } from './openings.ts'
import { isPlain, markAt } from './places.ts'
import { changesReader, PACKAGE_FILES } from './pure.ts'
import { databaseAt, isQueryAt, startedAt, staysInMemory, wordsOnlyAt as wordsAt } from './starts.ts'
import type { ScriptToken, ScriptTokens } from './tokens.ts'
import { SCRIPT_PLACES } from './vocabulary.ts'
import { TooMuch } from '../too-much.ts'

// What a template may say: the values that it is given, and nothing of what they are made of.
const TEMPLATE_REACHES = /__|\[|\|\s*attr\b|\b(?:import|include|extends|cycler|joiner|namespace|self|request|config|lipsum|mro)\b|range\(\s*\d{6}/
// Functions of the database by which it reads any file, or a variable of the environment, or loads more of itself.
const FILES_OF_TABLES = /\b(?:read_text|read_blob|glob|getenv|install|load|copy|export|import|pragma|set|call|secret\w*|httpfs)\b|:\/\/|\|\||\$|E'/i
const TEMPORARY_WORDS = /^(?:prefix|suffix|mode|delete|encoding|newline|True|False)$/

/** Judges calls of listed functions that do more than to compute by what they are given. Throws TooMuch where that is not known. */
export class ModuleCalls {
  readonly starts: Array<readonly string[]> = []
  /** Whether every database so far is in memory. */
  inMemory = true
  #relied = false
  #engines = 0
  readonly #openings: ScriptOpenings
  readonly #sequences: ScriptTokens
  readonly #isCode: (text: string) => boolean

  constructor (openings: ScriptOpenings, sequences: ScriptTokens, isCode: (text: string) => boolean) {
    this.#openings = openings
    this.#sequences = sequences
    this.#isCode = isCode
  }

  /** Whether what SQLAlchemy is asked is only ever asked of databases in memory, which an engine made before it. */
  get isScratchDatabase (): boolean {
    if (this.inMemory && this.#engines > 0) this.#relied = true
    return this.inMemory && this.#engines > 0
  }

  /** Whether a database is only in memory, for what it is asked that would change another. */
  get isMemory (): boolean {
    if (this.inMemory) this.#relied = true
    return this.inMemory
  }

  /** Whether what was taken for one in memory surely is that: a function may be handed another further down. */
  get isSettled (): boolean { return this.inMemory || !this.#relied }

  /** A call, from behind its bracket. */
  judge (name: string, tokens: readonly ScriptToken[], at: number): void {
    if (name.startsWith('subprocess.')) this.starts.push(this.#known(startedAt(tokens, at, (from) => this.#listOf(tokens, from))))
    else if (/^httpx\.(?:Async)?Client$/.test(name)) this.#client(tokens, at)
    else if (name === 'pkgutil.walk_packages') this.#packages(tokens, at)
    else if (/^(?:requests|httpx|urllib\.request)\.(?!\w+Transport$)/.test(name)) this.starts.push(this.#known(localRequest(name, tokens, at)))
    else if (name === 'sqlite3.connect') this.#connects(tokens, at)
    else if (name === 'sqlalchemy.create_engine') this.#engine(tokens, at)
    else if (/^sqlalchemy\.(?:sql\.)?text$/.test(name)) this.#statement(tokens, at)
    else if (PACKAGE_FILES.has(name)) this.#packageFile(name, tokens, at)
    else if (SCRIPT_PLACES.has(name)) this.#openings.called(name, tokens, at)
    else if (name === 'pstats.Stats') this.#statistics(tokens, at)
    else if (name.startsWith('duckdb.')) this.#tables(tokens, at)
    else if (name.startsWith('jinja2.')) this.#template(name, tokens, at)
    else if (name.startsWith('tempfile.')) this.#temporary(tokens, at)
    else if (/^unittest\.mock\.patch\b/.test(name)) this.#patched(name, tokens, at)
    else if (name.startsWith('timeit.')) this.#timed(tokens, at)
    else if (name === 'pytest.main') this.starts.push(['pytest', ...this.#known(wordsAt(tokens, at))])
    else if (name === 'unittest.main') this.#tests(tokens, at)
    else if (/^(?:logging\.basicConfig|argparse\.ArgumentParser|logging\.StreamHandler)$/.test(name)) this.#plainKeywords(tokens, at)
  }

  #known<Value> (value: Value | null): Value {
    if (value === null) throw new TooMuch()
    return value
  }

  // The list that a name is for, which has to be given once and then only looked at.
  #listOf (tokens: readonly ScriptToken[], from: number): number | null {
    const name = tokens[from]
    if (name?.kind !== 'name' || !/^[,)]$/.test(tokens[from + 1]?.text ?? '')) return null
    let found: number | null = null
    for (const sequence of this.#sequences) {
      for (const [at, { kind, text }] of sequence.entries()) {
        if (kind !== 'name' || text !== name.text) continue
        const before = sequence[at - 1]?.text ?? ''
        const handed = before === '(' && /^(?:run|check_output|check_call|call|print|len|join)$/.test(sequence[at - 2]?.text ?? '')
        if (sequence === tokens && found === null && begins(sequence, at) && markAt(sequence, at + 1, '=') && markAt(sequence, at + 2, '[')) found = at + 2
        else if (!handed || !/^[,)]$/.test(sequence[at + 1]?.text ?? '')) return null
      }
    }
    return found
  }

  #connects (tokens: readonly ScriptToken[], at: number): void {
    const places = this.#known(databaseAt(tokens, at))
    if (places.length > 0) this.inMemory = false
    this.#openings.reads.push(...places)
  }

  #engine (tokens: readonly ScriptToken[], at: number): void {
    const url = tokens[at]
    const [, file] = /^sqlite:\/\/(?:\/([\w./-]*|:memory:))?$/.exec(isPlain(url) ? url.text : '') ?? []
    if (!isPlain(url) || !/^sqlite:\/\//.test(url.text) || (file === undefined && url.text !== 'sqlite://')) throw new TooMuch()
    if (file !== undefined && file !== '' && file !== ':memory:') {
      this.inMemory = false
      this.#openings.reads.push({ root: file, below: null })
    } else this.#engines += 1
  }

  #statement (tokens: readonly ScriptToken[], at: number): void {
    if (!staysInMemory(tokens, at)) throw new TooMuch()
  }

  #packageFile (name: string, tokens: readonly ScriptToken[], at: number): void {
    const writes = PACKAGE_FILES.get(name)?.writes === true
    const values = argumentsFrom(tokens, at)
    // Only a mode that is written out says that nothing is changed.
    const isLooked = (index: number): boolean => values[index]?.text === 'mode' && markAt(values, index + 1, '=') && isPlain(values[index + 2]) && /^r[b:|]?\w*$/.test(values[index + 2]?.text ?? '')
    if (values.some(({ kind, text }, index) => (kind === 'name' && changesReader(text) && !isLooked(index)) || (/^\*\*?$/.test(text) && /^[,(]?$/.test(values[index - 1]?.text ?? '')))) throw new TooMuch()
    this.#openings.named(tokens, at, writes)
    if (/^(?:tarfile|wave|rasterio)\.open$|^h5py\.File$/.test(name) && values.length > 1 && !isLooked(2) && !(isPlain(values[2]) && /^r[b:|]?\w*$/.test(values[2]?.text ?? ''))) throw new TooMuch()
  }

  #template (name: string, tokens: readonly ScriptToken[], at: number): void {
    if (name === 'jinja2.Template') return checkTemplate(tokens, at)
    if (name === 'jinja2.DictLoader') return checkTemplates(argumentsFrom(tokens, at))
    if (name !== 'jinja2.FileSystemLoader') return
    this.#openings.named(tokens, at, false)
    if (!isPlain(tokens[at]) || !/^[A-Za-z][\w/-]*$/.test(tokens[at]?.text ?? '')) throw new TooMuch()
  }

  #temporary (tokens: readonly ScriptToken[], at: number): void {
    for (const { kind, text } of argumentsFrom(tokens, at)) {
      if (kind === 'name' ? !TEMPORARY_WORDS.test(text) : kind === 'string' ? !/^[\w.+-]*$/.test(text) : !/^[,=]$/.test(text)) throw new TooMuch()
    }
  }

  // What is put in another's place is a value of the text; where, is written out. Its module is loaded.
  #patched (name: string, tokens: readonly ScriptToken[], at: number): void {
    const place = name.endsWith('.object') ? tokens[tokens.findIndex(({ text }, index) => index >= at && text === ',') + 1] : tokens[at]
    if (/^unittest\.mock\.patch(?:\.object)?$/.test(name) && (!isPlain(place) || !/^(?!_)\w+(?:\.\w+)*$/.test(place.text) || place.text.includes('__'))) throw new TooMuch()
    if (name.endsWith('.dict') && argumentsFrom(tokens, at).some(({ kind, text }) => kind === 'string' && /^(?:LD_|PYTHON|PATH$|GIT_|NODE_|BASH|SHELL)/.test(text))) throw new TooMuch()
  }

  // Of a profile of the text itself, or one in a file, which holds no text that it would show.
  #statistics (tokens: readonly ScriptToken[], at: number): void {
    if (tokens[at]?.kind === 'string') this.#openings.named(tokens, at, false)
  }

  // `httpx.AsyncClient(transport=httpx.ASGITransport(app=app))` asks the application itself, and no other machine.
  #client (tokens: readonly ScriptToken[], at: number): void {
    const words = argumentsFrom(tokens, at)
    const given = words.findIndex(({ text }, index) => text === 'transport' && markAt(words, index + 1, '='))
    const own = words[given + 2]?.text ?? ''
    const isMade = (from: readonly ScriptToken[], index: number): boolean => /^(?:httpx\.)?(?:ASGI|WSGI)Transport\(/.test(from.slice(index, index + 4).map(({ text }) => text).join(''))
    const named = this.#sequences.flatMap((sequence) => sequence.flatMap(({ kind, text }, index) => kind === 'name' && text === own && !(sequence === tokens && index > at - 1 && index < at + words.length) ? [{ sequence, index }] : []))
    const isNamed = named.length === 1 && named.every(({ sequence, index }) => begins(sequence, index) && markAt(sequence, index + 1, '=') && isMade(sequence, index + 2))
    if (given < 0 || !(isMade(words, given + 2) || isNamed) || words.some(({ kind, text }) => (kind === 'name' && /^(?:mounts|prox(?:y|ies)|verify|cert)$/.test(text)) || /^\*\*?$/.test(text))) throw new TooMuch()
  }

  // `pkgutil.walk_packages(app.__path__, 'app.')` loads what the project has.
  #packages (tokens: readonly ScriptToken[], at: number): void {
    if (tokens[at]?.kind !== 'name' || !markAt(tokens, at + 1, '.') || tokens[at + 2]?.text !== '__path__') throw new TooMuch()
  }

  // `select … from 'data/x.parquet'`: a file stands for a table.
  #tables (tokens: readonly ScriptToken[], at: number): void {
    const said = tokens[at]?.text ?? ''
    if (!isQueryAt(tokens, at) || tokens[at]?.filled === true || FILES_OF_TABLES.test(said)) throw new TooMuch()
    for (const [, single, double] of said.matchAll(/'([^']*)'|"([^"]*)"/g)) {
      const place = single ?? double ?? ''
      if (!/[./*]/.test(place)) continue
      if (!/^[\w./-]+$/.test(place)) throw new TooMuch()
      this.#openings.reads.push({ root: place, below: null })
    }
  }

  // Texts that are run: what is set up first, then what is timed.
  #timed (tokens: readonly ScriptToken[], at: number): void {
    const texts = argumentsFrom(tokens, at).filter(({ kind }) => kind === 'string')
    if (texts.length === 0) return
    if (!texts.every((token) => isPlain(token)) || !this.#isCode([...texts].reverse().map(({ text }) => text).join('\n'))) throw new TooMuch()
  }

  #tests (tokens: readonly ScriptToken[], at: number): void {
    for (const { kind, text } of argumentsFrom(tokens, at)) {
      if (kind === 'name' ? !/^(?:argv|exit|verbosity|failfast|buffer|True|False)$/.test(text) : kind === 'string' && !/^[\w-]*$/.test(text)) throw new TooMuch()
    }
  }

  #plainKeywords (tokens: readonly ScriptToken[], at: number): void {
    for (const { kind, text } of argumentsFrom(tokens, at)) if (kind === 'name' && /^(?:filename|fromfile_prefix_chars)$/.test(text)) throw new TooMuch()
  }
}

// Each of them written out; what they take from each other is one of them.
function checkTemplates (tokens: readonly ScriptToken[]): void {
  for (const { kind, text, filled } of tokens) {
    if (kind === 'string' ? filled === true || /\\[xuN\d]/.test(text) || TEMPLATE_REACHES.test(text.replace(/\{%-?\s*(?:include|extends|import)\s+(["'])[\w./-]+\1/g, '')) : kind === 'name' || !/^[{}:,]$/.test(text)) throw new TooMuch()
  }
}

/** A text that a template is made of. */
export function checkTemplate (tokens: readonly ScriptToken[], at: number): void {
  const token = tokens[at]
  if (token?.kind !== 'string' || token.filled === true || token.text.includes('\\x') || token.text.includes('\\u') || TEMPLATE_REACHES.test(token.text) || !/^[,)]$/.test(tokens[at + 1]?.text ?? '')) throw new TooMuch()
}
