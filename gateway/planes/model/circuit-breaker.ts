/** Keeps requests away from an endpoint that fails, and lets one through from time to time to see whether it still does. */
export interface CircuitBreaker {
  /** Whether a request may go there now. True while the endpoint is out means that this request is the probe: tell its end. */
  admits (): boolean
  /** Whether the endpoint is out. */
  isOut (): boolean
  /** Whether requests should go elsewhere now: it is out, and its next probe is not due or under way. Asking changes nothing. */
  isResting (): boolean
  succeeded (): void
  failed (): void
  /** An admitted request ended without telling anything: the next one may be the probe. */
  abandoned (): void
}

const FAILURES = 5 // in a row
const FIRST_REST_MS = 5_000
const LONGEST_REST_MS = 60_000 // doubled with each failed probe up to here

export function createCircuitBreaker (nowMs: () => number): CircuitBreaker {
  let failures = 0
  let restMs = 0
  let untilMs = 0
  let isProbing = false
  return {
    admits () {
      if (restMs === 0) return true
      if (isProbing || nowMs() < untilMs) return false
      isProbing = true
      return true
    },
    isOut: () => restMs > 0,
    isResting: () => restMs > 0 && (isProbing || nowMs() < untilMs),
    succeeded () {
      failures = 0
      restMs = 0
      isProbing = false
    },
    failed () {
      failures += 1
      // Requests that were sent before the endpoint was found out tell nothing new when they end.
      if (failures < FAILURES || (restMs > 0 && !isProbing)) return
      restMs = restMs === 0 ? FIRST_REST_MS : Math.min(restMs * 2, LONGEST_REST_MS)
      untilMs = nowMs() + restMs
      isProbing = false
    },
    abandoned () {
      isProbing = false
    },
  }
}
