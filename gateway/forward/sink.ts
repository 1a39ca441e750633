import type { LedgerSource, OutwardEntry } from '../ledger/formats/outward-entry.ts'

/**
 * What became of one attempt. `away`: the receiver takes nothing now, whatever is sent; it is sent again. `refused`: it does not take this, and
 * would not the next time. `problem` is in words, without addresses. `rejected`: how many of what it took it threw away all the same.
 */
export type Sent =
  | { readonly kind: 'taken', readonly rejected: number, readonly problem: string | null }
  | { readonly kind: 'away', readonly problem: string, readonly retryAfterMs: number | null }
  | { readonly kind: 'refused', readonly problem: string }

/** A receiver of entries. */
export interface Sink {
  /** One attempt. Never throws. */
  send (entries: readonly OutwardEntry[], source: LedgerSource): Promise<Sent>
  /** Breaks what is under way. */
  close (): Promise<void>
}

/** What TLS connections are made with, in PEM. */
export interface TlsFiles { readonly ca?: string, readonly cert?: string, readonly key?: string }
