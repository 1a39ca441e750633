import { isFollowedAside, loopsForever, makesEndlessWords, stops } from '../programs/endless.ts'
import { NO_STDIN, type Stdin } from '../programs/invocation.ts'
import { checkEmptiedFile, printsNothing } from '../programs/emptied-files.ts'
import { makesNoise, NOISE, noiseFile } from '../programs/noise.ts'
import { enterDirectory } from './directories.ts'
import { ShellExpansion } from './expansion.ts'
import { literal, type Directories, type FactCollector, type Field } from './facts.ts'
import { either, flip, pipedFrom, type Outcome, type State } from './outcome.ts'
import { lastRedirected } from './regrouping.ts'
import { hidesDescriptor, redirect, type Found, type WordWalk } from './redirects.ts'
import { copiedTo, mapsLines } from './lists.ts'
import { isPlainCommand, isStrict, leaves } from './leaving.ts'
import { isNowhere } from '../paths/places.ts'
import { isSaid, printedText } from '../programs/printed-texts.ts'
import { runProgram } from '../programs/run-program.ts'
import { siftsHistory } from '../programs/secret-searches.ts'
import { descendants, type Syntax } from './syntax.ts'
import { startsBeside, timedGroup } from './statements.ts'
import { functionNames, functionsOf, MAX_CALL_DEPTH, MAX_CALLS, type ShellFunction } from './functions.ts'
import { firstReadBy, firstWordsOf, linesOf, readerOf } from './readers.ts'
import { isTrapped, movesAtAnyTime, trappedWords } from './traps.ts'
import { checkValues, narrows, setVariables, testValues } from './values.ts'
import { substitutionsOf } from './words.ts'
import { saysPlainly, writtenText } from './written-texts.ts'
import { declaresByWords } from './setters.ts'

/** What a walk needs besides the text: where to record, how to read a text within the text, and where it all runs. */
export interface WalkPorts {
  readonly facts: FactCollector
  readonly script: (text: Field, directories: Directories, stdin: Stdin, given?: readonly Field[]) => void
  /** Whether the text is the call's own, and not one that it starts. */
  readonly isOutermost: boolean
}

// How `read` cuts a line concerns that `read` alone.
const READ_SEPARATOR = /^IFS=(?:[:,;|=\t./@_-]|(['"])[:,;|= \t./@_-]\1|\$'\\[tn]')?$/
const SILENT_TOKENS = /^(?:if|then|elif|else|fi|while|until|do|done|for|select|in|case|esac|function|;|;;|;&|;;&|&|&&|\|\||\||\|&|\(|\)|\(\(|\)\)|\{|\}|!|\n)$/

/** Walks a parsed shell text and records every program it can start and every path it can touch. */
export function walkShell (root: Syntax, state: State, ports: WalkPorts): void {
  new ShellWalk(root, ports).all(state)
}

class ShellWalk {
  readonly #ports: WalkPorts
  readonly #root: Syntax
  readonly #expansion: ShellExpansion
  readonly #functions
  readonly #redefined: ReadonlySet<string>
  readonly #words: WordWalk
  #calls = 0
  readonly #late: Array<(places: Directories) => void> = []
  // Where the shell may end before its last command.
  readonly #ends = new Set<string | null>()
  readonly #pushed = new Set<string | null>()

  constructor (root: Syntax, ports: WalkPorts) {
    this.#ports = ports
    this.#root = root
    this.#functions = functionsOf(root)
    this.#redefined = functionNames(root)
    this.#expansion = new ShellExpansion(root, this.#functions, ports.facts, ports.isOutermost)
    this.#words = {
      facts: ports.facts,
      nested: (node, state) => { this.#nested(node, state) },
      expand: (words, state) => this.#expansion.fields(words, state),
      only: (node, state) => this.#expansion.only(node, state),
      printed: (node) => this.#expansion.names.get(node) ?? null,
    }
  }

  all (state: State): void {
    const { ok, fail } = this.sequence(this.#root.children, state)
    // Wherever the shell is by then.
    for (const late of this.#late) late([...new Set([...this.#ends, ...either(either(ok, fail), state.directories)])])
  }

  sequence (nodes: readonly Syntax[], state: State): Outcome {
    let outcome: Outcome = { ok: state.directories, fail: [], names: null }
    let statements = 0
    let { built } = state
    const strict = this.#ports.isOutermost && nodes === this.#root.children && isStrict(this.#root, this.#redefined)
    for (const [at, node] of nodes.entries()) {
      if (!node.named && SILENT_TOKENS.test(node.type)) continue
      const bounded = state.bounded === true || isFollowedAside(node, nodes.slice(at + 1))
      const aside = nodes[at + 1]?.type === '&'
      const directories = either(outcome.ok, outcome.fail)
      if (nodes === this.#root.children) for (const place of directories) this.#ends.add(place)
      const next = this.#statement(node, { ...state, ...built === undefined ? {} : { built }, ...aside ? { unsure: true } : {}, bounded, directories })
      // Beside the rest it runs in a shell of its own.
      outcome = aside ? { ...next, ok: either(directories, next.ok) } : strict && isPlainCommand(node) ? { ...next, fail: next.ok, stands: true } : next
      if (outcome.stands === true && outcome.built !== undefined && !aside) built = [...built ?? [], ...outcome.built]
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
      case 'subshell': return this.#subshell(node, state)
      case 'compound_statement': return node.children[0]?.type === '((' ? this.#done(this.#words.nested, node, state) : this.sequence(node.children, state)
      case 'negated_command': return flip(this.sequence(node.children, state))
      case 'if_statement': case 'elif_clause': case 'else_clause': case 'do_group': case 'case_item': return this.#branches(node, state)
      case 'while_statement': case 'for_statement': case 'c_style_for_statement': case 'case_statement': return this.#branches(node, state)
      case 'function_definition': return this.#function(node, state)
      case 'declaration_command': case 'variable_assignment': case 'variable_assignments': case 'unset_command': return this.#done(setVariables, node, state)
      case 'test_command': return this.#done(testValues, node, state)
      default:
        this.#ports.facts.problem('unknown-syntax')
        return same
    }
  }

  #subshell (node: Syntax, { directories, ...state }: State): Outcome {
    const { names, built } = this.sequence(node.children, { ...state, directories })
    return { ok: directories, fail: directories, names, ...built === undefined ? {} : { built } }
  }

  #list (node: Syntax, state: State): Outcome {
    const [left, operator, right] = node.children
    if (left === undefined || operator === undefined || right === undefined) return this.sequence(node.children, state)
    const first = this.#statement(left, state)
    return this.#after(operator.type, right, SURE.test(left.text) || DRAWN.test(left.text) ? { ...first, surely: true } : first, state)
  }

  #after (operator: string, right: Syntax, first: Outcome, state: State): Outcome {
    if (operator === '&&') {
      const built = first.built === undefined ? state.built : [...state.built ?? [], ...first.built]
      const next = first.surely === true ? state : { ...state, unsure: true }
      const second = this.#statement(right, built === undefined ? { ...next, directories: first.ok } : { ...next, directories: first.ok, built })
      const outcome: Outcome = { ok: second.ok, fail: either(first.fail, second.fail), names: null }
      return first.built === undefined && second.built === undefined ? outcome : { ...outcome, built: [...first.built ?? [], ...second.built ?? []] }
    }
    if (operator === '||') {
      const second = this.#statement(right, { ...state, unsure: true, directories: first.fail })
      if (leaves(right, this.#redefined)) return { ok: first.ok, fail: first.ok, names: null, stands: true, ...first.built === undefined ? {} : { built: first.built } }
      return { ok: either(first.ok, second.ok), fail: second.fail, names: null }
    }
    return { ...this.#statement(right, { ...state, directories: either(first.ok, first.fail) }), names: null }
  }

  #pipeline (nodes: readonly Syntax[], state: State): Outcome {
    let { stdin } = state
    let last: Outcome | null = null
    const stages = nodes.filter(({ named }) => named)
    for (const [at, stage] of stages.entries()) {
      if (siftsHistory(stage, stages[at + 1])) this.#ports.facts.problem('secret-variable')
      const bounded = state.bounded === true || stops(stages.slice(at + 1), stage)
      const before = this.#ports.facts.startedLast
      const outcome = this.#statement(stage, { ...state, unsure: true, stdin, narrowed: narrows(stages.slice(at + 1)), bounded })
      last = outcome
      const copy = copiedTo(stage)
      if (copy !== null && state.unsure !== true && stdin.kind === 'piped' && stdin.names !== null && !startsBeside(this.#root) && !this.#redefined.has('tee')) this.#ports.facts.lists(copy, state.directories, stdin.names)
      const { startedBefore, startedLast } = this.#ports.facts
      stdin = pipedFrom(outcome, startedBefore === before ? startedLast : [])
    }
    // It succeeds as its last stage does.
    return { ok: state.directories, fail: state.directories, names: last?.names ?? null, ...last?.built === undefined ? {} : { built: last.built } }
  }

  // Branches may or may not run, and loops run again with what their bodies left behind: a directory change inside is lost track of.
  #branches (node: Syntax, state: State): Outcome {
    const reading = node.type === 'while_statement' ? readerOf(node) : null
    if (reading !== null && state.stdin.kind === 'piped') this.#expansion.read.set(reading, firstReadBy(reading) === null ? linesOf(state.stdin.names) : firstWordsOf(state.stdin.names))
    const isStatement = (child: Syntax): boolean => child.named && child.field !== 'value' && child.field !== 'variable' && !ARITHMETIC.has(child.type)
    for (const child of node.children) if (!isStatement(child)) this.#nested(child, state)
    if (loopsForever(node)) this.#ports.facts.problem('endless')
    // Again and again, until none is left.
    if (node.type !== 'if_statement' && STASH_DROP.test(node.text) && /^(?:while|for|c_style)/.test(node.type)) this.#ports.facts.problem('data-loss')
    const statements = node.children.filter((child) => isStatement(child) && !(node.type === 'c_style_for_statement' && child.field !== 'body'))
    const inner = this.sequence(statements, { ...state, unsure: true })
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
    const walk = (places: Directories): void => { this.#body(body, { ...state, directories: places }) }
    // What the shell does at its end it does with what its variables hold by then.
    if (isTrapped(name ?? '', this.#root)) this.#late.push((places) => { walk(either(state.directories, places)) })
    else walk(state.directories)
    return { ok: state.directories, fail: state.directories, names: null }
  }

  #body (body: readonly Syntax[], state: State): void {
    for (const part of body) {
      if (part.field === 'redirect') redirect(part, state, {}, this.#words)
      else if (this.#statement(part, { ...state, unsure: true, stdin: { kind: 'piped', names: null } }).ok.length > state.directories.length) this.#ports.facts.problem('unknown-directory')
    }
  }

  #redirected (node: Syntax, state: State): Outcome {
    const body = node.children.find(({ field }) => field === 'body')
    const split = body === undefined ? null : lastRedirected(body, node)
    if (split !== null) return this.#statement(split, state)
    if (hidesDescriptor(node)) this.#ports.facts.problem('unseparated-words')
    const found: Found = { filled: [], whole: [], words: [], stdin: state.stdin, continued: [], counted: /^head +-c/.test(body?.text ?? '') }
    for (const child of node.children) if (child !== body) redirect(child, state, found, this.#words)
    for (const file of found.filled ?? []) this.#ports.facts.writesText(file, writtenText(node), state.directories)
    if ((found.words ?? []).length === 0 && printsNothing(body?.text ?? '')) for (const file of found.whole ?? []) checkEmptiedFile(file, state.directories, this.#ports.facts, this.#root.text)
    const inner = { ...state, stdin: found.stdin ?? state.stdin }
    const words = found.words ?? []
    let outcome: Outcome
    if (body === undefined || body.type === 'command') outcome = this.#command(body ?? null, words, inner)
    else {
      if (words.length > 0) this.#ports.facts.problem('unknown-syntax')
      outcome = this.#statement(body, inner)
    }
    const [file, ...more] = found.whole ?? []
    const isSure = state.unsure !== true && !startsBeside(this.#root)
    const text = found.stdin?.kind === 'text' || saysPlainly(body) ? outcome.printed ?? null : makesNoise(body?.text ?? '') && !this.#redefined.has('head') ? NOISE : null
    if (file !== undefined && more.length === 0 && isSure && text !== null) this.#ports.facts.holds(file, state.directories, text)
    if (file !== undefined && more.length === 0 && isSure && outcome.names !== null && text === null) this.#ports.facts.lists(file, state.directories, outcome.names)
    for (const { operator, node: next } of found.continued ?? []) {
      outcome = operator === '|'
        ? this.#pipeline(next.children, { ...state, stdin: pipedFrom(outcome) })
        : this.#after(operator, next, outcome, state)
    }
    return outcome
  }

  #command (node: Syntax | null, extra: readonly Syntax[], state: State): Outcome {
    const children = node?.children ?? []
    const found: Found = { filled: [], words: [], stdin: state.stdin, continued: [] }
    for (const child of children) {
      if (child.field === 'redirect') redirect(child, state, found, this.#words)
      else this.#nested(child, state)
    }
    if (node !== null) for (const file of found.filled ?? []) this.#ports.facts.writesText(file, writtenText(node), state.directories)
    const timed = timedGroup(node)
    if (timed !== null) return { ...this.#statement(timed, { ...state, stdin: found.stdin ?? state.stdin }), names: null }
    if ((found.continued ?? []).length > 0) this.#ports.facts.problem('unknown-syntax')
    const words = [...children.filter(({ type, field }) => field !== 'redirect' && type !== 'variable_assignment'), ...(found.words ?? []), ...extra]
    if (words.some((word, at) => at > 0 && words[at - 1]?.end === word.start)) this.#ports.facts.problem('unseparated-words')
    if (words.some(({ type, text }) => type !== 'raw_string' && type !== 'string' && makesEndlessWords(text))) this.#ports.facts.problem('endless')
    if (words.some(({ type }) => type === 'subshell')) this.#ports.facts.problem('unknown-syntax')
    const splits = words.length > 1 && words[0]?.text === 'read'
    checkValues(children.filter(({ type, text }) => type === 'variable_assignment' && !(splits && READ_SEPARATOR.test(text))), state, this.#words, words.length > 0)
    const inner = { ...state, stdin: found.stdin ?? state.stdin }
    if (node !== null && mapsLines(words)) this.#expansion.read.set(node, inner.stdin.kind === 'piped' ? linesOf(inner.stdin.names) : null)
    if (words[0]?.text === 'set' && words[1]?.text === '--' && !this.#redefined.has('set') && !this.#root.text.includes('${!')) return this.#positional(words.slice(2), state)
    if (movesAtAnyTime(words, this.#root)) this.#ports.facts.problem('unknown-directory')
    const said = trappedWords(words, this.#root, (word) => this.#words.only(word, state))
    const outcome = this.#programs(this.#expansion.fields(said, state), inner, node?.start ?? 0)
    const filled = this.#redefined.has('dd') ? null : noiseFile(node?.text ?? '')
    if (filled !== null && state.unsure !== true && !startsBeside(this.#root)) this.#ports.facts.holds(literal(filled), state.directories, NOISE)
    return outcome
  }

  // `set -- a b`: what `$1` then is nobody knows here, and a word that could be evaluated as a subscript is none of a list.
  #positional (words: readonly Syntax[], state: State): Outcome {
    const { facts } = this.#ports
    facts.program('set', ['set', '--'])
    if (words.some(({ text }) => text.includes('[')) || this.#expansion.fields(words, state).flat().some(({ text, known }) => known && /\[|\$\(|`/.test(text))) facts.problem('arithmetic-injection')
    return { ok: state.directories, fail: state.directories, names: null }
  }

  #call ({ definition, body, shifts }: ShellFunction, args: readonly Field[], state: State): Outcome {
    const depth = (state.call?.depth ?? 0) + 1
    this.#calls += 1
    if (depth > MAX_CALL_DEPTH || this.#calls > MAX_CALLS) {
      this.#ports.facts.problem('too-deep')
      return { ok: state.directories, fail: state.directories, names: null }
    }
    this.#expansion.names.clear() // what substitutions print may differ from call to call
    return this.#statement(body, { ...state, unsure: true, call: { definition, args, depth, shifts } })
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
      if (declaresByWords(words)) facts.problem('unknown-syntax')
      const entered = enterDirectory(words, state.directories, facts, this.#pushed)
      if (entered !== null) {
        ok = either(ok ?? [], entered)
        // Whatever runs there reads it, named or not.
        const isInside = (place: string | null): boolean => place !== null && /^\/workspace(?:\/|$)/.test(place)
        for (const place of entered) if (place !== null && !isInside(place) && !(entered.some(isInside) && (place === '/' || isNowhere(place)))) facts.touch(literal(place), 'read', [null])
      }
      if (words.at(-1)?.text === 'exec') facts.feeds(state.stdin)
      const printed = runProgram(words, { ...state, stdin: facts.inputOf(state.stdin), facts, script })
      // By the name of a function that cannot be followed, anything may be printed.
      if (printed === null || this.#redefined.has(words[0]?.text ?? '')) named = false
      else names.push(...printed)
    }
    const built = facts.takeBuilt()
    const text = argvs.some(([name]) => this.#redefined.has(name?.text ?? '')) ? null : printedText(argvs, state.stdin)
    const outcome: Outcome = { ok: ok ?? state.directories, fail: state.directories, names: named ? names : null, ...text === null && !isSaid(argvs, state.stdin) ? {} : { printed: text } }
    return built === null ? outcome : { ...outcome, built }
  }

  // Statements that start nothing, but for what stands inside them.
  #done (describe: (node: Syntax, state: State, walk: WordWalk) => void, node: Syntax, state: State): Outcome {
    describe(node, state, this.#words)
    return { ok: state.directories, fail: state.directories, names: null }
  }

  // Substitutions run wherever they stand: in arguments, tests, arithmetic, here-documents and assignments.
  #nested (node: Syntax, state: State): void {
    for (const substitution of substitutionsOf(node)) {
      if (this.#expansion.names.has(substitution)) continue
      if (substitution.text.startsWith('`') && substitution.text.includes('\\')) this.#ports.facts.problem('unknown-syntax')
      const stdin: Stdin = substitution.text.startsWith('>(') ? { kind: 'piped', names: null } : NO_STDIN
      this.#expansion.names.set(substitution, null)
      const children = substitution.children.filter(({ named }) => named)
      // `$(<file)` has no command: the shell itself reads the file.
      for (const child of children) if (child.field === 'redirect') redirect(child, state, {}, this.#words)
      const statements = children.filter(({ field }) => field !== 'redirect')
      this.#expansion.names.set(substitution, statements.length === 0 ? null : this.sequence(statements, { ...state, stdin }).names)
    }
  }
}

// What comes behind these is as good as what comes by itself: should one fail, there is no such folder or file, and nothing to run.
const SURE = /^(?:(?:mkdir -p|cd) [\w./-]+(?: && )?)+$/
const DRAWN = /^\w+="?\$\(mktemp(?: [\w./=-]+)*\)"?$/
const STASH_DROP = /git\s+stash\s+drop/
const COMMAND_NAME: ReadonlySet<string> = new Set(['command_name'])
const ARITHMETIC: ReadonlySet<string> = new Set(['binary_expression', 'unary_expression', 'postfix_expression', 'ternary_expression', 'parenthesized_expression', 'word', 'number', 'string', 'extglob_pattern', 'variable_name', 'simple_expansion', 'expansion', 'concatenation', 'raw_string', 'command_substitution'])
