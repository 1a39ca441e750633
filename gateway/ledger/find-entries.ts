import { watch } from 'node:fs'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import { joinOutcomes, type EntryAbout } from './entry-about.ts'
import { matches, type EntryFilter } from './entry-filter.ts'
import { readEntries } from './read-entries.ts'
import { openTail } from './tail.ts'

/** An entry that was asked for; `of` is what is known of the decision behind an outcome. */
export interface FoundEntry { readonly entry: LedgerEntry, readonly of: EntryAbout | null }

export interface FindOptions {
  /** Only the newest so many, still oldest first. They are held in memory when this is finite. */
  readonly newest: number
  /** Called with every entry read, wanted or not. */
  readonly onEntry?: (entry: LedgerEntry) => void
}

const RECHECK_MS = 1_000 // file events can be lost (network file systems)
const READ = { upTo: Infinity, maxEntries: 500, maxBytes: 1024 * 1024 } as const

/** The wanted entries of a journal, oldest first, read from its files. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT */
export async function * findEntries (dir: string, filter: EntryFilter, options: FindOptions): AsyncGenerator<FoundEntry> {
  const join = joinOutcomes()
  let kept: FoundEntry[] = []
  for await (const entry of readEntries(dir)) {
    options.onEntry?.(entry)
    const of = join.decisionOf(entry)
    if (!matches(entry, filter, of)) continue
    if (options.newest === Infinity) {
      yield { entry, of }
      continue
    }
    kept.push({ entry, of })
    // Cut now and then: shifting one by one is quadratic.
    if (kept.length >= options.newest * 2) kept = kept.slice(-options.newest)
  }
  yield * kept.slice(-options.newest)
}

/** The wanted entries from an index on, and then each new one as it is written. Ends only when the caller does. */
export async function * followEntries (dir: string, filter: EntryFilter, from: number): AsyncGenerator<FoundEntry> {
  const tail = openTail(dir, from)
  const join = joinOutcomes()
  for (;;) {
    const changed = nextChange(dir)
    try {
      const batch = await tail.read(READ)
      for (const { json } of batch) {
        if (json === null) continue // it expired
        const entry = JSON.parse(json) as LedgerEntry
        const of = join.decisionOf(entry)
        if (matches(entry, filter, of)) yield { entry, of }
      }
      if (batch.length === 0) await changed.seen
    } finally {
      changed.stop()
    }
  }
}

function nextChange (dir: string): { seen: Promise<void>, stop: () => void } {
  let stop = (): void => undefined
  const seen = new Promise<void>((resolve) => {
    const watcher = watch(dir, () => { resolve() })
    const timer = setTimeout(resolve, RECHECK_MS)
    stop = () => {
      watcher.close()
      clearTimeout(timer)
      resolve()
    }
  })
  return { seen, stop }
}
