import { createHash } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { joinOutcomes } from '../ledger/entry-about.ts'
import { matches, type EntryFilter } from '../ledger/entry-filter.ts'
import { openTail, type RawEntry } from '../ledger/tail.ts'
import { endLine, entryLine, headerLine, type ExportFilter } from './export-format.ts'
import { readLog } from './read-log.ts'
import type { NoteKey } from './signed-note.ts'
import { createTree } from './tree.ts'

const BATCH = { maxEntries: 500, maxBytes: 1024 * 1024 } as const

export interface ExportOptions {
  /** Folder of the ledger's log. */
  readonly dir: string
  readonly journalDir: string
  readonly key: NoteKey
  /** Which entries; with no member set, all. */
  readonly filter: EntryFilter
  /** Hears how many entries were read. */
  readonly onProgress?: (entries: number) => void
}

/**
 * The text of an export, piece by piece: the entries that are signed when it begins, as the journal holds them. The same ledger, checkpoint
 * and filter make the same bytes. Nothing leaves that is not what was signed.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT, after part of the text when it is a later part that does not hold; WEIR_ERR_ROUTE_UNKNOWN when nothing was signed yet
 */
export async function * exportLedger ({ dir, journalDir, key, filter, onProgress }: ExportOptions): AsyncGenerator<string> {
  const log = await readLog(dir, key)
  const named = namedFilter(filter)
  const digest = createHash('sha256')
  const tree = named === null ? createTree(null) : null
  const join = joinOutcomes()
  let entries = 0

  async function lineOf (raw: RawEntry): Promise<string> {
    const hash = Buffer.from(raw.hash, 'hex')
    if (tree !== null) {
      await tree.add(hash)
      return entryLine({ hash: raw.hash, json: raw.json ?? raw.tombstone }, null)
    }
    const { json } = raw
    if (json === null) return '' // what it was about expired with it
    const entry = JSON.parse(json) as LedgerEntry
    return matches(entry, filter, join.decisionOf(entry)) ? entryLine({ hash: raw.hash, json }, await log.inclusion(raw.index, hash)) : ''
  }

  const header = headerLine({ filter: named, checkpoint: log.note })
  digest.update(header)
  yield header
  for await (const batch of signedEntries(journalDir, log.signed.size)) {
    let text = ''
    for (const raw of batch) {
      const line = await lineOf(raw)
      if (line !== '') entries += 1
      text += line
    }
    digest.update(text)
    if (text !== '') yield text
    onProgress?.((batch.at(-1)?.index ?? -1) + 1)
  }
  if (tree !== null && !tree.root().equals(log.signed.root)) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger's first ${log.signed.size} entries are not those that were signed. Run: weir audit verify`)
  yield endLine({ entries, sha256: digest.digest('hex') })
}

async function * signedEntries (journalDir: string, size: number): AsyncGenerator<readonly RawEntry[]> {
  const tail = openTail(journalDir, 0)
  while (tail.next() < size) {
    const batch = await tail.read({ ...BATCH, upTo: size - 1 })
    if (batch.length === 0) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger ends with entry ${tail.next() - 1}, and ${size} were signed. Run: weir audit verify`)
    yield batch
  }
}

/** The members that limit, in the order of their names; null when none does. */
function namedFilter (filter: EntryFilter): ExportFilter | null {
  const members = Object.entries(filter).filter((member): member is [string, string | number] => member[1] !== undefined).sort(([a], [b]) => a < b ? -1 : 1)
  return members.length === 0 ? null : Object.fromEntries(members)
}
