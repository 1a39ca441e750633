import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { journalDirOf } from '../../gateway/ledger/journal.ts'
import { readEntries } from '../../gateway/ledger/read-entries.ts'

/** All ledger entries of a data folder so far, oldest first, while its gateway may be at work. */
export async function ledgerOf (dataDir: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const entry of readEntries(journalDirOf(dataDir))) entries.push(entry)
  return entries
}
