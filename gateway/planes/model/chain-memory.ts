/** Which member of a chain a session is with, for as long as its prompt is likely to be in that provider's cache. */
export interface ChainMemory {
  /** The member that last answered, null when none did lately or it was the first choice. */
  recall (key: string): string | null
  /** @param member null for the first choice, which needs no remembering */
  remember (key: string, member: string | null): void
}

const WARM_MS = 300_000 // the providers' caches keep a prompt for five minutes after its last use
const MAX_REMEMBERED = 10_000 // sessions that are with a fallback at one time

/** @param nowMs the clock, Unix ms */
export function createChainMemory (nowMs: () => number): ChainMemory {
  const known = new Map<string, { readonly member: string, readonly untilMs: number }>()
  return {
    recall (key) {
      const found = known.get(key)
      if (found === undefined) return null
      if (nowMs() < found.untilMs) return found.member
      known.delete(key)
      return null
    },
    remember (key, member) {
      // Deleted first: the map's order is then that of last use.
      known.delete(key)
      if (member === null) return
      const [oldest] = known.size < MAX_REMEMBERED ? [] : known.keys()
      if (oldest !== undefined) known.delete(oldest)
      known.set(key, { member, untilMs: nowMs() + WARM_MS })
    },
  }
}
