import { DataSchema } from '../data/data-schema.ts'
import { isBranch, type Branch } from '../data/join-data.ts'
import type { RuleGraph } from './rule-graph.ts'
import { refTerms, variableOf, walkSyntax, type Place } from './syntax-tree.ts'

/** A reading of what no rule and no data of the folder define. `path` begins with `data` and ends with the step that is missing. */
export interface UndefinedReference { readonly place: Place, readonly path: readonly string[] }

interface Names { readonly isRule: boolean, readonly below: Map<string, Names> }

const SECTIONS: ReadonlySet<string> = new Set(Object.keys(DataSchema.properties))

/**
 * What the rules read of `data` and can never be there: a misspelt package or set, a package whose file is missing, a section
 * of the data that does not exist.
 *
 * OPA takes such a reference for data that may come later. It has no value, and neither has a list it stands in: in
 * `some findings in [secret_paths.deny, legal.deny]` a missing `legal` silences `secret_paths` as well, and what it denied is
 * allowed. What is below data that are there, or below a section that may be left out, may be absent on purpose.
 */
export function undefinedReferences ({ modules, rules, targetOf }: RuleGraph, data: Branch): readonly UndefinedReference[] {
  const names = namesOf(rules.filter(({ module }) => !module.isTest).map(({ path }) => path))
  const found = new Map<string, UndefinedReference>()
  const report = (path: readonly string[], place: Place): void => {
    const missing = path[0] === 'data' ? missingAt(path, names, data) : null
    if (missing === null) return
    const absent = path.slice(0, missing + 1)
    const key = JSON.stringify([place.file, absent])
    // What is read through an import is told where it is imported.
    if (!found.has(key)) found.set(key, { place, path: absent })
  }
  for (const { imports, importPlaces } of modules.filter(({ isTest }) => !isTest)) {
    for (const [i, path] of [...imports.values()].entries()) report(path, importPlaces[i] ?? { file: '', row: 1, col: 1 })
  }
  for (const rule of rules.filter(({ module }) => !module.isTest)) {
    walkSyntax(rule.tree, (node) => {
      const target = refTerms(node) !== null || variableOf(node) !== null ? targetOf(node, rule) : null
      const { row, col } = node.location ?? rule.place
      if (target !== null) report(target.path, { file: rule.place.file, row, col })
      return true
    })
  }
  return [...found.values()]
}

function namesOf (paths: readonly (readonly string[])[]): Names {
  const root: Names = { isRule: false, below: new Map() }
  for (const path of paths) {
    let at = root
    for (const [i, step] of path.entries()) {
      const known = at.below.get(step)
      const next = known ?? { isRule: false, below: new Map() }
      at.below.set(step, i === path.length - 1 ? { ...next, isRule: true } : next)
      at = at.below.get(step) ?? next
    }
  }
  return root
}

/** The index of the first step that leads nowhere, null when all lead somewhere or where data may be absent. */
function missingAt (path: readonly string[], names: Names, data: Branch): number | null {
  let at: Names | undefined = names
  let value: unknown = data
  for (let i = 1; i < path.length; i += 1) {
    const step = path[i] ?? ''
    const isAmongRules: boolean = at !== undefined
    at = at?.below.get(step)
    value = isBranch(value) && Object.hasOwn(value, step) ? value[step] : undefined
    if (at?.isRule === true) return null
    if (at === undefined && value === undefined) return isAmongRules || isNoSection(path.slice(1, i + 1)) ? i : null
  }
  return null
}

function isNoSection ([first, second, section, ...rest]: readonly string[]): boolean {
  return first === 'weir' && second === 'data' && section !== undefined && rest.length === 0 && !SECTIONS.has(section)
}
