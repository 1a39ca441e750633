import { refTerms, stringOf, variableOf, walkSyntax, type SyntaxModule, type SyntaxNode, type SyntaxRule } from './syntax-tree.ts'

/** Where a reference leads: `path` is as far as it is constant, beginning with `data` or `input`. */
export interface Target { readonly path: readonly string[], readonly isConstant: boolean, readonly steps: number }

export interface RuleGraph {
  readonly modules: readonly SyntaxModule[]
  readonly rules: readonly SyntaxRule[]
  /** What a reference names, null for a local variable (or a built-in). */
  targetOf (ref: SyntaxNode, rule: SyntaxRule): Target | null
  /** The rules that a target may read: the one it names, those it leads into, and those it is a part of. */
  rulesAt (target: Target): readonly SyntaxRule[]
  /** The rules that `from` and whatever it reads may read, `from` included. */
  reachableFrom (from: readonly SyntaxRule[]): ReadonlySet<SyntaxRule>
  /** The rules that these nodes name themselves. */
  readBy (node: unknown, rule: SyntaxRule): readonly SyntaxRule[]
}

/** Which rule reads which, over all modules of a folder. */
export function createRuleGraph (modules: readonly SyntaxModule[]): RuleGraph {
  const rules = modules.flatMap((module) => module.rules)
  const namesOf = new Map<string, Set<string>>()
  for (const { module, name } of rules) {
    const key = module.package.join('.')
    namesOf.set(key, (namesOf.get(key) ?? new Set()).add(name))
  }

  function targetOf (ref: SyntaxNode, rule: SyntaxRule): Target | null {
    const [head, ...rest] = refTerms(ref) ?? [ref]
    const name = variableOf(head)
    const start = name === null ? null : startOf(name, rule)
    if (start === null) return null
    const path = [...start]
    for (const step of rest) {
      const constant = stringOf(step)
      if (constant === null) return { path, isConstant: false, steps: rest.length }
      path.push(constant)
    }
    return { path, isConstant: true, steps: rest.length }
  }

  function startOf (name: string, rule: SyntaxRule): readonly string[] | null {
    if (name === 'data' || name === 'input') return [name]
    if (rule.args.includes(name)) return null
    const imported = rule.module.imports.get(name)
    if (imported !== undefined) return imported
    return namesOf.get(rule.module.package.join('.'))?.has(name) === true ? ['data', ...rule.module.package, name] : null
  }

  function rulesAt (target: Target): readonly SyntaxRule[] {
    if (target.path[0] !== 'data') return []
    const wanted = target.path.slice(1)
    return rules.filter(({ path }) => path.every((step, i) => i >= wanted.length || wanted[i] === step))
  }

  function readBy (node: unknown, rule: SyntaxRule): readonly SyntaxRule[] {
    const found: SyntaxRule[] = []
    walkSyntax(node, (inner) => {
      const isName = refTerms(inner) !== null || variableOf(inner) !== null
      const target = isName ? targetOf(inner, rule) : null
      if (target !== null) found.push(...rulesAt(target))
      return true
    })
    return found
  }

  function reachableFrom (from: readonly SyntaxRule[]): ReadonlySet<SyntaxRule> {
    const reached = new Set(from)
    // A set grows while it is iterated, and the loop sees what is added.
    for (const rule of reached) for (const next of readBy(rule.tree, rule)) reached.add(next)
    return reached
  }

  return { modules, rules, targetOf, rulesAt, reachableFrom, readBy }
}
