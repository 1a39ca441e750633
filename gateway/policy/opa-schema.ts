import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'
import { PolicyInputSchema } from './input-schema.ts'

interface Node { readonly [keyword: string]: unknown }

/** The file for `opa check --schema`, which then refuses a rule that reads what no input has. Always Weir's own, not the folder's. */
export function inputSchemaFile (): string {
  return join(packageRoot(), 'policies', 'schemas', 'input.json')
}

/** The text of that file. */
export function inputJsonSchema (): string {
  return `${JSON.stringify(forOpa(PolicyInputSchema), null, 2)}\n`
}

// OPA 0.70 does not look for misspelt members behind an `anyOf` with null, but does behind a list of types.
function forOpa (node: unknown): unknown {
  if (Array.isArray(node)) return node.map(forOpa)
  if (typeof node !== 'object' || node === null) return node
  const { anyOf, ...others } = node as Node
  const written = Object.fromEntries(Object.entries(others).map(([keyword, value]) => [keyword, forOpa(value)]))
  if (!Array.isArray(anyOf)) return written
  const [only, ...rest] = (anyOf as readonly Node[]).filter(({ type }) => type !== 'null').map((member) => forOpa(member) as Node)
  if (only === undefined || rest.length > 0) return { ...written, anyOf: forOpa(anyOf) }
  return { ...only, ...written, type: [only['type'], 'null'], ...(Array.isArray(only['enum']) ? { enum: [...only['enum'], null] } : {}) }
}
