import type { EntryBody } from '../core/ledger-entry.ts'
import { isTold } from './hook-event.ts'

const SOON_MS = 25 // a group commit is on disk by then, mostly
const LATER_MS = 1_000 // and after this long in any case that needs no disk repair
const LOOK_MS = 5_000 // entries that a failing disk kept back; and so that a start need not read far

/** Says when the journal may hold something that a hook is told of. */
export interface HookNews {
  /** For the journal's watch: called for every entry, so it only looks at its kind. */
  queued (body: EntryBody): void
  /** @returns what ends it */
  listen (listener: () => void): () => void
  close (): void
}

/** Costs a comparison or two per entry; reads nothing itself. */
export function createHookNews (): HookNews {
  const listeners = new Set<() => void>()
  let soon: NodeJS.Timeout | null = null
  let later: NodeJS.Timeout | null = null
  const look = setInterval(tell, LOOK_MS).unref()

  function tell (): void {
    for (const listener of listeners) listener()
  }

  return {
    queued (body) {
      if (!isTold(body)) return
      soon ??= setTimeout(() => {
        soon = null
        tell()
      }, SOON_MS).unref()
      later ??= setTimeout(() => {
        later = null
        tell()
      }, LATER_MS).unref()
    },
    listen (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    close () {
      clearInterval(look)
      clearTimeout(soon ?? undefined)
      clearTimeout(later ?? undefined)
    },
  }
}
