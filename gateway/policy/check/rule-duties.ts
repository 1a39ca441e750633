import type { RuleGraph } from '../syntax/rule-graph.ts'
import { memberOf, stringOf, type SyntaxModule, type SyntaxRule } from '../syntax/syntax-tree.ts'
import { ENTRYPOINT } from '../bundle/bundle.ts'
import { rejected, type Finding } from './finding.ts'

/** The sets that a rule package adds its findings to. */
const FINDING_SETS = ['deny', 'pending', 'permit', 'oblige']
const METADATA = ['title', 'description'] as const
const CUSTOM = ['short_name', 'solution'] as const
const METADATA_HINT = 'Write above it: # METADATA, # title: …, # description: …, # custom:, #   short_name: …, #   solution: …'

/** The rules that an author writes to decide something: members of deny, pending, permit and oblige. */
export function findingRules (graph: RuleGraph): readonly SyntaxRule[] {
  return graph.rules.filter(({ module, name, isPartial, isDefault }) => !module.isTest && isPartial && !isDefault && FINDING_SETS.includes(name))
}

/** Rules whose decision nobody could explain, because they have no METADATA or name another id than their own, or one that is taken. */
export function unexplained (graph: RuleGraph): readonly Finding[] {
  const takenBy = new Map<string, SyntaxRule>()
  return findingRules(graph).flatMap((rule) => {
    const missing = missingTexts(rule)
    if (missing.length > 0) return [rejected('no-metadata', rule.place, `This ${rule.name} rule has no ${missing.join(', ')} in its METADATA.`, METADATA_HINT)]
    const id = ruleId(rule) ?? ''
    const first = takenBy.get(id)
    if (first !== undefined) {
      return [rejected('duplicate-id', rule.place, `The rule id ${id} is taken by ${first.place.file}:${first.place.row}.`, 'Give it a short_name of its own.')]
    }
    takenBy.set(id, rule)
    const named = memberOf(rule.result, 'rule')
    const written = named === undefined ? null : stringOf(named)
    if (written === null || written === id) return []
    const place = { file: rule.module.file, row: named?.location?.row ?? rule.place.row, col: named?.location?.col ?? rule.place.col }
    return [rejected('wrong-id', place, `The rule answers as ${written}, but its METADATA call it ${id}.`, `Write "rule": "${id}".`)]
  })
}

/** `package.short_name`, as decisions name a rule; null without METADATA. */
export function ruleId ({ annotation, module }: SyntaxRule): string | null {
  const shortName = textOf(customOf(annotation), 'short_name')
  return shortName === null ? null : `${module.package.at(-1) ?? ''}.${shortName}`
}

/** Rules that no test of another module reads. */
export function untested (graph: RuleGraph): readonly Finding[] {
  const tests = graph.rules.filter(({ module, name }) => module.isTest && name.startsWith('test_'))
  const tested = new Set(tests.flatMap((test) => directReads(graph, test)))
  return oncePerSet(findingRules(graph).filter((rule) => !tested.has(rule)))
    .map((rule) => rejected('no-test', rule.place, `No test asks for ${dotted(rule)}.`, `Write test_… rules that read it in ${testFileOf(rule.module)}.`))
}

/** Rules that no entrypoint leads to: written, tested, and never asked. */
export function unreachable (graph: RuleGraph): readonly Finding[] {
  const entries = graph.rules.filter((rule) => !rule.module.isTest && (rule.path.join('/') === ENTRYPOINT || rule.annotation?.['entrypoint'] === true))
  const first = graph.modules.find(({ isTest }) => !isTest)
  if (entries.length === 0) {
    return [rejected('not-imported', { file: first?.file ?? '', row: 1, col: 1 }, `No rule has the name data.${ENTRYPOINT.replaceAll('/', '.')}, so nothing is ever asked.`,
      'Keep main.rego of the policy that comes with Weir, and add rule packages to it.')]
  }
  const reached = graph.reachableFrom(entries)
  return oncePerSet(findingRules(graph).filter((rule) => !reached.has(rule)))
    .map((rule) => rejected('not-imported', rule.place, `No entrypoint reads ${dotted(rule)}, so it never decides.`,
      `Add \`import data.${rule.module.package.join('.')}\` to the module of data.${ENTRYPOINT.replaceAll('/', '.')} and read ${rule.module.package.at(-1) ?? ''}.${rule.name} there.`))
}

function missingTexts ({ annotation }: SyntaxRule): readonly string[] {
  const custom = customOf(annotation)
  return [
    ...METADATA.filter((name) => textOf(annotation, name) === null),
    ...CUSTOM.filter((name) => textOf(custom, name) === null).map((name) => `custom.${name}`),
  ]
}

function customOf (annotation: SyntaxRule['annotation']): Readonly<Record<string, unknown>> | null {
  const custom = annotation?.['custom']
  return typeof custom === 'object' && custom !== null ? custom as Readonly<Record<string, unknown>> : null
}

function textOf (from: Readonly<Record<string, unknown>> | null, name: string): string | null {
  const text = from?.[name]
  return typeof text === 'string' && text.trim() !== '' ? text : null
}

// A test that asks the whole policy says little about one rule of it, so only rules of its own modules are followed.
function directReads (graph: RuleGraph, test: SyntaxRule): readonly SyntaxRule[] {
  const reached = new Set([test])
  for (const rule of reached) {
    if (!rule.module.isTest) continue
    for (const read of graph.readBy(rule.tree, rule)) reached.add(read)
  }
  return [...reached]
}

function oncePerSet (rules: readonly SyntaxRule[]): readonly SyntaxRule[] {
  return rules.filter((rule, i) => rules.findIndex((other) => dotted(other) === dotted(rule)) === i)
}

function dotted ({ path }: SyntaxRule): string {
  return `data.${path.join('.')}`
}

function testFileOf ({ file }: SyntaxModule): string {
  return file.replace(/\.rego$/, '_test.rego')
}
