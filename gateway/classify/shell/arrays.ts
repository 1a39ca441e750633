import { surelyBefore, type Scope } from './scope.ts'
import { ANY_NAME } from './setters.ts'
import { descendants, type Syntax } from './syntax.ts'

const NAMED = /^"?\$\{([A-Za-z_]\w*)\[(@|\d{1,3})\]\}"?$/
const CHANGING: ReadonlySet<string> = new Set(['simple_expansion', 'expansion', 'arithmetic_expansion', 'process_substitution'])

/**
 * The written words of `"${name[@]}"` or `${name[0]}`, when lists in the text surely are all that the name holds. Null when it may hold
 * anything else, or when its words depend on other variables.
 */
export function arrayWords (use: Syntax, scope: Scope): readonly Syntax[] | null {
  const [, name = '', index = ''] = NAMED.exec(use.text) ?? []
  const assignments = scope.has(ANY_NAME) ? [] : scope.get(name) ?? []
  const items: Syntax[] = []
  for (const [at, assignment] of assignments.entries()) {
    if (assignment.items === undefined || assignment.adds === (at === 0) || assignment.start > use.start || !surelyBefore(assignment, use)) return null
    items.push(...assignment.items)
  }
  if (assignments.length === 0 || items.some((item) => item.text.startsWith('[') || CHANGING.has(item.type) || descendants(item, CHANGING).length > 0)) return null
  return index === '@' ? items : items.slice(Number(index), Number(index) + 1)
}
