import { isBranch, joinData, type Branch } from '../data/join-data.ts'
import type { PolicyFolder } from '../policy-folder.ts'
import type { RuleGraph } from '../syntax/rule-graph.ts'
import { undefinedReferences } from '../syntax/undefined-references.ts'
import { rejected, type Finding } from './finding.ts'
import { nearestWord } from './nearest-word.ts'

/** Readings of what is not there. OPA is silent about them, and so is every rule they stand in. */
export function undefinedFindings (graph: RuleGraph, folder: PolicyFolder): readonly Finding[] {
  const data = joinData(folder.files)
  if (data === null) return []
  return undefinedReferences(graph, data).map(({ place, path }) => rejected('undefined', place,
    `Nothing defines ${path.join('.')}, so whatever reads it is silent.`, hintOf(path, graph, data)))
}

function hintOf (path: readonly string[], { rules }: RuleGraph, data: Branch): string {
  const parent = path.slice(1, -1)
  const named = rules.filter((rule) => !rule.module.isTest && parent.every((step, i) => rule.path[i] === step)).map((rule) => rule.path[parent.length] ?? '')
  const around = parent.reduce<unknown>((at, step) => isBranch(at) ? at[step] : undefined, data)
  const near = nearestWord(path.at(-1) ?? '', [...new Set(named), ...isBranch(around) ? Object.keys(around) : []])
  return near === null ? 'Add the rules or the data to the folder, or take the reference out.' : `Did you mean ${['data', ...parent, near].join('.')}?`
}
