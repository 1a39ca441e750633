import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { journalDirOf } from '../../gateway/ledger/journal.ts'
import { readEntries } from '../../gateway/ledger/read-entries.ts'
import { until } from './until.ts'

/** All ledger entries of a data folder so far, oldest first, while its gateway may be at work. */
export async function ledgerOf (dataDir: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const entry of readEntries(journalDirOf(dataDir))) entries.push(entry)
  return entries
}

/** All entries, once they are as they should be: what nobody waits for is written a moment after it happened. */
export async function ledgerOnce (dataDir: string, holds: (entries: readonly LedgerEntry[]) => boolean): Promise<LedgerEntry[]> {
  let entries: LedgerEntry[] = []
  await until(async () => {
    entries = await ledgerOf(dataDir)
    return holds(entries)
  })
  return entries
}

type Decided = Extract<LedgerEntry, { kind: 'decision' }>
type Outcome = Extract<LedgerEntry, { kind: 'outcome' }>

/** All entries, once each allowed decision that is meant has its outcome: nobody who is answered waits for that to be written. */
export function settledLedgerOf (dataDir: string, isMeant: (entry: Decided) => boolean): Promise<LedgerEntry[]> {
  return ledgerOnce(dataDir, (entries) => {
    const settled = new Set(entries.map((entry) => entry.kind === 'outcome' ? entry.of : null))
    return entries.every((entry) => entry.kind !== 'decision' || entry.decision.verdict !== 'allow' || !isMeant(entry) || settled.has(entry.index))
  })
}

/** What became of an allowed decision, once that is written. */
export async function outcomeOf (dataDir: string, { index }: Pick<LedgerEntry, 'index'>): Promise<Outcome | undefined> {
  const entries = await settledLedgerOf(dataDir, (entry) => entry.index === index)
  return entries.find((entry): entry is Outcome => entry.kind === 'outcome' && entry.of === index)
}
