import { Compile, type Validator } from 'typebox/schema'
import { LedgerEntrySchema } from '../../gateway/entry-schema.ts'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'

type Form = Readonly<{ properties: Readonly<Record<'kind' | 'name', { readonly const?: string } | undefined>> }>

const checks = new Map<string, Validator>()

/** What of an entry is not as the published schema says; null when it is. */
export function shapeProblem (entry: LedgerEntry): string | null {
  const name = entry.kind === 'event' ? entry.name : entry.kind
  let check = checks.get(name)
  if (check === undefined) {
    const forms = (LedgerEntrySchema as unknown as { readonly anyOf: readonly Form[] }).anyOf
    const form = forms.find(({ properties }) => (properties.name ?? properties.kind)?.const === name)
    if (form === undefined) return `entry ${entry.index}: the schema has no event ${name}`
    check = Compile(form)
    checks.set(name, check)
  }
  const [, errors] = check.Check(entry) ? [true, []] : check.Errors(entry)
  return errors.length === 0 ? null : `entry ${entry.index} (${name}): ${JSON.stringify(errors.slice(-2))}: ${JSON.stringify(entry.kind === 'decision' ? entry.decision : entry.detail)}`
}
