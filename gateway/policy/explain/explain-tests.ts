import { GatewayError } from '../../core/errors.ts'
import type { Opa } from '../opa-binary.ts'
import type { PolicyFolder } from '../policy-folder.ts'
import { parseModules, type SyntaxRule } from '../syntax/syntax-tree.ts'
import { outcomeOf, type Blocked } from './blocked.ts'
import { sourceExpressions } from './source-expressions.ts'
import { traceQuery } from './trace.ts'

// Each takes an evaluation of its own; after ten an author has enough to look at.
const MAX_EXPLAINED = 10

/**
 * For each failed test the expression that did not hold, by name. Tests that cannot be evaluated by themselves are left out.
 *
 * @param names `data.<package>.<test>`
 */
export async function explainTests (at: { readonly folder: PolicyFolder, readonly opa: Opa, readonly snapshot: string }, names: readonly string[]): Promise<ReadonlyMap<string, Blocked>> {
  const found = new Map<string, Blocked>()
  if (names.length === 0) return found
  const modules = await parseModules(at.folder, at.opa, at.snapshot)
  const find = sourceExpressions(modules)
  const tests = new Map<string, SyntaxRule>(modules.flatMap(({ rules }) => rules.map((rule) => [`data.${rule.path.join('.')}`, rule] as const)))
  for (const name of names.slice(0, MAX_EXPLAINED)) {
    const test = tests.get(name)
    const blocked = test === undefined ? null : await reasonOf(async () => outcomeOf(await traceQuery(at.opa, at.snapshot, [name]), test.place, find, null)?.blocked ?? null)
    if (blocked !== null) found.set(name, blocked)
  }
  return found
}

async function reasonOf (explain: () => Promise<Blocked | null>): Promise<Blocked | null> {
  try {
    return await explain()
  } catch (error) {
    // A test whose rules contradict each other has failed, and says so; only the reason is missing.
    if (error instanceof GatewayError && error.code === 'WEIR_ERR_POLICY_BUILD') return null
    throw error
  }
}
