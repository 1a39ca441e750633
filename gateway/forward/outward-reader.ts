import type { LedgerEntry } from '../core/ledger-entry.ts'
import { about, joinOutcomes, type EntryAbout, type OutcomeJoin } from '../ledger/entry-about.ts'
import type { OutwardEntry } from '../ledger/formats/outward-entry.ts'
import { openTail, type Tail } from '../ledger/tail.ts'
import type { ForwarderConfig } from './forward-config.ts'

const MAX_BYTES = 1024 * 1024 // of one batch, and an entry more

/** Some entries of the journal, those of them that are wanted, and the index that comes next. */
export interface OutwardBatch { readonly entries: readonly OutwardEntry[], readonly next: number }

export interface OutwardReader {
  /** The next entries up to this index; null when there are none. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT */
  read (upTo: number): Promise<OutwardBatch | null>
}

type Wanted = Pick<ForwarderConfig, 'kinds' | 'apps' | 'environments' | 'batch'>

/** Reads the journal from an index on as a forwarder wants it. */
export function openOutwardReader (journalDir: string, from: number, wanted: Wanted): OutwardReader {
  const tail: Tail = openTail(journalDir, from)
  const join = joinOutcomes()
  return {
    async read (upTo) {
      const raw = await tail.read({ upTo, maxEntries: wanted.batch, maxBytes: MAX_BYTES })
      if (raw.length === 0) return null
      const entries: OutwardEntry[] = []
      for (const { json, hash } of raw) {
        if (json === null) continue // it expired before this forwarder came by: a new one, from the beginning
        const found = await outward({ json, hash }, join, journalDir, from)
        if (isWanted(found, wanted)) entries.push(found)
      }
      return { entries, next: tail.next() }
    },
  }
}

async function outward ({ json, hash }: { readonly json: string, readonly hash: string }, join: OutcomeJoin, journalDir: string, from: number): Promise<OutwardEntry> {
  const entry = JSON.parse(json) as LedgerEntry
  const joined = join.decisionOf(entry)
  // Its decision may have gone out before the last stop.
  const of = joined === null && entry.kind === 'outcome' && entry.of < from ? await decisionAt(entry.of, journalDir) : joined
  return { entry, of, hash }
}

async function decisionAt (index: number, journalDir: string): Promise<EntryAbout | null> {
  const [raw] = await openTail(journalDir, index).read({ upTo: index, maxEntries: 1, maxBytes: 1 })
  return raw === undefined || raw.index !== index || raw.json === null ? null : about(JSON.parse(raw.json) as LedgerEntry, null)
}

function isWanted ({ entry, of }: OutwardEntry, { kinds, apps, environments }: Wanted): boolean {
  if (kinds !== null && !kinds.includes(entry.kind)) return false
  if (apps === null && environments === null) return true
  const { app, environment } = about(entry, of)
  return (app === null || apps === null || apps.includes(app)) && (environment === null || environments === null || environments.some((name) => name === environment))
}
