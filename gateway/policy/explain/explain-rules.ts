import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../../core/errors.ts'
import { withPolicyFolder } from '../build.ts'
import { findingRules, ruleId } from '../check/rule-duties.ts'
import type { Opa } from '../opa-binary.ts'
import { readPolicyFolder } from '../policy-folder.ts'
import { createRuleGraph } from '../syntax/rule-graph.ts'
import { parseModules, type SyntaxRule } from '../syntax/syntax-tree.ts'
import { outcomeOf, type Blocked } from './blocked.ts'
import { sourceExpressions } from './source-expressions.ts'
import { traceQuery } from './trace.ts'

/** What one rule says about one input. */
export interface RuleOutcome {
  /** `package.short_name`, or `file:row` of a rule without METADATA. */
  readonly rule: string
  readonly set: string
  readonly file: string
  readonly row: number
  readonly fired: boolean
  /** Why it did not fire; null when it did, or when it cannot be told. */
  readonly blocked: Blocked | null
}

/**
 * What every deny, pending and permit rule of a folder says about an input, sorted by id: native OPA evaluates them one by
 * one, without the shortcuts that leave rules out. The decision is WebAssembly's: this says why, not what.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when the folder does not compile or a rule cannot be evaluated; WEIR_ERR_OPA_MISSING
 */
export async function explainRules ({ dir, opa, input }: { readonly dir: string, readonly opa: Opa, readonly input: unknown }): Promise<readonly RuleOutcome[]> {
  const folder = await readPolicyFolder(dir)
  return await withPolicyFolder(folder, async (snapshot, outside) => {
    const modules = await parseModules(folder, opa, snapshot)
    const rules = findingRules(createRuleGraph(modules))
    const inputFile = join(outside, 'input.json')
    await writeFile(inputFile, jsonOf(input))
    const events = await traceQuery(opa, snapshot, ['--ignore', '*_test.rego', '--input', inputFile, queryOf(rules)])
    const find = sourceExpressions(modules)
    return rules.map((rule) => {
      const outcome = outcomeOf(events, rule.place, find, { document: input })
      return {
        rule: ruleId(rule) ?? `${rule.place.file}:${rule.place.row}`,
        set: rule.name,
        file: rule.place.file,
        row: rule.place.row,
        fired: outcome?.fired ?? false,
        blocked: outcome?.blocked ?? null,
      }
    }).sort((a, b) => a.rule < b.rule ? -1 : 1)
  })
}

function jsonOf (input: unknown): string {
  try {
    return JSON.stringify(input)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The input is nested too deeply for its rules to be asked one by one.', { cause })
  }
}

// In brackets: a package may have a name that is no identifier.
function queryOf (rules: readonly SyntaxRule[]): string {
  const sets = new Set(rules.map(({ path }) => `data${path.map((step) => `[${JSON.stringify(step)}]`).join('')}`))
  return `[${[...sets].join(', ')}]`
}
