import type { Verdict } from '../core/decision.ts'
import { GatewayError } from '../core/errors.ts'

/** What people read about a rule. `id` is `package.short_name`, as in decisions; `file` and `row` say where it stands. */
export interface RuleText {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly solution: string
  /** What it makes of a question it concerns, by the set it adds its findings to. */
  readonly verdict: Verdict
  readonly file: string
  readonly row: number
}

interface Annotated { readonly path: readonly { readonly value: unknown }[], readonly location: { readonly file: string, readonly row: number }, readonly annotations: Record<string, unknown> }

/**
 * The texts of every rule that has a `custom.short_name`, sorted by id, from the output of `opa inspect -a -f json`.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it is not such output, or two rules have one id
 */
export function ruleTexts (inspection: string): readonly RuleText[] {
  const texts = annotated(inspection).map(ruleText).filter((text) => text !== null)
  const ids = new Set<string>()
  for (const { id, file, row } of texts) {
    if (ids.has(id)) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `${file}:${row}: the rule id ${id} is used twice.`)
    ids.add(id)
  }
  return Object.freeze(texts.sort((a, b) => a.id < b.id ? -1 : 1))
}

function annotated (inspection: string): readonly Annotated[] {
  try {
    const value = JSON.parse(inspection) as { annotations?: readonly Annotated[] }
    return value.annotations ?? []
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'OPA did not describe the rules.', { cause })
  }
}

function ruleText ({ path, location, annotations }: Annotated): RuleText | null {
  const custom = annotations['custom']
  if (typeof custom !== 'object' || custom === null || !('short_name' in custom)) return null
  // The path of `data.weir.rules.grants.deny` ends in the set's name; the package before it names the rule.
  const package_ = path.at(-2)?.value
  return Object.freeze({
    id: `${String(package_)}.${String(custom.short_name)}`,
    title: words(annotations['title']),
    description: words(annotations['description']),
    solution: words('solution' in custom ? custom.solution : ''),
    verdict: verdictOf(path.at(-1)?.value),
    file: location.file,
    row: location.row,
  })
}

function verdictOf (set: unknown): Verdict {
  if (set === 'permit' || set === 'oblige') return 'allow'
  return set === 'pending' ? 'pending' : 'deny'
}

function words (value: unknown): string {
  return typeof value === 'string' ? value : ''
}
