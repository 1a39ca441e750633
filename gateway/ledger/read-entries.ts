import { basename } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { parseEntry, splitLine } from './entry-line.ts'
import { readLines } from './line-reader.ts'
import { listSegments } from './segment.ts'
import { looksExpired } from './tombstone.ts'

/** First and last index wanted, both inclusive. Default: all. */
export interface Range { readonly from?: number | undefined, readonly to?: number | undefined }

/**
 * The entries of a journal in order, those that expired left out, one at a time, while its writer may be at work. Each entry's own hash is checked;
 * the chain is `verifyJournal`'s. Ends at the last whole line.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT, naming file and line
 */
export async function * readEntries (dir: string, range: Range = {}): AsyncGenerator<LedgerEntry> {
  const from = range.from ?? 0
  const to = range.to ?? Infinity
  const segments = await listSegments(dir)
  for (const [place, segment] of segments.entries()) {
    const following = segments[place + 1]
    if (following !== undefined && following.first <= from) continue
    if (segment.first > to) return
    for await (const line of readLines(segment.path)) {
      if (!line.whole) return
      if (line.number === 1 || looksExpired(line.bytes)) continue
      const split = splitLine(line.bytes)
      const entry = split === null ? null : parseEntry(split.json)
      if (entry === null) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger is corrupt: ${basename(segment.path)}, line ${line.number}. Run: weir audit verify`)
      if (entry.index > to) return
      if (entry.index >= from) yield entry
    }
  }
}
