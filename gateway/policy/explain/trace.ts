import { GatewayError } from '../../core/errors.ts'
import type { Opa } from '../opa-binary.ts'
import type { Place, SyntaxNode } from '../syntax/syntax-tree.ts'

/** One step of OPA's evaluation. `query` numbers the body it belongs to, `parent` the body that asked for it. */
export interface TraceEvent {
  readonly op: string
  readonly query: number
  readonly parent: number
  readonly place: Place
  readonly node: SyntaxNode
  /** Position of the expression in its body as compiled. */
  readonly index: number
  /** Values by the variable's name in the source; those that OPA made itself by the names it gave. */
  readonly locals: ReadonlyMap<string, unknown>
}

interface RawEvent {
  readonly Op: string
  readonly QueryID: number
  readonly ParentID: number
  readonly Location: Place | null
  readonly Node: SyntaxNode & { readonly index?: number }
  readonly Locals: ReadonlyArray<{ readonly name: string, readonly type: string, readonly value: unknown }> | null
  readonly LocalMetadata: Readonly<Record<string, { readonly name: string }>>
}

/**
 * Evaluates a query over a folder and returns every step. Rules are neither left out by an index nor stopped early, so that
 * each has its steps.
 *
 * @param args further options and the query
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it cannot be evaluated; WEIR_ERR_OPA_MISSING
 */
export async function traceQuery (opa: Opa, snapshot: string, args: readonly string[]): Promise<readonly TraceEvent[]> {
  const ran = await opa.run([
    'eval', '--bundle', '.', '--disable-indexing', '--disable-early-exit', '--explain', 'full', '--format', 'json', ...args,
  ], snapshot)
  if (ran.stdout === '') throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The rules cannot be evaluated: ${ran.stderr.trim().slice(0, 4_096)}`)
  return traceEvents(ran.stdout)
}

/**
 * The steps in the output of `opa eval --explain full --format json`.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it is not such output, or the evaluation failed (two values for one name)
 */
export function traceEvents (output: string): readonly TraceEvent[] {
  let answer: Answer
  try {
    answer = answerOf(JSON.parse(output))
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'OPA did not explain the evaluation.', { cause })
  }
  if ('failure' in answer) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The rules cannot be evaluated: ${answer.failure}`)
  return answer.events
}

type Answer = { readonly events: readonly TraceEvent[] } | { readonly failure: string }

interface RawAnswer { readonly explanation?: readonly RawEvent[], readonly errors?: ReadonlyArray<{ readonly message?: string, readonly location?: Place }> }

function answerOf ({ explanation, errors }: RawAnswer): Answer {
  const failure = errors?.[0]
  if (failure !== undefined) {
    const place = failure.location === undefined ? '' : `${failure.location.file}:${failure.location.row}: `
    return { failure: `${place}${failure.message ?? 'no reason given'}` }
  }
  return { events: (explanation as readonly RawEvent[]).map(eventOf) }
}

function eventOf ({ Op, QueryID, ParentID, Location, Node, Locals, LocalMetadata }: RawEvent): TraceEvent {
  return {
    op: Op,
    query: QueryID,
    parent: ParentID,
    place: { file: Location?.file ?? '', row: Location?.row ?? 0, col: Location?.col ?? 0 },
    node: Node,
    index: Node.index ?? 0,
    locals: new Map((Locals ?? []).map(({ name, type, value }) => [LocalMetadata[name]?.name ?? name, termValue({ type, value })])),
  }
}

/** The JSON value of a ground term; a set is an array. Undefined for what is no value (a variable, a call). */
function termValue (term: SyntaxNode): unknown {
  const { type, value } = term
  switch (type ?? '') {
    case 'null': return null
    case 'string': case 'number': case 'boolean': return value
    case 'array': case 'set': return (value as readonly SyntaxNode[]).map(termValue)
    case 'object': return Object.fromEntries((value as ReadonlyArray<readonly [SyntaxNode, SyntaxNode]>).map(([key, inner]) => [keyText(key), termValue(inner)]))
    default: return undefined
  }
}

function keyText (key: SyntaxNode): string {
  const value = termValue(key)
  return typeof value === 'string' ? value : JSON.stringify(value)
}
