import { GatewayError } from '../../core/errors.ts'

/** What the rules read of a value: all of it, or only these members. */
export type Reads = 'all' | readonly (readonly [member: string, reads: Reads])[]

interface Node { all: boolean, readonly members: Map<string, Node> }

/** The query that has OPA parse every module of its input (file name → text) into the syntax trees that `inputReads` reads. */
export const PARSE_QUERY = '[rego.parse_module(name, text) | some name, text in input]'

/**
 * The parts of `input` that some rule names, from the output of `opa eval -f json` for `PARSE_QUERY`. What follows a step that is
 * not a constant (`input[x]`, a function that is given `input.tool`) counts as read whole.
 *
 * Every reference of every module counts, reached or not. `opa deps` would give the fewest, but does not look behind `else`
 * (0.70): a rule there would be kept from what it reads, and its answers remembered for other inputs.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it is not such output, or not of as many modules as were asked about
 */
export function inputReads (parsed: string, modules: number): Reads {
  const trees = syntaxTrees(parsed, modules)
  const root = newNode()
  const left: unknown[] = [...trees]
  while (left.length > 0) {
    const node = left.pop()
    if (typeof node !== 'object' || node === null) continue
    const steps = stepsFromInput(node)
    if (steps !== null) mark(root, steps)
    for (const child of Object.values(node)) left.push(child)
  }
  return readsOf(root)
}

/**
 * The syntax trees in the output of `opa eval -f json` for `PARSE_QUERY`, in the order of their names.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it is not such output, or not of as many modules as were asked about
 */
export function syntaxTrees (parsed: string, modules: number): readonly object[] {
  try {
    const { result } = JSON.parse(parsed) as { result: [{ expressions: [{ value: unknown }] }] }
    const trees = result[0].expressions[0].value
    if (Array.isArray(trees) && trees.length === modules && trees.every((tree) => typeof tree === 'object' && tree !== null)) return trees as readonly object[]
  } catch (cause) {
    throw unreadable(cause)
  }
  throw unreadable()
}

function unreadable (cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_POLICY_BUILD', 'OPA did not say what the rules read.', { cause })
}

/** The terms behind `input` when this is a reference to it. OPA writes a bare `input` as one without any. */
function stepsFromInput (node: object): readonly unknown[] | null {
  const { type, value } = node as { type?: unknown, value?: unknown }
  if (type !== 'ref' || !Array.isArray(value)) return null
  const [head, ...steps] = value as readonly unknown[]
  return isTerm(head, 'var') && head.value === 'input' ? steps : null
}

function isTerm (term: unknown, type: 'var' | 'string'): term is { readonly value: string } {
  return typeof term === 'object' && term !== null && 'type' in term && term.type === type && 'value' in term && typeof term.value === 'string'
}

function newNode (): Node {
  return { all: false, members: new Map() }
}

function mark (root: Node, steps: readonly unknown[]): void {
  let node = root
  for (const step of steps) {
    if (!isTerm(step, 'string')) break
    const next = node.members.get(step.value) ?? newNode()
    node.members.set(step.value, next)
    node = next
  }
  node.all = true
}

function readsOf ({ all, members }: Node): Reads {
  if (all) return 'all'
  return [...members].sort(([a], [b]) => a < b ? -1 : 1).map(([member, node]) => [member, readsOf(node)] as const)
}
