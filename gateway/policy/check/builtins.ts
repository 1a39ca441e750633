import type { RuleGraph } from '../syntax/rule-graph.ts'
import { refTerms, stringOf, variableOf, walkSyntax, type SyntaxNode, type SyntaxRule } from '../syntax/syntax-tree.ts'
import { builtinAdvice } from './builtin-advice.ts'
import { rejected, type Finding } from './finding.ts'

/**
 * Calls of built-ins that are not allowed.
 *
 * @param known every built-in of the OPA in use
 * @param allowed those that rules may use
 */
export function bannedBuiltins (graph: RuleGraph, known: ReadonlySet<string>, allowed: ReadonlySet<string>): readonly Finding[] {
  return graph.rules.flatMap((rule) => calledBuiltins(graph, rule)
    .filter(({ name }) => known.has(name) && !allowed.has(name))
    .map(({ name, ref }) => {
      const { why, instead } = builtinAdvice(name)
      const place = { file: rule.module.file, row: ref.location?.row ?? rule.place.row, col: ref.location?.col ?? rule.place.col }
      return rejected('builtin', place, `The built-in ${name} may not be used. ${why}`, instead)
    }))
}

function calledBuiltins (graph: RuleGraph, rule: SyntaxRule): ReadonlyArray<{ readonly name: string, readonly ref: SyntaxNode }> {
  const found: Array<{ readonly name: string, readonly ref: SyntaxNode }> = []
  walkSyntax(rule.tree, (node) => {
    const callee = calleeOf(node)
    // A rule or an import of that name is the author's own function.
    if (callee !== null && graph.targetOf(callee, rule) === null) found.push({ name: dottedName(callee), ref: callee })
    return true
  })
  return found
}

/** The function that a call names: of a term `f(x)`, and of an expression that is a call. Null when the node is none. */
export function calleeOf (node: SyntaxNode): SyntaxNode | null {
  const terms = node.type === 'call' ? node.value : node.terms
  if (!Array.isArray(terms)) return null
  const callee = terms[0] as SyntaxNode
  return refTerms(callee) === null ? null : callee
}

/** The name of a function as it is written: `glob.match`. */
export function dottedName (ref: SyntaxNode): string {
  return (refTerms(ref) ?? []).map((step, i) => i === 0 ? variableOf(step) : stringOf(step)).join('.')
}
