import { touchPrivate } from './effects-shell.ts'
import { isEndless, loopsForever, stops } from './endless.ts'
import { NO_STDIN, type Stdin } from './invocation.ts'
import { checkAssignment } from './shell-assignments.ts'
import { enterDirectory } from './shell-directories.ts'
import { literal, type Directories, type FactCollector, type Field } from './shell-facts.ts'
import { either, flip, type Outcome, type State } from './shell-outcome.ts'
import { lastRedirected, redirect, type Found, type WordWalk } from './shell-redirects.ts'
import { runProgram } from './run-program.ts'
import { isSecretName } from './shell-hidden.ts'
import { scopeOf } from './shell-scope.ts'
import { descendants, outermost, type Syntax } from './shell-syntax.ts'
import { functionsOf, MAX_CALL_DEPTH, MAX_CALLS, type ShellFunction } from './shell-functions.ts'
import { linesOf, readerOf } from './shell-readers.ts'
import { bindingsOf, expandWord, substitutionsOf, type Binding, type WordContext } from './shell-words.ts'

/** What a walk needs besides the text: where to record, how to read a text within the text, and where it all runs. */
export interface WalkPorts {
  readonly facts: FactCollector
  readonly script: (text: Field, directories: Directories) => void
}

const SILENT_TOKENS = /^(?:if|then|elif|else|fi|while|until|do|done|for|select|in|case|esac|function|;|;;|;&|;;&|&|&&|\|\||\||\|&|\(|\)|\(\(|\)\)|\{|\}|!|\n)$/

/** Walks a parsed shell text and records every program it can start and every path it can touch. */
export function walkShell (root: Syntax, directories: Directories, ports: WalkPorts): void {
  new ShellWalk(root, ports).sequence(root.children, { directories, stdin: NO_STDIN })
}

class ShellWalk {
  readonly #ports: WalkPorts
  readonly #scope
  readonly #functions
  readonly #names = new Map<Syntax, readonly Field[] | null>()
  readonly #read = new Map<Syntax, readonly Field[] | null>()
  readonly #words: WordWalk
  #calls = 0
  readonly #pushed = new Set<string | null>()

  constructor (root: Syntax, ports: WalkPorts) {
    this.#ports = ports
    this.#scope = scopeOf(root)
    this.#functions = functionsOf(root)
    this.#words = {
      facts: ports.facts,
      nested: (node, state) => { this.#nested(node, state) },
      expand: (words, state) => this.#expand(words, state),
      only: (node, state) => this.#only(node, state),
      printed: (node) => this.#names.get(node) ?? null,
    }
  }

  sequence (nodes: readonly Syntax[], state: State): Outcome {
    let outcome: Outcome = { ok: state.directories, fail: [], names: null }
    let statements = 0
    for (const node of nodes) {
      if (!node.named && SILENT_TOKENS.test(node.type)) continue
      outcome = this.#statement(node, { ...state, directories: either(outcome.ok, outcome.fail) })
      statements += 1
    }
    return statements === 1 ? outcome : { ...outcome, names: null }
  }

  #statement (node: Syntax, state: State): Outcome {
    const same: Outcome = { ok: state.directories, fail: state.directories, names: null }
    switch (node.type) {
      case 'command': return this.#command(node, [], state)
      case 'list': return this.#list(node, state)
      case 'pipeline': return this.#pipeline(node.children, state)
      case 'redirected_statement': return this.#redirected(node, state)
      case 'subshell': return { ...same, names: this.sequence(node.children, state).names }
      case 'compound_statement': return node.children[0]?.type === '((' ? this.#nestedOnly(node, state) : this.sequence(node.children, state)
      case 'negated_command': return flip(this.sequence(node.children, state))
      case 'if_statement': case 'elif_clause': case 'else_clause': case 'do_group': case 'case_item': return this.#branches(node, state)
      case 'while_statement': case 'for_statement': case 'c_style_for_statement': case 'case_statement': return this.#branches(node, state)
      case 'function_definition': return this.#function(node, state)
      case 'declaration_command': case 'variable_assignment': case 'variable_assignments': case 'unset_command': return this.#assignments(node, state)
      case 'test_command': return this.#test(node, state)
      default:
        this.#ports.facts.problem('unknown-syntax')
        return same
    }
  }

  #list (node: Syntax, state: State): Outcome {
    const [left, operator, right] = node.children
    if (left === undefined || operator === undefined || right === undefined) return this.sequence(node.children, state)
    const first = this.#statement(left, state)
    return this.#after(operator.type, right, first, state)
  }

  #after (operator: string, right: Syntax, first: Outcome, state: State): Outcome {
    if (operator === '&&') {
      const built = first.built === undefined ? state.built : [...state.built ?? [], ...first.built]
      const second = this.#statement(right, built === undefined ? { ...state, directories: first.ok } : { ...state, directories: first.ok, built })
      const outcome: Outcome = { ok: second.ok, fail: either(first.fail, second.fail), names: null }
      return first.built === undefined && second.built === undefined ? outcome : { ...outcome, built: [...first.built ?? [], ...second.built ?? []] }
    }
    if (operator === '||') {
      const second = this.#statement(right, { ...state, directories: first.fail })
      return { ok: either(first.ok, second.ok), fail: second.fail, names: null }
    }
    return { ...this.#statement(right, { ...state, directories: either(first.ok, first.fail) }), names: null }
  }

  #pipeline (nodes: readonly Syntax[], state: State): Outcome {
    let { stdin } = state
    let names: readonly Field[] | null = null
    const stages = nodes.filter(({ named }) => named)
    for (const [at, stage] of stages.entries()) {
      const bounded = state.bounded === true || stops(stages.slice(at + 1), stage)
      names = this.#statement(stage, { ...state, stdin, narrowed: narrows(stages[at + 1]), bounded }).names
      stdin = { kind: 'piped', names }
    }
    return { ok: state.directories, fail: state.directories, names }
  }

  // Branches may or may not run, and loops run again with what their bodies left behind: a directory change inside is lost track of.
  #branches (node: Syntax, state: State): Outcome {
    const reading = node.type === 'while_statement' ? readerOf(node) : null
    if (reading !== null && state.stdin.kind === 'piped') this.#read.set(reading, linesOf(state.stdin.names))
    const isStatement = (child: Syntax): boolean => child.named && child.field !== 'value' && child.field !== 'variable' && !ARITHMETIC.has(child.type)
    for (const child of node.children) if (!isStatement(child)) this.#nested(child, state)
    if (loopsForever(node)) this.#ports.facts.problem('endless')
    const statements = node.children.filter((child) => isStatement(child) && !(node.type === 'c_style_for_statement' && child.field !== 'body'))
    const inner = this.sequence(statements, state)
    const after = either(either(inner.ok, inner.fail), state.directories)
    if (node.type !== 'if_statement' && after.length > state.directories.length) this.#ports.facts.problem('unknown-directory')
    return { ok: after, fail: after, names: null }
  }

  #function (node: Syntax, state: State): Outcome {
    const body = node.children.filter(({ field }) => field === 'body' || field === 'redirect')
    const name = node.children.find(({ type, field }) => type === 'word' && field === 'name')?.text
    // One that starts itself has no bound of its own: `:(){ :|:& };:`.
    if (descendants(node, COMMAND_NAME).some(({ text }) => text === name)) this.#ports.facts.problem('too-deep')
    // A function may be called from anywhere, with anything on its input.
    if (this.#functions.get(name ?? '')?.definition === node) return { ok: state.directories, fail: state.directories, names: null }
    for (const part of body) {
      if (part.field === 'redirect') redirect(part, state, {}, this.#words)
      else if (this.#statement(part, { ...state, stdin: { kind: 'piped', names: null } }).ok.length > state.directories.length) this.#ports.facts.problem('unknown-directory')
    }
    return { ok: state.directories, fail: state.directories, names: null }
  }

  #redirected (node: Syntax, state: State): Outcome {
    const body = node.children.find(({ field }) => field === 'body')
    const split = body === undefined ? null : lastRedirected(body, node)
    if (split !== null) return this.#statement(split, state)
    const found: Found = { words: [], stdin: state.stdin, continued: [], counted: /^head +-c/.test(body?.text ?? '') }
    for (const child of node.children) if (child !== body) redirect(child, state, found, this.#words)
    const inner = { ...state, stdin: found.stdin ?? state.stdin }
    const words = found.words ?? []
    let outcome: Outcome
    if (body === undefined || body.type === 'command') outcome = this.#command(body ?? null, words, inner)
    else {
      if (words.length > 0) this.#ports.facts.problem('unknown-syntax')
      outcome = this.#statement(body, inner)
    }
    for (const { operator, node: next } of found.continued ?? []) {
      outcome = operator === '|'
        ? this.#pipeline(next.children, { ...state, stdin: { kind: 'piped', names: outcome.names } })
        : this.#after(operator, next, outcome, state)
    }
    return outcome
  }

  #command (node: Syntax | null, extra: readonly Syntax[], state: State): Outcome {
    const children = node?.children ?? []
    const found: Found = { words: [], stdin: state.stdin, continued: [] }
    for (const child of children) {
      if (child.field === 'redirect') redirect(child, state, found, this.#words)
      else this.#nested(child, state)
    }
    if ((found.continued ?? []).length > 0) this.#ports.facts.problem('unknown-syntax')
    const words = [...children.filter(({ type, field }) => field !== 'redirect' && type !== 'variable_assignment'), ...(found.words ?? []), ...extra]
    if (words.some((word, at) => at > 0 && words[at - 1]?.end === word.start)) this.#ports.facts.problem('unseparated-words')
    if (words.some(({ type }) => type === 'subshell')) this.#ports.facts.problem('unknown-syntax')
    this.#check(children.filter(({ type }) => type === 'variable_assignment'), state)
    const inner = { ...state, stdin: found.stdin ?? state.stdin }
    return this.#programs(this.#expand(words, state), inner, node?.start ?? 0)
  }

  #call ({ definition, body }: ShellFunction, args: readonly Field[], state: State): Outcome {
    const depth = (state.call?.depth ?? 0) + 1
    this.#calls += 1
    if (depth > MAX_CALL_DEPTH || this.#calls > MAX_CALLS) {
      this.#ports.facts.problem('too-deep')
      return { ok: state.directories, fail: state.directories, names: null }
    }
    this.#names.clear() // what substitutions print may differ from call to call
    return this.#statement(body, { ...state, call: { definition, args, depth } })
  }

  #programs (argvs: ReadonlyArray<readonly Field[]>, state: State, at: number): Outcome {
    const { facts, script } = this.#ports
    let ok: Directories | null = null
    const names: Field[] = []
    let named = true
    for (const words of argvs) {
      const called = this.#functions.get(words[0]?.text ?? '')
      // Before its definition the name is a program's, unless another function calls it.
      if (called !== undefined && called.definition.end > at) facts.problem('unknown-program')
      if (called !== undefined && words[0]?.known === true) {
        const outcome = this.#call(called, words.slice(1), state)
        ok = either(ok ?? [], either(outcome.ok, outcome.fail))
        named = false
        continue
      }
      if (isEndless(words, state.bounded === true)) facts.problem('endless')
      const entered = enterDirectory(words, state.directories, facts, this.#pushed)
      if (entered !== null) {
        ok = either(ok ?? [], entered)
        // Whatever runs there reads it, named or not.
        for (const place of entered) if (place !== null && !/^\/workspace(?:\/|$)/.test(place)) facts.touch(literal(place), 'read', [null])
      }
      const printed = runProgram(words, { ...state, facts, script })
      if (printed === null) named = false
      else names.push(...printed)
    }
    const built = facts.takeBuilt()
    const outcome: Outcome = { ok: ok ?? state.directories, fail: state.directories, names: named ? names : null }
    return built === null ? outcome : { ...outcome, built }
  }

  #assignments (node: Syntax, state: State): Outcome {
    this.#nested(node, state)
    if (node.type === 'unset_command' && /\$\(|`/.test(node.text)) this.#ports.facts.problem('arithmetic-injection')
    if (node.type === 'declaration_command') {
      const words = node.children.filter(({ type }) => type !== 'variable_assignment')
      // A nameref or an integer makes later plain uses of the variable mean something else.
      if (words.some(({ text }, at) => at > 0 && /^[-+][a-zA-Z]*[niAaluf]/.test(text))) this.#ports.facts.problem('shell-option')
      if (state.narrowed !== true && node.children.slice(1).every(({ text }) => /^-[pxaAr]+$/.test(text))) this.#ports.facts.problem('environment-dump')
      if (words.some(({ type, named }) => named && !['word', 'variable_name'].includes(type))) this.#ports.facts.problem('unknown-argument')
    }
    this.#check(node.type === 'variable_assignment' ? [node] : node.children.filter(({ type }) => type === 'variable_assignment'), state)
    return { ok: state.directories, fail: state.directories, names: null }
  }

  #check (assignments: readonly Syntax[], state: State): void {
    for (const assignment of assignments) {
      const [name, , value] = assignment.children
      checkAssignment(name?.text ?? '', value === undefined ? '' : this.#only(value, state), this.#ports.facts)
    }
  }

  #test (node: Syntax, state: State): Outcome {
    const ports = { facts: this.#ports.facts, directories: state.directories }
    for (const word of outermost(node, WORDS)) for (const field of this.#expand([word], state).flat()) touchPrivate(field, ports)
    // The grammar takes an unquoted `~` in a test for an operator.
    for (const [home] of node.text.matchAll(/(?<=\s)~[^\s\]]*/g)) touchPrivate(literal(home), ports)
    return this.#nestedOnly(node, state)
  }

  #nestedOnly (node: Syntax, state: State): Outcome {
    this.#nested(node, state)
    return { ok: state.directories, fail: state.directories, names: null }
  }

  // Substitutions run wherever they stand: in arguments, tests, arithmetic, here-documents and assignments.
  #nested (node: Syntax, state: State): void {
    for (const substitution of substitutionsOf(node)) {
      if (this.#names.has(substitution)) continue
      if (substitution.text.startsWith('`') && substitution.text.includes('\\')) this.#ports.facts.problem('unknown-syntax')
      const stdin: Stdin = substitution.text.startsWith('>(') ? { kind: 'piped', names: null } : NO_STDIN
      this.#names.set(substitution, null)
      const children = substitution.children.filter(({ named }) => named)
      // `$(<file)` has no command: the shell itself reads the file.
      for (const child of children) if (child.field === 'redirect') redirect(child, state, {}, this.#words)
      const statements = children.filter(({ field }) => field !== 'redirect')
      this.#names.set(substitution, statements.length === 0 ? null : this.sequence(statements, { ...state, stdin }).names)
    }
  }

  #expand (words: readonly Syntax[], state: State): ReadonlyArray<readonly Field[]> {
    const context = this.#context(state)
    const together: Syntax = { type: 'command', named: true, field: null, start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0, text: '', children: words }
    const bindings = bindingsOf(together, context)
    if (bindings === null) {
      this.#ports.facts.problem('too-many-values')
      return [words.flatMap((word) => expandWord(word, NO_BINDING, context))]
    }
    return bindings.map((binding) => words.flatMap((word) => expandWord(word, binding, context)))
  }

  /** The one text a word surely is, or null. */
  #only (node: Syntax | undefined, state: State): string | null {
    if (node === undefined) return null
    const [fields, ...others] = this.#expand([node], state)
    const [field] = fields ?? []
    return others.length === 0 && fields?.length === 1 && field?.known === true ? field.text : null
  }

  #context ({ directories, call }: State): WordContext {
    return { scope: this.#scope, names: this.#names, read: this.#read, directories, call: call ?? null, functions: this.#functions }
  }
}

const NO_BINDING: Binding = new Map()
const WORDS: ReadonlySet<string> = new Set(['word', 'string', 'raw_string', 'concatenation'])
const COMMAND_NAME: ReadonlySet<string> = new Set(['command_name'])
const ARITHMETIC: ReadonlySet<string> = new Set(['binary_expression', 'unary_expression', 'postfix_expression', 'ternary_expression', 'parenthesized_expression', 'word', 'number', 'string', 'extglob_pattern', 'variable_name', 'simple_expansion', 'expansion', 'concatenation', 'raw_string', 'command_substitution'])

function narrows (next: Syntax | undefined): boolean {
  const [head, ...words] = next?.type === 'command' ? next.children : []
  const [pattern, ...rest] = words.filter(({ text }) => !text.startsWith('-')).map(({ text }) => text.replace(/^(['"])(.*)\1$/, '$2'))
  if (pattern === undefined || rest.length > 0 || words.some(({ text }) => /^-[a-zA-Z]*[vefABC]/.test(text))) return false
  return /^(?:e|f)?grep$|^rg$/.test(head?.text ?? '') && /^\^?\w[\w|\\()]{2,}=?$/.test(pattern) && !isSecretName(pattern)
}
