import { memberOf, stringOf, type SyntaxNode, type SyntaxRule } from '../syntax/syntax-tree.ts'
import { rejected, type Finding } from './finding.ts'

const VERDICT_RULES = /(^|_)(allow|allowed|permit|permitted|grant|granted|approve|approved|authorized|trusted|safe|is_ok|ok)$/
const HINT = 'Let it hold only under conditions: what no rule permits is denied.'

/** Rules that allow what nobody thought of: a default of true or "allow", a permit without a condition, a last `else` that allows. */
export function defaultAllows (rules: readonly SyntaxRule[]): readonly Finding[] {
  return rules.filter(({ module }) => !module.isTest).flatMap((rule) => {
    const why = reasonOf(rule)
    return why === null ? [] : [rejected('default-allow', rule.place, why, HINT)]
  })
}

function reasonOf (rule: SyntaxRule): string | null {
  const { name, result } = rule
  if (rule.isDefault && (allows(result) || (isTrue(result) && VERDICT_RULES.test(name)))) return `The default of ${name} allows whatever no rule speaks about.`
  if (rule.isUnconditional && !rule.isDefault) {
    if (rule.isPartial ? name === 'permit' || name === '_permit' : (isTrue(result) && VERDICT_RULES.test(name)) || allows(result)) {
      return `${name} holds without any condition.`
    }
  }
  return lastElse(rule) ? `The last else of ${name} allows whatever the branches before it do not speak about.` : null
}

function lastElse ({ otherwise, name }: SyntaxRule): boolean {
  if (otherwise === null) return false
  const allowing = allows(otherwise.result) || (isTrue(otherwise.result) && VERDICT_RULES.test(name))
  return (otherwise.isUnconditional && allowing) || lastElse(otherwise)
}

function allows (node: SyntaxNode | null): boolean {
  return stringOf(node) === 'allow' || stringOf(memberOf(node, 'verdict') ?? null) === 'allow'
}

function isTrue (node: SyntaxNode | null): boolean {
  return node?.type === 'boolean' && node.value === true
}
