/** Parts of a body that are looked at closely: `[start, end)` pairs in bytes, one after the other. */
export type Windows = readonly number[]

/** Most bytes of a body that are looked at closely: 1 MiB. The rules take some 15 ms for that; no honest request has as many look-alikes. */
export const MAX_CLOSE_BYTES = 1_048_576

/** Collects windows in any order. */
export interface WindowList {
  /** Adds the bytes around `at`, clipped to the body. */
  add (at: number, before: number, after: number): void
  /** The windows in order, without overlaps; null when they hold more than is looked at closely. */
  merged (): Windows | null
}

const MAX_WINDOWS = 100_000

export function createWindowList (bodyBytes: number): WindowList {
  const found: Array<readonly [start: number, end: number]> = []
  return {
    add (at, before, after) {
      if (found.length <= MAX_WINDOWS) found.push([Math.max(0, at - before), Math.min(bodyBytes, at + after)])
    },
    merged () {
      if (found.length > MAX_WINDOWS) return null
      const merged: number[] = []
      let bytes = 0
      for (const [start, end] of found.sort(([a], [b]) => a - b)) {
        const open = merged.at(-1)
        if (open !== undefined && start <= open) {
          if (end > open) bytes += end - open
          merged[merged.length - 1] = Math.max(open, end)
        } else {
          merged.push(start, end)
          bytes += end - start
        }
        if (bytes > MAX_CLOSE_BYTES) return null
      }
      return merged
    },
  }
}
