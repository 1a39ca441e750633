const FIRST_MS = 1_000
const LONGEST_MS = 300_000

/**
 * How long to wait before the next attempt, ms: doubled each time from a second to five minutes, and at random between half of it and all
 * of it, so that hooks that fail together do not come back together. A receiver that names a time is not asked sooner.
 *
 * @param failures attempts that have failed, at least 1
 * @param random from 0 to 1
 */
export function backoffMs (failures: number, retryAfterMs: number | null, random: () => number = Math.random): number {
  const full = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 20), LONGEST_MS)
  return Math.max(full / 2 + (full / 2) * random(), retryAfterMs ?? 0)
}
