import { variableOf, walkSyntax, type Place, type SyntaxNode } from '../syntax/syntax-tree.ts'
import { namedValues, valueAt, type FindExpression, type SourceExpression } from './source-expressions.ts'
import type { TraceEvent } from './trace.ts'

const MAX_VALUE_CHARS = 160
const MAX_DEPTH = 3
const MAX_WITHIN = 3
const MADE_UP = /^(__local\d+__|\$)/

/** The first expression of a rule that did not hold, in the attempt that got furthest. */
export interface Blocked extends Place {
  readonly expression: string
  /** What the names in it stood for: a JSON text, or `missing`. */
  readonly values: Readonly<Record<string, string>>
  /** How many combinations of values were tried up to this expression. */
  readonly attempts: number
  /** Why the rules that the expression asks did not hold; empty when they were asked before, or there are none. */
  readonly within: readonly Blocked[]
}

/** The steps of one body: those of `query` between its start and the next of the same number. */
interface Frame { readonly start: number, readonly query: number }

/** The document that was asked about; null when each expression has its own (`with input as`). */
export type AskedInput = { readonly document: unknown } | null

/** What became of one rule in a trace. */
export interface Outcome { readonly fired: boolean, readonly blocked: Blocked | null }

/**
 * What became of the rule whose body begins at a place, null when the trace does not enter it.
 *
 * @param input where the values of `input.…` are looked up
 */
export function outcomeOf (events: readonly TraceEvent[], place: Place, find: FindExpression, input: AskedInput): Outcome | null {
  const start = events.findIndex(({ op, place: at }) => op === 'Enter' && isSame(at, place))
  const entered = events[start]
  if (entered === undefined) return null
  const frame = { start, query: entered.query }
  const fired = hasExit(events, frame)
  return { fired, blocked: fired ? null : blockedIn(events, frame, { find, input, depth: 0 }) }
}

interface Reading { readonly find: FindExpression, readonly input: AskedInput, readonly depth: number }

function blockedIn (events: readonly TraceEvent[], { start, query }: Frame, reading: Reading): Blocked | null {
  let furthest: { readonly event: TraceEvent, readonly at: number } | null = null
  let attempts = 0
  for (let at = start; at < events.length; at++) {
    const event = events[at]
    if (event?.op !== 'Fail' || event.query !== query) continue
    if (furthest !== null && event.index < furthest.event.index) continue
    attempts = furthest?.event.index === event.index ? attempts + 1 : 1
    if (furthest?.event.index !== event.index) furthest = { event, at }
  }
  if (furthest === null) return null
  const { event, at } = furthest
  const expression = reading.find(event.place)
  if (expression === null) return null
  return {
    file: expression.file,
    row: expression.row,
    col: expression.col,
    expression: expression.text,
    values: valuesOf(event, expression, reading.input),
    attempts,
    within: reading.depth + 1 < MAX_DEPTH ? withinOf(events, event, at, reading) : [],
  }
}

/** Why the bodies failed that the expression asked for last: those entered between its evaluation and its failure. */
function withinOf (events: readonly TraceEvent[], failed: TraceEvent, at: number, reading: Reading): readonly Blocked[] {
  // Of a negation that failed, the inside held: there is nothing to explain.
  if (failed.node.negated === true) return []
  const evaluated = events.findLastIndex(({ op, query, index }, i) => i < at && op === 'Eval' && query === failed.query && index === failed.index)
  const found: Blocked[] = []
  for (let i = evaluated + 1; i < at && found.length < MAX_WITHIN; i++) {
    const event = events[i]
    if (event?.op !== 'Enter' || event.parent !== failed.query) continue
    const frame = { start: i, query: event.query }
    const blocked = hasExit(events, frame) ? null : blockedIn(events, frame, { ...reading, depth: reading.depth + 1 })
    if (blocked !== null) found.push(blocked)
  }
  return found.sort((a, b) => a.row - b.row)
}

function hasExit (events: readonly TraceEvent[], { start, query }: Frame): boolean {
  return events.some((event, i) => i > start && event.op === 'Exit' && event.query === query)
}

function valuesOf (event: TraceEvent, expression: SourceExpression, input: AskedInput): Readonly<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const [text, [head, ...steps]] of namedValues(expression)) {
    const name = variableOf(head)
    if (name === null) continue
    if (name === 'input' && input !== null) values[text] = shown(valueAt(input.document, steps))
    if (name !== 'input' && event.locals.has(name)) values[text] = shown(valueAt(event.locals.get(name), steps))
  }
  // What OPA computed on the way (`grant.of(permission)`) has no name in the source; the comparison is about it.
  const computed = madeUpNames(event.node).map((name) => event.locals.get(name)).filter((value) => value !== undefined).map(shown)
  const unnamed = computed.filter((value) => !Object.values(values).includes(value))
  if (unnamed.length > 0) values['computed'] = unnamed.join(', ')
  return values
}

function madeUpNames (node: SyntaxNode): readonly string[] {
  const names: string[] = []
  walkSyntax(node.terms, (inner) => {
    const name = variableOf(inner)
    if (name !== null && MADE_UP.test(name)) names.push(name)
    return true
  })
  return names
}

function shown (value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text
}

function isSame (a: Place, b: Place): boolean {
  return a.file === b.file && a.row === b.row && a.col === b.col
}
