/** Which keys are left alone for a while, because the provider refused them. */
export interface KeyRests {
  isResting (id: string): boolean
  /** When the key's rest ends, Unix ms; 0 when it has none. */
  endMs (id: string): number
  /** @param retryAfterMs how long the provider asked to wait, null when it did not */
  refused (id: string, status: number, retryAfterMs: number | null): void
  answered (id: string): void
}

const RATE_REST_MS = 20_000 // a provider counts per minute; most keys are good again after part of one
const LONGEST_RATE_REST_MS = 3_600_000
const REFUSED_REST_MS = 300_000 // a revoked key does not heal; one that somebody unlocks should be found in minutes

/** @param nowMs the clock, Unix ms. What is remembered are ids of stored keys that were refused, so it stays small. */
export function createKeyRests (nowMs: () => number): KeyRests {
  const ends = new Map<string, number>()
  return {
    isResting: (id) => ends.size > 0 && (ends.get(id) ?? 0) > nowMs(),
    endMs: (id) => ends.get(id) ?? 0,
    refused (id, status, retryAfterMs) {
      const restMs = status === 429 ? Math.min(retryAfterMs ?? RATE_REST_MS, LONGEST_RATE_REST_MS) : REFUSED_REST_MS
      ends.set(id, nowMs() + restMs)
    },
    answered (id) {
      if (ends.size > 0) ends.delete(id)
    },
  }
}

/** Whether a status says something of the key and not of the request: it is unknown, not allowed, or used too often. */
export function refusesKey (status: number): boolean {
  return status === 401 || status === 403 || status === 429
}
