import type { EntryBody } from '../core/ledger-entry.ts'

/** Most allowed decisions that may wait for an outcome; the oldest is closed as `unknown` beyond it. Bounds header and memory. */
export const MAX_OPEN = 50_000

/** What an entry does to the set of decisions that await an outcome. */
export interface Mark { readonly opens: boolean, readonly closes: number | null }

export function markOf (body: EntryBody): Mark {
  return {
    opens: body.kind === 'decision' && body.decision.verdict === 'allow',
    closes: body.kind === 'outcome' ? body.of : null,
  }
}

/** Applies one durable entry to the set. Sets keep insertion order, so the first member is the oldest decision. */
export function applyMark (open: Set<number>, index: number, mark: Mark): void {
  if (mark.opens) open.add(index)
  if (mark.closes !== null) open.delete(mark.closes)
}
