import { begins } from './imports.ts'
import { bodyOf } from './guards.ts'
import { boundNames, closingAt, markAt } from './places.ts'
import type { ScriptToken, ScriptTokens } from './tokens.ts'
import { deepening } from '../brackets.ts'

interface At { readonly tokens: readonly ScriptToken[], readonly at: number }

/** How a name gets a value: by an expression, each of a list's entries, what a function is handed, or in a way that is not known. */
export type Binding =
  | { readonly kind: 'unknown' }
  /** A folder that a runner of tests makes for one of them. */
  | { readonly kind: 'made' }
  | At & { readonly kind: 'value', readonly ends: 'line' | 'as', /** Whether nothing changes a list of that name. */ readonly looked: boolean }
  | At & { readonly kind: 'each', readonly forAt: number, readonly column: number, readonly columns: number, readonly scope: readonly [number, number] | null, readonly looked: boolean }
  | { readonly kind: 'handed', readonly places: readonly At[] }

const UNKNOWN: readonly Binding[] = [{ kind: 'unknown' }]
// Functions that leave a list as it is.
const LOOKS = /^(?:print|pprint|len|sorted|enumerate|list|set|tuple|sum|max|min|any|all|zip|reversed|iter|join|Counter)$/

/** Every name that a program gives values, with the ways in which it does so. */
export function bindingsOf (sequences: ScriptTokens): ReadonlyMap<string, readonly Binding[]> {
  const times = new Map<string, number>()
  for (const tokens of sequences) for (const name of boundNames(tokens)) times.set(name, (times.get(name) ?? 0) + 1)
  const found = new Map<string, Binding[]>()
  const add = (name: string, binding: Binding): void => { found.set(name, [...found.get(name) ?? [], binding]) }
  for (const tokens of sequences) {
    for (const [at, token] of tokens.entries()) {
      if (token.kind !== 'name') continue
      if (markAt(tokens, at + 1, '=') && begins(tokens, at)) add(token.text, { kind: 'value', tokens, at: at + 2, ends: 'line', looked: isOnlyLooked(sequences, token.text) })
      if (token.text === 'for') addLoop(sequences, tokens, at, add)
      if (token.text === 'with' && begins(tokens, at)) addWith(tokens, at, add)
      if (token.text === 'def') addHanded(sequences, tokens, at, times, add)
    }
  }
  return new Map([...times].map(([name, count]) => [name, found.get(name)?.length === count ? found.get(name) ?? UNKNOWN : UNKNOWN]))
}

type Add = (name: string, binding: Binding) => void

// `for a in`, `for a, b in`
function addLoop (sequences: ScriptTokens, tokens: readonly ScriptToken[], forAt: number, add: Add): void {
  const names: string[] = []
  let at = forAt + 1
  for (;; at += 2) {
    const token = tokens[at]
    if (token?.kind !== 'name') return
    names.push(token.text)
    if (!markAt(tokens, at + 1, ',')) break
  }
  if (tokens[at + 1]?.text !== 'in') return
  const scope = begins(tokens, forAt) || tokens[forAt - 1]?.text === 'async' ? null : bracketsAround(tokens, forAt)
  if (scope === null && !begins(tokens, forAt)) return
  const looked = names.length !== 3 || (isOnlyPruned(sequences, names[1] ?? '') && isOnlyLooked(sequences, names[2] ?? ''))
  for (const [column, name] of names.entries()) add(name, { kind: 'each', tokens, at: at + 2, forAt, column, columns: names.length, scope, looked })
}

// `with tempfile.TemporaryDirectory() as d:`
function addWith (tokens: readonly ScriptToken[], at: number, add: Add): void {
  const as = tokens.findIndex(({ kind, text }, index) => index > at && (kind === 'line' || text === 'as'))
  const name = tokens[as + 1]
  if (tokens[as]?.text === 'as' && name?.kind === 'name' && markAt(tokens, as + 2, ':')) add(name.text, { kind: 'value', tokens, at: at + 1, ends: 'as', looked: false })
}

// What a function of the text is handed, when it is only ever called by its name.
function addHanded (sequences: ScriptTokens, tokens: readonly ScriptToken[], at: number, times: ReadonlyMap<string, number>, add: Add): void {
  const name = tokens[at + 1]?.text ?? ''
  const calls = callsOf(sequences, name, tokens, at + 1)
  const parameters = parametersOf(tokens, at + 2)
  // Nobody but the runner calls a test, and nobody says what it is given.
  const isGiven = calls?.length === 0 && !sequences.some((words) => words.some(({ kind, text }) => kind === 'string' && text.includes('tmp_path')))
  if (isGiven) for (const parameter of parameters) if (parameter === 'tmp_path') add(parameter, { kind: 'made' })
  if (times.get(name) !== 1 || calls === null || calls.length === 0 || isDecorated(tokens, at)) return
  for (const [index, parameter] of parameters.entries()) {
    const places = calls.map((call) => argumentOf(call, index, parameter))
    if (places.every((place) => place !== null)) add(parameter, { kind: 'handed', places })
  }
}

function callsOf (sequences: ScriptTokens, name: string, defined: readonly ScriptToken[], definedAt: number): readonly At[] | null {
  const calls: At[] = []
  for (const tokens of sequences) {
    for (const [at, token] of tokens.entries()) {
      if (token.kind !== 'name' || token.text !== name || (tokens === defined && at === definedAt)) continue
      // A method of another thing; of a class of the text it could be this one.
      if (markAt(tokens, at - 1, '.') && isOutermost(defined, definedAt)) continue
      if (markAt(tokens, at - 1, '.') || !markAt(tokens, at + 1, '(')) return null
      calls.push({ tokens, at: at + 1 })
    }
  }
  return calls
}

// A function that stands at the margin is of no class.
function isOutermost (tokens: readonly ScriptToken[], at: number): boolean {
  for (let back = at; back >= 0; back -= 1) if (tokens[back]?.indent !== undefined) return tokens[back]?.indent === 0 && !markAt(tokens, back - 1, ':')
  return true
}

function isDecorated (tokens: readonly ScriptToken[], def: number): boolean {
  let at = tokens[def - 1]?.text === 'async' ? def - 2 : def - 1
  while (tokens[at]?.kind === 'line') at -= 1
  while (at >= 0 && tokens[at]?.kind !== 'line') at -= 1
  return markAt(tokens, at + 1, '@')
}

// Those that stand by their place alone.
function parametersOf (tokens: readonly ScriptToken[], open: number): readonly string[] {
  const names: string[] = []
  for (let at = open + 1, depth = 0; at < tokens.length && depth >= 0; at += 1) {
    const token = tokens[at]
    const begins = depth === 0 && (at === open + 1 || markAt(tokens, at - 1, ','))
    if (begins && token?.kind !== 'name') break
    if (begins) names.push(token?.text ?? '')
    if (token?.kind === 'mark') depth += deepening(token.text)
  }
  return names
}

function argumentOf ({ tokens, at: open }: At, index: number, name: string): At | null {
  let place: At | null = null
  for (let at = open + 1, depth = 0, count = 0; at < tokens.length && depth >= 0; at += 1) {
    const token = tokens[at]
    if (depth === 0 && (at === open + 1 || markAt(tokens, at - 1, ','))) {
      if (token?.kind === 'mark' && /^\*+$/.test(token.text)) return null
      const named = token?.kind === 'name' && markAt(tokens, at + 1, '=')
      if (named ? token.text === name : count === index) place = { tokens, at: named ? at + 2 : at }
      count += 1
    }
    if (token?.kind === 'mark') depth += deepening(token.text)
  }
  return place
}

function bracketsAround (tokens: readonly ScriptToken[], from: number): readonly [number, number] | null {
  let open = from - 1
  for (let depth = 0; open >= 0; open -= 1) {
    const { kind, text = '' } = tokens[open] ?? {}
    if (kind !== 'mark') continue
    if (/^[([{]$/.test(text)) { if (depth === 0) break; depth -= 1 } else if (/^[)\]}]$/.test(text)) depth += 1
  }
  return open < 0 ? null : [open, closingAt(tokens, open)]
}

/** Whether every word of that name only looks at a list, so that it stays as it was made. */
function isOnlyLooked (sequences: ScriptTokens, name: string): boolean {
  return uses(sequences, name).every(({ tokens, at }) => looksAt(tokens, at))
}

// `dirs[:] = [d for d in dirs if d != 'x']`, `dirs.remove('x')`: a walk goes to fewer folders.
function isOnlyPruned (sequences: ScriptTokens, name: string): boolean {
  return uses(sequences, name).every(({ tokens, at }) => {
    if (looksAt(tokens, at) || (markAt(tokens, at + 1, '.') && /^(?:remove|sort|clear)$/.test(tokens[at + 2]?.text ?? ''))) return true
    const words = tokens.slice(at + 1, at + 11).map(({ text }) => text)
    const end = closingAt(tokens, at + 5)
    if (!/^\[ : \] = \[ (\w+) for \1 in \w+$/.test(words.join(' ')) || words[9] !== name) return false
    return (tokens[at + 11]?.text === 'if' || at + 11 === end) && !tokens.slice(at + 11, end).some(({ text }) => text === 'for') && (tokens[end + 1] === undefined || tokens[end + 1]?.kind === 'line')
  })
}

function uses (sequences: ScriptTokens, name: string): readonly At[] {
  return sequences.flatMap((tokens) => tokens.flatMap((token, at) => token.kind === 'name' && token.text === name && !markAt(tokens, at - 1, '.') && !isTarget(tokens, at) ? [{ tokens, at }] : []))
}

function isTarget (tokens: readonly ScriptToken[], at: number): boolean {
  if (begins(tokens, at) && markAt(tokens, at + 1, '=')) return true
  for (let back = at - 1; back >= 0; back -= 1) {
    const { kind, text = '' } = tokens[back] ?? {}
    if (text === 'for') return true
    if (!(kind === 'name' || text === ',') || text === 'in') return false
  }
  return false
}

function looksAt (tokens: readonly ScriptToken[], at: number): boolean {
  const [before, next] = [tokens[at - 1]?.text ?? '', tokens[at + 1]]
  if (markAt(tokens, at + 1, '[')) return !/^(?:\[|\.|:=|[-+*/%&|^]?=|\*\*=|\/\/=)$/.test(tokens[closingAt(tokens, at + 1) + 1]?.text ?? '') && before !== 'del'
  if (markAt(tokens, at + 1, '.')) return /^(?:items|keys|values|index|count)$/.test(tokens[at + 2]?.text ?? '')
  if (before === 'in') return next === undefined || next.kind === 'line' || /^(?:[:)\]},]|if|for|and|or)$/.test(next.text)
  return before === '(' && LOOKS.test(tokens[at - 2]?.text ?? '') && /^[),]$/.test(next?.text ?? '')
}

/** Those that count where a name stands: in the body of a loop what that gives it, if nothing else there does and nothing that runs later is made there. */
export function loopAround (bindings: readonly Binding[], tokens: readonly ScriptToken[], at: number): readonly Binding[] {
  if (bindings.length < 2 || !bindings.every(({ kind }) => kind === 'each' || kind === 'value')) return bindings
  const places = bindings.flatMap((binding) => 'at' in binding ? [binding] : [])
  for (const loop of places) {
    if (loop.kind !== 'each' || loop.scope !== null || loop.tokens !== tokens) continue
    const { from, to } = bodyOf(tokens, loop.forAt)
    if (at <= from || at >= to || tokens.slice(from, to).some(({ kind, text }) => kind === 'name' && /^(?:def|lambda|class)$/.test(text))) continue
    if (places.every((other) => other === loop || other.tokens !== tokens || other.at <= from || other.at >= to)) return [loop]
  }
  return bindings
}
