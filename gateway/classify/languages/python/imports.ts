import { PLAIN_SPECIALS } from './classes.ts'
import { ownership } from './packages.ts'
import { isOwnAct } from './project.ts'
import { isOfPure, isPurePart, PACKAGE_FILES } from './pure.ts'
import { isIdle, isOnlyTold } from './told.ts'
import { markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import { SCRIPT_FUNCTIONS, SCRIPT_KEYWORDS, SCRIPT_MODULES, SCRIPT_POWERS } from './vocabulary.ts'
import { TooMuch } from '../too-much.ts'
import { DOING } from '../words.ts'

/** What a name stands for that is only told of. */
export const TOLD = '?told'

/** What a Python text imports, and what its names for that mean. Throws TooMuch for modules that could do more than to compute. */
export class ScriptImports {
  /** Modules of the project. */
  readonly loads: string[] = []
  /** Modules of Python, unless a file of the project has that name. */
  readonly listed: string[] = []
  /** Functions of the text itself. */
  readonly defined = new Set<string>()
  /** Imported names, with what they stand for; an empty text is a function of the project. */
  readonly names = new Map<string, string>()
  /** Names by which the text's own classes keep their values. */
  readonly privates = new Set<string>()
  /** Packages that compute and whose objects have methods of their own. */
  readonly pure = new Set<string>()
  /** Whether one of the project's modules is only likely to be that. */
  unsure = false
  readonly #tokens: readonly ScriptToken[]

  constructor (tokens: readonly ScriptToken[]) {
    this.#tokens = tokens
    for (const [at, token] of tokens.entries()) {
      if (token.kind !== 'name') continue
      if (isOwnPrivate(tokens, at)) this.privates.add(token.text)
      if (token.text === 'def' && PLAIN_SPECIALS.has(tokens[at + 1]?.text ?? '')) continue
      if (token.text === 'def' || (token.text === 'class' && begins(tokens, at))) this.defined.add(fresh(tokens[at + 1]))
      // A value without a power has none under another name.
      if (markAt(tokens, at + 1, '=') && tokens[at + 2]?.text === 'lambda' && begins(tokens, at)) this.defined.add(fresh(token))
      if (token.text === 'import' && begins(tokens, at)) this.#imports(at + 1)
      else if (token.text === 'from' && begins(tokens, at)) this.#importsFrom(at + 1)
    }
  }

  /** What a dotted name stands for, by the imports. */
  meaning (name: string): string {
    const [head = '', ...rest] = name.split('.')
    return [this.names.get(head) ?? '?', ...rest].join('.')
  }

  #imports (from: number): void {
    let at = from
    for (;;) {
      const [name, next] = this.#dotted(at)
      const alias = this.#tokens[next]?.text === 'as' ? this.#tokens[next + 1] : undefined
      const bound = alias ?? this.#tokens[at]
      // Of one that nobody knows as harmless, nothing more may be used.
      const told = isOnlyTold(this.#tokens, name, bound?.text ?? '') || (ownership(name) === null && isIdle(name) && !SCRIPT_MODULES.has(name) && !this.#isPure(name))
      const own = !told && !SCRIPT_MODULES.has(name) && !this.#isPure(name)
      if (own) this.#loads(name)
      else if (told) this.listed.push(name)
      else this.#lists(name)
      this.#bind(bound, told ? TOLD : own ? '' : alias === undefined ? name.split('.')[0] ?? name : name)
      at = alias === undefined ? next : next + 2
      if (!markAt(this.#tokens, at, ',')) break
      at += 1
    }
    this.#ends(at)
  }

  #importsFrom (from: number): void {
    const [module, next] = this.#dotted(from)
    if (this.#tokens[next]?.text !== 'import') throw new TooMuch()
    if (this.#tells(module, next + 1)) return
    const own = !SCRIPT_MODULES.has(module) && !this.#isPure(module)
    if (own) this.#loads(module)
    else this.#lists(module)
    const bracket = markAt(this.#tokens, next + 1, '(')
    let at = next + (bracket ? 2 : 1)
    for (;;) {
      const word = this.#tokens[at]
      const alias = this.#tokens[at + 1]?.text === 'as' ? this.#tokens[at + 2] : undefined
      const meaning = own ? '' : `${module}.${word?.text ?? ''}`
      if (!own && !isCall(meaning) && !isValue(meaning) && !SCRIPT_MODULES.has(meaning) && !PACKAGE_FILES.has(meaning) && !(isOfPure(module) && isPurePart(module, word?.text ?? ''))) throw new TooMuch()
      if (own && DOING.test(word?.text ?? '') && !isOwnAct(word?.text ?? '')) throw new TooMuch()
      this.#bind(alias ?? word, meaning)
      at += alias === undefined ? 1 : 3
      if (!markAt(this.#tokens, at, ',')) break
      at += 1
      if (bracket && markAt(this.#tokens, at, ')')) break
    }
    this.#ends(bracket ? at + 1 : at)
  }

  // `from flask.app import Flask`, of which only what is said of it is asked.
  #tells (module: string, at: number): boolean {
    const names = this.#tokens.slice(at, this.#tokens.findIndex(({ kind }, index) => index >= at && kind === 'line') >>> 0)
    if (!names.every(({ kind, text }, index) => index % 2 === 0 ? kind === 'name' && text !== 'as' : text === ',') || names.length === 0) return false
    const bound = names.filter((_, index) => index % 2 === 0)
    if (!bound.every(({ text }) => isOnlyTold(this.#tokens, module, text))) return false
    for (const token of bound) this.#bind(token, TOLD)
    this.listed.push(module)
    return true
  }

  #lists (module: string): void {
    this.listed.push(module)
    if (isOfPure(module)) this.pure.add(module.split('.')[0] ?? module)
  }

  // A package that computes, or a part of one.
  #isPure (name: string): boolean {
    const [head = '', ...parts] = name.split('.')
    if (!isOfPure(head)) return false
    this.pure.add(head)
    let module = head
    for (const part of parts) {
      if (!SCRIPT_MODULES.has(`${module}.${part}`) && !isPurePart(module, part)) throw new TooMuch()
      module += `.${part}`
    }
    return true
  }

  #loads (module: string): void {
    const origin = ownership(module)
    if (origin === null) throw new TooMuch()
    if (origin === 'likely') this.unsure = true
    this.loads.push(module)
  }

  #dotted (from: number): readonly [string, number] {
    let name = this.#tokens[from]?.text ?? ''
    let at = from + 1
    while (markAt(this.#tokens, at, '.')) {
      name += `.${this.#tokens[at + 1]?.text ?? ''}`
      at += 2
    }
    return [name, at]
  }

  #ends (at: number): void {
    if (this.#tokens[at] !== undefined && this.#tokens[at]?.kind !== 'line') throw new TooMuch()
  }

  #bind (token: ScriptToken | undefined, meaning: string): void {
    // `from app import __version__`
    const name = token?.text === '__version__' && meaning === '' ? token.text : fresh(token)
    if ((this.names.get(name) ?? meaning) !== meaning) throw new TooMuch()
    this.names.set(name, meaning)
  }
}

// `self._items = []`, `def _check`: no name by which values of Python keep theirs.
function isOwnPrivate (tokens: readonly ScriptToken[], at: number): boolean {
  const name = tokens[at]?.text ?? ''
  if (!/^_[a-z]\w*$/.test(name) || /^_(?:os|sys|io|module|modules|flavour|parser|accessor|thread|posix|subprocess|shutil|socket|builtins|globals|frame|code|func|target|args|kwargs|warnings|weakref|loop|run\w*|call\w*|exec\w*|eval\w*|import\w*|load\w*)$/.test(name)) return false
  return tokens[at - 1]?.text === 'def' || (tokens[at - 2]?.text === 'self' && markAt(tokens, at - 1, '.') && (markAt(tokens, at + 1, '=') || markAt(tokens, at + 1, ':') || markAt(tokens, at + 1, ',')))
}

/** Whether a statement begins with this word. */
export function begins (tokens: readonly ScriptToken[], at: number): boolean {
  const before = tokens[at - 1]
  return before === undefined || before.kind === 'line' || (before.kind === 'mark' && before.text === ':')
}

// A name that means something already keeps its meaning.
function fresh (token: ScriptToken | undefined): string {
  if (token?.kind !== 'name' || token.text === 'open' || token.text.includes('__') || SCRIPT_FUNCTIONS.has(token.text) || SCRIPT_POWERS.has(token.text) || SCRIPT_KEYWORDS.has(token.text)) throw new TooMuch()
  return token.text
}

/** Whether this is a listed function of a module. */
export function isCall (name: string): boolean {
  const at = name.lastIndexOf('.')
  return at > 0 && SCRIPT_MODULES.get(name.slice(0, at))?.calls.has(name.slice(at + 1)) === true
}

/** Whether this is a listed value of a module. */
export function isValue (name: string): boolean {
  const at = name.lastIndexOf('.')
  return at > 0 && SCRIPT_MODULES.get(name.slice(0, at))?.values.has(name.slice(at + 1)) === true
}

/** Whether a statement that heads others begins here: it has a colon behind its brackets. */
export function isHead (tokens: readonly ScriptToken[], at: number): boolean {
  if (!begins(tokens, at)) return false
  const end = tokens.findIndex(({ kind }, index) => index > at && kind === 'line')
  return tokens.slice(at + 1, end < 0 ? undefined : end).some(({ kind, text }) => kind === 'mark' && text === ':')
}
