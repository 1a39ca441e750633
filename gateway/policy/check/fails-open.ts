import type { RuleGraph } from '../syntax/rule-graph.ts'
import { refTerms, refText, variableOf, walkSyntax, type SyntaxNode, type SyntaxRule } from '../syntax/syntax-tree.ts'
import { calleeOf, dottedName } from './builtins.ts'
import { rejected, type Finding } from './finding.ts'

// Of these OPA keeps a reference on either side inside the negation; of every other call it takes the arguments out.
const COMPARISONS = ['eq', 'equal', 'assign']
const COMPREHENSIONS = ['setcomprehension', 'arraycomprehension', 'objectcomprehension']
const STRICT_RULES = /^_?(deny|pending)$/
const PERMITS = /^_?(permit|allow)$/

interface Body { readonly expressions: readonly SyntaxNode[], readonly defined: ReadonlySet<string> }

/**
 * Negations that are silent, not true, when a field is missing, where that silence weakens the answer: OPA evaluates the
 * arguments of a negated call and the brackets of a negated reference before the negation, and without them there is nothing
 * to negate. `not input.y == "a"` and `not _known` are sound.
 *
 * Followed from every deny and pending rule through the rules it reads. Behind each negation the sense turns: of a permit,
 * what it negates is looked at. A field that the same body also reads without negation is the author's own condition.
 */
export function failsOpen (graph: RuleGraph): readonly Finding[] {
  const findings: Finding[] = []
  const seen = { weakens: new Set<SyntaxRule>(), harmless: new Set<SyntaxRule>() }

  function visit (rule: SyntaxRule, weakens: boolean): void {
    const visited = weakens ? seen.weakens : seen.harmless
    if (visited.has(rule)) return
    visited.add(rule)
    for (const branch of branchesOf(rule)) {
      scan(branch, { expressions: branch.body, defined: new Set() }, weakens)
      // What a head computes is read whether or not the body is negated.
      for (const read of graph.readBy((branch.tree as { head?: unknown }).head, rule)) visit(read, weakens)
    }
  }

  function scan (rule: SyntaxRule, outer: Body, weakens: boolean): void {
    const defined = new Set([...outer.defined, ...outer.expressions.filter(({ negated }) => negated !== true).flatMap(refsIn)])
    for (const expression of outer.expressions) {
      const negated = expression.negated === true
      if (negated && weakens) report(rule, expression, defined)
      for (const { body, isComprehension } of innerBodies(expression)) scan(rule, { expressions: body, defined }, isComprehension || weakens !== negated)
      for (const read of graph.readBy(expression.terms, rule)) visit(read, weakens !== negated)
    }
  }

  function report (rule: SyntaxRule, expression: SyntaxNode, defined: ReadonlySet<string>): void {
    const missing = hoisted(expression).flatMap((term) => undefinable(graph, rule, term)).find((name) => !defined.has(name))
    if (missing === undefined) return
    const place = { file: rule.module.file, row: expression.location?.row ?? rule.place.row, col: expression.location?.col ?? rule.place.col }
    findings.push(rejected('fails-open', place,
      `When ${missing} is missing, this negation is not true but undefined, and the rule stays silent.`,
      'Give the positive question a name (`_known if …`) and negate that: `not _known`.'))
  }

  for (const rule of graph.rules.filter(({ module }) => !module.isTest)) {
    if (STRICT_RULES.test(rule.name)) visit(rule, true)
    if (PERMITS.test(rule.name)) visit(rule, false)
  }
  return findings
}

function branchesOf (rule: SyntaxRule): readonly SyntaxRule[] {
  return rule.otherwise === null ? [rule] : [rule, ...branchesOf(rule.otherwise)]
}

/** The terms of a negated expression that are evaluated before the negation. */
function hoisted ({ terms }: SyntaxNode): readonly SyntaxNode[] {
  if (!Array.isArray(terms)) return insideRef(terms as SyntaxNode)
  const [callee, ...operands] = terms as readonly SyntaxNode[]
  const compares = COMPARISONS.includes(dottedName(callee as SyntaxNode))
  return operands.flatMap((operand) => compares && refTerms(operand) !== null ? insideRef(operand) : [operand])
}

function insideRef (term: SyntaxNode): readonly SyntaxNode[] {
  return (refTerms(term) ?? []).slice(1)
}

/** What below a term may have no value, as its author wrote it. */
function undefinable (graph: RuleGraph, rule: SyntaxRule, term: SyntaxNode): readonly string[] {
  const found: string[] = []
  walkSyntax(term, (node) => {
    if (COMPREHENSIONS.includes(node.type ?? '')) return false
    const callee = calleeOf(node)
    if (callee !== null) {
      if (mayLackValue(graph, rule, callee)) found.push(`${dottedName(callee)}(…)`)
      for (const argument of (node.value as readonly SyntaxNode[]).slice(1)) found.push(...undefinable(graph, rule, argument))
      return false
    }
    if ((refTerms(node) !== null || variableOf(node) !== null) && mayLackValue(graph, rule, node)) found.push(refText(node))
    return true
  })
  return found
}

function mayLackValue (graph: RuleGraph, rule: SyntaxRule, node: SyntaxNode): boolean {
  const target = graph.targetOf(node, rule)
  const isReference = refTerms(node) !== null
  if (target === null) return isReference && !isBuiltinName(node)
  if (target.path[0] === 'input') return target.path.length > 1 || !target.isConstant
  const rules = graph.rulesAt(target).filter(({ path }) => path.length <= target.path.length - 1)
  // A path of the data that is constant is the folder's own, whose shape is checked when it is loaded.
  if (rules.length === 0) return !target.isConstant
  const isWhole = rules.some(({ path }) => path.length === target.path.length - 1) && target.isConstant
  return !(isWhole && rules.some(({ isPartial, isDefault, isUnconditional, isFunction }) => (isPartial && !isFunction) || isDefault || isUnconditional))
}

// `count` and `object.get` stand as references too; whether their arguments are there is asked of the arguments.
function isBuiltinName (ref: SyntaxNode): boolean {
  const steps = refTerms(ref) ?? []
  return steps.length === 1 || BUILTIN_FAMILIES.includes(variableOf(steps[0]) ?? '')
}

const BUILTIN_FAMILIES = ['array', 'object', 'strings', 'internal', 'rego', 'json', 'net', 'regex', 'glob', 'time', 'base64', 'numbers', 'bits', 'crypto', 'io']

/** Every expression list below a node that has a scope of its own: of comprehensions and of `every`. */
function innerBodies (expression: SyntaxNode): ReadonlyArray<{ readonly body: readonly SyntaxNode[], readonly isComprehension: boolean }> {
  const found: Array<{ readonly body: readonly SyntaxNode[], readonly isComprehension: boolean }> = []
  const every = expression.terms as { readonly body?: readonly SyntaxNode[] } | undefined
  if (Array.isArray(every?.body)) return [{ body: every.body, isComprehension: false }]
  walkSyntax(expression.terms, (node) => {
    if (!COMPREHENSIONS.includes(node.type ?? '')) return true
    const { body } = node.value as { readonly body?: readonly SyntaxNode[] }
    if (Array.isArray(body)) found.push({ body, isComprehension: true })
    return false
  })
  return found
}

// What a body inside the expression reads (of a comprehension, of `every`) is not needed for the expression to hold.
function refsIn (expression: SyntaxNode): readonly string[] {
  const found: string[] = []
  walkSyntax(expression.terms, (node) => {
    if (refTerms(node) !== null) found.push(refText(node))
    return !COMPREHENSIONS.includes(node.type ?? '') && node.terms === undefined
  })
  return found
}
