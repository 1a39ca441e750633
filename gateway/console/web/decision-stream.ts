import type { LedgerEntry } from '../../core/ledger-entry.ts'
import { addressOf, get } from './api.ts'

const BEGIN_WITH = 200
const MAX_HELD = 5_000
const FIRST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 30_000

export type Connection = 'connecting' | 'open' | 'lost'

/** The end of the ledger, and what is added to it from now on. Newest first; the oldest make room when there are too many. */
export interface DecisionStream {
  entries (): readonly LedgerEntry[]
  connection (): Connection
  close (): void
}

/**
 * Follows the ledger. A browser asks again by itself after a lost connection and names the last entry it had, so nothing is missed.
 *
 * @param onChange at most once a frame
 * @param onError the first page could not be had
 */
export function followLedger (onChange: () => void, onError: (error: unknown) => void): DecisionStream {
  let held: LedgerEntry[] = []
  let connection: Connection = 'connecting'
  let source: EventSource | null = null
  let isClosed = false
  let isDue = false
  let again: ReturnType<typeof setTimeout> | undefined
  let pauseMs = FIRST_PAUSE_MS

  const changed = (): void => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      if (!isClosed) onChange()
    })
  }

  const begin = async (): Promise<void> => {
    const { entries } = await get<{ readonly entries: readonly LedgerEntry[] }>('/audit', { limit: BEGIN_WITH })
    if (isClosed) return
    held = [...entries]
    open()
    changed()
  }

  const open = (): void => {
    const mine = new EventSource(addressOf('/audit/stream', { after: held[0]?.index ?? -1 }))
    source = mine
    mine.addEventListener('open', () => {
      connection = 'open'
      pauseMs = FIRST_PAUSE_MS
      changed()
    })
    mine.addEventListener('error', () => {
      connection = 'lost'
      changed()
      // A browser gives up for good on an answer that is no stream, as a gateway that is starting gives.
      if (mine.readyState !== EventSource.CLOSED || isClosed) return
      again = setTimeout(open, pauseMs)
      pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
    })
    mine.addEventListener('entry', ({ data }: MessageEvent<string>) => {
      const entry = JSON.parse(data) as LedgerEntry
      // After a reconnect the last one may come twice.
      if (entry.index <= (held[0]?.index ?? -1)) return
      held = [entry, ...held.slice(0, MAX_HELD - 1)]
      changed()
    })
  }
  begin().catch(onError)

  return {
    entries: () => held,
    connection: () => connection,
    close () {
      isClosed = true
      clearTimeout(again)
      source?.close()
    },
  }
}
