import { refTerms, refText, stringOf, variableOf, walkSyntax, type Place, type SyntaxModule, type SyntaxNode } from '../syntax/syntax-tree.ts'

const MAX_EXPRESSION_CHARS = 200

/** An expression as its author wrote it. */
export interface SourceExpression extends Place { readonly text: string, readonly node: SyntaxNode }

/** The expression that a compiled step comes from, null for steps that OPA made up. */
export type FindExpression = (place: Place) => SourceExpression | null

/** Finds expressions by place. OPA splits one expression into several steps, which stand inside it. */
export function sourceExpressions (modules: readonly SyntaxModule[]): FindExpression {
  const byFile = new Map(modules.map((module) => [module.file, expressionsOf(module)]))
  return (place) => byFile.get(place.file)?.findLast((expression) => expression.row < place.row || (expression.row === place.row && expression.col <= place.col)) ?? null
}

/** The references and variables of an expression that may have a value worth showing, with their text: `input.kind`, `target.class`. */
export function namedValues (expression: SourceExpression): ReadonlyMap<string, readonly SyntaxNode[]> {
  const found = new Map<string, readonly SyntaxNode[]>()
  const callees = new Set<unknown>()
  walkSyntax(expression.node.terms, (node) => {
    if (node.type === 'call' && Array.isArray(node.value)) callees.add(node.value[0])
    const isCallee = callees.has(node) || (Array.isArray(expression.node.terms) && node === expression.node.terms[0])
    const terms = refTerms(node) ?? (variableOf(node) === null ? null : [node])
    if (terms !== null && !isCallee) found.set(refText(node), terms)
    return true
  })
  return found
}

/** What a reference leads to inside a value. */
export function valueAt (start: unknown, steps: readonly SyntaxNode[]): unknown {
  let value = start
  for (const step of steps) {
    const name = stringOf(step) ?? (step.type === 'number' ? String(step.value) : null)
    if (name === null || typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function expressionsOf (module: SyntaxModule): readonly SourceExpression[] {
  const found: SourceExpression[] = []
  for (const rule of module.rules) {
    walkSyntax(rule.tree, (node) => {
      if (node.terms !== undefined && node.location !== undefined) {
        found.push({ file: module.file, row: node.location.row, col: node.location.col, text: textOf(node), node })
      }
      return true
    })
  }
  return found.sort((a, b) => a.row - b.row || a.col - b.col)
}

function textOf ({ location }: SyntaxNode): string {
  const text = Buffer.from(location?.text ?? '', 'base64').toString('utf8').replace(/\s+/g, ' ').trim()
  return text.length > MAX_EXPRESSION_CHARS ? `${text.slice(0, MAX_EXPRESSION_CHARS)}…` : text
}
