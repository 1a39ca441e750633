import { begins, isCall, isHead, ScriptImports } from './imports.ts'
import { isPlainSpecial, readClass, readDecorator, readSuper } from './classes.ts'
import { madeNames } from './made.ts'
import { argumentsFrom, makesText, namesNoMethod, takesTwo } from './arguments.ts'
import { environmentAt } from './environment.ts'
import { isHandedOn, isHarmless } from './handed-on.ts'
import { PATH_METHODS, ScriptOpenings } from './openings.ts'
import { asksClient, checkProjectCall, isSearchPathShown, namedPaths, searchesIn } from './project.ts'
import { reboundNames } from './rebinding.ts'
import { ScriptValues } from './values.ts'
import { isSecretName } from '../../shell/hidden.ts'
import { boundNames, closingAt, isPlain, markAt } from './places.ts'
import { bodyOf } from './guards.ts'
import { isPlainFormat, MethodCalls } from './methods.ts'
import { ModuleCalls } from './module-calls.ts'
import { PACKAGE_VALUES } from './parts.ts'
import { isOfPure, isPurePart, PACKAGE_FILES, SAVING } from './pure.ts'
import { checkStrings } from './strings.ts'
import { readScriptTokens, type ScriptToken, type ScriptTokens } from './tokens.ts'
import { FORM_METHOD, NAMING_METHODS, POWERFUL_ATTRIBUTE, SCRIPT_FUNCTIONS, SCRIPT_KEYWORDS, SCRIPT_METHODS, SCRIPT_MODULES, SCRIPT_POWERS, WRITING_NAME } from './vocabulary.ts'
import { isHelp, isShown, saidAt, saysItself, toldAt } from './told.ts'
import { TooMuch, refuse } from '../too-much.ts'
import type { PlainScript, ScriptPlace } from '../reached.ts'
import { DOING } from '../words.ts'

const TEXT_METHODS = /^(?:read(?:line|lines|able|outerr)?|test_(?:request_context|cli_runner)|get_tokens|openapi|writ\w+|remove\w*|drop(?:na|_duplicates)|assert_\w+)$/
const SHELLS = /^(?:sh|bash|cmd|fork|launch|local|sudo|connect|submit|post|put|patch|query|commit)$/

/**
 * Reads a Python program by its words: every name that is called is known for computing only, none of power is handed on,
 * and each place it opens is written out. What then is left to judge are those places. `args` are the words behind the
 * program's name. @returns null for any other text
 */
export function readPlainPython (text: string, args: readonly string[] = []): PlainScript | null {
  const sequences = readScriptTokens(text.replace(LOADED, 'import $3 as $1'))
  if (sequences === null) return null
  const [first = []] = sequences
  try {
    const script = new Script(sequences, args)
    checkStrings(sequences, script.pure)
    for (const tokens of sequences) script.check(tokens)
    if (!script.isSettled) return null
    const { reads, writes, removes, loads, listed, starts } = script
    if (loads.length > 0) for (const tokens of sequences) reads.push(...namedPaths(tokens, script.unsure, asksClient(sequences)))
    // What looks at nothing is no question, whatever else it is.
    if (reads.length + writes.length + removes.length + loads.length + starts.length === 0 && !first.some(({ kind, text: word }) => kind === 'name' && SHOWING.test(word))) return null
    return { reads, writes, ...removes.length === 0 ? {} : { removes }, loads, listed, ...starts.length === 0 ? {} : { starts } }
  } catch (error) {
    if (error instanceof TooMuch) return null
    throw error
  }
}

// A module by its name is an import; a text over several lines that holds such a line stays a text.
const LOADED = /^(\w+) = importlib\.import_module\((["'])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\2\)$/gm
const SHOWING = /^(?:p?print|print_\w+|assert|main|info|warning|help|echo)$/

// A text that is run by another, such as a timer.
function isOnlyComputing (text: string): boolean {
  const script = readPlainPython(`${text}\nprint(0)`)
  return script !== null && script.reads.length + script.writes.length + (script.removes ?? []).length + script.loads.length + (script.starts ?? []).length === 0
}

class Script implements PlainScript {
  readonly #imports: ScriptImports
  readonly #calls: ModuleCalls
  readonly #bound: ReadonlySet<string>
  readonly #methods: MethodCalls
  /** Classes of the text, and those that a package makes for it to derive from. */
  readonly #bases: ReadonlySet<string>
  /** Values that may take functions, such as an application. */
  readonly #takers: ReadonlySet<string>
  readonly #openings: ScriptOpenings
  #tokens: readonly ScriptToken[] = []

  constructor (sequences: ScriptTokens, args: readonly string[]) {
    this.#imports = new ScriptImports(sequences[0] ?? [])
    this.#openings = new ScriptOpenings(new ScriptValues(sequences, (name) => this.#imports.meaning(name), args))
    this.#calls = new ModuleCalls(this.#openings, sequences, (code) => isOnlyComputing(code))
    this.#bound = new Set(sequences.flatMap(boundNames))
    const made = madeNames(sequences, (name) => this.#imports.meaning(name))
    this.#bases = new Set([...this.#imports.defined, ...made.bases])
    this.#takers = this.pure.size > 0 ? new Set([...made.takers, ...this.#imports.defined]) : new Set()
    this.#methods = new MethodCalls(this.#imports, this.#openings, this.#calls, asksClient(sequences))
    // What is imported means that, wherever it stands.
    for (const tokens of sequences) for (const name of reboundNames(tokens)) if ((this.#imports.names.get(name) ?? '') !== '') throw new TooMuch()
  }

  get reads (): ScriptPlace[] { return this.#openings.reads }

  get writes (): readonly ScriptPlace[] { return this.#openings.writes }

  get removes (): readonly ScriptPlace[] { return this.#openings.removes }

  get starts (): ReadonlyArray<readonly string[]> { return this.#calls.starts }

  get isSettled (): boolean { return this.#calls.isSettled }

  get pure (): ReadonlySet<string> { return this.#imports.pure }

  get unsure (): boolean { return this.#imports.unsure }

  get loads (): readonly string[] { return this.#imports.loads }

  get listed (): readonly string[] { return this.#imports.listed }

  check (tokens: readonly ScriptToken[]): void {
    this.#tokens = tokens
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at]
      if (token === undefined) continue
      if (token.kind === 'mark' && token.text === '(') this.#notCalled(tokens[at - 1])
      if (token.kind === 'mark' && token.text === '@' && begins(tokens, at)) at = this.#decorator(at)
      if (token.kind === 'string' && markAt(tokens, at + 1, '(')) throw new TooMuch()
      if (token.kind !== 'name') continue
      if ((token.text === 'import' || token.text === 'from') && begins(tokens, at)) at = this.#endOfStatement(at)
      else if (token.text === 'class' && begins(tokens, at)) at = readClass(tokens, at, (name) => this.#imports.names.get(name), this.#bases)
      else if (markAt(tokens, at - 1, '.')) this.#attribute(at)
      else at = this.#name(at)
    }
  }

  // What it is called with is looked at where that says what it does.
  #decorator (at: number): number {
    const end = readDecorator(this.#tokens, at, (name) => this.#imports.names.get(name), this.#imports.defined, this.#takers)
    const name = this.#imports.meaning(this.#tokens.slice(at + 1, end + 1).map(({ text }) => text).join(''))
    if (markAt(this.#tokens, end + 1, '(')) this.#calls.judge(name, this.#tokens, end + 2)
    return end
  }

  // What stands in brackets, or was computed, is never called.
  #notCalled (before: ScriptToken | undefined): void {
    // What a package that computes makes of its values, such as a layer of a network, is called in turn.
    if (before?.text === ')' && this.pure.size > 0) return
    if (before?.kind === 'mark' && /^[)\]}]$/.test(before.text)) throw new TooMuch()
    if (before?.kind === 'string' || before?.kind === 'number') throw new TooMuch()
  }

  #endOfStatement (from: number): number {
    const at = this.#tokens.findIndex(({ kind }, index) => index > from && kind === 'line')
    return at < 0 ? this.#tokens.length : at
  }

  /** A name that is no attribute. @returns where its dotted name ends */
  #name (at: number): number {
    const name = this.#tokens[at]?.text ?? ''
    // `filter(total__gt=10)`
    const isLookup = /^[a-z][a-z\d]*(?:_{1,2}[a-z\d]+)*$/.test(name) && /^[(,]$/.test(this.#tokens[at - 1]?.text ?? '') && markAt(this.#tokens, at + 1, '=')
    if (name === '__version__' && this.#imports.names.has(name)) return at
    if (name.includes('__') && !isLookup) {
      const isSlots = /^__(?:slots|tablename|table_args|abstract|test|all|match_args|mapper_args)__$/.test(name) && begins(this.#tokens, at) && markAt(this.#tokens, at + 1, '=')
      if (name !== '__name__' && !isSlots && this.#tokens[at - 1]?.text !== 'def') throw new TooMuch()
      return at
    }
    if (name === 'super') return readSuper(this.#tokens, at) ?? refuse()
    if (SCRIPT_KEYWORDS.has(name)) {
      if (name === 'while' && this.#isUnending(at)) throw new TooMuch()
      return at
    }
    // A pattern of `match` binds what stands behind it; anywhere else this is a name like others.
    if (name === 'case' && (!markAt(this.#tokens, at + 1, '(') || isHead(this.#tokens, at))) return at
    if (name === 'match' && isHead(this.#tokens, at)) return at
    const called = markAt(this.#tokens, at + 1, '(')
    // A keyword of a call is only its name.
    if (!called && markAt(this.#tokens, at + 1, '=') && /^[(,]$/.test(this.#tokens[at - 1]?.text ?? '') && name !== 'opener') return at
    const meaning = this.#imports.names.get(name)
    if (meaning !== undefined) return this.#ofModule(meaning, at)
    if (name === 'open' && called) this.#openings.called('open', this.#tokens, at + 2)
    else if (called && name === 'getattr') this.#named(at + 2)
    else if (called && name === 'vars') this.#isPrinted(at)
    else if (called && name === 'help' && isHelp(this.#tokens, at + 1)) return at
    else if (called && name === 'type' && argumentsFrom(this.#tokens, at + 2).some(({ text }) => text === ',' || text === 'type' || /^\*+$/.test(text))) throw new TooMuch()
    else if (SCRIPT_POWERS.has(name) || name === 'open' || name === 'opener') throw new TooMuch()
    // What a name may stand for computes, as no value of power can be had.
    else if (called && !SCRIPT_FUNCTIONS.has(name) && !this.#imports.defined.has(name) && !this.#bound.has(name)) throw new TooMuch()
    return at
  }

  // `while True:`, `while not False:`, `while 1 == 1:`: only what changes ends a loop, or a word that leaves it.
  #isUnending (at: number): boolean {
    const end = this.#tokens.findIndex(({ kind, text }, index) => index > at && (kind === 'line' || text === ':'))
    const changes = ({ kind, text }: ScriptToken): boolean => kind === 'name' && !/^(?:True|False|None|not|and|or|is|in|if|elif|except|pass|continue)$/.test(text)
    if (this.#tokens.slice(at + 1, end < 0 ? undefined : end).some(changes)) return false
    // A test of the body, or what goes wrong there, leads to a word that leaves it.
    const { from, to } = bodyOf(this.#tokens, at)
    return !this.#tokens.slice(from, to).some(({ kind, text }, index, body) => {
      const head = kind === 'name' && /^(?:if|elif|except)$/.test(text) && body[index - 1]?.kind === 'line' ? index : null
      const colon = head === null ? -1 : body.findIndex((token, next) => next > head && token.kind === 'mark' && token.text === ':')
      return head !== null && colon > 0 && body.slice(head, colon).some(changes) && body.slice(colon + 1, colon + 12).some((token) => token.kind === 'name' && /^(?:break|return|raise)$/.test(token.text))
    })
  }

  // `getattr(node, 'lineno', 0)` is `node.lineno`.
  #named (from: number): void {
    let at = from
    // `node.func`
    while (this.#tokens[at]?.kind === 'name' && markAt(this.#tokens, at + 1, '.') && this.#tokens[at + 2]?.kind === 'name') at += 2
    const name = this.#tokens[at + 2]
    if (this.#tokens[at]?.kind !== 'name' || !markAt(this.#tokens, at + 1, ',') || !isPlain(name) || !/^[,)]$/.test(this.#tokens[at + 3]?.text ?? '')) throw new TooMuch()
    if (!/^[A-Za-z]\w*$/.test(name.text) || name.text.includes('__') || POWERFUL_ATTRIBUTE.test(name.text) || DOING.test(name.text) || WRITING_NAME.test(name.text)) throw new TooMuch()
    if (this.#imports.names.has(this.#tokens[from]?.text ?? '')) throw new TooMuch()
  }

  // What a value holds is told, and goes nowhere else.
  #isPrinted (at: number): void {
    const end = closingAt(this.#tokens, at + 1)
    const told = this.#tokens[at + 2]?.kind === 'name' && end === at + 3 && /^[(,]$/.test(this.#tokens[at - 1]?.text ?? '') && /^[),]$/.test(this.#tokens[end + 1]?.text ?? '')
    const line = this.#tokens.slice(0, at).findLastIndex(({ kind, text }) => kind === 'line' || text === ':')
    if (!told || this.loads.length > 0 || this.#imports.names.has(this.#tokens[at + 2]?.text ?? '') || this.#tokens[line + 1]?.text !== 'print' || this.#tokens.slice(line + 2, at).filter(({ text }) => text === '(').length !== 1) throw new TooMuch()
  }

  /** A name that is imported, with what of it is used. @returns where its dotted name ends */
  #ofModule (start: string, from: number): number {
    const told = this.#toldOf(start, from)
    if (told !== null) return told
    if (start === '') return checkProjectCall(this.#tokens, from)
    let at = from
    let name = start
    while (markAt(this.#tokens, at + 1, '.') && this.#tokens[at + 2]?.kind === 'name') {
      const part = this.#tokens[at + 2]?.text ?? ''
      const end = this.#guarded(name, part, at)
      if (end !== null) return end
      // What is asked of it is asked of any value.
      if (PACKAGE_VALUES.test(name)) return at
      at += 2
      const full = `${name}.${part}`
      const called = markAt(this.#tokens, at + 1, '(')
      const assigned = markAt(this.#tokens, at + 1, '=')
      if (called && (SCRIPT_MODULES.get(name)?.calls.has(part) === true || PACKAGE_FILES.has(full))) {
        this.#calls.judge(full, this.#tokens, at + 2)
        return at
      }
      const isPart = SCRIPT_MODULES.has(full) || (!assigned && isOfPure(name) && isPurePart(name, part) && !PACKAGE_FILES.has(full))
      if (!isPart) return !called && !assigned && isHandedOn(name, part) ? at : refuse()
      name = full
    }
    if (markAt(this.#tokens, at + 1, '(') && (isCall(name) || PACKAGE_FILES.has(name))) {
      this.#calls.judge(name, this.#tokens, at + 2)
      return at
    }
    return isHarmless(name) ? at : refuse()
  }

  #toldOf (meaning: string, at: number): number | null {
    const told = toldAt(this.#tokens, at, (asker) => this.#imports.meaning(asker))
    if (told !== null) return told
    return meaning !== '' || saysItself(this.#tokens, at) ? saidAt(this.#tokens, at) : null
  }

  /** Parts of modules that are judged by what is done with them; null for any other. @returns where that ends */
  #guarded (name: string, part: string, at: number): number | null {
    if (name === 'sys' && part === 'path') return isSearchPathShown(this.#tokens, at) ? at + 2 : searchesIn(this.#tokens, at + 2, this.#imports)
    if (name === 'os' && (part === 'environ' || part === 'getenv')) return environmentAt(this.#tokens, at + 2)
    if (name === 'django.conf.settings') {
      this.#methods.setting(this.#tokens, at)
      return at + 2
    }
    // `x in sys.modules`
    return name === 'sys' && part === 'modules' && this.#tokens[at - 1]?.text === 'in' && /^(?:[):,;]|and|or|if|else|)$/.test(this.#tokens[at + 3]?.text ?? '') ? at + 2 : null
  }

  #attribute (at: number): void {
    const name = this.#tokens[at]?.text ?? ''
    if (name.includes('__') && !isPlainSpecial(this.#tokens, at)) throw new TooMuch()
    if (name === '__class__') return
    if (/^(?:kwonly)?defaults?$/.test(name) && !this.#imports.defined.has(name) && !isShown(this.#tokens, at)) throw new TooMuch()
    const called = markAt(this.#tokens, at + 1, '(')
    if (this.#imports.privates.has(name) && /^(?:self|cls|other)$/.test(this.#tokens[at - 2]?.text ?? '')) return
    if (called && PATH_METHODS.test(name) && !this.#methods.isArchive(name, this.#tokens, at)) return this.#openings.method(this.#tokens, at)
    if (called && this.#methods.special(name, this.#tokens, at)) return
    if (/^_(?:meta|asdict|replace|fields|make|field_defaults)$/.test(name)) return
    // `smtp.send.assert_called_once()`
    const isAsserted = markAt(this.#tokens, at + 1, '.') && /^(?:assert_(?:not_|any_|has_)?(?:called|await|calls)\w*|call_(?:count|args|args_list)|called|mock_calls|return_value|side_effect)$/.test(this.#tokens[at + 2]?.text ?? '')
    if (!called && !isAsserted && !name.startsWith('__') && POWERFUL_ATTRIBUTE.test(name) && !(name === 'format' && (this.listed.includes('PIL') || isPlainFormat(this.#tokens[at - 2])))) throw new TooMuch()
    if (called && name === 'replace') return takesTwo(this.#tokens, at + 2)
    // Handed on, it would be called with whatever another has.
    if (!called && name.startsWith('to_')) throw new TooMuch()
    // Without a value it names no file, and makes another form of what it is asked of.
    if (called && this.#imports.pure.size > 0 && /^to_(?!clipboard|gbq|sql)\w+$/.test(name) && markAt(this.#tokens, at + 2, ')')) return
    if (called && SAVING.test(name) && this.#imports.pure.size > 0 && this.#methods.saves(this.#tokens, at + 2)) return
    if (called && FORM_METHOD.test(name) && !/^to_(?:dict|records|frame|numpy|period|timestamp|pydatetime)$/.test(name)) return makesText(this.#tokens, at + 2)
    if (called && NAMING_METHODS.has(name)) return namesNoMethod(this.#tokens, at + 2)
    if (this.loads.length > 0 && /^(?:config|settings|conf|environ)$/.test(name)) return this.#methods.setting(this.#tokens, at)
    if (this.loads.length > 0 && (isSecretName(name) || /secret|passw|token|credential/i.test(name))) throw new TooMuch()
    // What the project's objects do is theirs, whatever values of Python do by that name.
    if (called && this.loads.length > 0 && (DOING.test(name) || SHELLS.test(name)) && !TEXT_METHODS.test(name)) throw new TooMuch()
    if (called && !SCRIPT_METHODS.has(name) && !this.#isOwnMethod(name)) throw new TooMuch()
  }

  // Objects of the text's classes, and those of the project, have methods of their own.
  #isOwnMethod (name: string): boolean {
    return !DOING.test(name) && !POWERFUL_ATTRIBUTE.test(name) && !SHELLS.test(name) && (this.#imports.defined.has(name) || this.loads.length > 0 || (this.#imports.pure.size > 0 && isPurePart('', name)))
  }
}
