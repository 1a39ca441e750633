import type { Context } from '../../core/actor.ts'
import { eventBody, type EntryBody } from '../../core/ledger-entry.ts'

const EVERY = 5_000 // files: a turn of fewer takes seconds, and needs no word

/** How far a large turn is: `done` files of `of` were read, or decided. */
export interface TurnProgress { readonly step: 'read' | 'decided', readonly done: number, readonly of: number }

/** Called with the count so far, as often as is convenient. */
export type TellProgress = (step: TurnProgress['step'], done: number) => void

export interface ProgressTurn {
  readonly ports: { readonly ledger: { record (body: EntryBody): void }, readonly onProgress?: (sessionId: string, progress: TurnProgress) => void }
  readonly context: Context
  readonly sessionId: string
}

/** Says in the ledger, and to whoever listens, every 5,000 files how far a turn of at least as many is. */
export function createProgress ({ ports, context, sessionId }: ProgressTurn, of: number): TellProgress {
  let said = 0
  let last: TurnProgress['step'] = 'read'
  return (step, done) => {
    if (step !== last) said = 0
    last = step
    if (of < EVERY || done - said < EVERY) return
    said = done
    const progress = { step, done, of }
    ports.ledger.record(eventBody('change-set-progress', context, progress))
    ports.onProgress?.(sessionId, progress)
  }
}
