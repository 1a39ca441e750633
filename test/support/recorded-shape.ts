import { Compile, type Validator } from 'typebox/schema'
import { LedgerEntrySchema } from '../../gateway/entry-schema.ts'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { ledgerOf } from './ledger-of.ts'

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

/**
 * Reads a ledger that is not written to any more, in a teardown. What is not as the published schema says ends the test's
 * process once everything is closed: a teardown that throws keeps the others from running, and the process waits for ever
 * for what they would have closed.
 *
 * @param found index of the last entry that was there before the gateway, made up by a test; default: none
 */
export async function checkRecordedShapes (dataDir: string, found = -1): Promise<void> {
  const problems = (await ledgerOf(dataDir)).filter(({ index }) => index > found).map(shapeProblem).filter((problem) => problem !== null)
  if (problems.length > 0) process.once('beforeExit', () => { throw new Error(`the ledger is not as the published schema says: ${problems.slice(0, 5).join('; ')}`) })
}
