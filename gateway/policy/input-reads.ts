import { GatewayError } from '../core/errors.ts'

/** What the rules read of a value: all of it, or only these members. */
export type Reads = 'all' | readonly (readonly [member: string, reads: Reads])[]

interface Step { readonly type: string, readonly value: unknown }
interface Node { all: boolean, readonly members: Map<string, Node> }

/**
 * The parts of `input` that the rules can read, from the output of `opa deps -f json`. OPA follows every reference of the
 * entrypoint; one that is not a constant (`input[x]`) counts as reading all from there on.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it is not such output
 */
export function inputReads (dependencies: string): Reads {
  const root = newNode()
  for (const path of basePaths(dependencies)) {
    const [origin, ...steps] = path
    if (origin?.value === 'input') mark(root, steps)
  }
  return readsOf(root)
}

/** The same value with only the members that are read. Rules cannot tell the two apart. */
export function readPart (value: unknown, reads: Reads): unknown {
  if (reads === 'all' || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const part: Record<string, unknown> = {}
  for (const [member, inner] of reads) {
    const found = (value as Record<string, unknown>)[member]
    if (found !== undefined) part[member] = readPart(found, inner)
  }
  return part
}

function basePaths (dependencies: string): readonly (readonly Step[])[] {
  try {
    const { base } = JSON.parse(dependencies) as { base?: unknown }
    if (base === undefined || base === null) return [] // a policy that reads nothing at all
    if (Array.isArray(base) && base.every(isPath)) return base
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'OPA did not say what the rules depend on.', { cause })
  }
  throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'OPA did not say what the rules depend on.')
}

function isPath (value: unknown): value is readonly Step[] {
  return Array.isArray(value) && value.every((step) => typeof step === 'object' && step !== null && 'type' in step && 'value' in step)
}

function newNode (): Node {
  return { all: false, members: new Map() }
}

function mark (root: Node, steps: readonly Step[]): void {
  let node = root
  for (const { type, value } of steps) {
    if (type !== 'string' || typeof value !== 'string') break
    const next = node.members.get(value) ?? newNode()
    node.members.set(value, next)
    node = next
  }
  node.all = true
}

function readsOf ({ all, members }: Node): Reads {
  if (all) return 'all'
  return [...members].sort(([a], [b]) => a < b ? -1 : 1).map(([member, node]) => [member, readsOf(node)] as const)
}
